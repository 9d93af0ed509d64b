"""Vendors: their notes, what a person corrects of them, when models end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.forms import Bulk, Field
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target
    from pulse_tui.domain.views.vendors import NoteRow
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command, Noun, Thing


class VendorsWing(Wing):
    """The pages of what vendors publish. It has no pane: ``V`` opens the list of notes."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self._known: tuple[NoteRow, ...] = ()
        """The notes as they were read last, for the command line."""
        self._asked = False
        self.answers = {
            asks.OpenNotes: self.notes,
            asks.OpenReview: self.review,
            asks.OpenNote: self.note,
            asks.FindNotes: self.find,
            asks.CorrectNotes: self.correct,
            asks.OpenCorrections: self.corrections,
            asks.WithdrawCorrection: self.withdraw,
            asks.OpenShutdowns: self.shutdowns,
            asks.OpenScorecard: self.scorecard,
        }

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415  nobody needs it before the first :

        yield Command("notes", "what vendors published, newest first", asks.OpenNotes())
        yield Command("review queue", "notes that a person should look at", asks.OpenReview())
        yield Command("shutdowns", "when the models in use end, over all sources", asks.OpenShutdowns())
        yield Command("scorecard", "vendors compared by operational risk", asks.OpenScorecard())
        yield Command("corrections", "labels of notes that persons corrected", asks.OpenCorrections())

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415

        self._asked = False
        yield Noun(
            "note", "what vendors published; one by its words", self._things, "notes", asks.OpenNotes(), asks.FindNotes,
            asks.FindNotes,
        )  # fmt: skip

    def _things(self) -> Iterator[Thing]:
        """Those that were read last; what came since is there in a moment."""
        if not self._asked:
            self._asked = True
            self._context.ask(lambda desk: desk.notes(), self._learned)
        for row in self._known:
            yield f"{row.title} ({row.source})", ", ".join(row.labels) or row.vendor, asks.OpenNote(row.source, row.key)

    def _learned(self, rows: tuple[NoteRow, ...]) -> None:
        from pulse_tui.tui.kit.palette import PaletteScreen  # noqa: PLC0415

        self._known = rows
        if isinstance(screen := self._context.screen, PaletteScreen):
            screen.look_again()

    def find(self, ask: asks.FindNotes) -> None:
        """One opens, several are listed."""
        from pulse_tui.tui.vendors.notes import NotesScreen  # noqa: PLC0415

        context, words = self._context, ask.words.casefold().split()

        def fits(row: NoteRow) -> bool:
            text = f"{row.title} {row.source} {row.key} {row.vendor} {' '.join(row.labels)}".casefold()
            return all(word in text for word in words)

        def show(rows: tuple[NoteRow, ...]) -> None:
            found = [row for row in rows if row.key == ask.words] or [row for row in rows if fits(row)]
            if not found:
                context.say(f"no note has {ask.words}; V lists them", bad=True)
            elif len(found) == 1:
                context.answer(asks.OpenNote(found[0].source, found[0].key))
            else:
                page = NotesScreen(context.head, rows, context.now_us)
                with contextlib.suppress(BadFilter):
                    page.table.set_filter(ask.words)
                context.push(page, lambda: context.ask(lambda desk: desk.notes(), page.show_notes))

        context.ask(lambda desk: desk.notes(), show)

    def notes(self, _ask: asks.OpenNotes) -> None:
        """All of them."""
        from pulse_tui.tui.vendors.notes import NotesScreen  # noqa: PLC0415  nobody needs it before the first V

        self._context.open(
            lambda desk: desk.notes(),
            lambda rows: NotesScreen(self._context.head, rows, self._context.now_us),
            NotesScreen.show_notes,
        )

    def review(self, _ask: asks.OpenReview) -> None:
        """Those that a person should look at."""
        from pulse_tui.tui.vendors.notes import ReviewScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.notes(review=True),
            lambda rows: ReviewScreen(self._context.head, rows, self._context.now_us),
            ReviewScreen.show_notes,
        )

    def note(self, ask: asks.OpenNote) -> None:
        """One, with its history."""
        from pulse_tui.tui.vendors.note import NoteScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.note_story(ask.source, ask.key),
            lambda story: NoteScreen(self._context.head, story),
            NoteScreen.show_story,
        )

    def correct(self, ask: asks.CorrectNotes) -> None:
        """Ask for the labels and why."""
        from pulse_tui.tui.vendors.correcting import CHOICES, correction_fields, labels_of  # noqa: PLC0415

        def correct(desk: Desk, target: Target, values: tuple[str, ...]) -> str:
            source, _, key = target.id.partition("\n")
            return desk.correct_note(source, key, labels_of(values[0]), values[1])

        self._context.on_each(
            Bulk(
                "Correct the labels", "Correct the labels of these notes", "note", "corrected", correct,
                correction_fields(ask.labels), about=CHOICES,
            ),
            ask.targets,
        )  # fmt: skip

    def corrections(self, _ask: asks.OpenCorrections) -> None:
        """The newest first."""
        from pulse_tui.tui.vendors.corrections import CorrectionsScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.corrections(),
            lambda rows: CorrectionsScreen(self._context.head, rows, self._context.now_us),
            CorrectionsScreen.show_rows,
        )

    def withdraw(self, ask: asks.WithdrawCorrection) -> None:
        """Ask why."""
        self._context.form(
            "Take this correction back", ask.title, (Field("Why"),),
            lambda values: self._context.act(lambda desk: desk.withdraw_correction(ask.rule_id, values[0])),
        )  # fmt: skip

    def shutdowns(self, _ask: asks.OpenShutdowns) -> None:
        """What ends first on top."""
        from pulse_tui.tui.vendors.shutdowns import ShutdownsScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.shutdowns(),
            lambda found: ShutdownsScreen(self._context.head, found, self._context.now_us),
            ShutdownsScreen.show_shutdowns,
        )

    def scorecard(self, _ask: asks.OpenScorecard) -> None:
        """The riskiest on top."""
        from pulse_tui.tui.vendors.scorecard import ScorecardScreen  # noqa: PLC0415

        self._context.open(
            lambda desk: desk.scorecard(),
            lambda found: ScorecardScreen(self._context.head, found),
            ScorecardScreen.show_scorecard,
        )
