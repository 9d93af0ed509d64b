"""An advisory and an asset opened, as (label, text) lines."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Store

_WINDOW = timedelta(hours=24)


def advisory_story(store: Store, name: str) -> tuple[tuple[str, str], ...]:
    """An advisory and what it hits, as (label, text) lines. Raises NotFound."""
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


def asset_story(store: Store, asset_id: str) -> tuple[tuple[str, str], ...]:
    """An asset with its deployments, releases, holds and dependencies. Raises NotFound."""
    with store.read() as tx:
        estate = tx.estate.load()
        asset = estate.assets.get(asset_id)
        if asset is None:
            raise NotFound(f"there is no asset {asset_id!r}")
        lines = [
            ("Asset", f"{asset.id}: {asset.asset_type.value}, {asset.tier.value}, {asset.exposure.value} exposure"),
            ("Owner", asset.owner_team),
            ("Data", ", ".join(asset.data.words()) or "keeps nothing of its users"),
        ]
        for environment in estate.environments(asset_id):
            deployment = estate.deployment(asset_id, environment)
            assert deployment is not None
            critical = ", production-critical" if deployment.production_critical else ""
            lines.append(
                (
                    "Serves",
                    f"{environment.value}: {deployment.version}, {deployment.traffic:g} % since {iso(deployment.since)} ({deployment.source}){critical}",
                )
            )
        lines.extend(
            (h.kind.value.capitalize(), f"{h.why}; until {h.until_condition}") for h in tx.judgements.holds(asset_id)
        )
        lines.extend(
            ("Retest", f"due {r.due_at:%Y-%m-%d}: {r.why}") for r in tx.judgements.retests() if r.asset_id == asset_id
        )
        for release in reversed(tx.estate.releases(asset_id)[-15:]):
            back = f", back to {release.rollback_pointer}" if release.rollback_pointer else ""
            lines.append(
                (
                    "Release",
                    f"{release.version} iteration {release.iteration}: {release.state.value}, {release.digest or 'no digest'}{back}",
                )
            )
        for dependency in estate.dependencies:
            if dependency.asset_id == asset_id:
                where = ", ".join(e.value for e in dependency.environments) or "everywhere"
                lines.append(
                    ("Depends on", f"{dependency.component.label} ({dependency.component.kind.value}, {where})")
                )
        lines.extend(("Log", f"{iso(s.observed_at)} {s.title}") for s in tx.signals.recent(8, asset_id))
    return tuple(lines)
