"""Read models of rollbacks: runs, plans and their pages, ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.words import Environment

_UNDER_WAY = {
    "rollback": "is rolling back", "undo": "is undoing the rollback of", "drill": "is drilling", "pause": "is pausing",
    "shift": "is shifting the traffic of", "resume": "is resuming",
}  # fmt: skip


def _again(purpose: str, asset: str, environment: str) -> str:
    """The command that plans it again; an undo is planned as the rollback that would do the same."""
    known = Purpose(purpose) if purpose in set(Purpose) else Purpose.ROLLBACK
    return known.command(asset, Environment(environment))


class RunRow(NamedTuple):
    """A run of a rollback that is under way, or that stopped and needs a person."""

    id: str
    plan: str
    """The hash of its plan."""
    asset: str
    environment: str
    state: str
    """running, unknown, halted or undone; ``abandoned`` when the process that carried it out is gone."""
    detail: str
    since_us: int
    """When it began; of one that ended, when that was."""
    by: str
    holder: str
    """The process that carries it out."""
    purpose: str = "rollback"
    """What its plan is for."""
    beside: tuple[str, ...] = ()
    """Other assets that it moves together with its own."""

    @property
    def stopped(self) -> bool:
        """Whether it needs a person."""
        return self.state != "running"

    @property
    def headline(self) -> str:
        """What is the matter, in one line."""
        where = f"{self.asset} in {self.environment}"
        if self.state == "running":
            return f"run {self.id} {_UNDER_WAY.get(self.purpose, 'moves')} {where}"
        if self.state == "abandoned":
            return f"{self._what} of {where} was abandoned: its process is gone"
        if self.state == "undone":
            return f"the {self.purpose} of {where} failed and was undone (run {self.id})"
        return f"{self._what} of {where} {'halted' if self.state == 'halted' else 'stopped as unknown'}"

    @property
    def _what(self) -> str:
        return f"run {self.id}" if self.purpose == "rollback" else f"run {self.id}, a {self.purpose}"

    @property
    def todo(self) -> str:
        """The commands that bring it to an end; empty while it runs."""
        if self.state == "running":
            return ""
        if self.state == "undone":
            return _again(self.purpose, self.asset, self.environment)
        return f"pulse-tui rollback resume {self.id} (or undo {self.id})"


class PlanRow(NamedTuple):
    """A plan of a rollback that waits."""

    hash: str
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    """``proposed`` waits for approvals, ``approved`` to be run."""
    approved_by: tuple[str, ...]
    needed: int
    since_us: int
    expires_us: int
    by: str
    """Who proposed it."""
    void: str = ""
    """What changed since it was made, so that nobody can approve or run it; empty while it can be."""
    behind: str = ""
    """The run that owns its target, so that nobody can approve or run it yet; empty when there is none."""
    alone: str = ""
    """Who approved it alone (break-glass)."""
    purpose: str = "rollback"
    """What it is for."""

    beside: tuple[str, ...] = ()
    """Other assets that it moves together with its own."""

    @property
    def headline(self) -> str:
        """What waits for what, in one line."""
        kind = "plan" if self.purpose == "rollback" else f"{self.purpose} plan"
        where = f"{self.asset} in {self.environment}"
        stays = self.purpose in ("pause", "shift", "resume")
        what = f"{kind} {self.hash[:12]} ({where}{'' if stays else f', {self.from_version} -> {self.to_version}'})"
        if self.void:
            return f"{what} cannot run: {self.void}"
        if self.behind:
            return f"{what} waits for run {self.behind}, which owns its target"
        if self.state == "approved":
            return (
                f"{what} is approved{f' by {self.alone} alone (BREAK-GLASS)' if self.alone else ''} and waits to be run"
            )
        left = self.needed - len(self.approved_by)
        given = f" ({', '.join(self.approved_by)} approved)" if self.approved_by else ""
        return f"{what} waits for {left} {'more ' if given else ''}approval{'' if left == 1 else 's'}{given}"

    @property
    def todo(self) -> str:
        """The command that comes next; empty while a run has to end first."""
        if self.behind and not self.void:
            return ""
        if self.void:
            return _again(self.purpose, self.asset, self.environment)
        return f"pulse-tui rollback {'run' if self.state == 'approved' else 'approve'} {self.hash[:12]}"


DUE = "due"


class Signs(NamedTuple):
    """What signs an approval."""

    words: str
    """The key by its fingerprint, or why there is none."""
    possible: bool
    """Whether an approval would count: it is signed, or need not be."""
    touch: bool
    """Whether a key must be touched for it."""
    key: bool = False
    """Whether a key signs it."""


class ReviewRow(NamedTuple):
    """A run that one person approved alone, or that ran by itself, and that nobody has reviewed."""

    run: str
    asset: str
    environment: str
    what: str
    """Who, what and why, in one line."""
    since_us: int
    by_itself: bool = False

    @property
    def todo(self) -> str:
        """The command that comes next."""
        return f"pulse-tui rollback review {self.run} --why FINDING"


HALF_WAY = ("abandoned", "unknown", "halted")
"""How a run stands that can be resumed, or put back."""


_STANDS = {
    "abandoned": "was abandoned, its process is gone",
    "unknown": "stopped with the state of a target unknown",
    "undone": "failed and was put back",
    "running": "is under way",
}


class PlanLine(NamedTuple):
    """A plan in the list."""

    plan: str
    """Its hash."""
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    """Of its run where it has one (``abandoned`` when the process is gone), else of the plan; ``void`` and
    ``expired`` when no approval of it counts any more."""
    since_us: int
    waits: str
    """Who waits for whom, or why it can no longer be run; empty when nothing is open."""
    run: str
    """The id of its run; empty when it was never run."""
    detail: str
    targets: tuple[str, ...]
    """``target: state, what was found`` of each step of the run."""
    todo: str
    """The command that comes next; empty when there is none."""
    purpose: str = "rollback"
    """As of :class:`PlanStory`."""
    glass: str = ""
    """``BREAK-GLASS by ana, not reviewed``, ``BY ITSELF, not reviewed``; empty where it had its votes."""

    @property
    def needs_somebody(self) -> bool:
        """Whether it stopped half-way, or waits."""
        return bool(self.todo)

    @property
    def half_way(self) -> bool:
        """Whether its run stopped and was neither resumed nor put back."""
        return self.state in HALF_WAY and self.todo.startswith("pulse-tui rollback resume")

    @property
    def headline(self) -> str:
        """What stopped, or what waits for whom, in one line."""
        move = f"{self.asset} in {self.environment}, {self.from_version} -> {self.to_version}"
        if self.run:
            return f"run {self.run} ({move}) {_STANDS.get(self.state, self.state)}" + (
                f": {self.detail}" if self.detail else ""
            )
        return f"plan {self.plan[:12]} ({move}) {self.state}" + (f": {self.waits}" if self.waits else "")

    def lines(self) -> list[str]:
        """As text."""
        what = "" if self.purpose == "rollback" else f"{self.purpose}  "
        stays = self.purpose in ("pause", "shift", "resume")
        move = f"{self.from_version} stays" if stays else f"{self.from_version} -> {self.to_version}"
        head = f"{self.plan[:12]}  {self.asset}/{self.environment}  {move}  {what}{self.state}"
        more = [f"run {self.run}: {self.detail}" if self.detail else f"run {self.run}"] if self.run else []
        more += [*self.targets, *filter(None, [self.glass, self.waits])]
        if self.todo:
            more.append(f"next: {self.todo}")
        return [head, *(f"    {line}" for line in more)]


class DrillLine(NamedTuple):
    """A drill in the list."""

    run: str
    plan: str
    """The hash of the plan that it carried out; empty when that is gone."""
    asset: str
    playbook: str
    from_version: str
    to_version: str
    at_us: int
    ok: bool
    seconds: float
    """From the first intent to the last read-back."""
    by: str
    trigger: str
    """The rule whose answer was rehearsed; empty: the steps alone."""
    detail: str
    current: bool
    """Whether the playbook is still as it was rehearsed."""

    @property
    def state(self) -> str:
        """passed, failed, or outdated: it passed with a playbook that was changed since."""
        return "failed" if not self.ok else "passed" if self.current else "outdated"

    def line(self) -> str:
        """As text."""
        of = f" for {self.trigger}" if self.trigger else ""
        return (
            f"{self.run}  {self.asset}  {self.playbook}{of}  {self.from_version} -> {self.to_version}  {self.state} in "
            f"{self.seconds:.1f} s, {iso(from_us(self.at_us))} by {self.by}"
            + (f": {self.detail}" if self.detail else "")
        )


class AuthorisationLine(NamedTuple):
    """A pre-authorisation in the list."""

    hash: str
    asset: str
    environment: str
    trigger: str
    """The rule whose alerts it answers."""
    playbook: str
    state: str
    """``proposed``, ``valid``, ``rejected``, ``revoked``, ``expired`` or ``void``."""
    why: str
    """Why it is not valid, or whom it waits for."""
    voters: tuple[str, ...]
    by: str
    drill: str
    """The run that rehearsed the trigger."""
    until_us: int | None
    """When it ends; None while it is not valid."""
    ends_soon: bool

    @property
    def needs_somebody(self) -> bool:
        """Whether it waits for votes or has to be renewed."""
        return self.state == "proposed" or self.ends_soon

    @property
    def headline(self) -> str:
        """``latency-breach of support-bot in production: valid until ... (ana, ben)``."""
        until = f" until {iso(from_us(self.until_us))}" if self.until_us is not None else ""
        who = f" ({', '.join(self.voters)})" if self.voters else ""
        soon = ", ends soon: ask for it again" if self.ends_soon else ""
        why = f": {self.why}" if self.why else ""
        return f"{self.trigger} of {self.asset} in {self.environment}: {self.state}{until}{who}{soon}{why}"

    @property
    def meaning(self) -> str:
        """What it means for the asset, in one line."""
        if self.state == "valid":
            return f"{self.environment} rolls back by itself when {self.trigger} fires; {self.headline}"
        return self.headline

    def lines(self) -> list[str]:
        """As text."""
        return [
            f"{self.hash[:12]}  {self.headline}",
            f"    playbook {self.playbook}, drill {self.drill}, asked by {self.by}",
        ]


def unsettled(lines: Sequence[PlanLine], environment: str | None = None) -> tuple[PlanLine, ...]:
    """Of an asset's plans, newest first: those that need a person, and the last run of a deployment if it failed.

    What stopped stands before what waits.
    """
    kept, seen = list[PlanLine](), set[str]()
    for line in lines:
        last_failed = line.run and line.environment not in seen and line.state not in ("verified", "running")
        seen |= {line.environment} if line.run else set()
        if environment in (None, line.environment) and (line.needs_somebody or last_failed):
            kept.append(line)
    return tuple(sorted(kept, key=lambda line: not line.run))


class Moved(NamedTuple):
    """An asset that a plan moves: its own first, then the members of a combination."""

    asset: str
    from_version: str
    from_digest: str
    to_version: str
    to_digest: str


class StepView(NamedTuple):
    """One step of a plan, and how far the run is with it."""

    asset: str
    kind: str
    target: str
    before: str
    """What the target holds until the step; undoing it writes this back."""
    after: str
    timeout_s: float
    state: str = ""
    """Of the run's journal; empty before there is a run."""
    moves: tuple[tuple[int, str, str], ...] = ()
    """(when, state, detail) as they were journalled."""
    seen_before: str | None = None
    """What was read right before the write; None: nothing was read."""
    seen_after: str | None = None
    """What was read last after it."""

    @property
    def line(self) -> str:
        """``target: 12 -> 11 (within 30 s; undo: 12)``."""
        return f"{self.target}: {self.before} -> {self.after} (within {self.timeout_s:g} s; undo: {self.before})"


