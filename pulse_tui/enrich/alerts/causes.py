"""Ranked causes: each signal that may have led to an incident, how well it explains it, and the evidence for that.

The score of a candidate for one symptom is the product of: how well its kind explains the symptom's kind, how it is related
to the symptom's asset, how long before the symptom it happened, and how sure its signal is. Over all symptoms the mean
counts most, so that what explains all of them is ahead of what explains one. Whoever has the candidate too and is well counts
against it. A candidate of no relation is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.evidence import NoteEvidence, VersionEvidence
from pulse_tui.domain.incident import RANKED, Cause, CauseVerdict, Footing
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.alerts.footing import began
from pulse_tui.enrich.alerts.kinds import EFFECTS, SYMPTOMS, CauseKind, Effect
from pulse_tui.enrich.alerts.priors import (
    AHEAD,
    ANNOUNCED,
    LAGS,
    LOOKBACK,
    NAMED_FROM,
    OUR_SLACK,
    OURS,
    PRIOR,
    SLACK,
    pace,
)
from pulse_tui.enrich.alerts.reach import Candidate, Near, Reach, World, candidate, reach

MEAN = 0.65
"""The share of the mean over all symptoms; the rest is of the symptom that it explains best."""
MOST_SYMPTOMS = 20
STORY = timedelta(hours=1)
EXPLAINED = 0.3
"""From here on a candidate explains a symptom well enough for what hangs on that symptom."""


class Ranking(NamedTuple):
    """The causes, the likeliest first, and whether the first is named."""

    causes: tuple[Cause, ...]
    verdict: CauseVerdict


class _Scored(NamedTuple):
    signal: Signal
    kind: CauseKind
    at: datetime
    score: float
    why: tuple[str, ...]
    each: tuple[float, ...] = ()
    """How well it explains each symptom."""


def rank(footings: Sequence[Footing], signals: Iterable[Signal], world: World) -> Ranking:
    """The causes of an incident with these symptoms. The same in whatever order the signals come."""
    symptoms = [f for f in footings if f.kind in SYMPTOMS][:MOST_SYMPTOMS]
    if any(f.kind not in (SignalType.INCIDENT, SignalType.SILENT_CHANGE) for f in symptoms):
        # What a vendor states, or a probe saw, explains what is measured here: it needs no cause of its own.
        symptoms = [f for f in symptoms if f.kind not in (SignalType.INCIDENT, SignalType.SILENT_CHANGE)]
    near = Near(symptoms)
    found = [
        scored
        for signal in signals
        if (one := candidate(signal)) is not None and (scored := _score(one, symptoms, near, world)) is not None
    ]
    groups: dict[tuple[str, ...], list[_Scored]] = {}
    for scored in found:
        groups.setdefault(_same_thing(scored.signal, scored.kind), []).append(_in_turn(scored, found, symptoms))
    causes = sorted(
        (_cause(group) for group in _one_story(groups.values())), key=lambda c: (-c.score, c.at, c.signal_id)
    )
    return Ranking(tuple(causes[:RANKED]), verdict_of(causes))


def _in_turn(scored: _Scored, others: Sequence[_Scored], symptoms: Sequence[Footing]) -> _Scored:
    """Trouble of an asset that others depend on counts half where something explains that trouble in turn: a link of the
    chain does not compete with its beginning."""
    if scored.kind is not CauseKind.UPSTREAM:
        return scored
    places = [n for n, f in enumerate(symptoms) if f.asset_id == scored.signal.asset_id]
    behind = max(
        (other.each[n] for other in others if other.kind is not CauseKind.UPSTREAM for n in places), default=0.0
    )
    if behind < EXPLAINED:
        return scored
    return scored._replace(
        score=scored.score / 2, why=(*scored.why, "something that happened before explains it in turn")
    )


def verdict_of(causes: Sequence[Cause]) -> CauseVerdict:
    """Named when the first is likely enough and far enough ahead of the second."""
    if not causes or causes[0].score < NAMED_FROM:
        return CauseVerdict.UNKNOWN
    second = causes[1].score if len(causes) > 1 else 0.0
    return CauseVerdict.NAMED if causes[0].score - second >= AHEAD else CauseVerdict.UNKNOWN


def happened(signal: Signal, kind: CauseKind) -> datetime:
    """When it took effect: on the day that was announced, else when it occurred."""
    evidence = signal.evidence
    if kind in ANNOUNCED and isinstance(evidence, NoteEvidence) and evidence.effective_at is not None:
        return evidence.effective_at
    return began(signal) if kind is CauseKind.SILENT else signal.occurred_at


def _score(one: Candidate, symptoms: Sequence[Footing], near: Near, world: World) -> _Scored | None:
    signal, kind = one.signal, one.kind
    at = happened(signal, kind)
    each = [0.0] * len(symptoms)
    others = len(symptoms)
    best: tuple[float, Footing, Reach] | None = None
    for n in near.to(one):
        symptom = symptoms[n]
        if _itself(signal, symptom):
            others -= 1
            continue  # it needs no explaining by itself
        found = reach(one, symptom)
        if found is None:
            continue
        each[n] = score = PRIOR[kind, EFFECTS[symptom.kind]] * found.score * _in_time(at, kind, symptom)
        if best is None or score > best[0]:
            best = score, symptom, found
    if best is None or best[0] <= 0.0:
        return None
    whole = MEAN * sum(each) / others + (1 - MEAN) * best[0]
    weight, contrast = _contrast(one, symptoms, world)
    sure = 0.5 + 0.5 * signal.confidence
    why = [_when(at, best[1]), best[2].why]
    if others > 1:
        why.append(f"it explains {sum(s > 0 for s in each)} of {others} symptoms")
    why += contrast
    if PRIOR[kind, EFFECTS[best[1].kind]] < 0.2:
        why.append(f"a {kind.value} seldom leads to {_EFFECT_WORDS[EFFECTS[best[1].kind]]}")
    return _Scored(signal, kind, at, min(whole * weight * sure, 1.0), tuple(why), tuple(each))


_EFFECT_WORDS = {
    Effect.LATENCY: "slow answers",
    Effect.ERRORS: "errors",
    Effect.QUALITY: "worse answers",
    Effect.SAFETY: "unsafe answers",
    Effect.COST: "higher costs",
    Effect.ANSWERS: "other answers of a hosted model",
    Effect.OUTAGE: "an outage",
}


def _itself(signal: Signal, symptom: Footing) -> bool:
    """A symptom explains what depends on its asset, not itself."""
    return signal.signal_type is symptom.kind and signal.asset_id == symptom.asset_id


def _in_time(at: datetime, kind: CauseKind, symptom: Footing) -> float:
    before, late = pace(kind, EFFECTS[symptom.kind])
    gap = symptom.seen_at - at
    if gap >= timedelta():
        return 0.0 if gap > max(LOOKBACK, 2 * before) else 0.5 ** (gap / before)
    over = -gap - (OUR_SLACK if kind in OURS else SLACK)
    if over <= timedelta():
        return 0.85
    counts = 0.8 if kind in LAGS else 0.3 if kind in OURS else 0.5
    return float(counts * 0.5 ** (over / late))


def _when(at: datetime, symptom: Footing) -> str:
    gap = symptom.seen_at - at
    words = span_words(abs(gap))
    if gap >= timedelta():
        return f"{words} before the {symptom.kind.value.replace('_', ' ')}"
    return f"{words} after the {symptom.kind.value.replace('_', ' ')} was seen, which counts against it"


def span_words(span: timedelta) -> str:
    """``6 min``, ``3 h``, ``2 d``."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1_440} d"


