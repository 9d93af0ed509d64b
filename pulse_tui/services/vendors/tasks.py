"""What vendors' announcements ask of owners: moved with their dates, answered by runs, ended with their reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.estate import Component
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.release import Release
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.mentions import closest, model_of, named
from pulse_tui.enrich.vendors.tasks import MARGIN, TRIPWIRE, evaluate_by, migrate_by, task_words
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM
from pulse_tui.services.signals.respond import finish_task


def follow(signals: Iterable[Signal], tx: Transaction, now: datetime) -> None:
    """An announced end has another date now: what is open because of it is due by that one. A reminder of the same date
    moves nothing."""
    for signal in signals:
        evidence = signal.evidence
        if signal.asset_id is None or signal.signal_type is not SignalType.DEPRECATION:
            continue
        if not isinstance(evidence, NoteEvidence) or (ends := migrate_by(evidence, now)) is None:
            continue
        open_ = [
            t for t in tx.vendors.tasks(asset_id=signal.asset_id, open_only=True) if t.component in evidence.components
        ]
        moved = {t.component for t in open_ if t.kind is TaskKind.MIGRATION and _moves(t.due_at, ends, evidence, now)}
        for task in open_:
            if task.component not in moved or task.kind is TaskKind.RETEST:
                continue
            until = ends if task.kind is TaskKind.MIGRATION else evaluate_by(ends, now)
            successor = task.successor or evidence.successor
            tx.vendors.put_task(msgspec.structs.replace(task, due_at=until, successor=successor))
            detail = {"asset": task.asset_id, "to": f"{until:%Y-%m-%d}", "source": signal.source}
            tx.log.append(now, SYSTEM, f"{task.kind}.moved", task.key, detail)


def _moves(due: datetime | None, ends: datetime, evidence: NoteEvidence, now: datetime) -> bool:
    """Whether the day of a migration is another one. With less time left than the margin its day stays, or it would move
    away with every reminder, unless the end itself comes before it."""
    end = evidence.effective_at
    if due is None or end is None:
        return True
    return end < due if end - MARGIN < now + timedelta(days=1) else ends.date() != due.date()


def answer_retest(key: str, run: EvalRun, tx: Transaction, now: datetime) -> None:
    """The run answers a retest: so it does what asked for it."""
    for task in tx.vendors.tasks(asset_id=run.asset_id, open_only=True):
        if task.key == key:
            finish_task(tx, task, f"run {run.id} of {run.version} on {run.suite}", now, run=run.id)


def answer_successors(run: EvalRun, tx: Transaction, now: datetime) -> None:
    """A run of a release that uses a named successor evaluates it."""
    release = tx.estate.release(run.asset_id, run.version)
    for task in tx.vendors.tasks(asset_id=run.asset_id, open_only=True):
        if task.kind is TaskKind.SUCCESSOR and release is not None and uses(tx, release, task.successor or ""):
            finish_task(tx, task, f"run {run.id} of {run.version} on {run.suite}", now, run=run.id)


def link_verdict(run_id: str, asset_id: str, tx: Transaction) -> None:
    """What the run was judged, with the tasks that it answered."""
    comparison = tx.evals.comparison(run_id)
    word = comparison.verdict() if comparison is not None and not comparison.refused else None
    if word is None:
        return
    verdict = word.value
    for task in tx.vendors.tasks(asset_id=asset_id):
        if task.run_id == run_id and task.verdict != verdict:
            tx.vendors.put_task(msgspec.structs.replace(task, verdict=verdict))


def settle_tasks(tx: Transaction, now: datetime, asset_ids: Collection[str] | None = None) -> None:
    """End what is asked of nobody any more: the asset left the estate, or nothing that serves uses the model; and what was
    done before it was asked: the successor was evaluated."""
    for task in tx.vendors.tasks(open_only=True):
        if asset_ids is not None and task.asset_id not in asset_ids:
            continue
        if tx.estate.asset(task.asset_id) is None:
            finish_task(tx, task, f"{task.asset_id} is no longer in the estate", now)
        elif not _used(tx, task):
            who = "no serving release" if task.kind is TaskKind.MIGRATION else "nothing that serves"
            finish_task(tx, task, f"{who} of {task.asset_id} uses {task.component} any more", now)
        elif task.kind is TaskKind.SUCCESSOR and (done := _evaluated(tx, task)) is not None:
            finish_task(tx, task, f"run {done[0]} of {done[1]}, evaluated already", now, run=done[0])
            link_verdict(done[0], task.asset_id, tx)
        else:
            continue
        for retest in tx.judgements.retests(asset_id=task.asset_id) if task.kind is TaskKind.RETEST else ():
            if retest.key == task.key:
                tx.judgements.finish_retest(retest.key, now)


def _used(tx: Transaction, task: VendorTask) -> bool:
    if task.note.startswith(TRIPWIRE):  # its source names the assets
        return True
    here = tx.dependencies.using(assets=[task.asset_id])
    return any({d.component.id, d.component.name} & set(task.component.split(", ")) for d in here)


def uses(tx: Transaction, release: Release, model: str) -> bool:
    """Whether a release is made of the model: by its lineage, or by what its own bill lists."""
    wanted = named(model)
    base = release.lineage.base_model
    if base is not None and (base == model or any(closest(wanted, one) for one in named(base))):
        return True
    own = (
        edge.child
        for edge in tx.dependencies.edges(release.asset_id, every=True)
        if edge.origin.endswith(f"@{release.version}") and edge.child.kind is ComponentKind.HOSTED_MODEL
    )
    return any(_is(component, model) for component in own)


def _is(component: Component, model: str) -> bool:
    mine = model_of(component)
    return component.id == model or (mine is not None and closest(named(model), mine) is not None)


def _evaluated(tx: Transaction, task: VendorTask) -> tuple[str, str] | None:
    """(run, version) of the newest evaluation of a release that uses the successor."""
    using = {r.version for r in tx.estate.releases(task.asset_id) if uses(tx, r, task.successor or "")}
    heads = [
        h for s in tx.evals.suites_of(task.asset_id) for h in tx.evals.heads(task.asset_id, s) if h.version in using
    ]
    newest = max(heads, key=lambda h: h.at, default=None)
    return (newest.id, newest.version) if newest is not None else None


def task_lines(
    tx: Transaction,
    asset_id: str,
    now: datetime,
    components: Collection[str] = (),
    of_it: Callable[[VendorTask], bool] = lambda _: True,
) -> Iterator[str]:
    """What is asked of an asset, open and done, in words; ``components``: only because of these; ``of_it``: only such."""
    for task in tx.vendors.tasks(asset_id=asset_id):
        if (components and not {*task.component.split(", ")} & {*components}) or not of_it(task):
            continue
        yield task_line(tx, task, now)


def task_line(tx: Transaction, task: VendorTask, now: datetime) -> str:
    """One task in words, the same in every list of it."""
    verdict = _verdict(tx, task)
    words = task_words(task, now) + (f": {verdict}" if verdict else "")
    if task.kind is TaskKind.SUCCESSOR and task.done_at is None:
        using = [r.version for r in tx.estate.releases(task.asset_id) if uses(tx, r, task.successor or "")]
        words += f"; {using[-1]} uses it and has no run yet" if using else "; no release uses it yet"
    return words


def _verdict(tx: Transaction, task: VendorTask) -> str:
    if task.run_id is None:
        return ""
    comparison = tx.evals.comparison(task.run_id)
    word = comparison.verdict() if comparison is not None and not comparison.refused else None
    return word.value if word is not None else task.verdict or "not judged"
