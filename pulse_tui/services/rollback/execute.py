"""Run an approved plan from a journal: claim, then per step intent, probe, send, verify; undo on failure.

The journal is written before a target is touched and after it was read back, so that after a crash
at any point any authorised operator can resume. An indeterminate state stops the run as ``unknown``: it keeps
its target until an operator resumes it. A write is never sent without the lease, checked right before each send.

Whoever started it may stop it between two steps, never within one. A database that is away is waited for; when it stays
away, the error names the run.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pulse_tui.domain.errors import PulseError, Refused, StorageError, TargetError
from pulse_tui.domain.rollback import Plan, Purpose, Run, RunState, StepRecord, StepState
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.aftermath import stopped_short, verified
from pulse_tui.services.rollback.anchor import anchor
from pulse_tui.services.rollback.apart import Elsewhere
from pulse_tui.services.rollback.approve import find
from pulse_tui.services.rollback.attended import UNATTENDED, Attendant, half_done, perhaps_begun
from pulse_tui.services.rollback.claim import claim, may_run, take_over
from pulse_tui.services.rollback.journal import Journal, Lost
from pulse_tui.services.rollback.location import Location, opened
from pulse_tui.services.rollback.preflight import Looked, look
from pulse_tui.services.rollback.route import done

_POLL_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses between reads of a target that has not changed yet; the last one repeats."""


def execute(
    parts: RollbackParts,
    plan_hash: str,
    by: str,
    holder: str,
    attendant: Attendant = UNATTENDED,
    looked: Looked | None = None,
) -> Run:
    """Run the plan to its end. Raises Refused before anything is touched; afterwards the run has the result.

    ``holder`` names the process that owns the lease and the fencing epoch; ``looked`` is the preflight that its last vote
    made here. Raises HalfDone when the database stays away.
    """
    with parts.store.read() as tx:
        plan, _ = find(tx, plan_hash)
    may_run(parts, plan, by)
    looked = look(parts, plan, looked)
    if bad := looked.blocking:
        raise Refused(f"plan {plan.hash[:12]} no longer matches its targets", bad, todo="Make a new plan")
    if why := attendant.stop(None):
        raise Refused(f"plan {plan.hash[:12]} was not started: {why}")
    since = parts.outside.ticks()
    try:
        run = claim(parts, plan, by, holder, looked.checks, looked.before)
    except StorageError as error:
        raise perhaps_begun(parts, plan.hash, holder, error) from error
    return _Executor(parts, plan, run, attendant, since).start(by)


def resume(parts: RollbackParts, run_id: str, by: str, holder: str, attendant: Attendant = UNATTENDED) -> Run:
    """Take over a run whose process died, check again one that stopped as unknown, or go on with one that halted.

    Raises Refused while the process that has it is alive, HalfDone when the database stays away.
    """
    since = parts.outside.ticks()
    plan, run = take_over(parts, run_id, by, holder, "run.resumed", attendant)
    return _Executor(parts, plan, run, attendant, since).forward()


def put_back(parts: RollbackParts, run_id: str, by: str, holder: str, attendant: Attendant = UNATTENDED) -> Run:
    """Undo what a run moved that stopped short of its end. Raises as :func:`resume` does."""
    since = parts.outside.ticks()
    plan, run = take_over(parts, run_id, by, holder, "run.undoing", attendant)
    return _Executor(parts, plan, run, attendant, since).back(f"{by} undid run {run_id}")


def _halt(by: str) -> str:
    return f"{by} asked to halt it" if by else ""


