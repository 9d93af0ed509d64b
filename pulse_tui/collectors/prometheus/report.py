"""The signals about a service level: a confirmed breach, its end, and that the level cannot be seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.collectors.prometheus.ask import Grid
from pulse_tui.collectors.prometheus.level import Level, Report, Seen
from pulse_tui.domain.evidence import Evidence, HealthEvidence, ServiceEvidence
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Environment, Recommended, Severity, SignalType

_SURE = 0.95
_PARTIAL = 0.5
"""The server itself warned that its answer may be partial."""
_SERVING = frozenset({Environment.PRODUCTION, Environment.CANARY})


class Watched(NamedTuple):
    """The deployment, window and time of a measurement."""

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
    level: Level, seen: Seen, stated: Report, watched: Watched, since: int, links: list[str], *, partial: bool
) -> Signal:
    """An open breach, or its end: one condition, whose ratio lets policy open and close its alert.

    A breach has occurred ``since`` (milliseconds), but no longer ago than this signal's measurement reaches
    back: a release that serves since before ``occurred_at`` was measured, or began the breach.
    """
    ratio = seen.value / level.objective
    where = watched.where
    says = {
        Report.BREACH: f"{level.words} of {where} is {ratio:.2f} times its objective",
        Report.EASED: f"{level.words} of {where} is within its limit again: {ratio:.2f} times its objective",
        Report.OVER: f"{level.words} of {where} is within its objective again ({ratio:.2f} times)",
    }[stated]
    grid = watched.grid
    summary = (
        f"Median of the last {grid.length} points, {grid.step / 1_000:g} s apart, each over {watched.window_s:g} s;"
        f" beyond {level.limit:g} times {level.objective:g} {level.unit} is a breach"
    )
    evidence = ServiceEvidence(
        metric=level.metric,
        value=seen.value,
        objective=level.objective,
        unit=level.unit,
        window_s=watched.window_s,
        requests=seen.requests,
    )
    breach = stated is Report.BREACH
    action = Recommended.ROLLBACK if watched.environment is Environment.CANARY else Recommended.NOTIFY
    return _signal(
        watched,
        level,
        level.signal_type,
        stated.name,
        evidence,
        says,
        summary + (". The server warns that its answer may be partial" if partial else ""),
        confidence=_PARTIAL if partial else _SURE,
        severity=(Severity.HIGH if watched.environment in _SERVING else Severity.MEDIUM) if breach else Severity.LOW,
        action=action if breach else Recommended.NOTE,
        occurred_at=watched.moment(max(since, grid.start - round(watched.window_s * 1_000)) if breach else grid.start),
        links=links,
    )


def sight_signal(
    level: Level, seen: Seen, watched: Watched, since: int | None, links: list[str], *, breach: bool
) -> Signal:
    """Nothing is seen of a level since then (milliseconds), or (None) it is seen again."""
    where = watched.where
    stands = ": the reported breach may be open or resolved" if breach else ""
    lost = since is not None
    return _signal(
        watched,
        level,
        SignalType.SOURCE_HEALTH,
        "lost" if lost else "back",
        HealthEvidence(
            subject=f"{watched.source} ({level.words} of {where})",
            state="silent" if lost else "good",
            reason=seen.why,
            last_good_at=None if since is None else watched.moment(since - watched.grid.step),
        ),
        f"{level.words} of {where} cannot be seen" if lost else f"{level.words} of {where} is seen again",
        f"{seen.why} (since {iso(watched.moment(since))}){stands}" if since is not None else None,
        confidence=_SURE,
        severity=Severity.MEDIUM if lost else Severity.LOW,
        action=Recommended.REVIEW if lost else Recommended.NOTE,
        occurred_at=watched.moment(watched.grid.end if since is None else since),
        links=links,
    )


def _signal(
    watched: Watched,
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
    condition = (kind.value, watched.source, watched.asset, watched.environment.value, level.metric)
    return observed(
        kind,
        source=watched.source,
        # By the last point: the same moment queried again is reported again and counts once. Late samples can change
        # the state at that moment: the change is reported as well.
        event=(*condition, word, str(watched.grid.end)),
        fingerprint=fingerprint(*condition),
        asset_id=watched.asset,
        environment=watched.environment,
        severity=severity,
        confidence=confidence,
        recommended=action,
        at=occurred_at,
        now=watched.now,
        title=title,
        summary=summary,
        links=links,
        evidence=evidence,
    )
