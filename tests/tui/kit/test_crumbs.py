"""The path to a page in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pulse_tui.tui.kit.crumbs import WIDEST, crumb, path_words

PATH = ("Alerts", "a1b2 accuracy", "support-bot")


def test_the_path_is_whole_where_there_is_room() -> None:
    assert path_words(PATH, 60) == " Alerts > a1b2 accuracy > support-bot >"
    assert path_words((), 60) == ""


def test_it_is_shortened_from_the_left() -> None:
    assert path_words(PATH, 38) == " … > a1b2 accuracy > support-bot >"
    assert path_words(PATH, 20) == " … > support-bot >"
    assert path_words(PATH, 15) == " … > support… >"
    assert path_words(PATH, 9) == " … >"
    assert path_words(PATH, 3) == ""


def test_a_step_is_what_a_title_names_and_no_more() -> None:
    assert crumb(" Asset  support-bot   prod 3.8.1 ● ok") == "Asset support-bot"
    assert crumb(" Rollback plans") == "Rollback plans"
    assert cell_len(crumb("al-2 accuracy -5.2 pp on support-bot canary")) <= WIDEST


@given(st.lists(st.text(max_size=30), max_size=9), st.integers(0, 120))
def test_it_never_takes_more_than_its_room(steps: list[str], room: int) -> None:
    path = [crumb(step) for step in steps]
    assert all(cell_len(step) <= WIDEST for step in path)
    assert cell_len(path_words(path, room)) <= room
