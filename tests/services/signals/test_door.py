"""What names something is refused at the door when it cannot be shown; what people read is cleaned; nothing is merged."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.door import admitted
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, run_of

HIDDEN = "3.8.1\u200b"


def version(name: str) -> RegistryVersion:
    return RegistryVersion(asset_id="bot", registry_version=name, version=name, digest=None, created_at=NOW)


def reports(*names: str, serves: str) -> RegistrySnapshot:
    return RegistrySnapshot(
        source="registry", asset_id="bot", versions=tuple(map(version, names)),
        placements={PRODUCTION: (serves, 100.0)}, managed=(CANARY, PRODUCTION),
    )  # fmt: skip


def take(judge: JudgeParts, *items: Observation) -> int:
    return ingest(items, [], judge, NOW).rejected


def recorded(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return sorted(r.version for r in tx.estate.releases("bot"))


def concerns(judge: JudgeParts) -> str:
    with judge.store.read() as tx:
        return "\n".join(c.what for c in tx.inventory.concerns("bot"))


@pytest.mark.parametrize("name", [HIDDEN, "3.8.1\x1b[0m", "3.8.1\n", "\u20283.8.1", "3.8.1\x85", "cafe\u0301"])
def test_a_version_that_cannot_be_named_is_refused_and_is_not_another_one(judge: JudgeParts, name: str) -> None:
    assert take(judge, reports("3.8.1", name, serves="3.8.1")) == 1
    assert recorded(judge) == ["3.8.1"]
    assert "version: the name" in concerns(judge)


def test_two_versions_that_look_the_same_are_both_refused_by_name_and_the_rest_is_taken(judge: JudgeParts) -> None:
    assert take(judge, reports("3.8.0", "3.8\xad.1", "3.8\u200d.1", serves="3.8.0")) == 2
    assert recorded(judge) == ["3.8.0"]
    assert "U+00AD" in concerns(judge)
    assert "U+200D" in concerns(judge)


def test_where_a_version_that_is_refused_serves_the_last_one_stays_and_it_is_said(judge: JudgeParts) -> None:
    take(judge, reports("3.8.0", "3.8.1", serves="3.8.1"))
    take(judge, reports("3.8.0", "3.8.1", HIDDEN, serves=HIDDEN))
    with judge.store.read() as tx:
        serving = tx.estate.deployment("bot", PRODUCTION)
    assert serving is not None
    assert serving.version == "3.8.1"
    assert "bot production points at a version that is refused: '3.8.1'" in concerns(judge)
    assert "no longer points" not in concerns(judge)


def test_a_version_recorded_under_such_a_name_before_is_still_found_and_not_called_deleted(judge: JudgeParts) -> None:
    take(judge, reports("3.8.0", serves="3.8.0"))
    with judge.store.write() as tx:
        old = tx.estate.releases("bot")[0]
        tx.estate.add_release(msgspec.structs.replace(old, version=HIDDEN, registry_version=HIDDEN))
    take(judge, reports("3.8.0", HIDDEN, serves="3.8.0"))
    assert recorded(judge) == ["3.8.0", HIDDEN]
    assert "deleted" not in concerns(judge)


def test_a_component_that_cannot_be_named_is_left_out_and_counted_and_the_edges_still_fit() -> None:
    parts = [Component(id=f"pkg:pypi/{n}", kind=ComponentKind.PACKAGE, name=n, version=v) for n, v in
             (("a", "1"), ("b", "2\u2066"), ("c", "3"))]  # fmt: skip
    bill = Bill(
        source="s",
        asset_id="bot",
        document="d",
        at=NOW,
        components=tuple(parts),
        edges=((-1, 0), (0, 1), (1, 2), (0, 2)),
    )
    (made,), refused = admitted([bill])
    assert isinstance(made, Bill)
    assert [c.name for c in made.components] == ["a", "c"]
    assert made.edges == ((-1, 0), (0, 1))
    assert made.refused == 1
    assert "U+2066" in str(refused[0].problem)


def test_a_run_whose_task_cannot_be_named_is_refused_as_the_result_of_its_release() -> None:
    run = run_of("r", "3.8.1", 0.9)
    hidden = msgspec.structs.replace(run, scores=(msgspec.structs.replace(run.scores[0], task="qa\u202e"),))
    good, refused = admitted([hidden])
    assert good == []
    assert [(a.asset_id, a.version) for a in refused[0].about] == [("support-bot", "3.8.1")]


def test_two_notes_whose_keys_differ_by_what_cannot_be_shown_stay_two() -> None:
    keys = ["note-1", "note-1\u200b", "note-1\u200d"]
    notes = [
        Note(source="s", key=k, vendor="v", title=f"t\x1b[2J {k}", body="a\n\x07b", published_at=NOW) for k in keys
    ]
    good, refused = admitted(notes)
    assert refused == []
    kept = [n for n in good if isinstance(n, Note)]
    assert len({n.key for n in kept}) == 3
    assert kept[0].key == "note-1"
    assert {(n.title, n.body) for n in kept} == {("t note-1", "a\nb")}
    assert admitted(kept)[0] == kept
