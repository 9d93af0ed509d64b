"""Tables sorted by any column, with columns shown and hidden: what is chosen, kept and drawn."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import time
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui import tui
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.tui.alerts.rows import ALERTS
from pulse_tui.tui.kit import values
from pulse_tui.tui.kit.columns import (
    Arrangement,
    BadColumn,
    arrow,
    kept,
    letters,
    restored,
    showing,
    sorted_as,
    title_spans,
)
from pulse_tui.tui.kit.measured import Order
from pulse_tui.tui.kit.rows import Column, Spec
from pulse_tui.tui.registry.rows import REGISTRY
from tests.tui.kit.test_table import PLACED, alert

NAMES = [column.called for column in REGISTRY.columns]
ARRANGEMENTS = st.builds(
    lambda sort, turned, names: Arrangement(
        sort, turned and bool(sort),
        frozenset(c.called for c in REGISTRY.columns if c.hidden and c.called in names),
        frozenset(c.called for c in REGISTRY.columns[1:] if not c.hidden and c.called in names),
    ),
    st.sampled_from(["", *NAMES]), st.booleans(), st.sets(st.sampled_from(NAMES)),
)  # fmt: skip

NO_TEXT = {"age", "since", "prio", "state", "version", "iter", "verdict", "ends", "day", "when", "env"}
"""Columns whose words have another order than what they stand for."""


def every_spec() -> Iterator[Spec[Any]]:
    """The tables of the tower, each once."""
    seen = set()
    for info in pkgutil.walk_packages(tui.__path__, f"{tui.__name__}."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Spec) and id(value) not in seen:
                seen.add(id(value))
                yield value


def by(name: str) -> Column:
    return next(column for column in REGISTRY.columns if column.called == name)


# ------------------------------------------------------------------ the order


@given(
    rows=st.lists(PLACED, max_size=20, unique_by=lambda row: row.key),
    column=st.sampled_from(REGISTRY.columns),
    turned=st.booleans(),
)
def test_a_sorted_table_has_every_row_in_order_the_unknown_last_and_equals_as_they_came(
    rows: list[RegistryRow], column: Column, turned: bool
) -> None:
    assert column.by is not None
    found = Order[RegistryRow]().sort(REGISTRY, column, rows, turned=turned)
    assert sorted(map(id, found)) == sorted(map(id, rows))
    sorted_by: list[Any] = [column.by(row) for row in found]
    known = [value for value in sorted_by if value is not None]
    assert sorted_by == [*known, *[None] * (len(rows) - len(known))]
    descending = column.most_first is not turned
    assert known == sorted(known, reverse=descending)
    places = {id(row): n for n, row in enumerate(rows)}
    for one, other in itertools.pairwise(found):
        if column.by(one) == column.by(other):
            assert places[id(one)] < places[id(other)]
    assert Order[RegistryRow]().sort(REGISTRY, column, found, turned=turned) == found


@given(
    pool=st.lists(PLACED, max_size=12, unique_by=lambda row: row.key),
    picks=st.lists(st.lists(st.integers(0, 11), unique=True), max_size=5),
    column=st.sampled_from(REGISTRY.columns),
)
def test_an_order_that_remembers_values_is_that_of_one_that_does_not(
    pool: list[RegistryRow], picks: list[list[int]], column: Column
) -> None:
    order = Order[RegistryRow]()
    for pick in picks:
        shown = [pool[n] for n in pick if n < len(pool)]
        fresh = Order[RegistryRow]().sort(REGISTRY, column, shown, turned=False)
        assert order.sort(REGISTRY, column, shown, turned=False) == fresh


def test_a_refresh_asks_only_new_rows_for_their_value() -> None:
    asked: list[str] = []

    def value(row: Any) -> values.Value:
        asked.append(row.id)
        return values.words(row.title)

    column = ALERTS.columns[1]._replace(by=value)
    spec = ALERTS._replace(columns=(column,))
    rows, order = [alert(f"k{n}") for n in range(50)], Order[Any]()
    order.sort(spec, column, rows, turned=False)
    asked.clear()
    order.sort(spec, column, [alert("new"), *reversed(rows)], turned=True)
    assert asked == ["new"]


def test_ten_thousand_rows_are_sorted_again_in_a_fraction_of_a_board() -> None:
    rows = [
        RegistryRow(f"asset-{n * 7919 % 10_000}", "production", f"1.{n % 97}.0", n, "ok", "", n * 31 % 10_000, "ml", "", 1.0, False)
        for n in range(10_000)
    ]  # fmt: skip
    order = Order[RegistryRow]()
    order.sort(REGISTRY, by("asset"), rows, turned=False)
    changed = [rows[0]._replace(state="FAIL"), *rows[1:]]
    began = time.process_time()
    order.sort(REGISTRY, by("asset"), changed, turned=False)
    assert time.process_time() - began < 0.3


def test_numbers_count_as_numbers_and_versions_as_versions() -> None:
    assert sorted(["run-10", "run-9", "Run-1"], key=lambda text: values.words(text) or ()) == [
        "Run-1",
        "run-9",
        "run-10",
    ]
    versions = ["3.10.0", "3.9.1", "3.10.0-rc1", "golden-v7"]
    ordered = sorted(versions, key=lambda text: values.version(text) or ())
    assert ordered == ["3.9.1", "3.10.0-rc1", "3.10.0", "golden-v7"]


@pytest.mark.parametrize("word", ["", "-", "—", "?", "unknown"])
def test_what_is_not_known_has_no_value(word: str) -> None:
    assert [values.words(word), values.version(word), values.priority(word), values.state(word)] == [None] * 4
    assert values.age(None) is None


@given(st.lists(st.text(max_size=8), max_size=12))
def test_any_texts_can_be_compared(texts: list[str]) -> None:
    for value in (values.words, values.version, values.state):
        found: list[Any] = [v for text in texts if (v := value(text)) is not None]
        assert sorted(found) == sorted(found, reverse=True)[::-1]


@pytest.mark.parametrize("spec", list(every_spec()), ids=lambda spec: str(spec.called))
def test_every_column_of_every_table_has_a_name_and_what_is_no_text_a_value(spec: Spec[Any]) -> None:
    names = [column.called for column in spec.columns]
    assert len(set(names)) == len(names)
    assert all(name and name.isascii() and not set(name) & set(" +,") and name[0] != "-" for name in names)
    assert spec.fixed or [c.called for c in spec.columns if c.by is None and (c.right or c.called in NO_TEXT)] == []
    assert any(not column.hidden for column in spec.columns)


def test_no_two_tables_are_kept_under_one_name() -> None:
    names = [spec.called for spec in every_spec() if " ─ " not in spec.title or spec.name]
    assert sorted(names) == sorted(set(names))


# ------------------------------------------------------------------ what is chosen


def test_a_column_sorts_then_turns_then_stops() -> None:
    once = Arrangement().sorted_by("asset")
    twice = once.sorted_by("asset")
    assert [once.sort_text, twice.sort_text, twice.sorted_by("asset").sort_text] == ["asset", "-asset", ""]
    assert twice.sorted_by("env").sort_text == "env"
    assert [arrow(by("asset"), once), arrow(by("asset"), twice), arrow(by("env"), twice)] == ["↑", "↓", ""]


def test_counts_come_with_the_most_first() -> None:
    assert arrow(by("iter"), Arrangement("iter")) == "↓"
    assert sorted_as(Arrangement(), "iter asc", REGISTRY.columns).turned
    assert not sorted_as(Arrangement(), "iter desc", REGISTRY.columns).turned


@given(ARRANGEMENTS)
def test_what_is_kept_comes_back(arrangement: Arrangement) -> None:
    assert restored(kept(arrangement, "registry"), "registry", REGISTRY.columns) == (arrangement, [])


@given(st.text(max_size=30))
def test_any_words_arrange_the_table_or_are_a_bad_column(text: str) -> None:
    for read in (sorted_as, showing):
        try:
            made = read(Arrangement(), text, REGISTRY.columns)
        except BadColumn:
            continue
        assert any(made.shows(column) for column in REGISTRY.columns)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("asett", "did you mean asset?"),
        ("zzz", "there are asset, env"),
        ("asset sideways", "write for example asset desc"),
    ],
)
def test_a_column_that_is_not_there_names_the_nearest(text: str, words: str) -> None:
    with pytest.raises(BadColumn) as refused:
        sorted_as(Arrangement(), text, REGISTRY.columns)
    assert words in str(refused.value)


def test_columns_are_shown_and_hidden_by_words() -> None:
    def shown(text: str) -> list[str]:
        made = showing(Arrangement(), text, REGISTRY.columns)
        return [c.called for c in REGISTRY.columns if made.shows(c)]

    assert shown("state, asset") == ["asset", "state"]
    assert shown("+owner -env -iter") == ["asset", "version", "state", "since", "back", "source", "owner"]
    assert shown("default") == [c.called for c in REGISTRY.columns if not c.hidden]
    for text in ("-asset owner", " ".join(f"-{name}" for name in NAMES), "-nothing", ""):
        with pytest.raises(BadColumn):
            shown(text)


def test_the_last_column_stays() -> None:
    only = showing(Arrangement(), "asset", REGISTRY.columns)
    with pytest.raises(BadColumn, match="the last column"):
        only.toggled("asset", REGISTRY.columns)
    assert only.toggled("owner", REGISTRY.columns).toggled("asset", REGISTRY.columns).shown == {"owner"}


# ------------------------------------------------------------------ titles and letters


@given(
    titles=st.lists(st.text("ABCDE →", min_size=1, max_size=5), max_size=6, unique=True),
    taken=st.frozensets(st.sampled_from("ABCDE")),
)
def test_every_column_has_a_letter_of_its_own_that_is_not_taken_and_of_its_title_where_that_has_one(
    titles: list[str], taken: frozenset[str]
) -> None:
    columns = [Column(title, 1, 9, name=f"{n}") for n, title in enumerate(titles)]
    found = letters(columns, taken)
    assert found.keys() == {c.called for c in columns}
    assert len(set(found.values())) == len(found)
    assert not set(found.values()) & taken
    for name, letter in found.items():
        own = set(titles[int(name)]) & set("ABCDE") - taken
        assert letter in own or own <= {other for one, other in found.items() if one != name}


def test_where_every_letter_is_taken_a_column_has_none() -> None:
    assert letters([Column("AGE", 1, 9)], ascii_uppercase) == {}
    assert letters([Column("PRIO", 4, 4), Column("x", 1, 4, name="count")], "PRIOX") == {"prio": "A", "count": "C"}


def test_a_column_gives_its_letter_to_one_that_has_no_other() -> None:
    columns = [Column("OWNER", 1, 9), Column("AGE", 1, 9), Column("WHAT", 1, 9)]
    assert letters(columns, "OAG") == {"owner": "N", "age": "E", "what": "W"}


@given(
    st.sampled_from(REGISTRY.columns),
    st.sampled_from(["", "S", "E", "R"]),
    st.sampled_from(["", "↑", "↓"]),
    st.integers(1, 20),
)
def test_a_title_has_its_cells_and_its_arrow_in_any_width(
    column: Column, letter: str, pointing: str, width: int
) -> None:
    text = "".join(part for part, _ in title_spans(column, letter, pointing, width))
    assert len(text) == width
    assert pointing in text
