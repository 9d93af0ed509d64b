"""A rollback plan opened: what would happen, every check, who approved, what the run did before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.timer import Timer

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.rollback import DUE, PlanStory
from pulse_tui.domain.vote import SHORTEST_BREAK_GLASS
from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.ask import AskScreen
from pulse_tui.tui.kit.confirm import ApprovalScreen
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.forms import Confirmation, Field
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.rollback.story import counted_checks, held, next_change, plan_blocks, plan_title, versions, words

LIVE_S: Final = 0.25
"""How often a page asks how its run is while it is carried out; a board's poll would show steps in lumps."""


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
        bind(
            "B",
            "break_glass",
            "BREAK GLASS",
            "in an emergency approve it alone: a dialog asks for a reason, and another operator must review it",
            changes=True,
        ),
        bind(
            "v",
            "review",
            "review",
            "say what you found of a run that another operator approved alone",
            show=True,
            changes=True,
        ),
        bind("r", "reject", "reject", "say no to this plan, with a reason", show=True, changes=True),
        bind("X", "execute", "run", "run the approved plan: nothing is moved before", show=True, changes=True),
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
        bind("D", "drill", "drill", "rehearse this rollback on the replica: its certificate wants that", changes=True),
        bind("h", "halt", "halt", "halt the run before its next step, whoever carries it out", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, plan: PlanStory, clock: Callable[[], int]) -> None:
        """The plan as the desk gives it; ``clock`` gives the present moment in microseconds."""
        super().__init__(head, plan_title(plan), plan_blocks(plan, clock(), head.read_only))
        self.plan = plan
        self.clock = clock
        self.busy = False
        self.awaits = ""
        """What the operator must do for what is under way to go on: touch a key."""
        self.read_run: Callable[[], None] = lambda: None
        """Asks for the plan alone, without its targets; set by who opened it."""
        self.make_checks: Callable[[], None] = lambda: None
        """Asks its targets too, in a thread of its own; set by who opened it."""
        self.reading = self.read_again = self.checking = self.check_again = False
        self._later: Timer | None = None
        self._live: Timer | None = None
        self._due: Timer | None = None

    def ref(self) -> Ref | None:
        return Ref(RefKind.PLAN, self.plan.hash)

    def on_mount(self) -> None:
        """First arrangement, and the timers that keep it true."""
        super().on_mount()
        self._keep_time()
        if not self.plan.checked_us:
            self.make_checks()

    def show_plan(self, plan: PlanStory) -> None:
        """The plan with news. What was read without the targets keeps the checks that were made before."""
        if plan.open and not plan.checked_us and plan.hash == self.plan.hash:
            plan = plan._replace(
                checks=self.plan.checks, certificate=self.plan.certificate, checked_us=self.plan.checked_us,
                signs=self.plan.signs,
            )  # fmt: skip
            unsigned = (plan.signs.words,) if plan.signs is not None and not plan.signs.possible else ()
            if plan.may_approve and (plan.blocking or unsigned):
                plan = plan._replace(may_approve=False, why_not="; ".join((*plan.blocking, *unsigned)))
        self.plan = plan
        self._draw()
        self._keep_time()

    def keep_checks(self, plan: PlanStory) -> None:
        """What the targets answered; what the database holds is read by itself."""
        if plan.checked_us:
            self.plan = self.plan._replace(checks=plan.checks, certificate=plan.certificate, checked_us=plan.checked_us)

    def check_in(self, seconds: float) -> None:
        """Have the checks made then; asked again before that, still then."""
        if self._later is None:
            self._later = self.set_timer(seconds, self._check_now)

    def _check_now(self) -> None:
        self._later = None
        self.make_checks()

    def _draw(self) -> None:
        blocks = plan_blocks(self.plan, self.clock(), self.head.read_only)
        if self.awaits:
            blocks.insert(0, Block("NOW", (self.awaits,), styles.WARN + styles.BOLD, styles.ALARM))
        self.show_page(plan_title(self.plan), blocks)

    def set_busy(self, busy: bool, awaits: str = "") -> None:
        """An action on this plan is under way: its keys are off until it has answered, and what it ``awaits`` is shown."""
        self.busy = busy
        if awaits != self.awaits:
            self.awaits = awaits
            self._draw()
        self.show_keys()
        self._keep_time()

    def _keep_time(self) -> None:
        """While a run is under way, ask often; else wake only when the page reads otherwise."""
        if not self.is_attached:
            return
        if self.busy or self.plan.state == "running":
            self._live = self._live or self.set_interval(LIVE_S, self.read_run)
        elif self._live is not None:
            self._live.stop()
            self._live = None
        if self._due is not None:
            self._due.stop()
            self._due = None
        now_us = self.clock()
        if (at := next_change(self.plan, now_us)) is not None:
            self._due = self.set_timer((at - now_us) / 1e6, self._time_went_on)

    def _time_went_on(self) -> None:
        if self.plan.expires_us <= self.clock() and self.reload is not None:
            self.reload()
        self._draw()
        self._keep_time()

    def place(self) -> asks.OpenPlan:
        return asks.OpenPlan(self.plan.hash)

    def applies(self, action: str) -> bool:
        plan = self.plan
        if action == "halt":  # also while the action that carries the run out has not answered
            return plan.state == "running" and plan.run is not None and not plan.run.halt_by
        if action in ("approve", "break_glass", "reject", "execute", "undo", "resume") and self.busy:
            return False
        if action == "break_glass":
            return plan.open and plan.missing > 1 and plan.glass and plan.may_approve and plan.checked_us > 0
        if action == "review":
            broke = next((vote.who for vote in plan.votes if vote.break_glass), "")
            return plan.review == DUE and self.head.operator != broke
        if action == "approve":
            return plan.open and plan.missing > 0 and plan.may_approve
        if action == "reject":
            return plan.open
        if action == "execute":
            return plan.open and not plan.missing
        if action == "undo":
            return (plan.state == "verified" and plan.purpose != "drill") or plan.stopped
        if action == "drill":
            return plan.environment != "replica" and not self.busy
        if action == "resume":
            return plan.stopped
        return True

    def action_approve(self) -> None:
        plan = self.plan
        if not plan.checked_us:
            self.post_message(Say("its targets are being checked: a again once the checks stand here", bad=True))
            return
        last = plan.missing == 1
        what = f"Approve and {words(plan).button}" if last else "Approve"
        after = (
            "It runs at once: this is the last approval needed."
            if last
            else "Nothing runs yet: others must approve too."
        )
        self._confirm(what, after, lambda reason: asks.Approve(plan.hash, reason, last))

    def action_break_glass(self) -> None:
        plan = self.plan
        after = "It runs at once, on your word alone. It is an alert until another operator has reviewed it."
        what = f"BREAK GLASS and {words(plan).button}"
        self._confirm(
            what, after, lambda reason: asks.Approve(plan.hash, reason, True, True), least=SHORTEST_BREAK_GLASS
        )

    def action_review(self) -> None:
        plan = self.plan

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None and plan.run is not None:
                self.post_message(asks.Review(plan.run.id, plan.hash, values[0]))

        title = "Review what ran by itself" if plan.authorisation else "Review what one person did alone"
        asked = AskScreen(title, plan.headline, (Field("What you found"),))
        self.app.push_screen(asked, answered)

    def action_undo(self) -> None:
        if self.plan.stopped:
            self._take_over("Undo what it moved", asks.PutBack)
        else:
            self.post_message(asks.Undo(self.plan.hash))

    def action_resume(self) -> None:
        self._take_over("Take over and continue", asks.Resume)

    def _take_over(self, what: str, ask: type[asks.OfRun]) -> None:
        """One's own run at once; of another's, a dialog says whose it is and what every target holds."""
        plan, run = self.plan, self.plan.run
        if run is None:
            return
        if self.head.operator in ("", run.has_it):
            self.post_message(ask(run.id, plan.hash))
            return
        about = f"{plan.asset} {environment(plan.environment)[0]}  {versions(plan)}"
        detail = f"run {run.id} is of {run.has_it} on {run.host or 'an unknown host'}: {run.state}"
        after = "Every target is read first; what it holds decides what is sent."
        asked = Confirmation(what, about, detail, after, plan.asset, held(plan))

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.post_message(ask(run.id, plan.hash))

        self.app.push_screen(ApprovalScreen(asked), answered)

    def action_drill(self) -> None:
        self.post_message(asks.Drill(self.plan.asset, self.plan.environment))

    def action_halt(self) -> None:
        if self.plan.run is not None:
            self.post_message(asks.Halt(self.plan.run.id, self.plan.hash))

    def _confirm(self, what: str, after: str, message: object, *, least: int = 0) -> None:
        plan, signs = self.plan, self.plan.signs
        confirmation = Confirmation(
            what, f"{plan.asset} {environment(plan.environment)[0]}  {versions(plan)}",
            f"plan {plan.hash[:16]}  {plan.headline}", after, plan.asset,
            counted_checks(plan), bool(least), least, f"Your approval is {signs.words}" if signs is not None else "",
            signs is None or signs.key,
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
