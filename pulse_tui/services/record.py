"""Turn what is not a signal yet into records and signals: registry snapshots, runs, advisories, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import singledispatch
from typing import Any

from pulse_tui.domain.bill import Bill, Head
from pulse_tui.domain.catalogue import Catalogue
from pulse_tui.domain.change import ChangeRequests
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.elsewhere import ListedElsewhere
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.exploitation import Exploitation
from pulse_tui.domain.lifecycle import Lifecycles
from pulse_tui.domain.note import Note, Page
from pulse_tui.domain.release import Attestation, RegistrySnapshot
from pulse_tui.domain.report import Report
from pulse_tui.domain.source import Rejected, Standing
from pulse_tui.domain.tripwire import ProbeRound
from pulse_tui.domain.waiver import Statement
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.exploitation import take_exploitation
from pulse_tui.services.advisories.records import take_advisories
from pulse_tui.services.advisories.reports import take_report, withdraw_reports
from pulse_tui.services.advisories.statements import take_statement
from pulse_tui.services.components.bills import bill_remark, take_bill, take_head, withdraw_bills
from pulse_tui.services.evals.take import take_run
from pulse_tui.services.evals.unread import no_longer_refused, refused_result
from pulse_tui.services.parts import Advised, JudgeParts, Made, Reported
from pulse_tui.services.registry.attest import named_releases, take_attestation
from pulse_tui.services.registry.changes import take_changes
from pulse_tui.services.registry.pushed import take_events
from pulse_tui.services.registry.sync import sync
from pulse_tui.services.signals.concerns import Changes
from pulse_tui.services.signals.dependents import assets_moved
from pulse_tui.services.signals.elsewhere import take_elsewhere
from pulse_tui.services.vendors.catalogue import take_catalogue
from pulse_tui.services.vendors.impact import with_impact
from pulse_tui.services.vendors.lifecycles import take_lifecycles
from pulse_tui.services.vendors.notes import gone_on, take_note
from pulse_tui.services.vendors.pages import take_page
from pulse_tui.services.vendors.tripwire import take_round


def signals_of(item: object, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    """Record one observation and return its consequences. Raises TypeError for an unknown shape."""
    made = with_impact(_made(item, tx, parts, estate, now), tx, now)
    moved = assets_moved(made.signals, tx, estate, now)
    return made._replace(signals=[*made.signals, *moved]) if moved else made


_VENDORS: Mapping[type, Callable[[Any, Transaction, Estate, datetime], Made]] = {
    Note: take_note,
    Page: take_page,
    Catalogue: take_catalogue,
    Lifecycles: take_lifecycles,
    ProbeRound: take_round,
}
"""What vendors publish."""


@singledispatch
def _made(item: object, _tx: Transaction, _parts: JudgeParts, _estate: Estate, _now: datetime) -> Made:
    raise TypeError(f"no record is kept of {type(item).__name__}")


@_made.register
def _(item: Reported, tx: Transaction, _parts: JudgeParts, estate: Estate, _now: datetime) -> Made:
    return Made(take_events(item.signals, tx, estate), [])


@_made.register
def _(item: RegistrySnapshot, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    asset = estate.assets.get(item.asset_id)
    changes = sync(item, tx, parts, asset, now)
    changed = bool(changes.signals or changes.cleared)
    moved = (item.asset_id,) if changed else ()
    return Made(changes.signals, changes.cleared, estate_changed=changed, moved=moved, known=not changed)


@_made.register
def _(item: Bill, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    known = any(b.origin == item.origin for b in tx.dependencies.bills(item.asset_id))
    changes = take_bill(item, tx, estate, now)
    news = not known or bool(changes.signals)
    remarks = (bill_remark(item, tx, estate),) if news else ()
    return Made(*changes, moved=(item.asset_id,) if news else (), remarks=remarks, known=not news)


@_made.register
def _(item: Head, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return Made(*take_head(item, tx, estate, now))


@_made.register
def _(item: Attestation, tx: Transaction, parts: JudgeParts, _estate: Estate, now: datetime) -> Made:
    known = bool(named_releases(item, tx))
    about = f"{item.asset_id} {item.version}" if item.asset_id else item.digest
    remarks = () if known else (f"a statement about {about} matches no release yet: it waits for one",)
    return Made(*take_attestation(item, tx, parts, now), remarks=remarks)


@_made.register
def _(item: Advised, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return take_advisories(item.advisories, tx, estate, now)


@_made.register
def _(item: Coverage, tx: Transaction, _parts: JudgeParts, _estate: Estate, now: datetime) -> Made:
    tx.coverage.put(item, now)
    return Made([], [], known=True)


@_made.register
def _(item: ListedElsewhere, tx: Transaction, _parts: JudgeParts, estate: Estate, _now: datetime) -> Made:
    return take_elsewhere(item, tx, estate)


@_made.register
def _(item: ChangeRequests, tx: Transaction, _parts: JudgeParts, _estate: Estate, _now: datetime) -> Made:
    return take_changes(item, tx)


@_made.register
def _(item: Exploitation, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return take_exploitation(item, tx, estate, now)


@_made.register
def _(item: Report, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return take_report(item, tx, estate, now, lambda bill: _made(bill, tx, parts, estate, now))


@_made.register
def _(item: Statement, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return take_statement(item, tx, parts, estate, now)


@_made.register(Note)
@_made.register(Page)
@_made.register(Catalogue)
@_made.register(Lifecycles)
@_made.register(ProbeRound)
def _(item: Any, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return _VENDORS[type(item)](item, tx, estate, now)


@_made.register
def _(item: Rejected, tx: Transaction, _parts: JudgeParts, _estate: Estate, now: datetime) -> Made:
    refusals = [refused_result(item, of, tx, now) for of in item.about]
    return Made([s for one in refusals for s in one.signals], [])


@_made.register
def _(item: Standing, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    changes = withdraw_bills(item, tx, estate, now)
    claims = withdraw_reports(item, tx, estate, now)
    changes = Changes([*changes.signals, *claims.signals], [*changes.cleared, *claims.cleared])
    return Made(changes.signals, [*changes.cleared, *no_longer_refused(item, tx), *gone_on(item, tx)])


@_made.register
def _(item: EvalRun, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    known = tx.evals.has(item.id)
    changes = take_run(item, tx, parts, estate, now)
    return Made(changes.signals, changes.cleared, moved=(item.asset_id,), remarks=changes.remarks, known=known)