def _contrast(one: Candidate, symptoms: Sequence[Footing], world: World) -> tuple[float, list[str]]:
    """Who else has the candidate: well, which counts against it; or failing too, which counts for it."""
    exposed = world.exposed(one)
    if len(exposed) < 2:
        return 1.0, []
    kinds = {f.kind for f in symptoms}
    failing = {f.asset_id for f in symptoms if f.asset_id} | {a for a, k in world.failing if k in kinds}
    ill = sorted(exposed & failing)
    well = sorted(a for a in exposed - failing if any((a, k) in world.measured for k in kinds))
    silent = exposed - failing - set(well)
    if len(ill) > 1 and not well:
        return (1.15 if not silent else 1.05), [f"{len(ill)} assets have it and fail: {', '.join(ill[:4])}"]
    if well:
        share = len(well) / (len(well) + len(ill))
        weight = 0.7 if one.names else 0.4  # a whole platform is seldom down for everybody
        return 1.0 - weight * share, [
            f"{', '.join(well[:4])} {'has' if len(well) == 1 else 'have'} it too and {'is' if len(well) == 1 else 'are'} well"
        ]
    if silent:
        return max(0.85, 1.0 - 0.05 * len(silent)), [
            f"of {len(exposed)} assets that have it only {ill[0]} fails"
        ] if ill else []
    return 1.0, []


