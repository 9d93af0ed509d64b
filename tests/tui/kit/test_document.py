"""A page of labelled text: what is seen of it without scrolling."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, cast

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.document import QUESTIONS, Block, Document, lay_out, lit
from pulse_tui.tui.kit.styles import PLAIN
from tests.tui.helpers import NARROW, Pilot, play

if TYPE_CHECKING:
    from pulse_tui.tui.alerts.alert import AlertScreen
    from pulse_tui.tui.kit.page import PageScreen

counts = st.integers(1, 40)


def page(*long: int) -> list[Block]:
    """The three questions with so many lines each, and the evidence."""
    questions = [
        Block(label, tuple(f"{label[-1]}{n}" for n in range(many))) for label, many in zip(QUESTIONS, long, strict=True)
    ]
    return [*questions, Block("WHY", ("because",))]


def shown(blocks: list[Block], height: int) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lay_out(blocks, 80, height)]


def test_a_page_that_fits_is_not_folded() -> None:
    assert shown(page(3, 3, 3), 21) == shown(page(3, 3, 3), 0)


@given(counts, counts, st.integers(1, 7), st.integers(18, 40))
def test_what_to_do_is_seen_without_scrolling_however_much_changed(
    changed: int, risk: int, todo: int, height: int
) -> None:
    lines = shown(page(changed, risk, todo), height)
    last = next(n for n, line in enumerate(lines) if line.endswith(f"W{todo - 1}"))
    assert last < height - 1, "the last line of a page that goes on says so"


@given(counts, counts, counts, st.integers(12, 40))
def test_folding_leaves_nothing_out(changed: int, risk: int, todo: int, height: int) -> None:
    def words(lines: list[str]) -> list[str]:
        return sorted(line.split()[-1].rstrip("…") for line in lines if line.strip())

    assert words(shown(page(changed, risk, todo), height)) == words(shown(page(changed, risk, todo), 0))


def test_what_goes_on_below_the_fold_is_marked_at_both_ends() -> None:
    lines = shown(page(12, 3, 4), 15)
    assert lines[4].endswith("…")
    assert any(line.startswith(" … CHANGED") for line in lines)


def test_another_page_is_as_it_was() -> None:
    blocks = [Block("SOURCES", tuple("abc" * 20))]
    assert shown(blocks, 10) == shown(blocks, 0)


# ------------------------------------------------------------------ search


def test_a_search_goes_through_every_place_and_round_and_ends_before_the_page_does() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("question_mark", "slash")
        await pilot.type("MARK")
        document = cast("PageScreen", pilot.tower.screen).document
        assert len(document.hits) > 3
        assert pilot.lines()[-1].strip().startswith("Enter keeps the search")
        await pilot.press("enter")
        assert pilot.lines()[-1].startswith(f" /MARK 1 of {len(document.hits)} ")
        await pilot.press("n", "n")
        assert pilot.lines()[-1].startswith(" /MARK 3 of ")
        await pilot.press("N", "N", "N")
        assert pilot.lines()[-1].startswith(f" /MARK {len(document.hits)} of ")
        assert "mark" in pilot.text().casefold()
        await pilot.press("escape")
        assert "/MARK" not in pilot.lines()[-1]
        assert pilot.screen_name == "HelpScreen"
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario, size=NARROW)


def test_words_that_are_nowhere_are_said_to_be_and_n_is_the_pages_own_key_again_after_the_search() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "enter", "slash")
        await pilot.type("no such words")
        await pilot.press("enter")
        assert "'no such words' is nowhere on this page" in pilot.notices[-1]
        await pilot.press("slash", *["backspace"] * len("no such words"))
        await pilot.type("rule")
        await pilot.press("enter", "n")
        assert cast("AlertScreen", pilot.tower.screen).story.alert.id == "al-1"
        await pilot.press("escape", "n")
        assert cast("AlertScreen", pilot.tower.screen).story.alert.id == "al-2"

    play(scenario)


@given(
    st.lists(st.lists(st.tuples(st.text("abB é日", max_size=6), st.just(PLAIN)), max_size=4).map(tuple), max_size=5),
    st.text("abB é日", min_size=1, max_size=3),
)
def test_what_is_lit_changes_no_letter(lines: list[tuple[Span, ...]], words: str) -> None:
    for line in lines:
        text = "".join(part for part, _ in line)
        shown = lit(line, words)
        assert "".join(part for part, _ in shown) == text
        bright = "".join(part for part, style in shown if style.reverse)
        assert bright.casefold() == words.casefold() * text.casefold().count(words.casefold())


def test_words_that_a_line_break_divides_are_found_once() -> None:
    document = Document([Block("WHY", ("the prompt bundle of refunds was changed by hand at night",))])
    document._lines = lay_out(document.blocks, 24)
    texts = ["".join(part for part, _ in line) for line in document._lines]
    assert len(texts) > 2
    for one, two in itertools.pairwise(texts):
        document.sought = f"{one.split()[-1]} {two.split()[0]}".upper()
        document._find()
        assert document.hits == [texts.index(one)]
