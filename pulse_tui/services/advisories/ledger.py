"""The coverage ledger: of everything that serves, what is matched, clean or not audited; and how new each feed is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from pulse_tui.domain.advisory import Audit, Finding
from pulse_tui.domain.coverage import Gap, holds_s
from pulse_tui.domain.estate import GROUP, Component
from pulse_tui.domain.exploitation import STALE_AFTER
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.purl import spelled
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.advisories import FeedRow, Ledger, LedgerRow
from pulse_tui.domain.words import AssetType, ComponentKind
from pulse_tui.enrich.advisories.coverage import Answered, days
from pulse_tui.enrich.lookups import keys_of
from pulse_tui.ports import Covered, Store, Transaction
from pulse_tui.services.advisories.audits import Unaudited, answered, unaudited

_OF_SOFTWARE = frozenset({AssetType.SERVICE, AssetType.RUNTIME})
"""What runs packages; a prompt or a corpus is none."""
FILE = "file"
"""The kind of what no configured source brought."""
_SHOWN = 6
"""Ecosystems of a feed that are named one by one."""


def ledger(store: Store, now: datetime) -> Ledger:
    """The ledger at ``now``."""
    with store.read() as tx:
        return ledger_of(tx, now)


def ledger_of(tx: Transaction, now: datetime) -> Ledger:
    """As :func:`ledger`, in a transaction that is open already."""
    uses = tx.dependencies.using(kinds=ComponentKind)
    billed = {d.asset_id for d in uses if d.component.auditable}
    estate = tx.estate.load()
    serves = {d.asset_id for d in estate.deployments}
    software = {a.id for a in estate.assets.values() if a.id in serves and a.asset_type in _OF_SOFTWARE}
    serving = {(c.id, c.version): c for c in (d.component for d in uses) if c.auditable and not c.id.startswith(GROUP)}
    findings = tx.advisories.findings()
    who = answered(tx, serving.values(), now)
    open_ = {(u.component.id, u.component.version): u for u in unaudited(tx, serving.values(), findings, now, who)}
    matched = _matched(findings)
    ecosystems = _ecosystems(serving.values(), open_, matched)
    nobody = {_named(u.component) for u in open_.values() if u.gap is Gap.NO_FEED}
    return Ledger(
        ecosystems,
        _sources(tx, serving.values(), findings, open_, who),
        tuple(feeds(tx, now)),
        sum(row.matched for row in ecosystems),
        sum(row.clean for row in ecosystems),
        sum(row.not_audited for row in ecosystems),
        uncovered=tuple(sorted(nobody)),
        unbilled=tuple(sorted(software - billed)),
    )


def feeds(tx: Transaction, now: datetime) -> list[FeedRow]:
    """Every feed that answered for something, and every list of KEV and EPSS; stale ones first."""
    statuses = tx.plumbing.sources()
    rows: dict[str, list[Covered]] = {}
    for row in tx.coverage.summary():
        rows.setdefault(row.source, []).append(row)
    stored = tx.advisories.counts()
    out = [_feed(source, rs, statuses.get(source), stored.get(source, 0), now) for source, rs in rows.items()]
    for found in tx.exploitation.lists():
        status = statuses.get(found.source)
        read = status.last_good_at if status is not None and status.last_good_at is not None else found.at
        name = found.catalogue.value.upper()
        listed = _aged(found.source, status, name, found.at, read, found.entries, now)
        if now - found.at > STALE_AFTER and not listed.stale:  # read just now, and an old copy all the same
            old = days((now - found.at).total_seconds())
            listed = listed._replace(
                stale=True, why=f"the list itself is {old} old: it shows no longer what is not exploited"
            )
        out.append(listed)
    refused = {r.source: r.records for r in tx.signals.refused()}
    out = [feed._replace(refused=refused.get(feed.source, 0)) for feed in out]
    return sorted(out, key=lambda f: (not f.stale, f.source, f.covers))


def stale_words(feed: FeedRow) -> str:
    """One line of a feed that is stale: which, since when, what to do."""
    return f"{feed.source} ({feed.covers}): {feed.why}"


def _feed(source: str, rows: list[Covered], status: SourceStatus | None, stored: int, now: datetime) -> FeedRow:
    whole = sorted((spelled(r.ecosystem) for r in rows if not r.packages), key=str.lower)
    single = sum(r.packages for r in rows)
    named = ", ".join(whole[:_SHOWN]) + (f" and {len(whole) - _SHOWN} more" if len(whole) > _SHOWN else "")
    covers = "; ".join(text for text in (named, f"{single:,} packages" if single else "") if text)
    read = max(r.read_at for r in rows)
    return _aged(source, status, covers, max(r.at for r in rows), read, max(r.records for r in rows) or stored, now)


def _aged(
    source: str, status: SourceStatus | None, covers: str, at: datetime, read: datetime, records: int, now: datetime
) -> FeedRow:
    age = (now - read).total_seconds()
    stale = age > holds_s(status.every_s if status is not None else None)
    why = ""
    if stale and status is not None:
        why = f"it has not answered for {days(age)}" + (f": {status.reason}" if status.reason else "")
    elif stale:
        why = f"it was brought {days(age)} ago: ingest a newer one, or add a source"
    kind = status.kind if status is not None else FILE
    return FeedRow(source, kind, covers, to_us(at), to_us(read), records, stale, status is not None, why)


def _matched(findings: Iterable[Finding]) -> set[tuple[str | None, str]]:
    return {(f.component_id, f.component) for f in findings if f.audit is Audit.MATCHED}


def _ecosystems(
    serving: Iterable[Component],
    open_: Mapping[tuple[str, str | None], Unaudited],
    matched: set[tuple[str | None, str]],
) -> tuple[LedgerRow, ...]:
    counts: dict[str, Counter[Audit]] = {}
    gaps: dict[str, Counter[str]] = {}
    for component in serving:
        name = _named(component)
        found = open_.get((component.id, component.version))
        one = (
            Audit.MATCHED
            if (component.id, component.label) in matched
            else Audit.CLEAN
            if found is None
            else Audit.NOT_AUDITED
        )
        counts.setdefault(name, Counter())[one] += 1
        if one is Audit.NOT_AUDITED and found is not None:
            gaps.setdefault(name, Counter())[found.gap.value] += 1
    rows = [
        LedgerRow(
            name, c[Audit.MATCHED], c[Audit.CLEAN], c[Audit.NOT_AUDITED], tuple(gaps.get(name, Counter()).most_common())
        )
        for name, c in counts.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-r.not_audited, -r.matched, r.about)))


def _sources(
    tx: Transaction,
    serving: Iterable[Component],
    findings: Iterable[Finding],
    open_: Mapping[tuple[str, str | None], Unaudited],
    who: Answered,
) -> tuple[LedgerRow, ...]:
    """By the source that answers: matched by a record of its own, else clean, else too old to say."""
    records: dict[str, str] = {}
    reached: set[tuple[str, str | None, str]] = set()
    for finding in findings:
        if finding.audit is Audit.MATCHED:
            if finding.advisory_id not in records:
                record = tx.advisories.get(finding.advisory_id)
                records[finding.advisory_id] = record.source if record is not None else ""
            reached.add((records[finding.advisory_id], finding.component_id, finding.component))
    counts: dict[str, Counter[Audit]] = {}
    for component in serving:
        unsure = open_.get((component.id, component.version))
        for standing in who.each(component):
            source = standing.row.source
            hit = (source, component.id, component.label) in reached
            not_clean = standing.stale or unsure is not None
            one = Audit.MATCHED if hit else Audit.NOT_AUDITED if not_clean else Audit.CLEAN
            counts.setdefault(source, Counter())[one] += 1
    return tuple(
        LedgerRow(source, c[Audit.MATCHED], c[Audit.CLEAN], c[Audit.NOT_AUDITED])
        for source, c in sorted(counts.items())
    )


def _named(component: Component) -> str:
    """The ecosystem as the component writes it, without a distribution's release; of others what kind of thing it is."""
    if component.ecosystem:
        return component.ecosystem.partition(":")[0]
    keys = keys_of(component)
    if keys:
        return keys[0][0]
    kind = component.id.partition("/")[0].removeprefix("pkg:") if component.id.startswith("pkg:") else ""
    return kind or component.kind.value.replace("_", " ")
