"""Catalogues come in one after the other: what is news to owners, what is not believed, and what is kept meanwhile."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.catalogue import Catalogue, CatalogueModel, EventType
from pulse_tui.domain.estate import Component
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles, Stage
from pulse_tui.domain.note import Note
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.lifecycles import ends_on
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from tests.fakes.nouns import later
from tests.services.said import alerts, told

BASE = CatalogueModel(
    key="openai/gpt-4.1",
    platform="openai",
    id="gpt-4.1",
    price={"input": 2, "output": 8},
    limit={"context": 1_000_000, "output": 32_768},
    capability={"flags": ["tool_call"]},
    metadata={"name": "GPT-4.1", "release_date": "2025-04-14"},
)
OTHERS = tuple(CatalogueModel(key=f"other/m{n}", platform="other", id=f"m{n}", price={"input": 1}) for n in range(50))


def model(**fields: Any) -> CatalogueModel:
    """The model that support-bot uses, some fields other."""
    changed: CatalogueModel = msgspec.structs.replace(BASE, **fields)
    return changed


def take(judge: JudgeParts, *models: CatalogueModel, hours: float = 0, **fields: Any) -> Tally:
    """The catalogue with these models and fifty others."""
    defaults: dict[str, Any] = {"source": "models", "shape": "models.dev", "models": (*models, *OTHERS)}
    item = Catalogue(**{**defaults, **fields})
    return ingest([item], [], judge, later(hours=hours))


def said(judge: JudgeParts) -> list[Signal]:
    with judge.store.read() as tx:
        return [s for s in tx.signals.recent(500) if s.source in ("models", "prices", "list", "ends")]


def types(judge: JudgeParts) -> list[str]:
    return sorted(s.signal_type.value for s in said(judge))


def proof(signal: Signal) -> NoteEvidence:
    assert isinstance(signal.evidence, NoteEvidence)
    return signal.evidence


def suspect(judge: JudgeParts, source: str = "models") -> str:
    with judge.store.read() as tx:
        state = tx.vendors.page(source)
    return "" if state is None else state.suspect


def listed(judge: JudgeParts) -> int:
    with judge.store.read() as tx:
        return len(tx.vendors.catalogue("models"))


def events(judge: JudgeParts) -> list[tuple[EventType, str]]:
    with judge.store.read() as tx:
        return sorted((e.event.type, e.event.model) for e in tx.vendors.events())


def test_the_first_reading_is_what_stood_before(judge: JudgeParts) -> None:
    take(judge, model(ends="2027-01-15", status="deprecated"))
    assert (said(judge), events(judge), listed(judge)) == ([], [], 51)


def test_the_first_reading_names_the_ends_of_half_a_year(judge: JudgeParts) -> None:
    tally = take(judge, model(ends="2027-01-15"))
    (remark,) = tally.remarks
    assert remark == "openai/gpt-4.1 ends on 2027-01-15, in 53 days: support-bot"
    assert take(judge, model(ends="2028-01-15"), source="prices").remarks == ()


def test_the_same_reading_again_is_nothing(judge: JudgeParts) -> None:
    take(judge, model())
    assert take(judge, model(), hours=1).new == 0
    assert events(judge) == []


def test_a_price_of_a_model_in_use_is_told_to_its_owner_in_one_unit(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, model(price={"input": 2, "output": 12}), hours=1)
    (signal,) = said(judge)
    assert (signal.signal_type, signal.asset_id) == (SignalType.PRICING_CHANGE, "support-bot")
    assert signal.title == "openai/gpt-4.1: price output 8 -> 12 (US$ a million tokens)"
    assert (proof(signal).was, proof(signal).now) == ("input 2, output 8", "input 2, output 12")
    assert (proof(signal).components, proof(signal).platform) == (["openai/gpt-4.1"], "openai")


def test_two_catalogues_that_show_the_same_change_are_one_alert(judge: JudgeParts) -> None:
    token = {"input_cost_per_token": 2e-06}
    take(judge, model())
    take(judge, model(key="gpt-4.1", price=token), source="prices", shape="litellm")
    take(judge, model(price={"input": 3, "output": 8}), hours=1)
    take(judge, model(key="gpt-4.1", price={"input_cost_per_token": 3e-06}), source="prices", shape="litellm", hours=2)
    first, second = said(judge)
    assert first.fingerprint == second.fingerprint
    assert {s.title for s in (first, second)} == {"openai/gpt-4.1: price input 2 -> 3 (US$ a million tokens)"}


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"status": "beta"}, SignalType.CATALOGUE_CHANGE, "status: none -> beta"),
        ({"limit": {"context": 200_000, "output": 32_768}}, SignalType.RATE_LIMIT_CHANGE, "context 1000000 -> 200000"),
        ({"rate_limit": {"rpm": 500}}, SignalType.RATE_LIMIT_CHANGE, "rpm none -> 500"),
        ({"capability": {"flags": []}}, SignalType.CATALOGUE_CHANGE, "no longer tool_call"),
        (
            {"target": "gpt-4.1-2026-01-01"},
            SignalType.VENDOR_NOTE,
            "points at another model: none -> gpt-4.1-2026-01-01",
        ),
        ({"status": "deprecated"}, SignalType.DEPRECATION, "is deprecated; no date is given"),
        ({"ends": "2027-03-01"}, SignalType.DEPRECATION, "ends on 2027-03-01"),
    ],
)
def test_each_change_is_of_its_type(judge: JudgeParts, fields: dict[str, Any], kind: SignalType, words: str) -> None:
    take(judge, model())
    take(judge, model(**fields), hours=1)
    (signal,) = said(judge)
    assert signal.signal_type is kind
    assert words in signal.title


@pytest.mark.parametrize(
    "fields",
    [
        {"capability": {"flags": ["reasoning", "tool_call"]}},
        {"price": {"input": 2, "output": 8, "cache_read": 0.5}},
        {"price": {}},
        {"limit": {"context": 1_000_000, "output": 32_768, "input": 9}},
        {"metadata": {"name": "Other", "release_date": "2025-04-15"}},
    ],
)
def test_what_hurts_nobody_is_kept_and_alerts_nobody(judge: JudgeParts, fields: dict[str, Any]) -> None:
    take(judge, model())
    take(judge, model(**fields), hours=1)
    assert said(judge) == []
    assert len(events(judge)) == 1


def test_of_an_end_that_is_stated_for_several_ids_the_exact_one_is_told_once(judge: JudgeParts) -> None:
    regional = model(key="eu", id="eu/gpt-4.1")
    take(judge, model(), regional)
    take(judge, model(ends="2027-03-01"), msgspec.structs.replace(regional, ends="2027-02-01"), hours=1)
    (signal,) = said(judge)
    assert (signal.title, signal.summary) == ("openai/gpt-4.1 ends on 2027-03-01", None)


def test_what_no_asset_uses_is_kept_and_told_to_nobody(judge: JudgeParts) -> None:
    take(judge, model(), model(key="openai/gpt-5", id="gpt-5"))
    take(judge, model(), model(key="openai/gpt-5", id="gpt-5", price={"input": 9}), hours=1)
    assert said(judge) == []
    assert events(judge) == [(EventType.PRICE_CHANGED, "openai/gpt-5")]


def test_a_model_of_the_same_name_elsewhere_is_not_ours(judge: JudgeParts) -> None:
    elsewhere = model(key="openrouter/openai/gpt-4.1", platform="openrouter", id="openai/gpt-4.1")
    take(judge, model(), elsewhere)
    take(judge, model(), msgspec.structs.replace(elsewhere, price={"input": 9}, ends="2027-01-01"), hours=1)
    assert said(judge) == []


def test_the_exact_id_counts_before_its_family(judge: JudgeParts) -> None:
    pinned = model(key="openai/gpt-4.1-2025-04-14", id="gpt-4.1-2025-04-14")
    take(judge, model(), pinned)
    take(judge, model(), msgspec.structs.replace(pinned, price={"input": 9}), hours=1)
    assert said(judge) == []


def test_where_only_the_family_is_listed_that_is_said(judge: JudgeParts) -> None:
    pinned = model(key="openai/gpt-4.1-2025-04-14", id="gpt-4.1-2025-04-14")
    take(judge, pinned)
    take(judge, msgspec.structs.replace(pinned, price={"input": 9}), hours=1)
    (signal,) = said(judge)
    assert signal.confidence == 0.5
    assert "the same family" in (signal.summary or "")


def test_the_end_of_one_pinned_state_is_not_the_end_of_the_name(judge: JudgeParts) -> None:
    pinned = model(key="openai/gpt-4.1-2025-04-14", id="gpt-4.1-2025-04-14")
    take(judge, pinned)
    take(judge, msgspec.structs.replace(pinned, ends="2027-01-01"), hours=1)
    assert types(judge) == []


def test_a_model_that_is_no_longer_listed_is_not_called_retired(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, hours=1)
    (signal,) = said(judge)
    assert signal.signal_type is SignalType.CATALOGUE_CHANGE
    assert signal.title == "openai/gpt-4.1 is no longer listed: that is not a retirement"
    with judge.store.read() as tx:
        assert tx.vendors.lifecycles() == []
    fingerprint = signal.fingerprint
    take(judge, model(), hours=2)
    assert not any(a.open for a in alerts(judge) if a.signal_fingerprint == fingerprint)


def test_a_date_that_moves_says_where_from_and_one_that_is_taken_back_ends_it(judge: JudgeParts) -> None:
    take(judge, model(ends="2027-01-15"))
    take(judge, model(ends="2027-03-01"), hours=1)
    (signal,) = said(judge)
    assert signal.title == "openai/gpt-4.1 ends on 2027-03-01; before: ends on 2027-01-15"
    (alert,) = [a for a in alerts(judge) if a.signal_fingerprint == signal.fingerprint]
    assert alert.open
    take(judge, model(), hours=2)
    assert not any(a.open for a in alerts(judge) if a.signal_fingerprint == signal.fingerprint)
    assert len(said(judge)) == 1


def test_an_end_is_one_alert_whether_a_note_or_a_catalogue_states_it(judge: JudgeParts) -> None:
    take(judge, model())
    note = Note(
        source="news",
        key="n",
        vendor="openai",
        title="gpt-4.1 deprecated",
        body="We will shut down gpt-4.1 on March 1, 2027.",
        published_at=later(minutes=5),
    )
    ingest([note], [], judge, later(minutes=6))
    take(judge, model(ends="2027-03-01"), hours=1)
    found = [s for s in told(judge, SignalType.DEPRECATION) if s.asset_id == "support-bot"]
    assert len(found) == 2
    assert len({s.fingerprint for s in found}) == 1


def test_an_alias_that_moves_asks_for_a_retest(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        alias = Component(id="mistral/mistral-large-latest", kind=ComponentKind.HOSTED_MODEL, name="mistral")
        tx.dependencies.put_bill(Bill(source="more", asset_id="gateway", document="", at=later(), components=(alias,)))
    entry = model(key="mistral/mistral-large-latest", platform="mistral", id="mistral-large-latest")
    take(judge, entry)
    take(judge, msgspec.structs.replace(entry, metadata={"name": "GPT-4.1", "release_date": "2025-12-02"}), hours=1)
    (signal,) = said(judge)
    assert (signal.signal_type, signal.recommended_action.value) == (SignalType.VENDOR_NOTE, "retest")
    assert proof(signal).labels == ["behaviour_change"]
    assert "seems to point at another model" in signal.title
    both = {"price": {"input": 1, "output": 2}, "limit": {"context": 5, "output": 5}}
    take(
        judge,
        msgspec.structs.replace(entry, **both, metadata={"name": "GPT-4.1", "release_date": "2025-12-02"}),
        hours=2,
    )
    assert types(judge) == ["pricing_change", "rate_limit_change", "vendor_note", "vendor_note"]


def cheaper(count: int) -> tuple[CatalogueModel, ...]:
    return tuple(msgspec.structs.replace(m, price={"input": 2}) for m in OTHERS[:count]) + OTHERS[count:]


def test_a_mass_change_alerts_nobody_and_changes_nothing_until_it_comes_again(judge: JudgeParts) -> None:
    take(judge, model())
    flipped = (model(price={"input": 9}), *cheaper(30))
    take(judge, models=flipped, hours=1)
    assert "0 of 51 models gone and 31 changed at once" in suspect(judge)
    assert (said(judge), events(judge)) == ([], [])
    take(judge, models=flipped, hours=2)
    take(judge, models=flipped, hours=3)
    assert (said(judge), events(judge)) == ([], [])
    take(judge, models=flipped, hours=4)
    assert suspect(judge) == ""
    assert (types(judge), len(events(judge))) == (["pricing_change"], 31)
    take(judge, models=flipped, hours=5)
    assert (types(judge), len(events(judge))) == (["pricing_change"], 31)


def test_a_mass_change_that_comes_again_with_a_little_more_is_believed(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, models=(model(), *cheaper(30)), hours=1)
    take(judge, models=(model(price={"input": 9}), *cheaper(32)), hours=26)
    assert suspect(judge) == ""
    assert types(judge) == ["pricing_change"]


def test_another_mass_change_is_not_the_same_again(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, models=(model(), *cheaper(30)), hours=1)
    take(judge, models=(model(), *OTHERS[:5]), hours=2)
    assert "45 of 51 models gone" in suspect(judge)
    assert listed(judge) == 51


def test_a_flip_and_back_leaves_no_trace_but_its_time_as_suspect(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, models=OTHERS[:10], hours=1)
    assert suspect(judge)
    take(judge, model(), hours=2)
    assert (suspect(judge), said(judge), events(judge), listed(judge)) == ("", [], [], 51)


def test_news_behind_a_flip_is_told_once(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, models=OTHERS[:10], hours=1)
    take(judge, model(price={"input": 9}), hours=2)
    take(judge, model(price={"input": 9}), hours=3)
    assert types(judge) == ["pricing_change"]


def test_few_entries_may_change_all_at_once(judge: JudgeParts) -> None:
    take(judge, models=(model(), OTHERS[0]))
    take(judge, models=(model(price={"input": 9}),), hours=1)
    assert types(judge) == ["pricing_change"]


def test_an_entry_that_cannot_be_read_stays_as_it_was(judge: JudgeParts) -> None:
    take(judge, model())
    take(judge, hours=1, refused=1, unread=("openai/gpt-4.1",))
    assert (said(judge), listed(judge)) == ([], 51)
    take(judge, model(price={"input": 9}), hours=2)
    assert types(judge) == ["pricing_change"]


def test_a_reading_of_which_much_is_refused_is_not_believed(judge: JudgeParts) -> None:
    take(judge, model(), models=OTHERS[:20], refused=30, unread=tuple(m.key for m in OTHERS[20:]))
    assert suspect(judge) == "30 of 50 entries could not be read"
    assert listed(judge) == 0
    take(judge, model(), hours=1)
    assert (suspect(judge), said(judge), listed(judge)) == ("", [], 51)
    take(judge, models=(model(),), refused=1, unread=("other/",), hours=2)
    assert suspect(judge) == "50 of 51 entries could not be read"


def ends(**fields: Any) -> Lifecycle:
    day = ends_on(fields.pop("on", None))[0]
    base: dict[str, Any] = {"source": "ends", "platform": "openai", "model": "gpt-4.1", "ends_at": day}
    return Lifecycle(**{**base, **fields})


def state(judge: JudgeParts, *items: Lifecycle, hours: float = 0) -> Tally:
    return ingest([Lifecycles(source="ends", items=items)], [], judge, later(hours=hours))


def test_a_list_of_ends_is_a_baseline_first_and_news_after(judge: JudgeParts) -> None:
    tally = state(judge, ends(on="2027-01-15"), ends(model="gpt-3.5", on="2026-12-01"))
    assert tally.remarks == ("openai/gpt-4.1 ends on 2027-01-15, in 53 days: support-bot",)
    assert said(judge) == []
    state(judge, ends(on="2027-02-15", successor="gpt-5"), hours=1)
    (signal,) = said(judge)
    assert (proof(signal).successor, proof(signal).was) == ("gpt-5", "ends on 2027-01-15")
    state(judge, ends(on="2027-02-15", successor="gpt-5"), hours=2)
    assert len(said(judge)) == 1


def test_a_floor_is_no_date_of_an_end(judge: JudgeParts) -> None:
    state(judge, ends(model="gpt-3.5", on="2026-12-01"))
    state(judge, ends(on="2027-02-15", floor=True), hours=1)
    assert said(judge) == []
    state(judge, ends(on="2027-02-15", floor=True, stage=Stage.DEPRECATED), hours=2)
    (signal,) = said(judge)
    assert "ends not before 2027-02-15" in signal.title
    assert proof(signal).floor


def test_what_other_sources_state_stands_beside_and_the_nearest_date_counts(judge: JudgeParts) -> None:
    take(judge, model(ends="2027-01-15"))
    state(judge, ends(model="gpt-3.5", on="2026-12-01"))
    state(judge, ends(on="2027-06-01"), hours=1)
    (signal,) = said(judge)
    assert proof(signal).says == ["models states 2027-01-15, ends states 2027-06-01: they differ, the nearest counts"]
    assert f"{proof(signal).effective_at:%Y-%m-%d}" == "2027-01-15"
