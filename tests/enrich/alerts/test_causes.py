"""What is related, and which cause the evidence names: nothing is named that is not ahead, and order does not matter."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.evidence import EVIDENCE, NoteEvidence
from pulse_tui.domain.incident import CauseVerdict, Footing
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Environment, SignalType
from pulse_tui.enrich.alerts.causes import rank
from pulse_tui.enrich.alerts.kinds import EFFECTS, SYMPTOMS, CauseKind, Effect, cause_kind
from pulse_tui.enrich.alerts.priors import PRIOR
from pulse_tui.enrich.alerts.reach import Near, World, candidate, reach
from pulse_tui.enrich.alerts.relate import Shared, related
from tests.fakes.nouns import NOW, evidence, later, signal
from tests.servers import forms

PROD = Environment.PRODUCTION


def footing(kind: SignalType = SignalType.LATENCY_BREACH, at: datetime = NOW, **fields: Any) -> Footing:
    values: dict[str, Any] = {
        "asset_id": "bot",
        "environment": PROD,
        "uses": ("openai/gpt-4.1",),
        "upstream": ("gateway",),
    }
    return Footing(kind=kind, at=at, seen_at=at, last_at=at, **{**values, **fields})


def deploy(number: object = 1, at: datetime = NOW - timedelta(minutes=5), **fields: Any) -> Signal:
    values: dict[str, Any] = {"change": Change.DEPLOYMENT, "asset_id": "bot", "environment": PROD, "confidence": 1.0}
    return signal(
        number, SignalType.VERSION_EVENT, occurred_at=at, **{**values, "current_version": f"v{number}", **fields}
    )


def note(number: object, kind: SignalType, at: datetime, **fields: Any) -> Signal:
    return signal(number, kind, occurred_at=at, evidence=evidence(kind, note=str(number), **fields), confidence=1.0)


def test_every_kind_of_cause_has_a_prior_for_every_effect() -> None:
    assert set(PRIOR) == {(cause, effect) for cause in CauseKind for effect in Effect}
    assert set(EFFECTS) == SYMPTOMS
    assert all(0.0 <= value <= 1.0 for value in PRIOR.values())


@pytest.mark.parametrize(
    ("apart", "kinds", "shared"),
    [
        (timedelta(hours=2), (SignalType.ERROR_RATE_BREACH, SignalType.LATENCY_BREACH), Shared.ASSET),
        (timedelta(hours=2, minutes=1), (SignalType.ERROR_RATE_BREACH, SignalType.LATENCY_BREACH), None),
        (timedelta(hours=23), (SignalType.CVE, SignalType.LATENCY_BREACH), Shared.ASSET),
        (timedelta(hours=25), (SignalType.CVE, SignalType.LATENCY_BREACH), None),
        (timedelta(hours=23), (SignalType.BENCHMARK_REGRESSION, SignalType.LATENCY_BREACH), Shared.ASSET),
    ],
)
def test_how_far_apart_two_alerts_of_an_asset_may_lie(
    apart: timedelta, kinds: tuple[SignalType, SignalType], shared: Shared | None
) -> None:
    found = related(footing(kinds[0], NOW + apart), footing(kinds[1]))
    assert (found.shared if found else None) is shared


def test_what_goes_on_does_not_fall_out() -> None:
    old = footing(at=later(hours=-9))
    assert related(footing(), old) is None
    assert related(footing(), msgspec.structs.replace(old, last_at=later(minutes=-20))) is not None


def test_assets_without_anything_in_common_are_not_related_and_a_vendor_is_enough() -> None:
    other = footing(asset_id="tagger", uses=("mistral/small",), upstream=())
    assert related(other, footing()) is None
    outage = footing(SignalType.INCIDENT, asset_id=None, uses=(), upstream=(), platforms=("mistral",))
    found = related(outage, other)
    assert found is not None
    assert found.shared is Shared.PLATFORM


def test_two_deploys_in_one_minute_are_an_unknown_cause_and_both_are_listed() -> None:
    ranking = rank([footing()], [deploy(1), deploy(2, NOW - timedelta(minutes=5, seconds=20))], World())
    assert ranking.verdict is CauseVerdict.UNKNOWN
    assert len(ranking.causes) == 2


def test_what_has_no_relation_is_no_candidate_however_near_it_lies() -> None:
    far = note(3, SignalType.INCIDENT, NOW, vendor="mistral")
    assert rank([footing()], [deploy(1, asset_id="tagger"), far], World()).causes == ()


def test_a_deploy_after_the_symptom_is_not_named_and_says_why() -> None:
    ranking = rank([footing()], [deploy(1, later(minutes=30))], World())
    assert ranking.verdict is CauseVerdict.UNKNOWN
    assert "counts against it" in ranking.causes[0].why[0]


def test_whoever_has_the_candidate_and_is_well_counts_against_it() -> None:
    outage = note(1, SignalType.INCIDENT, later(minutes=-4), vendor="openai", components=["openai/gpt-4.1"])
    uses = {"bot": {"openai/gpt-4.1"}, "other": {"openai/gpt-4.1"}}
    measured = frozenset({("other", SignalType.LATENCY_BREACH)})
    alone = rank([footing()], [outage], World()).causes[0].score
    well = rank([footing()], [outage], World(uses=uses, measured=measured)).causes[0]
    both = rank([footing(), footing(asset_id="other")], [outage], World(uses=uses)).causes[0].score
    assert well.score < alone < both
    assert any("other has it too and is well" in why for why in well.why)


def test_a_link_of_the_chain_does_not_compete_with_its_beginning() -> None:
    slow = signal("slow", asset_id="gateway", environment=PROD, occurred_at=later(minutes=-4), confidence=1.0)
    symptoms = [footing(asset_id="gateway", upstream=(), at=later(minutes=-4)), footing()]
    alone = rank(symptoms, [slow], World())
    assert (alone.causes[0].signal_id, alone.verdict) == ("s-slow", CauseVerdict.NAMED)
    both = rank(symptoms, [slow, deploy(1, later(minutes=-40), asset_id="gateway")], World())
    assert ([c.signal_id for c in both.causes], both.verdict) == (["s-1", "s-slow"], CauseVerdict.NAMED)
    assert "explains it in turn" in both.causes[1].why[-1]


def test_a_release_that_was_not_the_one_measured_counts_half() -> None:
    seen = footing(SignalType.BENCHMARK_REGRESSION, version="v1")
    this = rank([seen], [deploy(1)], World()).causes[0].score
    other = rank([seen], [deploy(2)], World()).causes[0].score
    assert other <= this / 2


def test_an_announced_price_counts_from_its_day_on() -> None:
    rise = note(1, SignalType.PRICING_CHANGE, later(days=-20), vendor="openai", effective_at=later(hours=-3))
    assert rank([footing(SignalType.COST_CHANGE)], [rise], World()).verdict is CauseVerdict.NAMED
    to_come = note(2, SignalType.PRICING_CHANGE, later(days=-1), vendor="openai", effective_at=later(days=9))
    assert rank([footing(SignalType.COST_CHANGE)], [to_come], World()).verdict is CauseVerdict.UNKNOWN


def test_a_vendors_entry_for_several_assets_is_one_candidate() -> None:
    entries = [
        signal(
            n, SignalType.INCIDENT, occurred_at=later(minutes=-4), asset_id=name, evidence=evidence(SignalType.INCIDENT)
        )
        for n, name in enumerate(("bot", "gateway"))
    ]
    (cause,) = rank([footing()], entries, World()).causes
    assert len(cause.also) == 1


def test_entries_of_one_vendor_about_one_model_within_the_hour_are_one_story() -> None:
    def entry(number: str, minutes: int) -> Signal:
        return note(number, SignalType.INCIDENT, later(minutes=-minutes), models=["openai/gpt-4.1"], vendor="openai")

    (cause,) = rank([footing()], [entry("a", 30), entry("b", 4)], World()).causes
    assert len(cause.also) == 1
    assert len(rank([footing()], [entry("a", 90), entry("b", 4)], World()).causes) == 2


@pytest.mark.parametrize("minutes", [2, 4, 20])
def test_what_we_did_a_minute_after_the_symptom_was_seen_is_not_named(minutes: int) -> None:
    assert rank([footing()], [deploy(1, later(minutes=minutes))], World()).verdict is CauseVerdict.UNKNOWN


def test_what_the_program_remarks_of_a_move_is_no_cause() -> None:
    remark = deploy(1, evidence=evidence(SignalType.VERSION_EVENT, changed=["past-gate"]))
    assert cause_kind(remark) is None
    assert cause_kind(deploy(2, change=Change.BUILD)) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-300, 60), st.sampled_from(["deploy", "outage", "note", "cve"])), max_size=8),
    st.randoms(),
)
def test_the_ranking_is_the_same_in_whatever_order_signals_come_and_every_score_is_a_share(
    found: list[tuple[int, str]], shuffled: random.Random
) -> None:
    made: list[Signal] = []
    for number, (minute, what) in enumerate(found):
        at = later(minutes=minute)
        if what == "deploy":
            made.append(deploy(number, at))
        elif what == "outage":
            made.append(note(number, SignalType.INCIDENT, at, vendor="openai"))
        elif what == "note":
            made.append(note(number, SignalType.VENDOR_NOTE, at, vendor="openai", components=["openai/gpt-4.1"]))
        else:
            made.append(
                signal(number, SignalType.CVE, occurred_at=at, asset_id="bot", evidence=evidence(SignalType.CVE))
            )
    first = rank([footing()], made, World())
    again = list(made)
    shuffled.shuffle(again)
    assert rank([footing()], again, World()) == first
    assert all(0.0 <= cause.score <= 1.0 for cause in first.causes)
    assert (first.verdict is CauseVerdict.NAMED) <= bool(first.causes)


_ASSETS = st.sampled_from([None, "bot", "gateway", "tagger"])
_NOTES = frozenset(k for k, shape in EVIDENCE.items() if shape is NoteEvidence)
_USES = st.sampled_from([(), ("openai/gpt-4.1",), ("mistral/small", "asset-index"), ("suite:golden",)])


@settings(max_examples=forms.examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(SYMPTOMS)), _ASSETS, _USES, _USES, st.sets(_ASSETS)), max_size=4),
    st.sampled_from([*sorted(SignalType)]),
    _ASSETS,
    st.sampled_from([{}, {"vendor": "openai"}, {"vendor": "mistral", "models": ["small"]}, {"models": ["gpt-4.1"]}]),
)
def test_no_symptom_that_a_candidate_reaches_is_passed_over(
    made: list[tuple[SignalType, str | None, tuple[str, ...], tuple[str, ...], set[str | None]]],
    kind: SignalType,
    about: str | None,
    named: dict[str, Any],
) -> None:
    symptoms = [
        footing(k, asset_id=a, uses=uses, names=names, upstream=tuple(sorted(u for u in up if u)), source="feed")
        for k, a, uses, names, up in made
    ]
    told = evidence(kind, **(named if kind in _NOTES else {}))
    change = Change.DEPLOYMENT if kind is SignalType.VERSION_EVENT else None
    one = candidate(signal(1, kind, asset_id=about, change=change, evidence=told, environment=PROD))
    if one is None:
        return
    near = set(Near(symptoms).to(one))
    reached = {n for n, s in enumerate(symptoms) if reach(one, s) is not None}
    assert reached <= near
    same = {n for n, s in enumerate(symptoms) if (s.kind, s.asset_id) == (kind, about)}
    assert same <= near
