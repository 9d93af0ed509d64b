"""The priority of a vulnerability where it is, as a lattice of evidence with its reasons.

More evidence of danger never lowers it, and what is not known counts as more than its absence: an EPSS that nobody
computed yet is no zero. Policy reads the verdict and its reasons as facts and decides what is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import Enum, IntEnum
from typing import NamedTuple

from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.exploitation import LIKELY
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, Exposure, Priority, Severity, Tier

SURE = 0.5
"""From this confidence on a signal is a match; below it nobody could audit whether it is one."""


class Reach(IntEnum):
    """Whom the deployment serves."""

    NOWHERE = 0
    """The asset is not deployed."""
    ELSEWHERE = 1
    """A replica, a shadow, a canary without traffic."""
    USERS = 2
    """Production, or a canary that takes traffic."""


class Ground(Enum):
    """What speaks for or against urgency, and how it is printed. In the order in which reasons are listed."""

    MALICIOUS = "malicious code"
    EXPLOITED = "known exploited ({})"
    RANSOMWARE = "used by ransomware"
    DUE = "KEV asks to act by {}"
    SEVERITY = "{}"
    SEVERITY_UNKNOWN = "severity unknown"
    NOT_AUDITED = "may reach it: it could not be audited"
    EXPOSURE = "{}"
    NOT_SERVING = "serves no users"
    NOT_DEPLOYED = "not deployed"
    SANDBOX = "sandbox"
    STORES = "stores {}"
    NETWORK = "over the network without privileges"
    EPSS = "EPSS {}"
    EPSS_UNKNOWN = "EPSS unknown"
    NOT_LOADED = "not loaded"
    LOADED_UNKNOWN = "loaded unknown, taken as loaded"
    EXPLOITATION_UNKNOWN = "exploitation unknown"
    NOT_EXPLOITED = "not in KEV"
    NO_FIX = "no fix is named"


class Reason(NamedTuple):
    """One ground with its value, printed as in ``known exploited (KEV 2026-11-02)``."""

    ground: Ground
    value: str = ""

    def __str__(self) -> str:
        """As an operator reads it."""
        return self.ground.value.format(self.value)


class Danger(NamedTuple):
    """The evidence. None is unknown, never no and never 0."""

    severity: Severity | None
    exploited: bool | None = None
    since: date | None = None
    """When KEV added it; None with ``exploited`` True: another source states it."""
    due: date | None = None
    ransomware: bool | None = None
    epss: float | None = None
    percentile: float | None = None
    cvss: float | None = None
    vector: str | None = None
    exposure: Exposure = Exposure.INTERNAL
    reach: Reach = Reach.USERS
    environment: Environment | None = None
    tier: Tier = Tier.INTERNAL
    stores: Sequence[str] = ()
    """What of its users' it stores: ``prompts``, ``traces``, ``user content``."""
    loaded: bool | None = None
    malicious: bool = False
    fixed: bool = True
    """Whether a fix is named: shown, no measure of danger."""
    matched: bool = True
    """False: it could not be audited whether it is affected."""

    @property
    def score(self) -> float | None:
        """The EPSS, where it is a probability."""
        return self.epss if self.epss is not None and 0.0 <= self.epss <= 1.0 else None

    @property
    def likely(self) -> bool | None:
        """Whether its EPSS is high; None: no score."""
        return None if self.score is None else self.score >= LIKELY

    @property
    def exposed(self) -> bool:
        """Whether outsiders reach something that serves."""
        return self.reach is Reach.USERS and self.exposure in (Exposure.PUBLIC, Exposure.PARTNER)


class Verdict(NamedTuple):
    """A priority with its reasons."""

    priority: Priority
    reasons: tuple[Reason, ...]
    weight: float
    """Among equal priorities: the more, the more urgent."""

    @property
    def order(self) -> tuple[int, float]:
        """Sort key, most urgent first."""
        return self.priority.rank, -self.weight

    def __str__(self) -> str:
        """The reasons in one line."""
        return ", ".join(map(str, self.reasons))


