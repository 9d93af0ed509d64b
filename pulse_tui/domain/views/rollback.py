"""Read models of rollbacks: runs, plans and their pages, ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


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

    @property
    def stopped(self) -> bool:
        """Whether it needs a person."""
        return self.state != "running"

    @property
    def headline(self) -> str:
        """What is the matter, in one line."""
        where = f"{self.asset} in {self.environment}"
        if self.state == "running":
            return f"run {self.id} is rolling back {where}"
        if self.state == "abandoned":
            return f"run {self.id} of {where} was abandoned: its process is gone"
        if self.state == "undone":
            return f"the rollback of {where} failed and was undone (run {self.id})"
        return f"run {self.id} of {where} {'halted' if self.state == 'halted' else 'stopped as unknown'}"

    @property
    def todo(self) -> str:
        """The commands that bring it to an end; empty while it runs."""
        if self.state == "running":
            return ""
        if self.state == "undone":
            return f"pulse-tui rollback plan {self.asset} --env {self.environment}"
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

    @property
    def headline(self) -> str:
        """What waits for what, in one line."""
        what = f"plan {self.hash[:12]} ({self.asset} in {self.environment}, {self.from_version} -> {self.to_version})"
        if self.void:
            return f"{what} cannot run: {self.void}"
        if self.behind:
            return f"{what} waits for run {self.behind}, which owns its target"
        if self.state == "approved":
            return f"{what} is approved and waits to be run"
        left = self.needed - len(self.approved_by)
        given = f" ({', '.join(self.approved_by)} approved)" if self.approved_by else ""
        return f"{what} waits for {left} {'more ' if given else ''}approval{'' if left == 1 else 's'}{given}"

    @property
    def todo(self) -> str:
        """The command that comes next; empty while a run has to end first."""
        if self.behind and not self.void:
            return ""
        if self.void:
            return f"pulse-tui rollback plan {self.asset} --env {self.environment}"
        return f"pulse-tui rollback {'run' if self.state == 'approved' else 'approve'} {self.hash[:12]}"


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

    @property
    def needs_somebody(self) -> bool:
        """Whether it stopped half-way, or waits."""
        return bool(self.todo)

    @property
    def half_way(self) -> bool:
        """Whether its run stopped and was neither resumed nor put back."""
        return self.state in HALF_WAY and self.needs_somebody

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
        head = (
            f"{self.plan[:12]}  {self.asset}/{self.environment}  {self.from_version} -> {self.to_version}  {self.state}"
        )
        more = [f"run {self.run}: {self.detail}" if self.detail else f"run {self.run}"] if self.run else []
        more += [*self.targets, *filter(None, [self.waits])]
        if self.todo:
            more.append(f"next: {self.todo}")
        return [head, *(f"    {line}" for line in more)]


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


class PlanStory(NamedTuple):
    """The page of a plan: what would happen, every check, who approved, what the run did."""

    hash: str
    asset: str
    environment: str
    from_version: str
    to_version: str
    state: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    """(label, text) lines: from, to, expires, blast radius, on failure ..."""
    steps: tuple[str, ...]
    checks: tuple[tuple[str, bool, bool, str], ...]
    """(name, ok, blocking, detail)."""
    approvals: tuple[str, ...]
    approvals_needed: int
    approvals_given: int
    run: tuple[str, ...]
    may_approve: bool
    why_not: str
    run_id: str = ""
    """Of the run that carried it out; empty before there is one."""
    may: tuple[str, ...] = ()
    """The operators who may approve it there and have not voted; empty where it waits for no approval."""

    @property
    def missing(self) -> int:
        """Approvals that are still needed."""
        return max(0, self.approvals_needed - self.approvals_given)

    @property
    def waits(self) -> str:
        """Whom it waits for; empty where it waits for no approval."""
        if not self.missing or self.run or self.state != "proposed":
            return ""
        who = ", ".join(self.may) or "nobody, no operator is left who may approve it"
        return f"waits for {self.missing} approval{'' if self.missing == 1 else 's'} of: {who}"

    @property
    def stopped(self) -> bool:
        """Whether its run stopped half-way: it can be resumed, or put back."""
        return self.state in HALF_WAY
