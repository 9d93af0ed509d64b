"""The page of an advisory, as (label, text) lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.advisories import UNNAMED, AdvisoryStory
from pulse_tui.domain.words import ComponentKind
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.advisories.audits import unaudited
from pulse_tui.services.parts import JudgeParts

_LISTED = 200
"""Components that are listed one by one."""
_ADVISED = 4
"""Alerts whose advice is given on the page."""


def advisory_story(parts: JudgeParts, name: str, now: datetime) -> AdvisoryStory:
    """What it is, what it reaches, and what its open alerts advise. Raises NotFound."""
    if name == UNNAMED:
        return AdvisoryStory(_unnamed(parts.store, now))
    with parts.store.read() as tx:
        advisory = tx.advisories.get(name)
        if advisory is None:
            raise NotFound(f"there is no advisory {name!r}")
        findings = sorted(tx.advisories.findings(advisory.id), key=_urgency)
        alerts = _alerts(tx, advisory)
        todo = list(_steps(tx, parts, alerts, now)) or [_calm(findings)]
    score = f"CVSS {advisory.cvss}" if advisory.cvss is not None else "CVSS unknown"
    severity = f"{advisory.severity.value if advisory.severity else 'unknown'}, {score}"
    exploited = {True: "known to be exploited", False: "not known to be exploited", None: "exploitation unknown"}
    risk = [f"{severity}; {exploited[advisory.known_exploited]}", *map(_hit, findings[:_LISTED])]
    if not findings:
        risk.append("no component that is known reaches it; what is not audited nobody can judge")
    lines = [
        ("What changed", f"{advisory.name}: {advisory.title}"),
        ("", f"{advisory.source}, modified {iso(advisory.modified)}"),
        *(("What is the risk", text) for text in risk),
        *(("What to do now", text) for text in todo),
        *(
            (("Malicious", "it is code put there to do harm: remove it, rotate what it could read"),)
            if advisory.malicious
            else ()
        ),
        ("Record", advisory.id),
        ("Aliases", ", ".join(advisory.aliases) or "none"),
        *(("Link", link) for link in advisory.links[:5]),
    ]
    asset = alerts[0].asset_id if alerts else findings[0].asset_id if findings else ""
    return AdvisoryStory(tuple(lines), alerts[0].id if alerts else "", asset or "")


def _calm(findings: Sequence[Finding]) -> str:
    """What to do where no alert is open."""
    if not findings:
        return "nothing: it reaches nothing that is known"
    fixed = ", ".join(dict.fromkeys(version for finding in findings for version in finding.fixed))
    later = f"upgrade to {fixed} when it suits" if fixed else "no fix is named"
    return f"no alert of it is open, policy keeps a note and notifies nobody; {later}"


def _urgency(finding: Finding) -> tuple[bool, int, int]:
    where = finding.environment
    return where is None, finding.priority.rank, where.rank if where is not None else 0


def _hit(finding: Finding) -> str:
    where = finding.environment.value if finding.environment else "not deployed"
    fixed = f"; fixed in {', '.join(finding.fixed)}" if finding.fixed else ""
    what = f"{finding.asset_id} {where}: {finding.component}, {finding.audit.value}"
    return f"{finding.priority.glyph} {what}: {finding.reason}{fixed}"


def _alerts(tx: Transaction, advisory: Advisory) -> list[Alert]:
    """Its open alerts, the most urgent first."""
    names, found = {advisory.id, advisory.name, *advisory.aliases}, list[Alert]()
    for alert in tx.judgements.alerts(list(OPEN), 10_000):
        signal = tx.signals.get(alert.signal_id)
        if signal is not None and isinstance(told := signal.evidence, AdvisoryEvidence):
            found += [alert] if names & {told.advisory, *told.aliases} else []
    return sorted(found, key=lambda a: a.order)


def _steps(tx: Transaction, parts: JudgeParts, alerts: Sequence[Alert], now: datetime) -> Iterator[str]:
    """Each alert with what it advises; the same step is said once."""
    said = set[str]()
    for alert in alerts[:_ADVISED]:
        signal = tx.signals.get(alert.signal_id)
        yield f"{alert.priority.glyph} {alert.title}: {alert.word} ({alert.id})"
        for line in parts.advise(tx, parts, alert, signal, now).lines if signal is not None else ():
            words = line.replace(alert.id, "")
            if words not in said:
                said.add(words)
                yield line
    if len(alerts) > _ADVISED:
        yield f"and {len(alerts) - _ADVISED} more alerts of it: pulse-tui status"


def _unnamed(store: Store, now: datetime) -> tuple[tuple[str, str], ...]:
    """Every component that nobody can judge, by asset."""
    with store.read() as tx:
        uses = tx.dependencies.using(kinds=ComponentKind)
        open_ = unaudited(tx, (d.component for d in uses), tx.advisories.findings(), now)
    why = {(u.component.id, u.component.version): u.reason for u in open_}
    found = ((d.asset_id, d.component.label, why.get((d.component.id, d.component.version))) for d in uses)
    named = [(asset, label, reason) for asset, label, reason in found if reason is not None]
    lines = [("Not audited", f"{asset}: {label}: {why}") for asset, label, why in named[:_LISTED]]
    more = [("", f"and {len(named) - _LISTED} more")] if len(named) > _LISTED else []
    return (
        ("What changed", "no advisory feed answers for these components, or none can be compared with them"),
        ("What is the risk", "they are neither matched nor clean: what reaches them is not known"),
        ("What to do now", "add a source that covers their ecosystem, or name them by purl in the bill"),
        *lines,
        *more,
    )
