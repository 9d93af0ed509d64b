"""A note opened: the three questions, what decided its labels, its text, and how it was edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.ref import Ref, note_ref
from pulse_tui.domain.views.vendors import NoteEdit, NoteStory
from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.common import Copy
from pulse_tui.tui.asks.registry import OpenAsset
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block, story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

HUNKS = 12
"""Places of one edit that are shown."""


def edit_blocks(edits: tuple[NoteEdit, ...]) -> Iterator[Block]:
    """How it was edited, the newest first: what moved, then the words that went and those that came."""
    label = "HISTORY"
    for edit in reversed(edits):
        what = f"{iso(from_us(edit.at_us))}  {edit.what}"
        same = edit.what == "edited" and not edit.hunks and not edit.moved
        moved = "; ".join(edit.moved) or ("nothing that is compared changed" if same else "")
        yield Block(label, (safe(what + (f": {moved}" if moved else "")),), tight=not label)
        label = ""
        for hunk in edit.hunks[:HUNKS]:
            if hunk.deleted:
                yield Block("", (safe(f"− {hunk.deleted}"),), style=styles.BAD, tight=True)
            if hunk.added:
                yield Block("", (safe(f"+ {hunk.added}"),), style=styles.GOOD, tight=True)
        if len(edit.hunks) > HUNKS:
            yield Block("", (f"and {len(edit.hunks) - HUNKS} more places",), tight=True)


def note_blocks(story: NoteStory) -> list[Block]:
    """The page: the three questions, how it was edited where it was, then the rest."""
    blocks = [block._replace(lines=tuple(safe(line) for line in block.lines)) for block in story_blocks(story.lines)]
    history = list(edit_blocks(story.edits))
    return [*blocks[:4], *history, *blocks[4:]] if len(story.edits) > 1 else [*blocks, *history]


def note_title(story: NoteStory) -> list[Span]:
    """Whose note it is, and its title."""
    return [(f" Note of {safe(story.row.vendor)}  ", styles.DIM), (safe(story.row.title), styles.BOLD)]


class NoteScreen(PageScreen):
    """What a note says, whom it reaches and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("c", "correct", "correct", "give the note its right labels, with a reason", show=True, changes=True),
        bind("o", "open_alert", "alert", "open its most urgent alert: acknowledge or silence it there", show=True),
        bind("e", "open_asset", "asset", "open the first asset that it reaches", show=True),
        bind("d", "shutdowns", "ends", "when the models in use end, over all sources", show=True),
        bind("l", "copy_link", "copy link", "copy the note's address to the clipboard", show=True, narrow="link"),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, story: NoteStory) -> None:
        """The story as the desk gives it."""
        super().__init__(head, note_title(story), note_blocks(story))
        self.story = story

    def ref(self) -> Ref | None:
        return note_ref(self.story.row.source, self.story.row.key)

    def show_story(self, story: NoteStory) -> None:
        """The note with news."""
        self.story = story
        self.show_page(note_title(story), note_blocks(story))

    def applies(self, action: str) -> bool:
        known = {
            "open_alert": bool(self.story.alerts),
            "open_asset": bool(self.story.assets),
            "copy_link": bool(self.story.link),
        }
        return known.get(action, True)

    def action_correct(self) -> None:
        row = self.story.row
        self.post_message(asks.CorrectNotes("correct", (Target(row.ident, row.title),), row.labels))

    def action_open_alert(self) -> None:
        self.post_message(OpenAlert(self.story.alerts[0]))

    def action_open_asset(self) -> None:
        self.post_message(OpenAsset(self.story.assets[0]))

    def action_shutdowns(self) -> None:
        self.post_message(asks.OpenShutdowns())

    def action_copy_link(self) -> None:
        self.post_message(Copy(self.story.link))