class _Executor:
    """One run that this process owns."""

    def __init__(self, parts: RollbackParts, plan: Plan, run: Run, attendant: Attendant, held_since: float) -> None:
        self.parts = parts
        self.plan = plan
        self.run = run
        self.attendant = attendant
        self.journal = Journal(parts, plan, run, held_since)
        self.elsewhere = Elsewhere(parts, plan)
        attendant.begun(run)

    def start(self, by: str) -> Run:
        """From the beginning, which is anchored outside."""

        def work() -> Run:
            self.journal.patiently(lambda: anchor(self.parts, f"run.started {self.run.id} {self.run.target} by {by}"))
            return self._forward()

        return self._guarded(work)

    def forward(self) -> Run:
        """Continue from the end of the journal; an indeterminate state ends as unknown."""
        return self._guarded(self._forward)

    def back(self, why: str) -> Run:
        """Put back what was moved so far, because somebody decided it."""
        return self._guarded(lambda: self._undo(self.journal.records()[0], why))

    def _guarded(self, work: Callable[[], Run]) -> Run:
        """However the work ends, the run has an end that is recorded, or the error names the run."""
        try:
            return self._ended(work)
        except StorageError as error:
            self.parts.outside.give_up(self.run.holder)
            raise half_done(self.run.id, self.run.target, error) from error

    def _ended(self, work: Callable[[], Run]) -> Run:
        try:
            try:
                return work()
            except (StorageError, Lost):
                raise
            except PulseError as error:  # a step's kind or options that this process cannot open
                return self._end(RunState.UNKNOWN, str(error))
            except Exception as error:  # a bug: the run must not be left without an owner
                self._end(RunState.UNKNOWN, f"internal error: {type(error).__name__}: {error}")
                raise
        except Lost:
            self.journal.let_go()
            return self._reload()

    def _forward(self) -> Run:
        """Step after step; the first that does not verify decides how the run ends."""
        records, journal = self.journal.records()
        # A run that began to undo continues to undo, whatever the state of its steps.
        failed = next((step for _, step, state, _ in journal if state == StepState.FAILED.value), None)
        if failed is not None and self.plan.on_failure == "undo":
            return self._failed(records, failed)
        if any(state == StepState.UNDONE.value for _, _, state, _ in journal):
            return self._undo(records, "its undo was begun")
        for index, record in enumerate(records):
            if self._overtaken(records, index):
                continue
            if record.state is not StepState.VERIFIED and (why := self.elsewhere.moved()):
                return self._undo(records, why)
            if record.state is not StepState.VERIFIED and (why := self._begin(records, index)):
                return self._halted(records, f"{why} before step {index + 1} of {len(records)}")
            records[index] = self._step(records[index], fresh=record.state is StepState.PENDING)
            if records[index].state is StepState.UNKNOWN:
                return self._unknown(records, f"step {index + 1}: {records[index].detail}")
            if records[index].state is not StepState.VERIFIED:
                return self._failed(records, index)
        for index in range(len(records) - 1):  # the last one was just read
            if self._overtaken(records, index):
                continue
            records[index] = self._step(records[index])
            if records[index].state is not StepState.VERIFIED:
                return self._unknown(records, f"step {index + 1}: {records[index].detail}")
        return self._verified()

    def _begin(self, records: list[StepRecord], index: int) -> str:
        """Write the intent of a step, unless somebody wants the run to halt before it; returns who and why."""
        record = records[index]
        if record.state is not StepState.PENDING:
            return self._asked_to_stop()
        if why := self.attendant.stop(self.run):
            return why
        step = self._open(index).step  # what cannot be opened is not begun
        intent = record.move(StepState.INTENT, detail=f"{step.expected} -> {step.desired} at {step.target}")
        if by := self.journal.begin(intent):
            return _halt(by)
        records[index] = intent
        return ""

    def _asked_to_stop(self) -> str:
        """Why not to go on: whoever started it says so, or an operator did from another process."""
        return self.attendant.stop(self.run) or _halt(self.journal.halted_by())

    def _overtaken(self, records: list[StepRecord], index: int) -> bool:
        """Whether a later step moves the same target and was begun: what the earlier one left there need not be there."""
        return any(records[later].state is not StepState.PENDING for later in self._again(index))

    def _again(self, index: int) -> list[int]:
        """The later steps with the same target: a drill moves each of them there and back."""
        target = self.plan.steps[index].target
        return [i for i in range(index + 1, len(self.plan.steps)) if self.plan.steps[i].target == target]

    def _moved_back(self, records: list[StepRecord]) -> set[int]:
        """The steps that a later, verified one took back, and that one: there is nothing left to undo of them."""
        pairs = ((i, later) for i in range(len(records)) for later in self._again(i))
        return {
            n for pair in pairs for n in pair
            if records[pair[1]].state is StepState.VERIFIED
            and self.plan.steps[pair[1]].desired == self.plan.steps[pair[0]].expected
        }  # fmt: skip

    def _step(self, record: StepRecord, *, fresh: bool = False) -> StepRecord:
        """One step; ``fresh``: its intent was written just now, so that nothing can have been sent yet."""
        at = self._open(record.index)
        step = at.step
        try:
            seen = at.read()
        except TargetError as error:
            return self.journal.write(record.move(StepState.UNKNOWN, detail=f"cannot be read: {error}"))
        if seen == step.desired:
            if record.state is StepState.VERIFIED:
                return record
            last, why = self._read_back(seen, at) if at.settles else (seen, "")
            if last != seen:
                moved = f"{step.target} had {seen} and then {last}"
                return self.journal.write(record.move(StepState.UNKNOWN, seen_after=last, detail=why or moved))
            done = "already has the desired value"
            return self.journal.write(record.move(StepState.VERIFIED, seen_after=seen, detail=done))
        if record.state is StepState.VERIFIED:
            return self.journal.write(
                record.move(StepState.UNKNOWN, detail=f"{step.target} has {seen} after it was verified")
            )
        if seen != step.expected:
            detail = f"{step.target} has {seen or 'nothing'}, expected {step.expected}: it was changed outside this run"
            return self.journal.write(record.move(StepState.FAILED, seen_before=seen, detail=detail))
        if not fresh and at.landed(record.key):
            return self._lagging(record, at)
        return self._send(record, at, seen)

    def _lagging(self, record: StepRecord, at: Location) -> StepRecord:
        """An earlier attempt took effect, and the former value is read: it is waited for, and not sent again."""
        last, why = self._read_back(at.step.desired, at)
        if last == at.step.desired:
            return self.journal.write(record.move(StepState.VERIFIED, seen_after=last, detail=f"read back {last}"))
        if last is None:
            detail = f"{at.step.target} confirms the write and was not read back: {why}"
            return self.journal.write(record.move(StepState.UNKNOWN, detail=detail))
        detail = f"{at.step.target} confirms the write, but it has {last or 'nothing'}: not sent again"
        return self.journal.write(record.move(StepState.FAILED, seen_after=last, detail=detail))

    def _send(self, record: StepRecord, at: Location, seen: str) -> StepRecord:
        """Write the desired value under the lease, then read back until it is there or the time is up."""
        step, value = at.step, at.step.desired
        self.journal.hold()
        ambiguous = ""
        try:
            at.write(value, expected=seen, key=record.key, epoch=self.run.epoch)
        except TargetError as error:
            if not error.ambiguous:
                return self.journal.write(record.move(StepState.FAILED, seen_before=seen, detail=str(error)))
            ambiguous = str(error)
        sent = record.move(
            StepState.SENT,
            seen_before=seen,
            sent_at=self.parts.clock(),
            detail=ambiguous or f"sent {value} to {step.target}",
        )
        if not ambiguous and at.has(value):
            read_back = sent.move(StepState.VERIFIED, seen_after=value, detail=f"read back {value}")
            return self.journal.write(sent, read_back)
        record = self.journal.write(sent)
        last, why = self._read_back(value, at)
        if last == value:
            return self.journal.write(record.move(StepState.VERIFIED, seen_after=last, detail=f"read back {last}"))
        took = at.landed(record.key) if ambiguous and last is not None else None
        if last is not None and (took is not None or not ambiguous):
            still = f"after {step.timeout_s:g} s {step.target} still has {last or 'nothing'}"
            detail = f"accepted {value}, but {still}"
            if took is not None:
                detail = f"{ambiguous}; the target reports that {value} {'took' if took else 'did not take'} effect, and {still}"
            return self.journal.write(record.move(StepState.FAILED, seen_after=last, detail=detail))
        detail = ambiguous or f"{step.target} was not read back: {why}"
        return self.journal.write(record.move(StepState.UNKNOWN, seen_after=last, detail=detail))

    def _read_back(self, value: str, at: Location, *, serving: bool = True) -> tuple[str | None, str]:
        """The last value read and why it does not count: the desired one, or what was there when the time was up.

        None: it could not be read, or (with ``serving``) the desired value is set and does not serve yet.
        """
        end = self.parts.outside.ticks() + at.context.timeout_s
        attempt = 0
        while True:
            why = ""
            try:
                last: str | None = at.read()
            except TargetError as error:
                last, why = None, str(error)
            if serving and last == value and (why := at.unsettled()):
                last, why = None, f"{value} is set and does not serve yet: {why}"
            if last == value or self.parts.outside.ticks() >= end:
                return last, why
            self.journal.keep()
            self.parts.sleep(_POLL_S[min(attempt, len(_POLL_S) - 1)])
            attempt += 1

    def _unknown(self, records: list[StepRecord], why: str) -> Run:
        """Of several targets each is named with what it holds: whoever decides what comes next needs all of them."""
        others = [r for r in records if r.state is not StepState.UNKNOWN]
        return self._end(RunState.UNKNOWN, f"{why}. {self._where(others)}" if others else why)

    def _failed(self, records: list[StepRecord], index: int) -> Run:
        why = f"step {index + 1} of {len(records)} failed: {records[index].detail}"
        if self.plan.on_failure == "undo":
            return self._undo(records, why)
        return self._halted(records, why)

    def _halted(self, records: list[StepRecord], why: str) -> Run:
        return self._end(RunState.HALTED, f"{why}. {self._where(records)}")

    def _undo(self, records: list[StepRecord], why: str) -> Run:
        """Undo what was changed, last first. A target that has another value is left alone and named."""
        back = self._moved_back(records)
        for record in reversed(records):
            if record.state in (StepState.PENDING, StepState.UNDONE) or record.index in back:
                continue
            if stop := self._asked_to_stop():
                return self._halted(records, f"{why}; {stop} before step {record.index + 1} was undone")
            after = self._undo_step(record)
            records[record.index] = after
            if after.state is StepState.UNKNOWN:
                return self._unknown(records, f"{why}; undoing step {record.index + 1}: {after.detail}")
        return self._end(RunState.UNDONE, f"{why}. What this run changed was undone. {self._where(records)}")

    def _undo_step(self, record: StepRecord) -> StepRecord:
        at = self._open(record.index)
        step = at.step
        try:
            seen = at.read()
        except TargetError as error:
            return self.journal.write(record.move(StepState.UNKNOWN, detail=f"cannot be read: {error}"))
        # What was sent and is not visible yet may still take effect: its undo is a write (and fences), not a read.
        sent = record.sent_at is not None or record.state is StepState.INTENT  # whose process died may have sent it
        pending = record.state is not StepState.VERIFIED and sent
        if seen == step.expected and not (pending or at.landed(record.key)):
            return self.journal.write(record.move(StepState.UNDONE, seen_after=seen, detail="has its former value"))
        if seen not in (step.desired, step.expected):
            stranger = f"{step.target} has {seen or 'nothing'}, set outside this run; left alone"
            moved = record.sent_at is not None or record.state is StepState.VERIFIED
            return self.journal.write(record.move(StepState.UNKNOWN if moved else StepState.UNDONE, detail=stranger))
        self.journal.hold()
        try:
            at.write(step.expected, expected=seen, key=f"{record.key}-undo", epoch=self.run.epoch)
        except TargetError as error:
            if not error.ambiguous:
                return self.journal.write(record.move(StepState.UNKNOWN, detail=f"could not be undone: {error}"))
        # What it had before may never have settled: that is why somebody moved it.
        last, _ = self._read_back(step.expected, at, serving=False)
        if last == step.expected:
            return self.journal.write(record.move(StepState.UNDONE, seen_after=last, detail=f"undone: back to {last}"))
        return self.journal.write(
            record.move(StepState.UNKNOWN, seen_after=last, detail=f"does not have {step.expected} after the undo")
        )

    def _where(self, records: list[StepRecord]) -> str:
        """The value of each target now, as far as it can be read."""
        words: dict[str, str] = {}
        for record in records:
            at = self._open(record.index)
            step = at.step
            if step.target in words:
                continue
            try:
                words[step.target] = f"{step.target} has {at.read() or 'nothing'}"
            except PulseError as error:
                words[step.target] = f"{step.target} cannot be read ({error})"
        return "; ".join(words.values())

    def _open(self, index: int) -> Location:
        return opened(self.parts, self.plan.steps[index])

    def _reload(self) -> Run:
        return self.journal.reading(lambda tx: tx.rollbacks.run(self.run.id)) or self.run

    def _end(self, state: RunState, detail: str) -> Run:
        now = self.parts.clock()
        ended = msgspec.structs.replace(self.run, state=state, detail=detail, ended_at=now)

        self.journal.close(ended, lambda tx: stopped_short(tx, self.parts, self.plan, ended, now))
        return ended

    def _verified(self) -> Run:
        """Every target was read back: the run, the log and the consequences are written in one transaction."""
        now, plan = self.parts.clock(), self.plan
        served = "; ".join(f"{m.to_version} serves {t}" for m, t in zip(plan.moves, plan.targets, strict=True))
        detail = f"{served}, read back"
        if plan.purpose is Purpose.DRILL:
            detail = f"rehearsed: {plan.to_version} and back to {plan.from_version}, read back"
        elif plan.purpose.routes:
            detail = done(plan)
        run = msgspec.structs.replace(self.run, state=RunState.VERIFIED, ended_at=now, detail=detail)

        self.journal.close(run, lambda tx: verified(tx, self.parts, plan, run, now))
        return run
