"""Rollback plans: made, opened and kept live, approved, rejected, run, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.rollback import PlanStory
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command
    from pulse_tui.tui.rollback.plan import PlanScreen


TOUCH = "touch your key now: it blinks, and signs your approval when you do"


CHECK_EVERY_S: Final = 5.0
"""A page whose estate is written to every second asks its targets no more often than this."""


class RollbackWing(Wing):
    """The page of a plan: the only place where one is approved and run."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.answers = {
            asks.Propose: self.propose,
            asks.OpenPlan: self.open,
            asks.Approve: self.approve,
            asks.Reject: self.reject,
            asks.Review: self.review,
            asks.Execute: self.execute,
            asks.Undo: self.undo,
            asks.OpenPlans: self.plans,
            asks.OpenDrills: self.drills,
            asks.OpenAuthorisations: self.authorisations,
            asks.Authorise: self.authorise,
            asks.VoteOnAuthorisation: self.vote,
            asks.Drill: self.drill,
            asks.Route: self.route,
            asks.Resume: self.resume,
            asks.PutBack: self.put_back,
            asks.Halt: self.halt,
        }

    def _show(self, plan: PlanStory) -> None:
        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415  nobody needs it before the first plan

        page = PlanScreen(self._context.head, plan, lambda: self._context.now_us)
        page.read_run = lambda: self._read(page)
        page.make_checks = lambda: self._check(page)
        self._context.push(page, lambda: self._news(page))

    def _news(self, page: PlanScreen) -> None:
        """At once what the database holds, then what the targets answer, which may take its time."""
        self._read(page)
        self._check(page)

    def _read(self, page: PlanScreen) -> None:
        """How the plan stands by the database; one read at a time, and once more where somebody wrote meanwhile."""
        if page.reading:
            page.read_again = True
            return
        page.reading, page.read_again = True, False

        def call(desk: Desk) -> PlanStory:
            try:
                return desk.plan_story(page.plan.hash, checked=False)
            finally:
                page.reading = False

        def done(plan: PlanStory) -> None:
            if page.is_attached and page.plan.hash == plan.hash:
                page.show_plan(plan)
                if page.read_again:
                    self._read(page)

        self._context.ask(call, done)

    def _check(self, page: PlanScreen) -> None:
        """What its targets answer now; one round at a time, and once more where somebody wrote meanwhile."""
        if page.checking or not page.plan.open:
            page.check_again = page.checking
            return
        since_us = self._context.now_us - page.plan.checked_us
        if 0 <= since_us < CHECK_EVERY_S * 1e6:
            page.check_in(CHECK_EVERY_S - since_us / 1e6)
            return
        page.checking, page.check_again = True, False

        def call(desk: Desk) -> PlanStory:
            try:
                return desk.plan_story(page.plan.hash)
            finally:
                page.checking = False

        def done(plan: PlanStory) -> None:
            if page.is_attached and page.plan.hash == plan.hash:
                page.keep_checks(plan)
                # Of the rest this may be older than what is shown: the targets took their time.
                self._read(page)
                if page.check_again:
                    self._check(page)

        self._context.ask(call, done, "check")

    def open(self, ask: asks.OpenPlan) -> None:
        """A plan that exists."""
        self._context.ask(lambda desk: desk.plan_story(ask.plan_hash, checked=False), self._show)

    def propose(self, ask: asks.Propose) -> None:
        """A plan is a document: it changes nothing at the target."""
        if not self._context.refuses():
            self._context.ask(
                lambda desk: desk.propose(ask.asset_id, ask.environment, ask.alert_id, checked=False), self._show, "act"
            )

    def route(self, ask: asks.Route) -> None:
        """A plan that moves no release, made as that of a rollback."""
        if not self._context.refuses():
            self._context.ask(lambda desk: desk.route(ask.asset_id, ask.environment, checked=False), self._show, "act")

    def approve(self, ask: asks.Approve) -> None:
        """Approve, and when the button named it and the approval was the last one needed, roll back."""

        def call(desk: Desk) -> PlanStory:
            plan = desk.approve(ask.plan_hash, ask.reason, break_glass=ask.break_glass)
            if ask.execute and plan.approvals_given >= plan.approvals_needed:
                return desk.execute(ask.plan_hash)
            return plan

        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415

        page = self._context.page
        signs = page.plan.signs if isinstance(page, PlanScreen) else None
        awaits = TOUCH if signs is not None and signs.touch else ""
        self._act(ask.plan_hash, call, awaits or "approving…", awaits)

    def review(self, ask: asks.Review) -> None:
        """What was found of a run that one person approved alone."""

        def call(desk: Desk) -> PlanStory:
            desk.review(ask.run_id, ask.why)
            return desk.plan_story(ask.plan_hash, checked=False)

        self._act(ask.plan_hash, call, "reviewing…")

    def reject(self, ask: asks.Reject) -> None:
        """With the reason that was typed."""
        self._act(ask.plan_hash, lambda desk: desk.reject(ask.plan_hash, ask.reason), "rejecting…")

    def execute(self, ask: asks.Execute) -> None:
        """An approved plan."""
        self._act(ask.plan_hash, lambda desk: desk.execute(ask.plan_hash), "under way…")

    def undo(self, ask: asks.Undo) -> None:
        """The undo is a plan of its own: it opens as one, and changes nothing before it is approved."""
        self._context.ask(lambda desk: desk.undo(ask.plan_hash, checked=False), self._show, "act")

    def plans(self, _ask: asks.OpenPlans) -> None:
        """Every plan with how it stands, newest first."""
        from pulse_tui.tui.rollback.plans import PlansScreen  # noqa: PLC0415  nobody needs it before the first P

        self._context.open(
            lambda desk: desk.plans(),
            lambda rows: PlansScreen(self._context.head, rows, self._context.now_us),
            PlansScreen.show_rows,
        )

    def drills(self, _ask: asks.OpenDrills) -> None:
        """Every drill that was held, newest first."""
        from pulse_tui.tui.rollback.drills import DrillsScreen  # noqa: PLC0415  as above

        self._context.open(
            lambda desk: desk.drills(),
            lambda rows: DrillsScreen(self._context.head, rows, self._context.now_us),
            DrillsScreen.show_rows,
        )

    def drill(self, ask: asks.Drill) -> None:
        """Ask for the asset's name, then rehearse; the tower goes on meanwhile."""
        from pulse_tui.tui.kit.forms import Confirmation  # noqa: PLC0415  nobody needs it before the first dialog

        asset, where = ask.asset_id, ask.environment
        asked = Confirmation(
            "Rehearse", f"the rollback of {asset} in {where}",
            "its steps run on the replica, there and back; what serves is not touched",
            "It runs at once. How it ends stands in the target's certificate, and in the list of drills.", asset,
        )  # fmt: skip

        def done(plan: PlanStory) -> object:
            stands = plan.run.headline if plan.run is not None else plan.waits or plan.state
            self._context.say(f"drill of {asset}: {stands}", bad=plan.run is not None and plan.state != "verified")
            return self._context.read_board()

        def begin(_why: str) -> None:
            self._context.say(f"the drill of {asset} is under way…")
            self._context.ask_aside(lambda desk: desk.drill(asset, where), done)

        self._context.confirm(asked, begin)

    def authorisations(self, _ask: asks.OpenAuthorisations) -> None:
        """Every pre-authorisation and how it stands, newest first."""
        from pulse_tui.tui.rollback.authorisations import AuthorisationsScreen  # noqa: PLC0415  as above

        self._context.open(
            lambda desk: desk.authorisations(),
            lambda rows: AuthorisationsScreen(self._context.head, rows, self._context.now_us),
            AuthorisationsScreen.show_rows,
        )

    def authorise(self, ask: asks.Authorise) -> None:
        """Ask what it is for, how long and why; others vote on it then."""
        from pulse_tui.tui.kit.forms import Field, environment_field, positive_count  # noqa: PLC0415  as above

        fields = (Field("Rule", ask.trigger), environment_field(), Field("Days", "30", positive_count), Field("Why"))

        def asked(values: tuple[str, ...]) -> None:
            rule, where, days, why = values
            self._context.act(
                lambda desk: desk.authorise(ask.asset_id, where, rule, timedelta(days=int(days)), why).headline
            )

        if not self._context.refuses():
            about = f"a rollback of {ask.asset_id} answers alerts of the rule by itself, once it is voted for"
            self._context.form("Pre-authorise", about, fields, asked)

    def vote(self, ask: asks.VoteOnAuthorisation) -> None:
        """A yes is confirmed by the asset's name, typed; a no and a revocation want a reason."""
        from pulse_tui.tui.kit.forms import Confirmation, Field  # noqa: PLC0415  as above

        line, how = ask.line, ask.how

        def given(why: str) -> None:
            self._context.act(lambda desk: desk.vote(line.hash, how, why).headline)

        if how == "approve":
            about = f"{line.trigger} of {line.asset} in {line.environment}"
            after = (
                "Once it has its votes, a rollback answers that rule there by itself, within the guard rails of policy."
            )
            detail = f"playbook {line.playbook}, rehearsed by drill {line.drill}"
            self._context.confirm(Confirmation("Pre-authorise", about, detail, after, line.asset), given)
        elif not self._context.refuses():
            self._context.form(how.capitalize(), line.headline, (Field("Why"),), lambda values: given(values[0]))

    def commands(self) -> Iterable[Command]:
        """The list of the drills."""
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415  nobody needs it before the first :

        return (
            Command("drills", "which rollbacks were rehearsed, and whether that still counts", asks.OpenDrills()),
            Command(
                "authorisations", "what may run without votes: until when, who gave it; vote, revoke",
                asks.OpenAuthorisations(),
            ),
        )  # fmt: skip

    def resume(self, ask: asks.Resume) -> None:
        """A run that stopped half-way."""
        self._act(ask.plan_hash, lambda desk: desk.resume(ask.run_id), "resuming…")

    def put_back(self, ask: asks.PutBack) -> None:
        """What such a run moved."""
        self._act(ask.plan_hash, lambda desk: desk.put_back(ask.run_id), "undoing…")

    def halt(self, ask: asks.Halt) -> None:
        """While the run is carried out, here or elsewhere: in a thread that no run holds."""
        if self._context.refuses():
            return

        def done(sentence: str) -> None:
            self._context.say(sentence)
            if isinstance(page := self._context.page, PlanScreen):
                self._read(page)

        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415

        self._context.ask(lambda desk: desk.halt(ask.run_id), done)

    def _act(self, plan_hash: str, call: Callable[[Desk], PlanStory], word: str, awaits: str = "") -> None:
        """Call with the page's keys off, then say and show how the plan stands."""
        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415

        context, desk, page = self._context, self._context.desk, self._context.page
        if desk is None:
            context.say("the estate is not open yet", bad=True)
        if desk is None or context.refuses():
            return

        async def run() -> None:
            if isinstance(page, PlanScreen):
                page.set_busy(True, awaits)
            context.say(word)
            try:
                async with context.notices.reported():
                    plan = await context.run("act", lambda: call(desk))
                    stands = plan.run.headline if plan.run else f"{plan.state}: {plan.waits or plan.headline}"
                    sentence = f"{plan.asset}: {stands}"
                    context.say(sentence, bad=plan.stopped or plan.state == "undone")
                    if isinstance(page, PlanScreen) and page.is_attached and page.plan.hash == plan_hash:
                        page.show_plan(plan)
            finally:
                if isinstance(page, PlanScreen) and page.is_attached:
                    page.set_busy(False)
            await context.read_board()

        context.spawn(run())
