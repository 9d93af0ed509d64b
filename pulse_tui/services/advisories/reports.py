"""A scanner's report comes in: what it lists is a bill, what it claims are advisories, what it no longer claims ends.

Nothing becomes clean by a report: what the scanner skipped is kept as a component that nobody judged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component, Estate
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.report import Report, StoredReport
from pulse_tui.domain.source import Standing
from pulse_tui.domain.text import many
from pulse_tui.enrich.advisories.claims import advisories_of, key_of
from pulse_tui.enrich.lookups import component_key, package_key
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.records import take_advisories
from pulse_tui.services.parts import Made

_NAME = "name:"
"""How the id of a component begins that no package URL places."""
_KEPT = 1_000
"""Skipped packages of a report that are kept one by one."""
_NAMED = 3
"""Skipped packages that a sentence names."""


def take_report(
    item: Report, tx: Transaction, estate: Estate, now: datetime, take_bill: Callable[[Bill], Made]
) -> Made:
    """Store the report by ``take_bill``, its claims as advisories; withdraw those of the earlier one that it does not repeat."""
    at, asset_id, key = min(item.at, now), item.bill.asset_id, key_of(item)
    stored = tx.reports.get(asset_id, key)
    if stored is not None and at < stored.at:
        return Made([], [], known=True, remarks=(OLDER.format(item.tool, item.bill.document, iso(at), iso(stored.at)),))
    item = _resolved(item, tx)
    bill = msgspec.structs.replace(item.bill, components=(*item.bill.components, *_skipped(item, tx)))
    made = take_bill(bill)
    if any(c.key == f"bill:{bill.origin}" for c in tx.inventory.concerns(asset_id)):
        return made  # it is of something else: nothing of it was stored
    records = {r.id: r for r in advisories_of(item, at)}
    before = set(stored.claims if stored is not None else ())
    signals, cleared, known = list(made.signals), list(made.cleared), made.known
    # What could not be read of the report may be what it claimed before.
    ended = set[str]() if bill.refused else before - records.keys()
    taken = take_advisories([*_changed(records.values(), tx), *_ended(sorted(ended), tx, at)], tx, estate, now)
    signals += taken.signals
    cleared += taken.cleared
    known = known and not taken.new
    claims = tuple(sorted(records.keys() | (before - ended)))
    fresh = tx.reports.put(_stored(item, bill, key, claims, at))
    remarks = () if known and not fresh else (_remark(item, estate),)
    return Made(signals, cleared, moved=made.moved, remarks=remarks, known=known and not fresh, why=taken.why)


OLDER = "the {} report {} is of {}, older than the stored one of {}, which stays"


def _resolved(item: Report, tx: Transaction) -> Report:
    """Components that the report has by name and version alone are the ones that other bills of the asset place exactly."""
    vague = {c for c in item.bill.components if c.id.startswith(_NAME)}
    if not vague or not item.bill.partial:
        return item
    by_words: dict[tuple[str, str | None], dict[Component, None]] = {}
    for edge in tx.dependencies.edges(item.bill.asset_id, every=True):
        if edge.child.ecosystem is not None:
            by_words.setdefault((_plain(edge.child.name), edge.child.version), {})[edge.child] = None
    exact = {c: next(iter(f)) for c in vague if len(f := by_words.get((_plain(c.name), c.version), {})) == 1}
    claims = (msgspec.structs.replace(c, component=exact.get(c.component, c.component)) for c in item.claims)
    components = tuple(dict.fromkeys(exact.get(c, c) for c in item.bill.components))
    bill = msgspec.structs.replace(item.bill, components=components, edges=())
    return msgspec.structs.replace(item, bill=bill, claims=tuple(claims))


def _plain(name: str) -> str:
    return package_key("pypi", name)[1]


def _skipped(item: Report, tx: Transaction) -> Iterator[Component]:
    """What the scanner did not judge, unless a bill of the asset names the package with a version: that one is judged."""
    if not item.skipped:
        return
    mine = {component_key(c) for c in item.bill.components if c.version}
    edges = tx.dependencies.edges(item.bill.asset_id, every=True)
    mine |= {component_key(e.child) for e in edges if e.child.version}
    names = {key[1] for key in mine if key is not None}
    for one in item.unjudged():
        if _plain(one.name) not in names and one.name.lower() not in names:
            yield one


def _changed(records: Iterable[Advisory], tx: Transaction) -> Iterator[Advisory]:
    """The records that say another thing than the stored ones: a report that repeats a claim is no news of it."""
    for record in records:
        found = tx.advisories.get(record.id)
        if found is not None and found.id == record.id:
            same = msgspec.structs.replace(record, modified=found.modified, group=found.group, source=found.source)
            if same == found:
                continue
        yield record


def _ended(ids: list[str], tx: Transaction, at: datetime) -> Iterator[Advisory]:
    for ident in ids:
        found = tx.advisories.get(ident)
        if found is not None and found.id == ident and not found.withdrawn:
            yield msgspec.structs.replace(found, withdrawn=True, withdrawn_at=at, modified=max(at, found.modified))


def withdraw_reports(has: Standing, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """The claims of reports whose file is gone, where the bill of it no longer counts either: another lists what there is."""
    made = Made([], [])
    for report in tx.reports.all():
        if report.source != has.source:
            continue
        place = (report.source, report.document, report.version)
        if any((b.source, b.document, b.version) == place for b in tx.dependencies.bills(report.asset_id)):
            continue
        tx.reports.drop(report.asset_id, report.origin)
        taken = take_advisories(list(_ended(list(report.claims), tx, now)), tx, estate, now)
        made = made._replace(signals=[*made.signals, *taken.signals], cleared=[*made.cleared, *taken.cleared])
    return made


def claimed_by(tx: Transaction, ids: Collection[str], now: datetime) -> Iterator[str]:
    """Whose claims the advisories of these ids are: the scanner, how old its report and its database are."""
    for report in tx.reports.all():
        if not set(report.claims).isdisjoint(ids):
            yield f"{_tool(report)} claims it of {report.asset_id} ({report.document}, {age_words(report, now)})"


def _tool(report: StoredReport) -> str:
    return f"{report.tool} {report.tool_version}" if report.tool_version else report.tool


def _stored(item: Report, bill: Bill, key: str, claims: tuple[str, ...], at: datetime) -> StoredReport:
    return StoredReport(
        asset_id=bill.asset_id,
        origin=key,
        source=bill.source,
        document=bill.document,
        version=bill.version,
        tool=item.tool,
        tool_version=item.tool_version,
        at=at,
        database_at=item.database_at,
        claims=claims,
        components=len(item.bill.components),
        partial=bill.partial,
        skipped=item.skipped[:_KEPT],
        unplaced=item.unplaced + max(0, len(item.skipped) - _KEPT),
    )


def _remark(item: Report, estate: Estate) -> str:
    """What it says in a sentence: how much it looked at comes before what it found."""
    asset_id = item.bill.asset_id
    listed = f"{many(len(item.bill.components), 'package')}{' it names' if item.bill.partial else ''}"
    found = f"{many(len({c.id for c in item.claims}), 'vulnerability', 'vulnerabilities')} claimed"
    about = f"{asset_id} {item.bill.version}" if item.bill.version else asset_id
    text = f"{item.tool} on {about}: {listed}, {found}"
    if item.skipped:
        names = ", ".join(s.name for s in item.skipped[:_NAMED])
        more = f" and {len(item.skipped) - _NAMED} more" if len(item.skipped) > _NAMED else ""
        text += f", {len(item.skipped)} skipped by it and not audited ({names}{more})"
    if item.unplaced:
        text += f", {many(item.unplaced, 'result')} without a package or version"
    if item.ignored:
        text += f", {item.ignored} suppressed by its own rules: waive them here, with a review date"
    if item.bill.refused:
        text += f", {item.bill.refused} not read: earlier claims stay"
    if item.bill.partial and not item.claims:
        text += "; it lists no package that it found sound: what it looked at is not known"
    return text if asset_id in estate.assets else f"{text}; that is not an asset of the estate"


def report_lines(tx: Transaction, asset_id: str, now: datetime) -> Iterator[str]:
    """A line for each scanner report of an asset: how old it is, what it claims, what it skipped."""
    for report in tx.reports.all(asset_id):
        yield f"{_tool(report)}, {report.document or report.source}, {age_words(report, now)}: {_counts(report)}"


def age_words(report: StoredReport, now: datetime) -> str:
    """``run 3d ago, its database 5d old``."""
    database = (
        f"its database {age(to_us(report.database_at), to_us(now))} old"
        if report.database_at is not None
        else "the age of its database is not stated"
    )
    return f"run {age(to_us(report.at), to_us(now))} ago, {database}"


def _counts(report: StoredReport) -> str:
    scope = "of the packages it names" if report.partial else f"of {many(report.components, 'package')}"
    text = f"{many(len(report.claims), 'vulnerability', 'vulnerabilities')} claimed {scope}"
    if report.skipped:
        names = ", ".join(f"{s.name}: {s.reason}" for s in report.skipped[:_NAMED])
        text += f"; {len(report.skipped)} skipped, not audited by it ({names})"
    if report.unplaced:
        text += f"; {many(report.unplaced, 'result')} without a package or version"
    return text