class VoteView(NamedTuple):
    """A yes or no to a plan."""

    who: str
    key: str
    """The key it was given with, as the operators' file names it."""
    yes: bool
    at_us: int
    counts: bool
    """Whether it still counts; a no always does."""
    reason: str = ""
    signed: bool = False
    """Whether a signature came with it; :attr:`counts` says whether it holds."""
    break_glass: bool = False
    void: str = ""
    """Why it does not count."""

    @property
    def line(self) -> str:
        """``ana approved 2026-11-23T03:10:00Z: it fell``."""
        how = "rejected" if not self.yes else "broke the glass" if self.break_glass else "approved"
        void = "" if self.counts else f" (does not count: {self.void})" if self.void else " (no longer counts)"
        signed = f", signed with {self.key}" if self.signed else ""
        return f"{self.who} {how} {iso(from_us(self.at_us))}{signed}{void}" + (
            f": {self.reason}" if self.reason else ""
        )


class RunStory(NamedTuple):
    """The run that carries a plan out, or did."""

    id: str
    state: str
    """As of :class:`RunRow`."""
    started_by: str
    has_it: str
    """Who started it or took it over last."""
    host: str
    """Where the process is that carries it out."""
    detail: str
    started_us: int
    ended_us: int | None
    lease_us: int
    """Until when its process has the target, unless it renews the lease; 0: it gave it back."""
    halt_by: str = ""
    """Who asked that it halts before its next step."""

    @property
    def headline(self) -> str:
        """``run 5903e0 by ana: verified, 3.8.1 serves``."""
        return f"run {self.id} by {self.started_by}: {self.state}" + (f", {self.detail}" if self.detail else "")


