"""What waivers excuse, and what ends one before its review: pure, from what is known at the moment of asking."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.moments import iso
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.purl import component as of_purl
from pulse_tui.domain.waiver import VexStatus, Waiver
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.enrich.lookups import keys_named, keys_of

_PLACES = " | "
"""In an exposure, before the environments."""
_CRITICAL = " (critical)"
"""After an environment in which it is production-critical."""


def names_of(records: Iterable[Advisory], *more: str) -> frozenset[str]:
    """Every id that means the vulnerability of these records."""
    return frozenset((*more, *(n for r in records for n in (r.name, r.id, *r.aliases))))


def reaching(findings: Iterable[Finding]) -> list[Finding]:
    """Those that make a condition: what is matched, and what may be."""
    return [f for f in findings if f.audit is Audit.MATCHED or f.possible]


def excuse(finding: Finding, waivers: Iterable[Waiver], now: datetime) -> Waiver | None:
    """The waiver that covers one finding of its vulnerability, the one that lasts longest; None when none does."""
    covering = [w for w in waivers if w.stands(now) and w.scope(finding)]
    return max(covering, key=lambda w: (w.review_at, w.id), default=None)


def excused(
    findings: Sequence[Finding], waivers: Collection[Waiver], priority: Priority, now: datetime
) -> Waiver | None:
    """The waiver that ends first of those that together cover every finding of a condition; None where one is not covered.

    ``priority``: of the condition. A risk is accepted as urgent as it was; what is more urgent is not covered.
    """
    fit = [w for w in waivers if w.accepts(priority)]
    found = [excuse(f, fit, now) for f in findings]
    covering = [w for w in found if w is not None]
    if not covering or len(covering) < len(found):
        return None
    return min(covering, key=lambda w: (w.review_at, w.id))


def exposure_of(asset: Asset, deployments: Iterable[Deployment], environment: Environment | None) -> str:
    """How the asset is exposed, as a waiver remembers it: to whom, how important, what it stores, where it has traffic."""
    here = (d for d in deployments if d.asset_id == asset.id and environment in (None, d.environment) and d.traffic > 0)
    places = sorted(d.environment.value + (_CRITICAL if d.production_critical else "") for d in here)
    return ", ".join((asset.exposure.value, asset.tier.value, *asset.data.words())) + _PLACES + ", ".join(places)


def wider(before: str, after: str) -> bool:
    """Whether an exposure is another than before.

    That it has left an environment, or serves in one that is less exposed than where it served, is none.
    """
    old, new = before.partition(_PLACES), after.partition(_PLACES)
    return old[0] != new[0] or _reach(new[2]) > _reach(old[2])


def _reach(places: str) -> tuple[bool, int]:
    """How far what serves in these places reaches: whether anything critical is there, then the most exposed."""
    names = [name for name in places.split(", ") if name]
    ranks = (-Environment(name.removesuffix(_CRITICAL)).rank for name in names)
    return any(name.endswith(_CRITICAL) for name in names), max(ranks, default=-len(Environment))


def fixes_of(records: Iterable[Advisory], component_id: str | None) -> tuple[str, ...]:
    """The fixed versions that the records name for a component's package; of all their packages where it is none."""
    affected = [a for r in records for a in r.affected]
    keys = _keys(component_id)
    own = [a for a in affected if keys.intersection(keys_named(a.ecosystem, a.name))]
    return tuple(sorted({r.fixed for a in own or affected for r in a.ranges if r.fixed}))


def reopens(
    waiver: Waiver,
    *,
    exploited: bool | None,
    malicious: bool,
    exposure: str | None,
    fixes: Collection[str],
    now: datetime,
) -> str | None:
    """Why it ends by itself; None while it stands. ``exposure``: of its asset now, None where that is not known."""
    if now >= waiver.review_at:
        return f"its review date has come ({iso(waiver.review_at)})"
    if malicious and (waiver.source or waiver.status is VexStatus.AFFECTED):
        return "it is malicious code: no document excuses that, and nobody accepts its risk"
    if exploited and not waiver.known_exploited:
        return "it is known to be exploited now, which it was not"
    if waiver.asset_id is not None and exposure is not None and wider(waiver.exposure, exposure):
        return f"{waiver.asset_id} is exposed otherwise: it was {waiver.exposure}, it is {exposure}"
    new = sorted(set(fixes) - set(waiver.fixed))
    # A statement that it is fixed there is not overtaken by another fix.
    if new and waiver.status is not VexStatus.FIXED:
        return f"a fix appeared that was not named before: {', '.join(new[:3])}"
    return None


def _keys(component_id: str | None) -> frozenset[tuple[str, str]]:
    if component_id is None:
        return frozenset()
    try:
        return frozenset(keys_of(of_purl(component_id)))
    except BadPurl:
        return frozenset()
