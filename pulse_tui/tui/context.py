"""What a wing may use of the tower: the desk, the board, the operator's attention. Nothing else of the app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from textual.app import App
from textual.screen import Screen

from pulse_tui.domain.errors import Refused
from pulse_tui.tui.asks.base import Ask, OpenPage
from pulse_tui.tui.kit.filter_line import FilterScreen
from pulse_tui.tui.kit.guard import GuardedScreen
from pulse_tui.tui.kit.manners import manners
from pulse_tui.tui.kit.opening import Opening
from pulse_tui.tui.kit.screen import BaseScreen, Head
from pulse_tui.tui.notices import Notices
from pulse_tui.tui.threads import Kind, Threads
from pulse_tui.tui.watch import Watch

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target
    from pulse_tui.domain.views.board import Board
    from pulse_tui.domain.views.past import Landing
    from pulse_tui.ports.tower import Desk, PastDesk
    from pulse_tui.settings.tower import Preferences
    from pulse_tui.tui.kit.forms import Bulk, Confirmation, Field
    from pulse_tui.tui.main import MainScreen

MANY = 20
"""Things that an action is about from which it takes so long that one wants to know that it goes on."""
DEEPEST = 20
"""So many screens stand over each other; the next page opens over the panes again."""

T = TypeVar("T")
PageT = TypeVar("PageT", bound=BaseScreen)


class BackgroundRunner(Protocol):
    """The in-process scheduler, as the tower sees it."""

    async def start(self, on_event: Callable[[str], None], on_failure: Callable[[str], None]) -> None:
        """Begin the rounds; each takes one sentence for the operator, on the loop's thread: news, and what failed."""
        ...

    async def stop(self) -> None:
        """End the rounds; returns when none is under way."""
        ...

    async def refresh(self, source: str | None) -> None:
        """One round now, of one source or of all."""
        ...


class EstateLine(NamedTuple):
    """An estate that this tower can go to."""

    name: str
    where: str
    current: bool
    problem: str = ""
    """Why it cannot be read."""


class Estates(Protocol):
    """The estates, as the tower sees them. Its calls block, :meth:`go` does not."""

    def known(self) -> tuple[EstateLine, ...]:
        """All of them, each under a name of its own."""
        ...

    def check(self, name: str) -> None:
        """Raises PulseError where it cannot be opened."""
        ...

    def go(self, name: str) -> None:
        """Leave this tower for it. On the loop's thread."""
        ...


def _keeps_nothing(name: str, text: str) -> str:
    raise Refused(f"this tower writes no files: {name} ({len(text)} characters) was not written", todo="y copies it")