class PlanStory(NamedTuple):
    """The page of a plan: what would happen, every check, who approved, what the run did. Times are microseconds."""

    hash: str
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    """(label, text) lines: why, on failure, proposed, playbook ..."""
    steps: tuple[StepView, ...]
    checks: tuple[tuple[str, bool, bool, str], ...]
    """(name, ok, blocking, detail)."""
    votes: tuple[VoteView, ...]
    approvals_needed: int
    approvals_given: int
    may_approve: bool
    why_not: str
    run: RunStory | None = None
    """None before there is one."""
    may: tuple[str, ...] = ()
    """The operators who may approve it there and have not voted; empty where it waits for no approval."""
    purpose: str = "rollback"
    """A word of :class:`~pulse_tui.domain.rollback.Purpose`; ``undo`` of a plan that undoes another."""
    moves: tuple[Moved, ...] = ()
    certificate: tuple[tuple[str, bool, bool, str], ...] = ()
    """What vouches for the rollback target, shaped like :attr:`checks`."""
    radius: tuple[tuple[str, str], ...] = ()
    """The blast radius: (what is reached, which)."""
    expires_us: int = 0
    checked_us: int = 0
    """When the checks were made; 0: they were not."""
    signs: Signs | None = None
    """What would sign the approval of who looks at it; None: not asked, or nothing to approve."""
    glass: bool = False
    """Whether who looks at it may approve it alone."""
    review: str = ""
    """Of a run that one person approved alone, or that ran by itself: who reviewed it and what was found; :data:`DUE`
    while nobody did."""
    authorisation: str = ""
    """The hash of the pre-authorisation that it rests on; empty: on approvals of this plan."""

    @property
    def missing(self) -> int:
        """Approvals that are still needed."""
        return max(0, self.approvals_needed - self.approvals_given)

    @property
    def open(self) -> bool:
        """Whether it can still be voted on or run."""
        return self.run is None and self.state in ("proposed", "approved")

    @property
    def waits(self) -> str:
        """Whom it waits for; empty where it waits for no approval."""
        if not self.missing or self.run is not None or self.state != "proposed":
            return ""
        who = ", ".join(self.may) or "nobody, no operator is left who may approve it"
        return f"waits for {self.missing} approval{'' if self.missing == 1 else 's'} of: {who}"

    @property
    def stopped(self) -> bool:
        """Whether its run stopped half-way: it can be resumed, or put back."""
        return self.state in HALF_WAY

    @property
    def blocking(self) -> tuple[str, ...]:
        """The checks that forbid it now."""
        found = (*self.certificate, *self.checks)
        return tuple(f"{name}: {detail}" for name, ok, blocks, detail in found if blocks and not ok)

    def run_lines(self) -> list[str]:
        """What the run did, as text: its headline, the journal in its order, and what to do where it stopped."""
        if self.run is None:
            return []
        journal = [(at, n, state, detail) for n, step in enumerate(self.steps, 1) for at, state, detail in step.moves]
        journal.sort(key=lambda move: move[0])
        lines = [self.run.headline]
        lines += [f"{iso(from_us(at))}  step {number} {state}: {detail}" for at, number, state, detail in journal]
        if self.state == "abandoned" and not journal:
            lines.append("no step was begun: nothing was sent to any target")
        if self.stopped:
            lines.append(
                f"what to do: check the targets, then continue it: pulse-tui rollback resume {self.run.id}; "
                f"or put back what moved: pulse-tui rollback undo {self.run.id}"
            )
        return lines
