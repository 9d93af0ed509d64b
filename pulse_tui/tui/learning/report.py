"""The report of an audience: its sections one below the other; [ and ] go on to the next audience."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.views.learning import LearningReport, section_lines
from pulse_tui.tui.asks.learning import OpenReport
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

AUDIENCES: Final = ("platform", "security", "product", "leadership", "noise")
"""In the order in which a key goes through them; ``noise`` is the noise of each rule."""


def report_blocks(found: LearningReport) -> list[Block]:
    """A block a section."""
    return [
        Block(safe(section.title.upper()), tuple(map(safe, section_lines(section))) or ("nothing",))
        for section in found.sections
    ]


def report_title(found: LearningReport) -> list[Span]:
    """Whose report it is, and of which days."""
    return [(" Report ", styles.BOLD), (safe(found.title), styles.PLAIN)]


class ReportScreen(PageScreen):
    """The sections of one audience."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("greater_than_sign", "audience(1)", "next audience", "the report of the next audience", show=True),
        bind("less_than_sign", "audience(-1)", "previous audience", "the report of the audience before"),
        *PageScreen.PAGE_KEYS,
    ]

    def place(self) -> OpenReport:
        return OpenReport(self.found.audience)

    def __init__(self, head: Head, found: LearningReport) -> None:
        """The report as the desk gives it."""
        super().__init__(head, report_title(found), report_blocks(found))
        self.found = found

    def show_report(self, found: LearningReport) -> None:
        """The report with news, or of another audience."""
        self.found = found
        self.show_page(report_title(found), report_blocks(found))

    def action_audience(self, by: int) -> None:
        at = AUDIENCES.index(self.found.audience) if self.found.audience in AUDIENCES else 0
        self.post_message(OpenReport(AUDIENCES[(at + by) % len(AUDIENCES)]))
