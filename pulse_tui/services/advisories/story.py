"""The page of an advisory, as (label, text) lines."""

from __future__ import annotations

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.words import SOFTWARE
from pulse_tui.ports import Store
from pulse_tui.services.advisories.audits import unaudited

_LISTED = 200
"""Components that are listed one by one."""


def advisory_story(store: Store, name: str) -> tuple[tuple[str, str], ...]:
    """An advisory and what it reaches, as (label, text) lines. Raises NotFound."""
    if name == UNNAMED:
        return _unnamed(store)
    with store.read() as tx:
        advisory = tx.advisories.get(name)
        if advisory is None:
            raise NotFound(f"there is no advisory {name!r}")
        findings = tx.advisories.findings(advisory.id)
    lines = [
        ("Advisory", advisory.name if advisory.name == advisory.id else f"{advisory.name} ({advisory.id})"),
        ("Title", advisory.title),
        ("Aliases", ", ".join(advisory.aliases) or "none"),
        (
            "Severity",
            f"{advisory.severity.value if advisory.severity else 'unknown'}, CVSS {advisory.cvss if advisory.cvss is not None else 'unknown'}",
        ),
        *(
            (("Malicious", "it is code put there to do harm: remove it, rotate what it could read"),)
            if advisory.malicious
            else ()
        ),
        ("Exploited", {True: "known to be", False: "not known to be", None: "unknown"}[advisory.known_exploited]),
        ("Source", f"{advisory.source}, modified {iso(advisory.modified)}"),
    ]
    for finding in findings:
        where = finding.environment.value if finding.environment else "not deployed"
        fixed = f"; fixed in {', '.join(finding.fixed)}" if finding.fixed else ""
        lines.append(
            (
                "Hits",
                f"{finding.asset_id} {where}: {finding.component}, {finding.audit.value}, {finding.priority.glyph} {finding.reason}{fixed}",
            )
        )
    lines.extend(("Link", link) for link in advisory.links[:5])
    return tuple(lines)


def _unnamed(store: Store) -> tuple[tuple[str, str], ...]:
    """Every component that no stored advisory can judge, by asset."""
    with store.read() as tx:
        uses = tx.dependencies.using(kinds=SOFTWARE)
        open_ = unaudited(tx, (d.component for d in uses), tx.advisories.findings())
    why = {(u.component.id, u.component.version): u.reason for u in open_}
    found = ((d.asset_id, d.component.label, why.get((d.component.id, d.component.version))) for d in uses)
    named = [(asset, label, reason) for asset, label, reason in found if reason is not None]
    lines = [("Not audited", f"{asset}: {label}: {why}") for asset, label, why in named[:_LISTED]]
    more = [("", f"and {len(named) - _LISTED} more")] if len(named) > _LISTED else []
    head = ("What", "no stored advisory can judge these components: they are neither matched nor clean")
    return (head, *lines, *more)
