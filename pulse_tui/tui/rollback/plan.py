"""A rollback plan opened: what would happen, every check, who approved, what the run did before and after."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.views.rollback import HALF_WAY, PlanStory
from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.ask import AskScreen
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.confirm import ApprovalScreen
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.forms import Confirmation, Field
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head

_OPEN = ("proposed", "approved")


def plan_state(word: str) -> Span:
    """The state of a plan or its run; one that stopped short of its end is never in the colour of success."""
    return (f"✖ {word}", styles.BAD) if word in (*HALF_WAY, "undone") else styles.state(word)


def plan_title(plan: PlanStory) -> list[Span]:
    """``Rollback  support-bot canary 3.8.2 → 3.8.1  ◆ proposed``."""
    return [
        (" Rollback plan  ", styles.DIM),
        (
            safe(f"{plan.asset} {environment(plan.environment)[0]}  {plan.from_version} → {plan.to_version}"),
            styles.BOLD,
        ),
        ("   ", styles.PLAIN),
        plan_state(plan.state),
    ]


def _after_run(plan: PlanStory, read_only: bool) -> str:
    if plan.state == "verified":
        back = "" if read_only else f"; [u] makes the plan that puts {plan.from_version} back"
        return f"nothing: {plan.to_version} serves, as read back from the target{back}"
    return {
        "running": "wait: the run is under way, and this page follows it",
        "undone": f"read in RUN why it failed: what was moved is back, {plan.from_version} serves",
        "halted": f"the run halted, and RUN says what every target has now: {_mend(read_only)}",
        "unknown": f"check the target: whether the last step in RUN took effect is unknown; then {_mend(read_only)}",
        "abandoned": f"its process is gone: {_mend(read_only)}",
    }.get(plan.state, "read RUN: it shows the state of the run")


def _mend(read_only: bool) -> str:
    return "resume or undo it in a tower that may write" if read_only else "[e] resumes it, [u] undoes what it moved"


def next_step(plan: PlanStory, read_only: bool) -> str:
    """What the operator can do now, in one sentence."""
    missing = plan.approvals_needed - plan.approvals_given
    if plan.run:
        return _after_run(plan, read_only)
    if plan.state not in _OPEN:
        return f"this plan is {plan.state}; make a new one from the alert"
    if read_only:
        return "read-only: approve it in a tower that may write"
    if missing <= 0:
        return "approved: [x] rolls back now; nothing has run yet"
    if not plan.may_approve:
        return f"{plan.waits}; you cannot approve it: {plan.why_not or 'policy does not allow it'}".removeprefix("; ")
    last = "; yours is the last one needed, so it rolls back at once" if missing == 1 else ""
    return f"[a] approve ({plan.approvals_given} of {plan.approvals_needed} given{last})   [r] reject"


def plan_blocks(plan: PlanStory, read_only: bool = False) -> list[Block]:
    """The page: what to do first, then what would happen, then why it may."""
    failed = [check for check in plan.checks if not check[1]]
    checks = tuple(
        f"{'●' if ok else '✖' if blocking else '▲'} {name}: {detail}" + ("" if ok or not blocking else "  (blocks)")
        for name, ok, blocking, detail in sorted(plan.checks, key=lambda check: (check[1], not check[2]))
    )
    good = _good(plan)
    worst = styles.BAD if any(check[2] for check in failed) else styles.WARN + styles.BOLD if failed else styles.BOLD
    approvals = (f"{plan.approvals_given} of {plan.approvals_needed} given", *plan.approvals)
    # In the top block too: on a small screen the checks themselves begin below the fold.
    summary = (counted_checks(plan),) if plan.checks else ()
    blocks = [Block("WHAT TO DO NOW", (next_step(plan, read_only), *summary), styles.BOLD, styles.GOOD + styles.BOLD)]
    if plan.run:
        blocks.append(Block("RUN", plan.run))
    blocks.append(Block("WHAT IT DOES", (plan.headline,)))
    blocks += [Block(label.upper(), (text,), tight=True) for label, text in plan.facts]
    blocks.append(Block("STEPS", tuple(f"{n}. {step}" for n, step in enumerate(plan.steps, 1)) or ("none",)))
    if plan.checks:  # nothing is checked once a run exists
        blocks.append(Block("CHECKS", (good, *checks), label_style=worst))
    blocks.append(Block("APPROVALS", approvals))
    if not any(label.casefold() == "hash" for label, _ in plan.facts):
        blocks.append(Block("HASH", (plan.hash,), styles.DIM))
    return blocks


def _good(plan: PlanStory) -> str:
    return f"{sum(check[1] for check in plan.checks)} of {len(plan.checks)} good"


def counted_checks(plan: PlanStory) -> str:
    """``checks: 5 of 7 good; BLOCKING: known good here; note: drilled``; empty when nothing is checked."""
    blocking = [name for name, ok, blocks, _ in plan.checks if not ok and blocks]
    notes = [name for name, ok, blocks, _ in plan.checks if not ok and not blocks]
    named = (f"; BLOCKING: {', '.join(blocking)}" if blocking else "") + (
        f"; note: {', '.join(notes)}" if notes else ""
    )
    return f"checks: {_good(plan)}{named}" if plan.checks else ""


class PlanScreen(PageScreen):
    """The only place where a rollback is approved and run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "a",
            "approve",
            "approve",
            "approve exactly this plan: a dialog asks for the asset's name",
            show=True,
            changes=True,
        ),
        bind("r", "reject", "reject", "say no to this plan, with a reason", show=True, changes=True),
        bind("x", "execute", "roll back", "run the approved plan", show=True, changes=True),
        bind(
            "u,U",
            "undo",
            "undo",
            "make the plan that puts back what the run changed; approve it there. Of a run that stopped half-way: "
            "put back what it moved",
            show=True,
            changes=True,
        ),
        bind("e,E", "resume", "resume", "continue a run that stopped half-way", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, plan: PlanStory) -> None:
        """The plan as the desk gives it."""
        super().__init__(head, plan_title(plan), plan_blocks(plan, head.read_only))
        self.plan = plan
        self.busy = False

    def show_plan(self, plan: PlanStory) -> None:
        """The plan with news."""
        self.plan = plan
        self.show_page(plan_title(plan), plan_blocks(plan, self.head.read_only))

    def set_busy(self, busy: bool) -> None:
        """An action on this plan is under way: its keys are off until it has answered."""
        self.busy = busy
        self.show_keys()

    def applies(self, action: str) -> bool:
        plan = self.plan
        missing = plan.approvals_needed - plan.approvals_given
        open_plan = plan.state in _OPEN and not plan.run
        if action == "approve":
            return not self.busy and open_plan and missing > 0 and plan.may_approve
        if action == "reject":
            return not self.busy and open_plan
        if action == "execute":
            return not self.busy and open_plan and missing <= 0
        if action == "undo":
            return not self.busy and (plan.state == "verified" or plan.stopped)
        if action == "resume":
            return not self.busy and plan.stopped
        return True

    def action_approve(self) -> None:
        plan = self.plan
        last = plan.approvals_needed - plan.approvals_given == 1
        what = "Approve and roll back" if last else "Approve"
        after = (
            "It runs at once: this is the last approval needed."
            if last
            else "Nothing runs yet: others must approve too."
        )
        self._confirm(what, after, lambda reason: asks.Approve(plan.hash, reason, last))

    def action_undo(self) -> None:
        plan = self.plan
        self.post_message(asks.PutBack(plan.run_id, plan.hash) if plan.stopped else asks.Undo(plan.hash))

    def action_resume(self) -> None:
        self.post_message(asks.Resume(self.plan.run_id, self.plan.hash))

    def _confirm(self, what: str, after: str, message: object) -> None:
        plan = self.plan
        confirmation = Confirmation(
            what, f"{plan.asset} {environment(plan.environment)[0]}  {plan.from_version} → {plan.to_version}",
            f"plan {plan.hash[:16]}  {plan.headline}", after, plan.asset,
            counted_checks(plan),
        )  # fmt: skip

        def answered(reason: str | None) -> None:
            if reason is not None and self.plan.hash == plan.hash:
                self.post_message(message(reason))  # type: ignore[operator]

        self.app.push_screen(ApprovalScreen(confirmation), answered)

    def action_execute(self) -> None:
        self.post_message(asks.Execute(self.plan.hash))

    def action_reject(self) -> None:
        plan = self.plan

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self.post_message(asks.Reject(plan.hash, values[0]))

        self.app.push_screen(AskScreen("Reject this plan", plan.headline, (Field("Why not"),)), answered)
