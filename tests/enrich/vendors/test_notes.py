from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pulse_tui.domain.estate import Component, Dependency, Estate
from pulse_tui.domain.note import Label, Note, NoteKind, Reading
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.notes import mentions, note_signals, resolved
from pulse_tui.policy.titles import title
from tests.enrich.build import ESTATE, NOW

PUBLISHED = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def note(body: str, title: str = "Model news", **changes: object) -> Note:
    made = Note(source="vendor-feed", key="n1", vendor="openai", title=title, body=body, published_at=PUBLISHED)
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gpt-4.1 is deprecated", True),
        ("we retire GPT-4.1.", True),
        ("`gpt-4.1`, openai/gpt-4.1", True),
        ("gpt-4.1-mini is deprecated", False),
        ("gpt-4.10 and gpt-4.1.2", False),
        ("my-gpt-4.1 and gpt-4.1@2026", False),
        ("xgpt-4.1", False),
    ],
)
def test_a_model_is_named_only_by_its_exact_id(text: str, named: bool) -> None:
    assert mentions(text, "gpt-4.1") is named


def test_a_note_about_a_model_of_ours_is_a_signal_of_each_asset_that_uses_it() -> None:
    mini = Component(id="openai/gpt-4.1-mini", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1-mini")
    extra = (Dependency(asset_id="lab", component=mini), Dependency(asset_id="embed-gateway", component=mini))
    estate = msgspec.structs.replace(ESTATE, dependencies=ESTATE.dependencies + extra)
    text = note("gpt-4.1-mini will be shut down on 2027-01-03.")
    signals = note_signals(text, classify(text), estate, NOW)
    assert [(s.asset_id, s.signal_type) for s in signals] == [
        ("lab", SignalType.DEPRECATION),
        ("embed-gateway", SignalType.DEPRECATION),
    ]
    assert signals[0].evidence.models == ["gpt-4.1-mini"]
    assert len({s.fingerprint for s in signals}) == len({s.id for s in signals}) == 2
    assert facts(signals[0], estate)[0].variables["note.days_left"] == 41


def test_a_note_that_names_no_model_of_ours_is_one_signal_without_asset() -> None:
    text = note("gpt-3 will be shut down on 2027-01-03.")
    (signal,) = note_signals(text, classify(text), ESTATE, NOW)
    assert (signal.asset_id, signal.confidence) == (None, 0.5)


def test_a_note_with_two_messages_is_two_signals() -> None:
    text = note("gpt-4.1 is deprecated. We raised the rate limits of gpt-4.1.")
    kinds = [s.signal_type for s in note_signals(text, classify(text), ESTATE, NOW)]
    assert kinds == [SignalType.DEPRECATION, SignalType.RATE_LIMIT_CHANGE]


def test_a_deprecation_that_is_announced_twice_is_one_condition() -> None:
    first = note("gpt-4.1 is deprecated.")
    again = note("Reminder: gpt-4.1 retires soon.", key="n2")
    (one,) = note_signals(first, classify(first), ESTATE, NOW)
    (two,) = note_signals(again, classify(again), ESTATE, NOW)
    assert one.fingerprint == two.fingerprint
    assert one.id != two.id


def test_an_incident_that_is_resolved_under_the_same_key_ends_the_one_that_began() -> None:
    begun = note("Investigating - elevated errors for gpt-4.1.")
    over = note(
        "Resolved - the issue affecting gpt-4.1 has been resolved. Investigating - elevated errors for gpt-4.1."
    )
    (signal,) = note_signals(begun, classify(begun), ESTATE, NOW)
    assert signal.signal_type is SignalType.INCIDENT
    assert resolved(begun, classify(begun), ESTATE) == []
    assert resolved(over, classify(over), ESTATE) == [signal.fingerprint]
    assert [s.signal_type for s in note_signals(over, classify(over), ESTATE, NOW)] == [SignalType.VENDOR_NOTE]


def _on(*models: str) -> Estate:
    """support-bot on these models."""
    uses = [Component(id=m, kind=ComponentKind.HOSTED_MODEL, name=m) for m in models]
    return msgspec.structs.replace(
        ESTATE, dependencies=tuple(Dependency(asset_id="support-bot", component=u) for u in uses)
    )


def told(item: Note, estate: Estate, heads: dict[str, str] | None = None) -> list[Signal]:
    return [s for s in note_signals(item, classify(item), estate, NOW, heads) if s.asset_id is not None]


def test_the_exact_snapshot_is_surer_than_the_family_which_is_named_as_such() -> None:
    text = note("gpt-4.1-2025-04-14 will be shut down on 2027-01-03.")
    (exact,) = told(text, _on("openai/gpt-4.1-2025-04-14"))
    (family,) = told(text, _on("openai/gpt-4.1"))
    assert (exact.evidence.by_family, family.evidence.by_family) == (False, True)
    assert exact.confidence > family.confidence
    assert exact.evidence.components == ["openai/gpt-4.1-2025-04-14"]
    assert title(facts(family, _on("openai/gpt-4.1"))[0]).endswith("support-bot (by its family)")
    assert told(text, _on("openai/gpt-4.1-2025-09-01", "openai/gpt-4.1-mini")) == []


def test_a_floating_id_that_is_known_to_point_elsewhere_is_not_reached() -> None:
    text = note("gpt-4.1-2025-04-14 will be shut down on 2027-01-03.")
    assert told(text, _on("openai/gpt-4.1"), {"openai/gpt-4.1": "gpt-4.1-2025-09-01"}) == []
    (here,) = told(text, _on("openai/gpt-4.1"), {"openai/gpt-4.1": "gpt-4.1-2025-04-14"})
    assert not here.evidence.by_family


@pytest.mark.parametrize(
    "body",
    [
        "gpt-4.1 will be shut down on 2027-01-03. We recommend migrating to gpt-5.1 before that.",
        "gpt-4.1 retires on 2027-01-03 and is replaced by gpt-5.1.",
        "gpt-4.1 is deprecated and shuts down on 2027-01-03; please use gpt-5.1 instead.",
        "gpt-4.1 is deprecated in favor of gpt-5.1 and shuts down on 2027-01-03.",
    ],
)
def test_what_a_note_recommends_instead_does_not_shut_down(body: str) -> None:
    signals = told(note(body), _on("openai/gpt-4.1", "openai/gpt-5.1"))
    assert [s.evidence.models for s in signals] == [["openai/gpt-4.1"]]
    assert signals[0].evidence.successor == "openai/gpt-5.1"


def test_a_row_of_a_table_of_deprecations_is_about_the_model_of_its_column() -> None:
    row = note("2027-01-03 | gpt-4.1 | gpt-5.1", "gpt-4.1", kind=NoteKind.DEPRECATIONS, models=("gpt-4.1",))
    reading = Reading(labels=(Label.DEPRECATION,))
    (signal,) = note_signals(row, reading, _on("openai/gpt-4.1", "openai/gpt-5.1"), NOW)
    assert (signal.evidence.models, signal.evidence.successor) == (["openai/gpt-4.1"], "openai/gpt-5.1")


def release_note(version: str, package: str = "vllm", body: str = "Breaking change: a default changed.") -> Note:
    return note(body, f"v{version}", kind=NoteKind.RELEASES, package=package, version=version, vendor="vllm-project")


def test_a_release_of_a_package_names_what_runs_beside_it() -> None:
    (signal,) = told(release_note("0.12.0"), ESTATE)
    assert (signal.asset_id, signal.evidence.release) == ("embed-gateway", "0.12.0")
    assert signal.evidence.compared == ["vllm 0.12.0 is released; 0.9.1 runs in production"]
    assert title(facts(signal, ESTATE)[0]) == "vllm 0.12.0 behaviour change: embed-gateway"


def test_a_release_is_nothing_to_who_runs_a_newer_one_and_its_deprecations_are_not_of_the_package() -> None:
    assert told(release_note("0.9.0"), ESTATE) == []
    assert [s.asset_id for s in told(release_note("0.9.1"), ESTATE)] == ["embed-gateway"]
    (signal,) = told(release_note("0.12.0", body="Deprecated: the flag --foo will be removed."), ESTATE)
    assert signal.signal_type is SignalType.VENDOR_NOTE


def test_the_name_of_a_package_is_compared_as_its_ecosystem_does() -> None:
    uses = Component(
        id="pkg:pypi/langchain-core", kind=ComponentKind.PACKAGE, name="langchain-core", version="0.3", ecosystem="PyPI"
    )
    estate = msgspec.structs.replace(ESTATE, dependencies=(Dependency(asset_id="support-bot", component=uses),))
    assert len(told(release_note("1.0", "LangChain_Core[all]"), estate)) == 1
    assert told(release_note("1.0", "langchain"), estate) == []


def test_a_table_whose_cells_stand_in_a_row_says_which_model_ends() -> None:
    body = (
        "Shutdown date Model / system Recommended replacement 2027-02-27 gpt-4.1 gpt-5.1"
        " 2027-02-27 gpt-4.1-2025-04-14 gpt-5.1"
    )
    estate = _on("openai/gpt-4.1", "openai/gpt-4.1-2025-04-14", "openai/gpt-5.1")
    signals = told(note(body), estate)
    assert [s.evidence.models for s in signals] == [["openai/gpt-4.1"], ["openai/gpt-4.1-2025-04-14"]]
    assert {s.evidence.successor for s in signals} == {"openai/gpt-5.1"}
    assert not any(s.evidence.by_family for s in signals)


def test_where_only_names_that_nobody_knows_end_what_replaces_them_does_not() -> None:
    body = "code-davinci-009 shuts down on 2027-01-03. We recommend upgrading to gpt-5.1."
    assert told(note(body), _on("openai/gpt-5.1")) == []


def test_of_several_successors_the_one_of_its_row_is_named_and_else_none() -> None:
    body = "Shutdown date Model / system Recommended replacement 2027-07-28 o1-preview o3 2027-10-27 o1-mini o4-mini"
    signals = told(note(body), _on("openai/o1-preview", "openai/o1-mini"))
    assert {s.evidence.models[0]: s.evidence.successor for s in signals} == {
        "openai/o1-preview": "openai/o3",
        "openai/o1-mini": "openai/o4-mini",
    }
    both = "gpt-4.1 and o3 retire on 2027-01-03. We recommend migrating to gpt-5.1 and o4-mini respectively."
    assert [s.evidence.successor for s in told(note(both), _on("openai/gpt-4.1", "openai/o3"))] == [None, None]
