"""A page of labelled text: what is seen of it without scrolling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.tui.kit.document import QUESTIONS, Block, lay_out

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
