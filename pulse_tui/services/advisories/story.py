"""The page of an advisory, as (label, text) lines."""

from __future__ import annotations

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Store


def advisory_story(store: Store, name: str) -> tuple[tuple[str, str], ...]:
    """An advisory and what it reaches, as (label, text) lines. Raises NotFound."""
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
