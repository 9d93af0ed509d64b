"""What an announcement asks of the owner of an asset, as tasks with their days. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pulse_tui.domain.effect import effect_name
from pulse_tui.domain.evidence import Evidence, NoteEvidence, ShiftEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.words import SignalType

MARGIN = timedelta(days=14)
"""How long before its end nothing should use a model any more: what goes wrong then can still be taken back."""
TRIPWIRE = "tripwire:"
"""How the note of a task begins that a silent change asks for."""
_DAY = timedelta(days=1)


def asked(
    signal: Signal, *, rule_id: str, alert_id: str, version: str | None, retest: str, due: datetime, now: datetime
) -> Iterator[VendorTask]:
    """The tasks of a vendor's signal about an asset: to run the suites again (``retest`` is its key, ``due`` its day); of an
    announced end also to evaluate the named successor, and to serve without the model."""
    evidence: Evidence = signal.evidence
    if signal.asset_id is None or not isinstance(evidence, (NoteEvidence, ShiftEvidence)):
        return
    components = evidence.components or evidence.models if isinstance(evidence, NoteEvidence) else [evidence.component]
    about = ", ".join(components)

    def task(
        kind: TaskKind, key: str, component: str, until: datetime | None, successor: str | None = None
    ) -> VendorTask:
        return VendorTask(
            key=key,
            kind=kind,
            asset_id=signal.asset_id or "",
            component=component,
            source=signal.source,
            note=evidence.note if isinstance(evidence, NoteEvidence) else f"{TRIPWIRE}{evidence.metric}",
            title=signal.title,
            asked_at=signal.occurred_at,
            due_at=until,
            version=version,
            successor=successor,
        )

    yield task(TaskKind.RETEST, retest, about, due)
    if signal.signal_type is not SignalType.DEPRECATION or not isinstance(evidence, NoteEvidence):
        return
    ends = migrate_by(evidence, now)
    for component in components:
        name = effect_name(TaskKind.MIGRATION, rule_id, alert_id, component)
        yield task(TaskKind.MIGRATION, name, component, ends, evidence.successor)
        if evidence.successor is not None:
            name = effect_name(TaskKind.SUCCESSOR, rule_id, alert_id, component, evidence.successor)
            yield task(TaskKind.SUCCESSOR, name, component, evaluate_by(ends, now), evidence.successor)


def migrate_by(evidence: NoteEvidence, now: datetime) -> datetime | None:
    """The end less a margin, which is shorter where less time is left; None where no end is known."""
    end = evidence.effective_at
    if end is None or evidence.floor:
        return None
    return end if end <= now + _DAY else max(end - MARGIN, now + _DAY)


def evaluate_by(ends: datetime | None, now: datetime) -> datetime | None:
    """Half-way to the migration: it is known then whether the successor does as well."""
    return None if ends is None else max(now, now + (ends - now) / 2)


def ended_word(task: VendorTask) -> str:
    """``done`` by a run; else ``ended``: what was taken back, or is of no use any more, nobody has done."""
    return "done" if task.run_id is not None else "ended"


def task_words(task: VendorTask, now: datetime) -> str:
    """``migrate off openai/gpt-4.1 by 2026-12-01, 12 days left``; ``OVERDUE since``; when it is done, what ended it."""
    what = {
        TaskKind.RETEST: f"retest after a change of {task.component}",
        TaskKind.SUCCESSOR: f"evaluate {task.successor}, the successor of {task.component}",
        TaskKind.MIGRATION: f"migrate off {task.component}" + (f" to {task.successor}" if task.successor else ""),
    }[task.kind]
    if task.done_at is not None:
        return f"{what}: {ended_word(task)} {task.done_at:%Y-%m-%d}" + (f", {task.how}" if task.how else "")
    if task.due_at is None:
        return f"{what}: no date is known"
    days = (task.due_at.date() - now.date()).days
    if task.due_at < now:
        return f"{what}: OVERDUE since {task.due_at:%Y-%m-%d}"
    return f"{what} by {task.due_at:%Y-%m-%d}, {f'{days} days left' if days else 'today'}"
