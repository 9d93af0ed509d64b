"""What every screen asks for: help, the palette, the messages, the clipboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pulse_tui.domain.lock import shown
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.ref import pair
from pulse_tui.tui.asks import common as asks
from pulse_tui.tui.kit.filter_line import FilterScreen
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command


def copied(text: str) -> str:
    """What goes to the clipboard: lines as they are, and nothing that steers the terminal it is pasted into."""
    return shown(text, 100_000)


COMMANDS_KEPT = 50
"""Commands that are remembered."""


def addresses_of(desk: Desk, ref: Ref) -> tuple[str, ...]:
    """Where on the web the thing is, as far as that is known: nine at most, each once."""
    from pulse_tui.domain.ref import RefKind  # noqa: PLC0415
    from pulse_tui.domain.typed import advisory_page, web  # noqa: PLC0415

    found: list[str] = []
    if ref.kind is RefKind.ADVISORY:
        found = [advisory_page(ref.id)]
    elif ref.kind is RefKind.NOTE:
        found = [desk.note_story(*pair(ref)).link]
    elif ref.kind is RefKind.INCIDENT:
        found = [link.url for link in desk.incident_story(ref.id).links]
    elif ref.kind is RefKind.ALERT:
        story = desk.story(ref.id)
        found = [part for part in (*story.why, *story.changed, *story.correlated, *story.timeline) if "://" in part]
    return tuple(dict.fromkeys(filter(None, map(web, found))))[:9]


class CommonWing(Wing):
    """The pages that are about the tower itself. It has no pane."""

    def __init__(self, context: Context, wings: Sequence[Wing]) -> None:
        """``wings``: all of them; they put commands and nouns into the palette."""
        self._context, self._wings = context, wings
        self.answers = {
            asks.OpenHelp: self.help,
            asks.OpenMessages: self.messages,
            asks.OpenPalette: self.palette,
            asks.OpenObject: self.object,
            asks.Share: self.share,
            asks.Copy: self.copy,
            asks.Save: self.save,
            asks.Say: self.say,
            asks.Arrange: self.arrange,
            asks.ShowPane: self.show_pane,
        }

    def help(self, ask: asks.OpenHelp) -> None:
        """The keys of the screen it was asked on."""
        from pulse_tui.tui.common.help import HelpScreen  # noqa: PLC0415  nobody needs it before the first ?

        self._context.push(HelpScreen(self._context.head, ask.keys))

    def messages(self, ask: asks.OpenMessages) -> None:
        """Messages and commands so far."""
        from pulse_tui.tui.common.log import LogScreen  # noqa: PLC0415

        notices = self._context.notices
        page = LogScreen(self._context.head, notices.log, notices.commands)
        self._context.push(page, lambda: page.show_log(notices.log, notices.commands))

    def object(self, ask: asks.OpenObject) -> None:
        """As YAML; it is written in a thread, for a large one takes its time."""
        from pulse_tui.domain.typed import line, shows  # noqa: PLC0415
        from pulse_tui.tui.common.object import ObjectScreen, forms  # noqa: PLC0415

        words = shows(ask.ref)
        self._context.open(
            lambda desk: forms(desk.described(ask.ref)),
            lambda written: ObjectScreen(
                self._context.head, ask.ref, written, line(words, self._context.entrance) if words else ""
            ),
            ObjectScreen.show_forms,
        )

    def share(self, ask: asks.Share) -> None:
        """The command line; where the thing has an address on the web, one more key says which of them."""
        from pulse_tui.domain.typed import line, shows  # noqa: PLC0415

        words = shows(ask.ref)
        if self._context.past is not None:  # any other command shows what is so today
            words = ("replay", iso(from_us(self._context.now_us)))
        command = line(words, self._context.entrance) if words else ""

        def found(addresses: tuple[str, ...]) -> None:
            given = tuple(filter(None, (command, *addresses)))
            if not given:
                self._context.say(f"neither a command nor an address shows {ask.ref} alone: y copies the line")
            elif len(given) == 1:
                self.copy(asks.Copy(given[0]))
            else:
                from pulse_tui.tui.kit.choice import ChoiceScreen  # noqa: PLC0415

                words = ("c" if one == command else str(n) for n, one in enumerate(given, 0 if command else 1))
                kinds = ("command" if one == command else "address" for one in given)
                choices = tuple(zip(words, kinds, given, strict=True))
                keyed = [(key, f"{kind} {key}" if kind == "address" else kind, text) for key, kind, text in choices]
                chosen = {word: text for _, word, text in keyed}
                screen = ChoiceScreen("Copy for a colleague", str(ask.ref), keyed)
                self._context.dialog(screen, lambda word: self.copy(asks.Copy(chosen[word])))

        self._context.ask(lambda desk: addresses_of(desk, ask.ref), found)

    def palette(self, ask: asks.OpenPalette) -> None:
        """What the screen that is open offers, and what the wings do."""
        from pulse_tui.tui.common.commands import commands  # noqa: PLC0415
        from pulse_tui.tui.common.nouns import common_nouns  # noqa: PLC0415
        from pulse_tui.tui.kit.palette import PaletteScreen  # noqa: PLC0415

        context = self._context
        listed = [*commands(context.page, context.main), *(c for wing in self._wings for c in wing.commands())]
        nouns = [*(noun for wing in self._wings for noun in wing.nouns()), *common_nouns(context)]
        screen = PaletteScreen(listed, nouns, context.main.commands, read_only=context.main.head.read_only)
        context.dialog(screen, self._run)

    def _run(self, command: Command) -> None:
        kept = [command.words, *(words for words in self._context.main.commands if words != command.words)]
        self._context.main.commands = tuple(kept[:COMMANDS_KEPT])
        if not isinstance(command.does, str):
            self._context.answer(command.does)
            return
        if command.of_main:
            self._context.back_to_panes()
        self._context.spawn(self._context.run_action(command.does))

    def copy(self, ask: asks.Copy) -> None:
        """tmux first, else OSC 52; too much for a terminal is reported, not cut."""
        from pulse_tui.tui.kit.clipboard import osc52  # noqa: PLC0415  only when somebody copies

        context, text = self._context, copied(ask.text)

        async def run() -> None:
            if await context.run("act", lambda: context.hand_out(text)):
                context.say(f"copied {len(text)} characters (tmux buffer and clipboard)")
                return
            sequence = osc52(text)
            if sequence is None:
                context.say(f"{len(text)} characters are more than a terminal's clipboard takes", bad=True)
            elif context.write(sequence):
                context.say(f"copied {len(text)} characters to the terminal's clipboard")

        context.spawn(run())

    def save(self, ask: asks.Save) -> None:
        """The operator is told where it is."""
        context, head = self._context, self._context.head
        words = (
            head.title if head.header is None else head.header.estate,
            from_us(context.now_us).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        text = f"{'  '.join(words)}{'  replay' if head.replay else ''}\n{copied(ask.text)}"

        async def run() -> None:
            async with context.notices.reported():
                context.say(f"written to {await context.run('act', lambda: context.keep(ask.name, text))}")

        context.spawn(run())

    def show_pane(self, ask: asks.ShowPane) -> None:
        """Over everything; the filter stays until it is cleared."""
        self._context.back_to_panes()
        self._context.main.show_pane(ask.tab, ask.words)

    def say(self, ask: asks.Say) -> None:
        """A screen has a sentence for the operator."""
        self._context.say(ask.text, bad=ask.bad)

    def arrange(self, ask: asks.Arrange) -> None:
        """Of the page that is open: the chooser, or as the words say."""
        from pulse_tui.tui.kit.arrange import ArrangeScreen  # noqa: PLC0415  nobody needs it before the first o
        from pulse_tui.tui.kit.columns import BadColumn, showing, sorted_as  # noqa: PLC0415

        page = self._context.page
        table = page.the_table() if isinstance(page, FilterScreen) else None
        if table is None or not isinstance(page, FilterScreen):
            self._context.say("there is no table here to sort", bad=True)
            return
        if not ask.sort and not ask.columns:
            self._context.dialog(ArrangeScreen(table, page.rearranged), lambda _: None)
            return
        try:
            made = table.arrangement
            made = sorted_as(made, ask.sort, table.spec.columns) if ask.sort else made
            table.show_as(showing(made, ask.columns, table.spec.columns) if ask.columns else made)
        except BadColumn as error:
            self._context.say(str(error), bad=True)
        else:
            page.rearranged()