def _same_thing(signal: Signal, kind: CauseKind) -> tuple[str, ...]:
    """By what signals are reports of one thing: a vendor's entry for several assets, a release and its moves."""
    evidence = signal.evidence
    if isinstance(evidence, NoteEvidence):
        return ("note", evidence.vendor, evidence.note)
    if signal.signal_type is SignalType.VERSION_EVENT and signal.asset_id and signal.current_version:
        return ("release", signal.asset_id, signal.current_version)
    if kind is CauseKind.DEPENDENCY and isinstance(evidence, VersionEvidence) and evidence.changed:
        asset, _, moved = evidence.changed[0].partition(" ")
        before, arrow, after = moved.partition(" -> ")
        if arrow and " " not in before and len(evidence.changed) == 1:
            return ("release", asset, after)
        return ("dependency", *evidence.changed)
    return (signal.signal_type.value, signal.fingerprint)


def _one_story(groups: Iterable[list[_Scored]]) -> list[list[_Scored]]:
    """A vendor's entries of one kind about the same models within the hour are one story, however many entries they are."""
    found: list[list[_Scored]] = []
    stories: dict[tuple[object, ...], list[_Scored]] = {}
    for group in sorted(groups, key=lambda g: min((s.at, s.signal.id) for s in g)):
        evidence, kind = group[0].signal.evidence, group[0].kind
        about = {*evidence.models, *evidence.components} if isinstance(evidence, NoteEvidence) else set[str]()
        if isinstance(evidence, NoteEvidence) and about:
            name = (evidence.vendor, kind, frozenset(about))
            story = stories.setdefault(name, group)
            if story is not group and min(s.at for s in group) - min(s.at for s in story) <= STORY:
                story += group
                continue
            stories[name] = group
        found.append(group)
    return found


def _cause(group: Sequence[_Scored]) -> Cause:
    """Of several reports of one thing the likeliest; that there are several sources counts for it."""
    best = min(group, key=lambda s: (-round(s.score, 6), s.at, s.signal.id))
    others = sorted({s.signal.id for s in group} - {best.signal.id})
    sources = {s.signal.source for s in group}
    score, why = best.score, best.why
    if len(sources) > 1:
        score = min(score * 1.08, 1.0)
        why = (*why, f"{len(sources)} sources report it")
    evidence = best.signal.evidence
    component = (
        best.signal.current_version
        or (evidence.platform or evidence.vendor if isinstance(evidence, NoteEvidence) else "")
        or getattr(evidence, "component", "")
    )
    return Cause(
        signal_id=best.signal.id,
        score=round(score, 3),
        title=best.signal.title,
        why=why,
        kind=best.kind.value,
        at=best.at,
        asset_id=best.signal.asset_id,
        component=component or "",
        also=tuple(others[:10]),
    )