class Context:
    """Handed to every wing."""

    entrance: tuple[str, ...] = ()
    """Options that a command line needs to reach the same estate: ``--config PATH``; empty where it is found without."""
    estates: Estates | None = None
    """Where else the operator can go; None: nowhere."""
    preferences: Preferences | None = None
    """What the operator chose for every tower; None: nothing."""

    keep: Callable[[str, str], str]
    """Writes text (the second) to a file of the operator's own with this name in it; returns where. Raises Refused."""

    runner: BackgroundRunner | None = None
    """The rounds of this tower, once they have begun."""

    def __init__(
        self,
        app: App[None],
        watch: Watch,
        threads: Threads,
        notices: Notices,
        opening: Opening,
        answer: Callable[[Ask], None],
        hand_out: Callable[[str], bool],
    ) -> None:
        """``opening`` knows what is not on the screen yet; ``answer`` gives an ask to the wing that has an answer; ``hand_out`` is the clipboard of :class:`Tower`."""
        self._app, self._watch, self._threads = app, watch, threads
        self._opening = opening
        self.notices, self.answer, self.hand_out = notices, answer, hand_out
        self.keep = _keeps_nothing

    # ------------------------------------------------------------------ what is known

    @property
    def head(self) -> Head:
        """What the header line shows."""
        return self._watch.head

    @property
    def desk(self) -> Desk | None:
        """The desk; None until it is open."""
        return self._watch.desk

    @property
    def past(self) -> PastDesk | None:
        """The desk as of a moment, while that is shown; None in the live tower."""
        return self._watch.past

    @property
    def acting(self) -> bool:
        """Whether an action is under way."""
        return self._threads.acting

    async def show_past(self, past: PastDesk, landing: Landing) -> None:
        """The tower as it stood; what is open stays open and is read again."""
        await self._watch.show_past(past, landing)

    async def show_present(self) -> bool:
        """The live tower again; False where there is none behind."""
        return await self._watch.show_present()

    @property
    def board(self) -> Board | None:
        """The newest board; None until the first."""
        return self._watch.board

    @property
    def now_us(self) -> int:
        """The present moment, in microseconds."""
        return self._watch.now_us

    @property
    def zone(self) -> tzinfo:
        """Of the operator's clock; UTC where they have no other."""
        return manners(self._app).zone or UTC

    @property
    def live_us(self) -> int:
        """The present moment in microseconds, of a replay too."""
        return self._watch.live_us

    @property
    def main(self) -> MainScreen:
        """The panes."""
        return self._watch.main

    @property
    def page(self) -> BaseScreen:
        """The topmost screen that is no dialog."""
        return self.notices.page() or self.main

    @property
    def screen(self) -> Screen[Any]:
        """The topmost screen, a dialog too."""
        return self._app.screen

    def say(self, text: str, *, bad: bool = False) -> None:
        """A sentence for the operator; ``bad``: something did not work."""
        self.notices.say(text, bad=bad)

    # ------------------------------------------------------------------ the desk

    def ask(self, call: Callable[[Desk], T], then: Callable[[T], object], kind: Kind = "read") -> None:
        """Call the desk in a thread and hand the answer on."""
        desk = self._watch.desk
        if desk is None:
            self.say("the estate is still being opened; try again in a moment", bad=True)
            return

        reading = self._opening.reading()

        async def run() -> None:
            async with self.notices.reported():
                try:
                    answer = await self._threads.run(kind, lambda: call(desk))
                    with self._opening.read(reading) as wanted:
                        # What was asked of the live tower is not shown as if it were of then, nor the other way round.
                        result = then(answer) if wanted and self._watch.desk is desk else None
                finally:
                    self._opening.ended(reading)
                if isinstance(result, Awaitable):
                    await result

        self._threads.spawn(run())

    def act(self, call: Callable[[Desk], str]) -> None:
        """An action: say what was done and read the board again."""
        if self.refuses():
            return

        def done(sentence: str) -> Awaitable[None]:
            self.say(sentence)
            return self.read_board()

        self.ask_aside(call, done)

    def ask_aside(self, call: Callable[[Desk], T], then: Callable[[T], object]) -> None:
        """An action whose answer opens no screen: the keys count while it is under way."""
        with self._opening.answering(None):
            self.ask(call, then, "act")

    def on_each(self, bulk: Bulk, targets: Sequence[Target]) -> None:
        """One dialog names them all and asks once; each is decided by itself, and the answer says which were refused, and why."""
        from pulse_tui.domain.each import each, named  # noqa: PLC0415  nobody needs it before the first action

        if not targets or self.refuses():
            return
        page, several = self.page, len(targets) > 1
        room = max(4, min(12, self._app.size.height - 14))
        about = named(targets, room, bulk.noun, bulk.plural) if several else targets[0].title

        def decide(values: tuple[str, ...]) -> None:
            def call(desk: Desk) -> tuple[str, bool, set[str]]:
                if not several:
                    return bulk.call(desk, targets[0], values), False, {targets[0].key}
                made = each(targets, lambda target: bulk.call(desk, target, values))
                left = {target.key for target, _ in made.refused}
                return (
                    made.words(bulk.noun, bulk.done, bulk.plural),
                    bool(left),
                    {target.key for target in made.done} - left,
                )

            def done(answer: tuple[str, bool, set[str]]) -> Awaitable[None]:
                text, bad, keys = answer
                self.say(text, bad=bad)
                if isinstance(page, FilterScreen):
                    page.unmark(keys)
                return self.read_board()

            if len(targets) > MANY:
                self.say(f"{len(targets)} are decided one by one; the answer comes with the last")
            self.ask_aside(call, done)

        if bulk.choices:
            self.choose(
                bulk.of_all if several else bulk.what,
                about,
                bulk.choices,
                lambda word: decide((word,)),
                "; ".join(bulk.about),
            )
        elif several or bulk.fields:
            self.form(bulk.of_all if several else bulk.what, "\n".join((about, *bulk.about)), bulk.fields, decide)
        else:
            decide(())

    def refuses(self) -> bool:
        """Whether nothing may be changed here; the operator gets a notice."""
        if self.head.replay:
            self.say(f"this is a replay of {self.head.replay}: nothing can be done in the past", bad=True)
        elif self.head.read_only:
            self.say("this tower is read-only", bad=True)
        return self.head.read_only

    async def read_board(self) -> None:
        """Draw what the database holds now."""
        await self._watch.read_board()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task."""
        self._threads.spawn(work)

    async def run(self, kind: Kind, call: Callable[[], T]) -> T:
        """Call in the thread of ``kind``."""
        return await self._threads.run(kind, call)

    # ------------------------------------------------------------------ screens

    def open(self, call: Callable[[Desk], T], page: Callable[[T], PageT], news: Callable[[PageT, T], object]) -> None:
        """Ask, open ``page`` over the answer, and ask again when somebody wrote."""

        def show(answer: T) -> None:
            opened = page(answer)

            def again(answer: T) -> None:
                opened.now_us = self.now_us
                news(opened, answer)

            self.push(opened, lambda: self.ask(call, again))

        self.ask(call, show)

    def push(self, page: BaseScreen, reload: Callable[[], None] | None = None) -> None:
        """Open a page; ``reload`` asks for it again when somebody wrote, so that it is as live as the panes."""
        page.reload = reload
        if isinstance(asked := self._opening.answered_now, OpenPage):
            page.opened_by = asked
        if len(self._app.screen_stack) > DEEPEST:
            self.back_to_panes()
        under = self.page
        page.path = (*under.path, under.crumb())
        if isinstance(page, FilterScreen):
            page.kept = self.main.kept
        self._app.push_screen(page)

    @property
    def pages(self) -> list[BaseScreen]:
        """The panes and what is open over them, dialogs left out; the topmost last."""
        return [screen for screen in self._app.screen_stack if isinstance(screen, BaseScreen)]

    def pop(self) -> None:
        """Close the topmost screen."""
        self._app.pop_screen()

    def pop_to(self, page: BaseScreen) -> None:
        """Close everything that is open over ``page``."""
        while self._app.screen is not page:
            self._app.pop_screen()

    def dialog(self, screen: GuardedScreen[T | None], then: Callable[[T], object]) -> None:
        """Open a dialog; ``then`` takes what it answers, and nothing happens when it is cancelled."""

        asked = self._opening.answered_now or Ask()

        def answered(values: T | None) -> None:
            if values is not None:
                with self._opening.answering(asked):
                    then(values)

        self._app.push_screen(screen, answered)

    def form(
        self,
        what: str,
        about: str,
        fields: Sequence[Field],
        then: Callable[[tuple[str, ...]], object],
        check: Callable[[tuple[str, ...]], tuple[int, str] | None] | None = None,
    ) -> None:
        """Ask for some words; ``then`` takes them in the order of the fields. ``check``: what is wrong with them together."""
        from pulse_tui.tui.kit.ask import AskScreen  # noqa: PLC0415  nobody needs it before the first form

        self.dialog(AskScreen(what, about, fields, check), then)

    def choose(
        self,
        what: str,
        about: str,
        choices: Sequence[tuple[str, str, str]],
        then: Callable[[str], object],
        note: str = "",
    ) -> None:
        """Ask for one of some words, each by its key."""
        from pulse_tui.tui.kit.choice import ChoiceScreen  # noqa: PLC0415  nobody needs it before the first

        self.dialog(ChoiceScreen(what, about, choices, note), then)

    def confirm(self, asked: Confirmation, then: Callable[[str], object]) -> None:
        """Ask for a name, typed; ``then`` takes the reason."""
        from pulse_tui.tui.kit.confirm import ApprovalScreen  # noqa: PLC0415

        if not self.refuses():
            self.dialog(ApprovalScreen(asked), then)

    def back_to_panes(self) -> None:
        """Close everything that is open over the panes."""
        self.pop_to(self.main)

    async def run_action(self, action: str) -> None:
        """An action of the screen that is open; of the panes when that is a dialog."""
        await self._app.run_action(action, self.screen if self.page is self.screen else self.main)

    def write(self, sequence: str) -> bool:
        """Write a control sequence to the terminal. False without a terminal."""
        driver = self._app._driver
        if driver is not None:
            driver.write(sequence)
        return driver is not None
