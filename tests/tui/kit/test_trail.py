"""Back and forward: a model with plain lists, and what operators expect of it."""

from __future__ import annotations

import copy
import operator

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.tui.kit.trail import KEPT, Trail

PAGES = st.sampled_from("abcde")


def walked(*pages: str) -> Trail[str]:
    trail: Trail[str] = Trail(operator.eq)
    for page in pages:
        trail.arrive(page)
    return trail


def go(trail: Trail[str], page: str | None) -> str | None:
    """Where a move leads to, and the move."""
    if page is not None:
        trail.arrive(page)
    return page


def test_back_and_forward_go_through_the_pages_and_stop_at_the_ends() -> None:
    trail = walked("panes", "alert", "asset")
    assert [go(trail, trail.back()) for _ in range(3)] == ["alert", "panes", None]
    assert [go(trail, trail.forward()) for _ in range(3)] == ["alert", "asset", None]


def test_a_new_page_ends_what_was_ahead() -> None:
    trail = walked("panes", "alert", "asset")
    go(trail, trail.back())
    trail.arrive("plans")
    assert trail.pages == ["panes", "alert", "plans"]
    assert trail.forward() is None


def test_leaving_a_page_for_the_one_it_covers_is_a_step_back_and_forward_opens_it_again() -> None:
    trail = walked("panes", "alert", "asset")
    trail.arrive("alert", again=True)
    assert trail.pages == ["panes", "alert", "asset"]
    assert trail.forward() == "asset"


def test_the_page_before_and_back_again_with_one_key() -> None:
    trail = walked("panes", "alert", "asset")
    assert [go(trail, trail.before()) for _ in range(4)] == ["alert", "asset", "alert", "asset"]
    assert trail.pages == ["panes", "alert", "asset"]
    assert walked("panes").before() is None


def test_what_is_gone_is_no_page_any_more_and_what_stood_around_it_is_one() -> None:
    trail = walked("panes", "alert", "asset", "alert", "plans")
    go(trail, trail.back())
    assert trail.back() == "asset"
    trail.lost()
    assert (trail.pages, trail.here) == (["panes", "alert", "plans"], "alert")
    assert trail.back() == "panes"
    trail.lost()
    trail.lost()
    assert trail.pages == ["alert", "plans"]


MOVES = st.lists(
    st.one_of(PAGES.map(lambda p: ("arrive", p)), PAGES.map(lambda p: ("again", p)), st.sampled_from([("back", ""), ("forward", ""), ("before", ""), ("lost", "")])),
    max_size=120,
)  # fmt: skip


@given(MOVES)
def test_however_an_operator_moves_the_order_stays_whole(moves: list[tuple[str, str]]) -> None:
    trail: Trail[str] = Trail(operator.eq)
    trail.arrive("a")
    for what, page in moves:
        here, at, pages = trail.here, trail.at, list(trail.pages)
        if what == "lost":
            gone = trail.back()
            trail.lost()
            assert gone is None or gone == here or gone not in trail.pages
            assert trail.here == here
        elif what in ("arrive", "again"):
            trail.arrive(page, again=what == "again")
            assert trail.here == page
            if what == "arrive" and page != here:
                assert trail.forward() is None
                assert go(trail, trail.back()) == here
                assert go(trail, trail.forward()) == page
        else:
            target = getattr(trail, what)()
            if target is not None:
                trail.arrive(target)
                assert trail.here == target
                if what == "back":
                    assert (trail.at, trail.pages) == (at - 1, pages)
                if what == "forward":
                    assert (trail.at, trail.pages) == (at + 1, pages)
                if what == "before" and here != target:
                    assert copy.copy(trail).before() == here  # a copy: nobody asks to go there
        assert 0 <= trail.at < len(trail.pages) <= KEPT
        assert all(one != other for one, other in zip(trail.pages, trail.pages[1:], strict=False))


def test_so_many_pages_are_kept_and_no_more() -> None:
    trail = walked(*[f"page {n}" for n in range(3 * KEPT)])
    assert len(trail.pages) == KEPT
    assert trail.here == f"page {3 * KEPT - 1}"
    steps = 0
    while go(trail, trail.back()) is not None:
        steps += 1
    assert steps == KEPT - 1
