"""What changes something: each message becomes one call of the desk, in the thread of the deeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.evals.pages import BenchPages

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import PlanStory
    from pulse_tui.ports import Desk


class BackgroundRunner(Protocol):
    """The in-process scheduler, as the tower sees it."""

    async def start(self, on_event: Callable[[str], None]) -> None:
        """Begin the rounds; ``on_event`` takes one sentence for the operator, on the loop's thread."""
        ...

    async def stop(self) -> None:
        """End the rounds; returns when none is under way."""
        ...

    async def refresh(self, source: str | None) -> None:
        """One round now, of one source or of all."""
        ...


class Deeds(BenchPages):
    """Asks for what a deed needs (how long, why), calls, says what was done, and reads the board again."""

    _runner: BackgroundRunner | None = None
    _hand_out: Callable[[str], bool] = staticmethod(lambda _text: False)
    _runner_started = False

    def on_acknowledge(self, message: messages.Acknowledge) -> None:
        """One call."""
        self._deed(lambda desk: desk.acknowledge(message.alert_id))

    def on_silence(self, message: messages.Silence) -> None:
        """Ask how long and why, then one call."""
        from pulse_tui.tui.kit.ask import AskScreen, Field, positive_number  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.silence(message.alert_id, float(values[0]), values[1]))

        fields = (Field("Hours", "4", positive_number), Field("Why"))
        self.push_screen(AskScreen("Silence this alert", message.title, fields), answered)

    def on_waive(self, message: messages.Waive) -> None:
        """Ask for how many days and why, then one call."""
        from pulse_tui.tui.kit.ask import AskScreen, Field, positive_count  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.waive(message.alert_id, int(values[0]), values[1]))

        fields = (Field("Review in days", "30", positive_count), Field("Rationale"))
        self.push_screen(AskScreen("Waive: record an exception", message.title, fields), answered)

    def on_resolve(self, message: messages.Resolve) -> None:
        """Ask why, then one call."""
        from pulse_tui.tui.kit.ask import AskScreen, Field  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.resolve(message.alert_id, values[0]))

        self.push_screen(AskScreen("Resolve this alert", message.title, (Field("Why is it over"),)), answered)

    def on_freeze(self, message: messages.Freeze) -> None:
        """Ask why, then freeze; or ask why not any more, then lift it."""
        from pulse_tui.tui.kit.ask import AskScreen, Field  # noqa: PLC0415

        asset = message.asset_id
        if message.frozen:

            def typed(values: tuple[str, ...] | None) -> None:
                if values is not None:
                    self._deed(lambda desk: desk.unfreeze(asset))

            def same(value: str) -> str:
                return "" if value == asset else f"type {asset}"

            self.push_screen(AskScreen("Lift the freeze", asset, (Field("Type its name", "", same),)), typed)
            return

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.freeze(asset, values[0]))

        about = f"{asset}: promotions stop until it is lifted; rollbacks do not"
        self.push_screen(AskScreen("Freeze", about, (Field("Why"),)), answered)

    def on_propose(self, message: messages.Propose) -> None:
        """A plan is a paper: it changes nothing at the target."""
        if self.head.read_only:
            self.say("this tower is read-only", bad=True)
            return
        self._ask(
            lambda desk: desk.propose(message.asset_id, message.environment, message.alert_id),
            self._open_plan,
            deed=True,
        )

    def on_open_plan(self, message: messages.OpenPlan) -> None:
        self._ask(lambda desk: desk.plan_story(message.plan_hash), self._open_plan)

    def on_approve(self, message: messages.Approve) -> None:
        """Approve, and when the button said so and the approval was the last one needed, roll back."""

        def deed(desk: Desk) -> PlanStory:
            plan = desk.approve(message.plan_hash, message.reason)
            if message.execute and plan.approvals_given >= plan.approvals_needed:
                return desk.execute(message.plan_hash)
            return plan

        self._plan_deed(message.plan_hash, deed, "approving…")

    def on_reject(self, message: messages.Reject) -> None:
        """One call."""
        self._plan_deed(message.plan_hash, lambda desk: desk.reject(message.plan_hash, message.reason), "rejecting…")

    def on_execute(self, message: messages.Execute) -> None:
        """One call."""
        self._plan_deed(message.plan_hash, lambda desk: desk.execute(message.plan_hash), "rolling back…")

    def on_undo(self, message: messages.Undo) -> None:
        """The way back is a plan of its own: it opens as one, and changes nothing before it is approved."""
        self._ask(lambda desk: desk.undo(message.plan_hash), self._open_plan, deed=True)

    def _plan_deed(self, plan_hash: str, call: Callable[[Desk], PlanStory], word: str) -> None:
        from pulse_tui.tui.rollback.plan import PlanScreen  # noqa: PLC0415

        desk, page = self.desk, self._page()
        if desk is None or self.head.read_only:
            self.say("this tower is read-only" if desk is not None else "the estate is not open yet", bad=True)
            return

        async def run() -> None:
            if isinstance(page, PlanScreen):
                page.set_busy(True)
            self.say(word)
            try:
                async with self._told():
                    plan = await self._in("deed", lambda: call(desk))
                    self.say(f"{plan.asset}: {plan.run[0] if plan.run else f'{plan.state}: {plan.headline}'}")
                    if isinstance(page, PlanScreen) and page.is_attached and page.plan.hash == plan_hash:
                        page.show_plan(plan)
            finally:
                if isinstance(page, PlanScreen) and page.is_attached:
                    page.set_busy(False)
            await self.read_board()

        self._spawn(run())

    def on_collect(self, message: messages.Collect) -> None:
        """One round now."""
        runner = self._runner
        if runner is None or not self._runner_started:
            self.say("no sources are collected by this tower; an agent does, or it is still starting", bad=True)
            return
        self.say(f"collecting from {message.source or 'all sources'}…")

        async def run() -> None:
            async with self._told():
                await runner.refresh(message.source)
                await self.read_board()

        self._spawn(run())

    def on_copy(self, message: messages.Copy) -> None:
        """tmux first, else OSC 52; too much for a terminal is said, not cut."""
        from pulse_tui.tui.kit.clipboard import osc52  # noqa: PLC0415

        async def run() -> None:
            text = message.text
            if await self._in("deed", lambda: self._hand_out(text)):
                self.say(f"copied {len(text)} characters (tmux buffer and clipboard)")
                return
            sequence = osc52(text)
            if sequence is None:
                self.say(f"{len(text)} characters are more than a terminal's clipboard takes", bad=True)
            elif self._driver is not None:
                self._driver.write(sequence)
                self.say(f"copied {len(text)} characters to the terminal's clipboard")

        self._spawn(run())

    def action_collect(self, source: str) -> None:
        """Collect from one source, from the palette."""
        self.on_collect(messages.Collect(source or None))