def danger_of(
    signal: Signal, evidence: AdvisoryEvidence, asset: Asset, deployment: Deployment | None, where: Environment | None
) -> Danger:
    """What a signal of a vulnerability and its asset give as evidence; ``deployment``: the one in ``where``."""
    stores = {
        "prompts": asset.data.stores_prompts,
        "traces": asset.data.stores_traces,
        "user content": asset.data.stores_user_content,
    }
    return Danger(
        signal.severity if evidence.severity_stated else None,
        exploited=evidence.known_exploited,
        since=evidence.exploited_since,
        due=evidence.due,
        ransomware=evidence.ransomware,
        epss=evidence.epss,
        percentile=evidence.percentile,
        cvss=evidence.cvss,
        vector=evidence.vector,
        exposure=asset.exposure,
        reach=reach_of(deployment, where),
        environment=where,
        tier=asset.tier,
        stores=[word for word, on in stores.items() if on],
        loaded=evidence.loaded,
        malicious=evidence.malicious,
        fixed=bool(evidence.fixed),
        matched=signal.confidence >= SURE,
    )


def reach_of(deployment: Deployment | None, where: Environment | None) -> Reach:
    """Production serves users, and so does a canary that takes traffic."""
    if where is Environment.PRODUCTION:
        return Reach.USERS
    if deployment is None:
        return Reach.NOWHERE if where is None else Reach.ELSEWHERE
    canary = deployment.environment is Environment.CANARY and deployment.traffic > 0
    return Reach.USERS if canary else Reach.ELSEWHERE


def judge(danger: Danger) -> Verdict:
    """The verdict on the evidence; of malicious code always P1."""
    return Verdict(priority_of(danger), tuple(_reasons(danger)), _weight(danger))


def network(vector: str | None) -> bool | None:
    """Whether the CVSS vector (v2, v3, v4) says: over the network, without privileges. None: it says neither."""
    metrics = dict(part.partition(":")[::2] for part in (vector or "").strip("()").split("/"))
    reach, privileges = metrics.get("AV"), metrics.get("PR", metrics.get("Au"))
    if reach in ("A", "L", "P") or privileges in ("L", "H", "S", "M"):
        return False
    return True if reach == "N" and privileges == "N" else None


# --------------------------------------------------------------------------- the priority

_BY_SEVERITY = {
    # (outsiders reach it, it serves users, elsewhere)
    Severity.CRITICAL: (Priority.P1, Priority.P2, Priority.P4),
    Severity.HIGH: (Priority.P2, Priority.P3, Priority.P4),
    Severity.MEDIUM: (Priority.P3, Priority.P3, Priority.P4),
    Severity.LOW: (Priority.P4, Priority.P4, Priority.NOTE),
    None: (Priority.UNKNOWN, Priority.UNKNOWN, Priority.P4),
}
_EXPLOITED = (Priority.P1, Priority.P2, Priority.P3)
_RAISED = {
    Priority.NOTE: Priority.P4,
    Priority.P4: Priority.P3,
    Priority.P3: Priority.P2,
    Priority.UNKNOWN: Priority.P2,
    Priority.P2: Priority.P1,
    Priority.P1: Priority.P1,
}
_LOWERED = {
    Priority.P1: Priority.P2,
    Priority.P2: Priority.P3,
    Priority.UNKNOWN: Priority.P3,
    Priority.P3: Priority.P4,
    Priority.P4: Priority.NOTE,
    Priority.NOTE: Priority.NOTE,
}
TICKET = Priority.P3
"""The least urgent priority that is a ticket."""


def priority_of(d: Danger) -> Priority:
    """The priority alone."""
    if d.malicious:
        return Priority.P1 if d.matched else Priority.UNKNOWN
    place = 0 if d.exposed else 1 if d.reach is Reach.USERS else 2
    found = _BY_SEVERITY[d.severity][place]
    if place == 0 and d.stores and d.severity is Severity.HIGH:
        found = _RAISED[found]
    if place == 0 and d.likely:
        found = _RAISED[found]
    exploited = d.exploited is True
    if exploited:
        found = _worse(found, _EXPLOITED[place])
    if d.tier is Tier.SANDBOX and not (exploited and place == 0):
        found = _LOWERED[_LOWERED[found]]
    if d.loaded is False:
        found = _LOWERED[found]
    if exploited and d.reach is Reach.USERS:
        found = _worse(found, TICKET)
    return found if d.matched else _milder(found, Priority.UNKNOWN)


