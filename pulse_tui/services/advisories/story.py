"""The page of a vulnerability, as (label, text) lines: all records of its alias group, what they reach, and how urgent that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding
from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evidence import AdvisoryEvidence
from pulse_tui.domain.exploitation import Evidence
from pulse_tui.domain.moments import age, from_us, iso, to_us
from pulse_tui.domain.views.advisories import UNNAMED, AdvisoryStory, LedgerPage
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.advisories.matching import severity_of
from pulse_tui.enrich.lookups import package_key
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.advisories.audits import unaudited
from pulse_tui.services.advisories.evidence import cves_of, evidence_of
from pulse_tui.services.advisories.ledger import feeds, ledger_of
from pulse_tui.services.advisories.reports import claimed_by
from pulse_tui.services.advisories.settled import fix_lines
from pulse_tui.services.advisories.urgency import Place, Urgency, urgency_of
from pulse_tui.services.advisories.waived import row as waiver_row
from pulse_tui.services.parts import JudgeParts

_LISTED = 200
"""Components that are listed one by one."""
_ADVISED = 4
"""Alerts whose advice is given on the page."""
_RANGES = 6
"""Ranges of one record that are written out."""
_LINKS = 5
_SAYS = {Audit.MATCHED: 0, Audit.NOT_AUDITED: 1, Audit.CLEAN: 2}

Lines = Iterator[tuple[str, str]]


def advisory_story(parts: JudgeParts, name: str, now: datetime) -> AdvisoryStory:
    """What it is, what it reaches, and what its open alerts advise. Raises NotFound."""
    if name == UNNAMED:
        return AdvisoryStory(_unnamed(parts.store, now))
    with parts.store.read() as tx:
        found = tx.advisories.get(name)
        if found is None:
            raise NotFound(f"there is no advisory {name!r}", todo="see what is stored: the Advisories pane, : advisory")
        records = tx.advisories.called(found.name) or [found]
        standing = [r for r in records if not r.withdrawn] or records
        findings = _findings(tx, records)
        urgency = urgency_of(found.name, tx, now)
        alerts = _alerts(tx, records)
        lines = (
            *_changed(found.name, standing, records),
            *_risk(standing, findings, urgency, tx, now),
            *(("What to do now", text) for text in (*_steps(tx, parts, alerts, now), *_calm(findings, alerts))),
            *_malicious(records),
            *_why(findings, urgency),
            *_exploitation(records, tx, now),
            *_reached(findings, urgency, now),
            *_fixes(found.name, records, tx),
            *_waivers(records, findings, tx, now),
            *_about(found.name, records, tx, now),
        )
    asset = alerts[0].asset_id if alerts else findings[0].asset_id if findings else ""
    hit = [f for f in findings if f.audit is Audit.MATCHED] or findings
    return AdvisoryStory(
        lines,
        alerts[0].id if alerts else "",
        asset or "",
        found.name,
        tuple(dict.fromkeys((f.asset_id, f.component) for f in hit))[:_LISTED],
    )


def _findings(tx: Transaction, records: Sequence[Advisory]) -> list[Finding]:
    """One for each component and place, the worst that any record says of it; the most urgent first."""
    worst: dict[tuple[str, str, Environment | None], Finding] = {}
    for finding in tx.advisories.findings_of([r.id for r in records]):
        place = finding.asset_id, finding.component, finding.environment
        if finding.audit is not Audit.CLEAN and (
            place not in worst or _SAYS[finding.audit] < _SAYS[worst[place].audit]
        ):
            worst[place] = finding
    return sorted(worst.values(), key=_order)


def _order(finding: Finding) -> tuple[bool, int, int, int, str, str]:
    where = finding.environment
    rank = where.rank if where is not None else 0
    return where is None, finding.priority.rank, _SAYS[finding.audit], rank, finding.asset_id, finding.component


# --------------------------------------------------------------------------- the three questions


def _changed(name: str, standing: Sequence[Advisory], records: Sequence[Advisory]) -> Lines:
    yield "What changed", f"{name}: {max(standing, key=lambda r: r.modified).title}"
    if all(r.withdrawn for r in records):
        yield "", "withdrawn: every record of it was taken back"
    for record in records:
        gone = "withdrawn, " if record.withdrawn else ""
        later = f", to be withdrawn {iso(record.withdrawn_at)}" if record.withdrawn_at and not record.withdrawn else ""
        yield "", f"{record.id} ({record.source}): {gone}modified {iso(record.modified)}{later}"


def _risk(
    records: Sequence[Advisory],
    findings: Sequence[Finding],
    urgency: Mapping[Place, Urgency],
    tx: Transaction,
    now: datetime,
) -> Lines:
    worst = max(records, key=lambda r: (r.cvss or 0.0, r.severity.rank if r.severity else 0))
    score = f"CVSS {worst.cvss}" if worst.cvss is not None else "CVSS unknown"
    graded = severity_of(worst)
    severity = graded.value if graded is not None else "unknown"
    known = evidence_of(records, tx, now).known_exploited
    exploited = {True: "known to be exploited", False: "not known to be exploited", None: "exploitation unknown"}
    how = "malicious code" if any(r.malicious for r in records) else f"{severity}, {score}"
    yield "What is the risk", f"{how}; {exploited[known]}"
    matched = [f for f in findings if f.audit is Audit.MATCHED]
    places = dict.fromkeys((f.asset_id, f.environment) for f in matched)
    if places:
        names = _counted(places)
        first = next(((p, u) for p, u in urgency.items() if p in places), None)
        yield "", f"it reaches {names}"
        if first is not None and first[1].due is not None:
            yield "", f"{first[1].priority.glyph} {_where(first[0])}: {_left(first[1], first[1].due, now)}"
    open_ = len(findings) - len(matched)
    if open_:
        yield "", f"? {open_} more {'place' if open_ == 1 else 'places'} may be reached: not audited"
    if not findings:
        yield "", "no component that is known reaches it; what is not audited nobody can judge"


def _counted(places: Iterable[Place]) -> str:
    """``2 assets in production, 1 in canary``."""
    counts: dict[str, int] = {}
    for _, where in sorted(places, key=lambda p: p[1].rank if p[1] is not None else 9):
        word = f"in {where.value}" if where is not None else "that run nowhere"
        counts[word] = counts.get(word, 0) + 1
    words = [f"{count} {word}" for word, count in counts.items()]
    first, *rest = words
    number, _, where_ = first.partition(" ")
    return ", ".join([f"{number} asset{'' if number == '1' else 's'} {where_}", *rest])


def _calm(findings: Sequence[Finding], alerts: Sequence[Alert]) -> Iterator[str]:
    """What to do where no alert is open."""
    if alerts:
        return
    if not findings:
        yield "nothing: it reaches nothing that is known"
        return
    fixed = ", ".join(dict.fromkeys(version for finding in findings for version in finding.fixed))
    later = f"upgrade to {fixed} when it suits" if fixed else "no fix is named"
    if all(f.waiver for f in findings):
        yield f"nothing until its waiver is reviewed; {later}"
    elif all(f.audit is Audit.NOT_AUDITED for f in findings):
        yield f"find out whether it is affected: nobody could compare it; {later}"
    else:
        yield f"no alert of it is open, policy keeps a note and notifies nobody; {later}"


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


def _alerts(tx: Transaction, records: Sequence[Advisory]) -> list[Alert]:
    """Its open alerts, the most urgent first."""
    names, found = {i for r in records for i in (r.id, r.name, *r.aliases)}, list[Alert]()
    for alert in tx.judgements.alerts(list(OPEN), 10_000):
        signal = tx.signals.get(alert.signal_id)
        if signal is not None and isinstance(about := signal.evidence, AdvisoryEvidence):
            found += [alert] if names & {about.advisory, *about.aliases} else []
    return sorted(found, key=lambda a: a.order)


def _malicious(records: Sequence[Advisory]) -> Lines:
    if any(r.malicious for r in records):
        yield "Malicious", "it is code put there to do harm: remove it, rotate what it could read"


# --------------------------------------------------------------------------- the evidence


def _why(findings: Sequence[Finding], urgency: Mapping[Place, Urgency]) -> Lines:
    """The reasons of each priority; places with the same ones stand together."""
    there = {(f.asset_id, f.environment) for f in findings}
    alike: dict[tuple[str, str], list[Place]] = {}
    for place, one in urgency.items():
        if place in there:
            alike.setdefault((one.priority.glyph, " · ".join(map(str, one.reasons))), []).append(place)
    for (glyph, reasons), places in alike.items():
        more = f" and {len(places) - 2} more" if len(places) > 2 else ""
        yield "Why", f"{glyph} {', '.join(map(_where, places[:2]))}{more}: {reasons}"


def _exploitation(records: Sequence[Advisory], tx: Transaction, now: datetime) -> Lines:
    """What KEV and EPSS say, and how old that is."""
    cves = cves_of(records)
    if not cves:
        yield "Exploited", "unknown: it has no CVE, and KEV and EPSS list nothing else"
        return
    known = evidence_of(records, tx, now)
    stated = [r.id for r in records if r.known_exploited]
    yield "Exploited", _kev(known, stated, now)
    if known.epss is None:
        if known.epss_at is None:
            yield "EPSS", "unknown: no list was read"
        else:
            yield "EPSS", f"unknown: not on the list of {_aged(known.epss_at, now)}"
    else:
        rank = f", more than {known.percentile:.0%} of all CVEs" if known.percentile is not None else ""
        dated = f"; list of {_aged(known.epss_at, now)}" if known.epss_at is not None else ""
        yield "EPSS", f"{known.epss:.4f} in the next 30 days{rank}{dated}"


def _kev(known: Evidence, stated: Sequence[str], now: datetime) -> str:
    read = f"KEV of {_aged(known.catalogue_at, now)}" if known.catalogue_at is not None else "no KEV list was read"
    if known.known_exploited:
        if known.added is None:
            return f"yes, {', '.join(stated) or 'a record'} states it; {read}"
        due = f", to be acted on by {known.due:%Y-%m-%d}" if known.due is not None else ""
        ransom = ", used by ransomware" if known.ransomware else ""
        return f"yes, in KEV since {known.added:%Y-%m-%d}{due}{ransom}; {read}"
    return f"not listed; {read}" if known.known_exploited is False else f"unknown; {read}"


def _reached(findings: Sequence[Finding], urgency: Mapping[Place, Urgency], now: datetime) -> Lines:
    """Each component it reaches, by environment."""
    shown: dict[str, list[str]] = {}
    for finding in sorted(findings[:_LISTED], key=lambda f: f.environment.rank if f.environment else 9):
        one = urgency.get((finding.asset_id, finding.environment))
        due = f"; {_left(one, one.due, now)}" if one is not None and one.due is not None else ""
        fixed = f"; fixed in {', '.join(finding.fixed)}" if finding.fixed else ""
        waived = "; waived" if finding.waiver else ""
        glyph = (one.priority if one is not None else finding.priority).glyph
        what = f"{glyph} {finding.asset_id}: {finding.component} {finding.audit.value}: {finding.reason}{fixed}{waived}{due}"
        shown.setdefault(finding.environment.value if finding.environment else "Runs nowhere", []).append(what)
    for place, lines in shown.items():
        for line in lines:
            yield f"In {place}" if place != "Runs nowhere" else place, line
    if len(findings) > _LISTED:
        yield "", f"and {len(findings) - _LISTED} more: blast radius"


def _fixes(name: str, records: Sequence[Advisory], tx: Transaction) -> Lines:
    """Ranges and fixes of each package by source, side by side; which counts; what an operator settled."""
    standing = [r for r in records if not r.withdrawn]
    packages: dict[tuple[str, str], list[tuple[Advisory, Affected]]] = {}
    for record in standing:
        for affected in record.affected:
            packages.setdefault(package_key(affected.ecosystem, affected.name), []).append((record, affected))
    fixes = fix_lines(name, standing, tx)
    for key, stated in sorted(packages.items()):
        label = f"{stated[0][1].ecosystem} {stated[0][1].name}"
        for record, affected in stated:
            yield label, f"{record.id} ({record.source}): {_ranges(affected)}"
        if key in fixes:
            yield label, f"fixed in: {fixes[key]}"


def _ranges(affected: Affected) -> str:
    parts = []
    for item in affected.ranges[:_RANGES]:
        start = "from the first" if item.introduced == "0" else f"from {item.introduced}"
        if item.fixed is not None:
            parts.append(f"{start}, fixed in {item.fixed}")
        elif item.last_affected is not None:
            parts.append(f"{start} up to {item.last_affected}")
        else:
            parts.append(f"{start}, no fix is named")
    if len(affected.ranges) > _RANGES:
        parts.append(f"{len(affected.ranges) - _RANGES} more ranges")
    if affected.versions:
        count = len(affected.versions)
        parts.append(f"{count} version{'' if count == 1 else 's'} listed")
    return "; ".join(parts) or "names no version"


def _waivers(records: Sequence[Advisory], findings: Sequence[Finding], tx: Transaction, now: datetime) -> Lines:
    names = {i for r in records for i in (r.id, r.name, *r.aliases)}
    for waiver in reversed(tx.waivers.named(names)):
        covers = sum(f.waiver == waiver.id for f in findings)
        line = waiver_row(waiver, covers, now).line()
        yield "Waivers", line if waiver.stands(now) else f"○ {line}"


def _about(name: str, records: Sequence[Advisory], tx: Transaction, now: datetime) -> Lines:
    ids = {i for r in records for i in (r.id, *r.aliases)}
    yield "Record", ", ".join(r.id for r in records)
    yield "Aliases", ", ".join(sorted(ids - {name})) or "none"
    if related := sorted({i for r in records for i in r.related} - ids):
        yield "Related", f"{', '.join(related[:20])}: of other vulnerabilities, not merged"
    if scored := next((r for r in sorted(records, key=lambda r: -(r.cvss or 0.0)) if r.vector), None):
        yield "CVSS", f"{scored.cvss} {scored.vector}"
    yield from (("Scanner", text) for text in claimed_by(tx, {r.id for r in records}, now))
    sources = {r.source for r in records}
    now_us = to_us(now)
    for feed in feeds(tx, now):
        if feed.source in sources:
            word = "STALE, " if feed.stale else ""
            dated = f"{word}answered {age(feed.read_us, now_us)} ago, of {from_us(feed.at_us):%Y-%m-%d}"
            yield "Feed", f"{feed.source}: {dated}" + (f"; {feed.why}" if feed.why else "")
    yield from (("Link", link) for link in dict.fromkeys(link for r in records for link in r.links[:_LINKS]))


def _where(place: Place) -> str:
    return f"{place[0]} {place[1].value}" if place[1] is not None else f"{place[0]} (runs nowhere)"


def _left(urgency: Urgency, due: datetime, now: datetime) -> str:
    """What was escalated has time again, and is late all the same."""
    if due < now:
        return f"▲ the time to respond ran out {age(to_us(due), to_us(now))} ago"
    times = urgency.alert.escalations if urgency.alert is not None else 0
    late = f"▲ nobody responded in time, escalated x{times}; " if times else ""
    return f"{late}{age(to_us(now), to_us(due))} left to respond"


def _aged(at: datetime, now: datetime) -> str:
    """``2026-11-28 (1d old)``."""
    old = f"{age(to_us(at), to_us(now))} old" if now - at >= timedelta(hours=1) else "new"
    return f"{at:%Y-%m-%d} ({old})"


def _unnamed(store: Store, now: datetime) -> tuple[tuple[str, str], ...]:
    """Every component that nobody can judge, by asset."""
    with store.read() as tx:
        named = _open(tx, now)
    lines = [("Not audited", f"{asset}: {label}: {why}") for asset, label, why in named[:_LISTED]]
    more = [("", f"and {len(named) - _LISTED} more")] if len(named) > _LISTED else []
    return (
        ("What changed", "no advisory feed answers for these components, or none can be compared with them"),
        ("What is the risk", "they are neither matched nor clean: what reaches them is not known"),
        ("What to do now", "add a source that covers their ecosystem, or name them by purl in the bill"),
        *lines,
        *more,
    )


def ledger_page(store: Store, now: datetime) -> LedgerPage:
    """The ledger with each component that nobody can judge."""
    with store.read() as tx:
        found, named = ledger_of(tx, now), _open(tx, now)
    return LedgerPage(found, tuple(named[:_LISTED]), max(0, len(named) - _LISTED))


def _open(tx: Transaction, now: datetime) -> list[tuple[str, str, str]]:
    """(asset, component, reason) of everything in use that nobody can judge, what other records match among it."""
    uses = tx.dependencies.using(kinds=ComponentKind)
    findings = tx.advisories.findings()
    open_ = unaudited(tx, (d.component for d in uses), findings, now)
    matched = {(f.component_id, f.component) for f in findings if f.audit is Audit.MATCHED}
    why = {
        (u.component.id, u.component.version): u.reason
        + ("; other records match it" if (u.component.id, u.component.label) in matched else "")
        for u in open_
    }
    found = ((d.asset_id, d.component.label, why.get((d.component.id, d.component.version))) for d in uses)
    return [(asset, label, reason) for asset, label, reason in found if reason is not None]
