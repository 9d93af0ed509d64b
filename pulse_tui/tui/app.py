"""The app: it turns messages into calls of the desk, in threads, and hands the answers to the screens. No rules here."""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.tui import look, messages, session
from pulse_tui.tui.benchmarks import ChartWanted
from pulse_tui.tui.keys import bind
from pulse_tui.tui.main import MainScreen
from pulse_tui.tui.screens.base import BaseScreen, Head, PageScreen

if TYPE_CHECKING:
    from textual.driver import Driver

    from pulse_tui.domain.board import AlertStory, Board, PlanStory, SourceRow
    from pulse_tui.ports import Desk
    from pulse_tui.tui.screens.alert import NextAlert
    from pulse_tui.tui.screens.palette import Command

POLL_S = 1.0
TICK_S = 15.0
"""Ages are coarse (minutes at the finest), so a look every 15 s is often enough."""
SAY_S = 6.0
SAY_BAD_S = 20.0
CHEAP_S = 0.002
"""A change mark that answers faster than this is asked on the loop itself."""
LOG_KEPT = 200

T = TypeVar("T")


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


def system_clock() -> datetime:
    """The present moment: the tower's default clock; tests give another."""
    return datetime.now(UTC)


class Tower(App[None]):
    """The tower over a desk. Construction touches nothing; the desk is opened in a thread after the first frame."""

    ENABLE_COMMAND_PALETTE = False
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [bind("ctrl+q", "quit", "quit", priority=True)]

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        *,
        quick_board: Callable[[], Board | None],
        scheduler: BackgroundRunner | None,
        read_only: bool,
        session_file: Path | None,
        title: str,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        """``quick_board`` fills the panes before ``open_desk`` imports what is heavy; both are called in a thread."""
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.theme = os.environ["TEXTUAL_THEME"]  # also where somebody imported Textual before this file
        self._open_desk, self._quick_board, self._runner = open_desk, quick_board, scheduler
        self._session_file, self._clock = session_file, clock
        self.head = Head(title, read_only=read_only)
        self.desk: Desk | None = None
        self.board: Board | None = None
        self.log_entries: list[tuple[str, str, bool]] = []
        self._mark: object = None
        self._mark_direct = False
        self._reading = False
        self._read_again = False
        self._saying: Timer | None = None
        self._runner_started = False
        self._started = False
        self._chart_drawn = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Reads and deeds have a thread each, so that a long rollback never holds up the panes.
        self._reads = ThreadPoolExecutor(1, "pulse-read")
        self._deeds = ThreadPoolExecutor(1, "pulse-deed")
        self._charts = ThreadPoolExecutor(1, "pulse-chart")
        if look.wants_ascii(os.environ, getattr(sys.__stderr__, "encoding", None)):
            self._filters.append(look.AsciiFilter())
        self._saved, self._complaint = session.load(session_file)

    # ------------------------------------------------------------------ start and end

    def get_driver_class(self) -> type[Driver]:
        from pulse_tui.tui.driver import quiet_driver  # noqa: PLC0415  it asks Textual for its own driver first

        return quiet_driver(super().get_driver_class())

    def get_default_screen(self) -> Screen[None]:
        self.main = MainScreen(self.head, self._saved)
        return self.main

    def on_ready(self) -> None:
        """The first frame is on the screen: now the rest."""
        self._spawn(self._begin())

    async def _begin(self) -> None:
        try:
            board = await self._in(self._reads, self._quick_board)
        except PulseError as error:
            self.say(str(error), bad=True)
            board = None
        if board is not None:
            self._show_board(board)
            await self._painted()
        try:
            self.desk = await self._in(self._reads, self._import_and_open)
        except PulseError as error:
            self.say(str(error), bad=True)
            return
        self._set_head(operator=self.desk.operator, read_only=self.head.read_only or self.desk.read_only)
        for complaint in (self._complaint, *self.main.complaints()):
            if complaint:
                self.say(complaint, bad=True)
        await self._read_board()
        self.set_interval(POLL_S, self._poll)
        self.set_interval(TICK_S, self._tick)
        if self._runner is not None:
            async with self._told():
                await self._runner.start(self.say)
                self._runner_started = True
        self._started = True

    async def _painted(self) -> None:
        """Until what was just shown is on the screen: heavy imports would take its turns at the interpreter."""
        painted = asyncio.Event()
        self.main.call_after_refresh(painted.set)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(painted.wait(), 1.0)
            if self.main.benchmarks.waiting:
                await asyncio.wait_for(self._chart_drawn.wait(), 1.0)

    def _import_and_open(self) -> Desk:
        """A short switch interval gives the loop its turn between two imports."""
        interval = sys.getswitchinterval()
        sys.setswitchinterval(0.001)
        try:
            return self._open_desk()
        finally:
            sys.setswitchinterval(interval)

    async def on_unmount(self) -> None:
        """Leave in order: the session, the rounds, the desk."""
        if self._session_file is not None:
            try:
                session.save(self._session_file, self.main.session())
            except OSError as error:
                self.log_entries.append(("", f"the session was not saved: {error}", True))
        if self._runner is not None and self._runner_started:
            async with self._told():
                await self._runner.stop()
        if self.desk is not None:
            async with self._told():
                await self._in(self._deeds, self.desk.close)
        for pool in (self._reads, self._deeds, self._charts):
            pool.shutdown(wait=False, cancel_futures=True)

    async def on_event(self, event: events.Event) -> None:
        """Drop keys and pastes that came before a dialog was seen."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            accepts_after: float = getattr(self.screen, "accepts_after", 0.0)
            if event.time < accepts_after:
                return
            before_key = getattr(self.screen, "before_key", None)
            if before_key is not None and isinstance(event, events.Key):
                before_key(event)
        await super().on_event(event)

    # ------------------------------------------------------------------ threads and errors

    async def _in(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, call)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.say(f"internal error: {type(error).__name__}: {error}", bad=True)

    @contextlib.asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        """A refusal or failure inside becomes a message; the tower stays up."""
        try:
            yield
        except PulseError as error:
            self.say(str(error), bad=True)

    def _ask(self, call: Callable[[Desk], T], then: Callable[[T], object], *, deed: bool = False) -> None:
        """Call the desk in a thread and hand the answer on."""
        desk = self.desk
        if desk is None:
            self.say("the estate is still being opened; try again in a moment", bad=True)
            return

        async def run() -> None:
            async with self._told():
                answer = await self._in(self._deeds if deed else self._reads, lambda: call(desk))
                result = then(answer)
                if isinstance(result, Awaitable):
                    await result

        self._spawn(run())

    def _deed(self, call: Callable[[Desk], str]) -> None:
        """A deed: say what was done and read the board again."""
        if self.head.read_only:
            self.say("this tower is read-only", bad=True)
            return

        def done(sentence: str) -> Awaitable[None]:
            self.say(sentence)
            return self._read_board()

        self._ask(call, done, deed=True)

    def on_say(self, message: messages.Say) -> None:
        """A screen has something to say."""
        self.say(message.text, bad=message.bad)

    def say(self, message: str, *, bad: bool = False) -> None:
        """A message for the operator: in the last line for some seconds, in the log for good."""
        at = self._clock().strftime("%H:%M:%S")
        self.log_entries.append((at, message, bad))
        del self.log_entries[:-LOG_KEPT]
        screen = self._page()
        if screen is None:
            return
        screen.say(message, bad=bad)
        if self._saying is not None:
            self._saying.stop()
        self._saying = self.set_timer(SAY_BAD_S if bad else SAY_S, self._said)

    def _said(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, BaseScreen) and screen.bottom.message:
                screen.say("")

    def _page(self) -> BaseScreen | None:
        """The topmost screen that has a last line."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, BaseScreen)), None)

    # ------------------------------------------------------------------ the board

    def _now_us(self) -> int:
        return to_us(self._clock())

    def _set_head(self, **changes: Any) -> None:
        head = self.head._replace(**changes)
        if head != self.head:
            self.head = head
            for screen in self.screen_stack:
                if isinstance(screen, BaseScreen):
                    screen.set_head(head)

    def _show_board(self, board: Board) -> None:
        self.board = board
        self._set_head(header=board.header)
        self.main.show_board(board, self._now_us())

    async def _read_board(self) -> None:
        """Read the board in a thread; a change that comes while reading leads to one more round."""
        desk = self.desk
        if desk is None:
            return
        if self._reading:
            self._read_again = True
            return
        self._reading = True
        try:
            while True:
                self._read_again = False
                row = self.main.registry.row
                asset = row.asset if row is not None else None
                async with self._told():
                    mark, board = await self._in(self._reads, lambda a=asset: (desk.change_mark(), desk.board(a)))  # type: ignore[misc]
                    self._mark = mark
                    if board != self.board:
                        self._show_board(board)
                if not self._read_again:
                    break
        finally:
            self._reading = False
        self._reload_page()

    async def _poll(self) -> None:
        """Ask whether anybody wrote; read only then."""
        desk = self.desk
        if desk is None:
            return
        async with self._told():
            if self._mark_direct:
                began = time.perf_counter()
                mark = desk.change_mark()
                self._mark_direct = time.perf_counter() - began < 10 * CHEAP_S
            else:
                began, mark, ended = await self._in(
                    self._reads, lambda: (time.perf_counter(), desk.change_mark(), time.perf_counter())
                )
                self._mark_direct = ended - began < CHEAP_S
            if mark != self._mark:
                await self._read_board()

    def _tick(self) -> None:
        self.main.tick(self._now_us())

    # ------------------------------------------------------------------ benchmarks

    def on_follow_asset(self, message: messages.FollowAsset) -> None:
        """The Benchmarks pane shows the asset that the cursor rests on."""
        asset = message.asset_id
        if self.desk is not None:
            self._ask(lambda desk: desk.trends(asset), lambda trends: self.main.follow(asset, trends))

    def on_chart_wanted(self, message: ChartWanted) -> None:
        """Draw in a thread: the first chart imports plotext."""
        trend, width, height = message.trend, message.width, message.height

        async def run() -> None:
            lines = await self._in(self._charts, lambda: _draw_chart(trend, width, height))
            self.main.benchmarks.put_chart(trend, width, height, lines)
            self._chart_drawn.set()

        self._spawn(run())

    # ------------------------------------------------------------------ opening pages

    def on_open_alert(self, message: messages.OpenAlert) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.screens.alert import AlertScreen  # noqa: PLC0415

        def show(story: AlertStory) -> None:
            page = AlertScreen(self.head, story)
            self._push(page, lambda: self._ask(lambda desk: desk.story(page.story.alert.id), page.show_story))

        self._ask(lambda desk: desk.story(message.alert_id), show)

    def on_next_alert(self, message: NextAlert) -> None:
        """The alert screen goes on to the next row of pane 4."""
        from pulse_tui.tui.screens.alert import AlertScreen  # noqa: PLC0415

        screen, table = self.screen, self.main.alerts
        if not isinstance(screen, AlertScreen):
            return
        if not table.move(message.by) or table.row is None:
            self.say("that was the last alert" if message.by > 0 else "that was the first alert")
            return
        self._ask(lambda desk, key=table.row.id: desk.story(key), screen.show_story)  # type: ignore[misc]

    def on_open_advisory(self, message: messages.OpenAdvisory) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.screens.story import AdvisoryScreen, Lines  # noqa: PLC0415

        key = message.advisory_id
        name = next((row.name for row in (self.board.advisories if self.board else ()) if row.id == key), key)

        def show(lines: Lines) -> None:
            page = AdvisoryScreen(self.head, name, lines)
            self._push(page, lambda: self._ask(lambda desk: desk.advisory_story(key), page.show_story))

        self._ask(lambda desk: desk.advisory_story(key), show)

    def on_open_asset(self, message: messages.OpenAsset) -> None:
        """Open it, and keep it live."""
        from pulse_tui.tui.screens.story import AssetScreen, Lines  # noqa: PLC0415

        asset = message.asset_id

        def show(lines: Lines) -> None:
            page = AssetScreen(self.head, asset, lines, self.main.is_frozen(asset))

            def news(lines: Lines) -> None:
                page.show_story(lines, self.main.is_frozen(asset))

            self._push(page, lambda: self._ask(lambda desk: desk.asset_story(asset), news))

        self._ask(lambda desk: desk.asset_story(asset), show)

    def on_open_sources(self) -> None:
        """Open the sources, and keep them live."""
        from pulse_tui.tui.screens.story import SourcesScreen  # noqa: PLC0415

        def rows() -> tuple[SourceRow, ...]:
            return self.board.sources if self.board else ()

        def show(problems: tuple[str, ...]) -> None:
            page = SourcesScreen(self.head, rows(), problems, self._now_us())

            def news(problems: tuple[str, ...]) -> None:
                page.show_story(rows(), problems, self._now_us())

            self._push(page, lambda: self._ask(lambda desk: desk.source_problems(), news))

        self._ask(lambda desk: desk.source_problems(), show)

    def on_open_messages(self) -> None:
        from pulse_tui.tui.screens.story import MessagesScreen  # noqa: PLC0415

        self.push_screen(MessagesScreen(self.head, list(self.log_entries)))

    def _open_plan(self, plan: PlanStory) -> None:
        from pulse_tui.tui.screens.plan import PlanScreen  # noqa: PLC0415

        page = PlanScreen(self.head, plan)
        self._push(page, lambda: self._ask(lambda desk: desk.plan_story(page.plan.hash), page.show_plan))

    def _push(self, page: PageScreen, reload: Callable[[], None]) -> None:
        """Open a page; ``reload`` asks for it again when somebody wrote, so that it is as live as the panes."""
        page.reload = reload
        self.push_screen(page)

    def _reload_page(self) -> None:
        page = self._page()
        if isinstance(page, PageScreen) and page.reload is not None:
            page.reload()

    # ------------------------------------------------------------------ deeds

    def on_acknowledge(self, message: messages.Acknowledge) -> None:
        """One call."""
        self._deed(lambda desk: desk.acknowledge(message.alert_id))

    def on_silence(self, message: messages.Silence) -> None:
        """Ask how long and why, then one call."""
        from pulse_tui.tui.screens.ask import AskScreen, Field, positive_number  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.silence(message.alert_id, float(values[0]), values[1]))

        fields = (Field("Hours", "4", positive_number), Field("Why"))
        self.push_screen(AskScreen("Silence this alert", message.title, fields), answered)

    def on_waive(self, message: messages.Waive) -> None:
        """Ask for how many days and why, then one call."""
        from pulse_tui.tui.screens.ask import AskScreen, Field, positive_count  # noqa: PLC0415

        def answered(values: tuple[str, ...] | None) -> None:
            if values is not None:
                self._deed(lambda desk: desk.waive(message.alert_id, int(values[0]), values[1]))

        fields = (Field("Review in days", "30", positive_count), Field("Rationale"))
        self.push_screen(AskScreen("Waive: record an exception", message.title, fields), answered)

    def on_freeze(self, message: messages.Freeze) -> None:
        """Ask why, then freeze; or ask why not any more, then lift it."""
        from pulse_tui.tui.screens.ask import AskScreen, Field  # noqa: PLC0415

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
        """One call."""
        self._plan_deed(message.plan_hash, lambda desk: desk.undo(message.plan_hash), "undoing…")

    def _plan_deed(self, plan_hash: str, call: Callable[[Desk], PlanStory], word: str) -> None:
        from pulse_tui.tui.screens.plan import PlanScreen  # noqa: PLC0415

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
                    plan = await self._in(self._deeds, lambda: call(desk))
                    self.say(f"{plan.asset}: {plan.state}. {plan.run[-1] if plan.run else plan.headline}")
                    if isinstance(page, PlanScreen) and page.is_attached and page.plan.hash == plan_hash:
                        page.show_plan(plan)
            finally:
                if isinstance(page, PlanScreen) and page.is_attached:
                    page.set_busy(False)
            await self._read_board()

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
                await self._read_board()

        self._spawn(run())

    # ------------------------------------------------------------------ copying, commands

    def on_copy(self, message: messages.Copy) -> None:
        """tmux first, else OSC 52; too much for a terminal is said, not cut."""
        from pulse_tui.tui.clipboard import osc52, tmux_copy  # noqa: PLC0415

        async def run() -> None:
            text = message.text
            if await self._in(self._deeds, lambda: tmux_copy(text)):
                self.say(f"copied {len(text)} characters (tmux buffer and clipboard)")
                return
            sequence = osc52(text)
            if sequence is None:
                self.say(f"{len(text)} characters are more than a terminal's clipboard takes", bad=True)
            elif self._driver is not None:
                self._driver.write(sequence)
                self.say(f"copied {len(text)} characters to the terminal's clipboard")

        self._spawn(run())

    def on_open_palette(self) -> None:
        from pulse_tui.tui.commands import commands  # noqa: PLC0415
        from pulse_tui.tui.screens.palette import PaletteScreen  # noqa: PLC0415

        listed: list[Command] = commands(self.main, self.board)

        def answered(words: str | None) -> None:
            if words is not None:
                self._run_command(words)

        self.push_screen(PaletteScreen(listed), answered)

    def _run_command(self, words: str) -> None:
        from pulse_tui.tui.commands import resolve  # noqa: PLC0415

        target, action = resolve(words)
        if action is not None:
            if target == "main":
                while len(self.screen_stack) > 1:
                    self.pop_screen()
            self._spawn(self._run_action(action))
        else:
            self.on_open_asset(messages.OpenAsset(target))

    async def _run_action(self, action: str) -> None:
        await self.run_action(action, self.screen if self._page() is self.screen else self.main)

    def action_collect(self, source: str) -> None:
        """Collect from one source, from the palette."""
        self.on_collect(messages.Collect(source or None))

    def on_app_focus(self) -> None:
        """The terminal has the focus again: ages may have ticked over."""
        self._tick()


def _draw_chart(trend: Any, width: int, height: int) -> tuple[str, ...]:
    from pulse_tui.tui import chart  # noqa: PLC0415  plotext is imported here, after the first frame

    return chart.draw(trend, width, height)


def now_from_us(us: int) -> Callable[[], datetime]:
    """A clock that stands still, for demonstrations and tests."""
    moment = from_us(us)
    return lambda: moment
