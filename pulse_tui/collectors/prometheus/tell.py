"""The signals about a service level: a breach that is confirmed, that it is over, and that nobody can see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.collectors.prometheus.ask import Grid
from pulse_tui.collectors.prometheus.level import Level, Seen, Told
from pulse_tui.domain.evidence import Evidence, HealthEvidence, ServiceEvidence
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Environment, Recommended, Severity, SignalType

_SURE = 0.95
_PARTIAL = 0.5
"""The server said itself that its answer may not be whole."""
_SERVING = frozenset({Environment.PRODUCTION, Environment.CANARY})


class Place(NamedTuple):
    """What was looked at, where and when."""

    source: str
    asset: str
    environment: Environment
    window_s: float
    grid: Grid
    ahead: timedelta
    """How far the server's clock is ahead of ours."""
    now: datetime

    @property
    def where(self) -> str:
        """``support-bot canary``."""
        return f"{self.asset} {self.environment.value}"

    def name(self, level: Level) -> str:
        """``support-bot canary p95_latency``."""
        return f"{self.where} {level.metric}"

    def moment(self, ms: int) -> datetime:
        """A moment of the grid by our clock, and not after now."""
        return min(self.now, from_us(ms * 1_000) - self.ahead)


def level_signal(
    level: Level, seen: Seen, told: Told, place: Place, since: int, links: list[str], *, partial: bool
) -> Signal:
    """A breach that stands, or that it is over: one condition, whose ratio lets policy open and close its alert.

    A breach has occurred ``since`` (milliseconds), but no longer ago than what was measured for this signal reaches
    back: what serves since before ``occurred_at`` is what was measured, or has begun it.
    """
    ratio = seen.value / level.objective
    where = place.where
    says = {
        Told.BREACH: f"{level.words} of {where} is {ratio:.2f} times its objective",
        Told.EASED: f"{level.words} of {where} is within its limit again: {ratio:.2f} times its objective",
        Told.OVER: f"{level.words} of {where} is within its objective again ({ratio:.2f} times)",
    }[told]
    grid = place.grid
    summary = (
        f"Median of the last {grid.length} points, {grid.step / 1_000:g} s apart, each over {place.window_s:g} s;"
        f" beyond {level.limit:g} times {level.objective:g} {level.unit} is a breach"
    )
    evidence = ServiceEvidence(
        metric=level.metric,
        value=seen.value,
        objective=level.objective,
        unit=level.unit,
        window_s=place.window_s,
        requests=seen.requests,
    )
    breach = told is Told.BREACH
    action = Recommended.ROLLBACK if place.environment is Environment.CANARY else Recommended.NOTIFY
    return _signal(
        place,
        level,
        level.signal_type,
        told.name,
        evidence,
        says,
        summary + (". The server warns that its answer may be partial" if partial else ""),
        confidence=_PARTIAL if partial else _SURE,
        severity=(Severity.HIGH if place.environment in _SERVING else Severity.MEDIUM) if breach else Severity.LOW,
        action=action if breach else Recommended.NOTE,
        occurred_at=place.moment(max(since, grid.start - round(place.window_s * 1_000)) if breach else grid.start),
        links=links,
    )


def sight_signal(
    level: Level, seen: Seen, place: Place, since: int | None, links: list[str], *, breach: bool
) -> Signal:
    """Nothing is seen of a level since then (milliseconds), or (None) it is seen again."""
    where = place.where
    stands = ": the breach that was told may stand or be over" if breach else ""
    lost = since is not None
    return _signal(
        place,
        level,
        SignalType.SOURCE_HEALTH,
        "lost" if lost else "back",
        HealthEvidence(
            subject=f"{place.source} ({level.words} of {where})",
            state="silent" if lost else "good",
            reason=seen.why,
            last_good_at=None if since is None else place.moment(since - place.grid.step),
        ),
        f"{level.words} of {where} cannot be seen" if lost else f"{level.words} of {where} is seen again",
        f"{seen.why} (since {iso(place.moment(since))}){stands}" if since is not None else None,
        confidence=_SURE,
        severity=Severity.MEDIUM if lost else Severity.LOW,
        action=Recommended.REVIEW if lost else Recommended.NOTE,
        occurred_at=place.moment(place.grid.end if since is None else since),
        links=links,
    )


def _signal(
    place: Place,
    level: Level,
    kind: SignalType,
    word: str,
    evidence: Evidence,
    title: str,
    summary: str | None,
    *,
    confidence: float,
    severity: Severity,
    action: Recommended,
    occurred_at: datetime,
    links: list[str],
) -> Signal:
    condition = (kind.value, place.source, place.asset, place.environment.value, level.metric)
    return observed(
        kind,
        source=place.source,
        # By the last point: asked again about the same moment, the same is reported and counts once. Samples that come
        # late can make another thing of that moment: it is reported as well.
        event=(*condition, word, str(place.grid.end)),
        fingerprint=fingerprint(*condition),
        asset_id=place.asset,
        environment=place.environment,
        severity=severity,
        confidence=confidence,
        recommended=action,
        at=occurred_at,
        now=place.now,
        title=title,
        summary=summary,
        links=links,
        evidence=evidence,
    )
