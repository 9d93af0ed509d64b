"""The notes of all vendors, newest first, and of these the ones that a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.text import many
from pulse_tui.domain.views.vendors import LISTED, NoteRow, day
from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.vendors.rows import NOTES, note_mark

_CORRECT = bind(
    "c", "correct", "correct", "give the note its right labels, with a reason: notes of the same words follow",
    show=True, changes=True,
)  # fmt: skip


def note_detail(row: NoteRow) -> list[Span]:
    """The whole title, then what the columns have no room for."""
    dated = f"dated {day(row.dated_us)}" if row.dated_us is not None else "bears no date"
    spans: list[Span] = [(row.title, styles.BOLD), (f"  {row.source}, {dated}", styles.DIM)]
    if row.back_dated_days:
        spans.append((f"  ▲ back-dated, or read late, by {row.back_dated_days} d", styles.WARN))
    if row.ends_us is not None:
        how = "not sooner than" if row.floor else "takes effect"
        spans.append((f"  {how} {day(row.ends_us)}", styles.PLAIN))
    spans.append((f"  reaches {', '.join(row.whom)}" if row.whom else "  reaches nothing of yours", styles.PLAIN))
    for mark, style in (note_mark(row), note_mark(row._replace(review=False))) if row.review else (note_mark(row),):
        if mark and "back-dated" not in mark:
            spans.append((f"  {mark}", style))
    return spans


class NotesScreen(ListScreen[NoteRow]):
    """Every note that was read; ``n`` goes to the next that reaches an asset or asks for a person."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the note: what it says, whom it reaches, how it was edited", show=True),
        _CORRECT,
        bind("r", "queue", "review", "the notes that a person should look at", show=True),
        bind("d", "shutdowns", "ends", "when the models in use end, over all sources", show=True),
        bind("s", "scorecard", "scores", "vendors compared by operational risk", show=True),
        bind("C", "corrections", "corrections", "the labels that persons corrected; take one back", show=True, narrow="corr."),
        *ListScreen.LIST_KEYS,
    ]  # fmt: skip
    EXAMPLES = "text  !text  label:deprecation  vendor=openai  whom:bot  state:edited"
    TITLE: ClassVar[str] = " Notes of vendors"

    def __init__(self, head: Head, rows: Sequence[NoteRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(self.TITLE, styles.BOLD)], NOTES, self.summary(rows), now_us)
        self.table.update_rows(rows, now_us)

    def summary(self, rows: Sequence[NoteRow]) -> Sequence[str]:
        """What there is in one line."""
        waiting = sum(row.review for row in rows)
        reach = sum(bool(row.whom) and not row.history for row in rows)
        past = sum(row.history for row in rows)
        all_ = f"the {LISTED} newest notes" if len(rows) >= LISTED else many(len(rows), "note")
        words = [all_, f"{reach:,} new that reach an asset", f"{past:,} from before (history)"]
        return (", ".join(words) + (f"; ? {waiting:,} to review (r)" if waiting else ""),) if rows else ()

    def show_notes(self, rows: Sequence[NoteRow]) -> None:
        """The notes with news."""
        self.sentences.show(self.summary(rows))
        self.show_rows(rows)

    def detail(self, row: NoteRow) -> Sequence[Span]:
        return note_detail(row)

    def applies(self, action: str) -> bool:
        if action == "correct":
            return self.table.row is not None
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(asks.OpenNote(row.source, row.key))

    def action_correct(self) -> None:
        rows = self.table.chosen
        if targets := self.targets(lambda row: Target(row.ident, row.title)):
            self.post_message(asks.CorrectNotes("correct", targets, rows[0].labels if len(rows) == 1 else ()))

    def action_queue(self) -> None:
        self.post_message(asks.OpenReview())

    def action_shutdowns(self) -> None:
        self.post_message(asks.OpenShutdowns())

    def action_scorecard(self) -> None:
        self.post_message(asks.OpenScorecard())

    def action_corrections(self) -> None:
        self.post_message(asks.OpenCorrections())


class ReviewScreen(NotesScreen):
    """Notes of which no rule, or only a weak one, says what they are about; one key corrects."""

    TITLE = " Notes to review"

    def summary(self, rows: Sequence[NoteRow]) -> Sequence[str]:
        if not rows:
            return ("nothing to review: of every note a rule says what it is about",)
        named = f"{len(rows)} notes name" if len(rows) > 1 else "one note names"
        return (f"{named} a model or a package, and no rule is sure what about: read it, then c gives its labels",)

    def applies(self, action: str) -> bool:
        return action != "queue" and super().applies(action)
