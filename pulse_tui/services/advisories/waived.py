"""What waivers there are, as rows and as lines of one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pulse_tui.domain.advisory import Finding
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.views.advisories import WaiverRow
from pulse_tui.domain.waiver import UNKNOWN, Waiver
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.advisories.waivers import find_waiver
from pulse_tui.services.signals.waived import findings_of, group_of


def listed(store: Store, now: datetime, *, every: bool = False) -> tuple[WaiverRow, ...]:
    """Those that stand, what ends first on top; ``every``: then those that ended, the newest first."""
    with store.read() as tx:
        waivers = tx.waivers.all(standing=not every)
        under = {_place(f) for w in {w.advisory: w for w in waivers}.values() for f in _findings(tx, w) if f.waiver}
        covers = Counter(ident for ident, *_ in under)
    rows = [row(w, covers[w.id], now) for w in waivers]
    standing = sorted((r for r in rows if r.standing), key=lambda r: (r.review_us, r.id))
    return (*standing, *reversed([r for r in rows if not r.standing])) if every else tuple(standing)


def row(waiver: Waiver, covers: int, now: datetime) -> WaiverRow:
    """One, as it stands at ``now`` whether or not somebody has recorded that its review has come."""
    stands = waiver.stands(now)
    past = "" if stands else waiver.ended_why or f"its review date has come ({iso(waiver.review_at)})"
    return WaiverRow(
        id=waiver.id,
        advisory=waiver.advisory,
        asset=waiver.asset_id or "",
        component=waiver.component_id or "",
        version="?" if waiver.version == UNKNOWN else waiver.version or "",
        environment=waiver.environment.value if waiver.environment else "",
        status=waiver.status.value,
        justification=waiver.justification.value if waiver.justification else "",
        rationale=waiver.rationale,
        owner=waiver.owner,
        placed_by=waiver.placed_by,
        placed_us=to_us(waiver.placed_at),
        review_us=to_us(waiver.review_at),
        source=waiver.source,
        standing=stands,
        ended=past,
        covers=covers if stands else 0,
    )


def waiver_lines(store: Store, ident: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """(label, text) of all that is known of one. Raises NotFound."""
    with store.read() as tx:
        waiver = find_waiver(tx, ident)
        group = group_of(tx, waiver.advisory)
        under = sorted({_place(f)[1:] for f in findings_of(tx, group) if f.waiver == waiver.id})
        log = tx.log.entries(subject=waiver.id)
    one = row(waiver, len(under), now)
    seen = {True: "known to be exploited", False: "not known to be exploited", None: "exploitation unknown"}
    return (
        ("Waiver", f"{one.id}: {'stands' if one.standing else 'ended'} until {iso(waiver.review_at)}"),
        *((("Ended", one.ended),) if one.ended else ()),
        ("Of", f"{one.advisory} in {one.scope}"),
        ("Also called", ", ".join(sorted(group.names - {one.advisory})) or "nothing else"),
        ("States", one.status + (f": {one.justification}" if one.justification else "")),
        ("Why", one.rationale),
        ("Owner", f"{one.owner}; placed by {one.placed_by} at {iso(waiver.placed_at)}"),
        ("From", one.source or "an operator"),
        ("In view of", f"{seen[waiver.known_exploited]}; fixes named: {', '.join(waiver.fixed) or 'none'}"),
        *((("Exposed as", waiver.exposure),) if waiver.exposure else ()),
        *(("Covers", f"{asset} {environment}: {component}") for asset, environment, component in under),
        *(("Log", f"{iso(e.at)} {e.actor}: {e.action} {e.detail.get('why', '')}".rstrip()) for e in log),
    )


def _place(finding: Finding) -> tuple[str, str, str, str]:
    """(waiver, asset, environment, component): several records of a vulnerability reach one place."""
    environment = finding.environment.value if finding.environment is not None else "deployed nowhere"
    return finding.waiver or "", finding.asset_id, environment, finding.component


def _findings(tx: Transaction, waiver: Waiver) -> list[Finding]:
    return findings_of(tx, group_of(tx, waiver.advisory))