def _worse(one: Priority, other: Priority) -> Priority:
    return min(one, other, key=lambda p: p.rank)


def _milder(one: Priority, other: Priority) -> Priority:
    return max(one, other, key=lambda p: p.rank)


# --------------------------------------------------------------------------- the order among equals

_WEIGHTS = {Severity.CRITICAL: 3.0, Severity.HIGH: 2.0, Severity.MEDIUM: 1.0, Severity.LOW: 0.0, None: 2.5}
_EXPOSURES = {Exposure.ISOLATED: 0.0, Exposure.INTERNAL: 1.0, Exposure.PARTNER: 2.0, Exposure.PUBLIC: 3.0}
_TIERS = {Tier.SANDBOX: 0.0, Tier.INTERNAL: 1.0, Tier.CUSTOMER_FACING: 2.0}


def _weight(d: Danger) -> float:
    """A sum in which every piece of evidence adds, and an unknown one adds half of it."""
    open_ = (d.exploited, d.ransomware, d.loaded, network(d.vector))
    known = sum(0.5 if answer is None else float(answer) for answer in open_)
    # An unknown score stands where a likely one begins: behind every likely one, before every other.
    likely = LIKELY if d.score is None else d.score + (0.0 if d.score < LIKELY else 1e-6)
    return (
        known
        + 10.0 * likely
        + _WEIGHTS[d.severity]
        + _EXPOSURES[d.exposure]
        + _TIERS[d.tier]
        + d.reach
        + len(d.stores) / 3
        + 4.0 * d.malicious
        + float(d.matched)
    )


# --------------------------------------------------------------------------- the reasons


def _reasons(d: Danger) -> Iterator[Reason]:
    if d.malicious:
        yield Reason(Ground.MALICIOUS)
    yield from _exploitation(d)
    yield from _severity(d)
    if not d.matched:
        yield Reason(Ground.NOT_AUDITED)
    if d.reach is Reach.NOWHERE:
        yield Reason(Ground.NOT_DEPLOYED)
    elif d.reach is Reach.ELSEWHERE:
        yield Reason(Ground.NOT_SERVING, d.environment.value if d.environment is not None else "")
    else:
        yield Reason(Ground.EXPOSURE, d.exposure.value)
    if d.tier is Tier.SANDBOX:
        yield Reason(Ground.SANDBOX)
    yield from (Reason(Ground.STORES, what) for what in d.stores)
    if network(d.vector):
        yield Reason(Ground.NETWORK)
    if d.malicious:
        return
    yield _likelihood(d)
    if d.loaded is not True:
        yield Reason(Ground.LOADED_UNKNOWN if d.loaded is None else Ground.NOT_LOADED)
    if d.exploited is not True:
        yield Reason(Ground.EXPLOITATION_UNKNOWN if d.exploited is None else Ground.NOT_EXPLOITED)
    if not d.fixed:
        yield Reason(Ground.NO_FIX)


def _exploitation(d: Danger) -> Iterator[Reason]:
    if d.exploited:
        yield Reason(Ground.EXPLOITED, f"KEV {d.since}" if d.since is not None else "as its source states")
        if d.ransomware:
            yield Reason(Ground.RANSOMWARE)
        if d.due is not None:
            yield Reason(Ground.DUE, d.due.isoformat())


def _severity(d: Danger) -> Iterator[Reason]:
    if d.severity is None:
        yield from () if d.malicious else (Reason(Ground.SEVERITY_UNKNOWN),)
    elif d.cvss is not None and 0.0 <= d.cvss <= 10.0:
        yield Reason(Ground.SEVERITY, f"{d.severity.value}, CVSS {d.cvss:g}")
    elif not d.malicious:
        yield Reason(Ground.SEVERITY, d.severity.value)


def _likelihood(d: Danger) -> Reason:
    if d.score is None:
        return Reason(Ground.EPSS_UNKNOWN)
    share = d.percentile if d.percentile is not None and 0.0 <= d.percentile <= 1.0 else None
    top = f" (top {max(0.1, (1.0 - share) * 100):.1f} %)" if share is not None and d.likely else ""
    return Reason(Ground.EPSS, f"{d.score:.2g}{top}")
