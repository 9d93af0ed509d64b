from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region

from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.tui.alerts import rows
from pulse_tui.tui.kit.columns import Arrangement, BadColumn
from pulse_tui.tui.kit.filters import parse
from pulse_tui.tui.kit.measured import Sieve, Widest, widths_of
from pulse_tui.tui.kit.rows import Cells
from pulse_tui.tui.kit.table import Table
from pulse_tui.tui.registry import rows as registry_rows
from tests.fakes.desk import ALERTS
from tests.fakes.registry_desk import NOW_US
from tests.servers.forms import examples
from tests.tui.helpers import shown_text


def alert(key: str) -> AlertRow:
    return ALERTS[1]._replace(id=key, title=f"alert {key}")


def alerts(keys: Sequence[str]) -> list[AlertRow]:
    return [alert(key) for key in keys]


class Sheet(Table[AlertRow]):
    """A table that lists what it repaints."""

    painted: list[Region]

    def refresh(self, *regions: Region, **kwargs: Any) -> Any:
        self.__dict__.setdefault("painted", []).extend(regions)
        return super().refresh(*regions, **kwargs)


class One(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet(rows.ALERTS, id="sheet")

    def compose(self) -> ComposeResult:
        yield self.sheet


def with_table(scenario: Any) -> None:
    async def run() -> None:
        app = One()
        async with app.run_test(size=(80, 13)) as pilot:  # ten rows are visible
            await pilot.pause()
            scenario(app.sheet)

    asyncio.run(run())


KEYS = st.lists(st.sampled_from([f"k{n}" for n in range(40)]), unique=True, max_size=40)
STEPS = st.lists(st.one_of(KEYS, st.integers(-45, 45)), min_size=1, max_size=12)


@given(steps=st.lists(STEPS, min_size=1, max_size=8))
@settings(max_examples=examples(12), deadline=None)
def test_after_any_update_the_cursor_is_on_the_same_key_if_it_still_exists(steps: list[list[list[str] | int]]) -> None:
    def scenario(table: Sheet) -> None:
        for sequence in steps:
            for step in sequence:
                if isinstance(step, int):
                    table.move(step)
                    continue
                before = table.cursor_key
                table.update_rows(alerts(step), NOW_US)
                if before in step:
                    assert table.cursor_key == before
                if step:
                    assert table.top <= table.cursor < table.top + table.page
                    assert 0 <= table.top <= max(0, len(step) - table.page)

    with_table(scenario)


def test_lines_stay_where_they_are_when_rows_come_in_above_a_scrolled_table() -> None:
    def scenario(table: Sheet) -> None:
        keys = [f"k{n}" for n in range(30)]
        table.update_rows(alerts(keys), NOW_US)
        table.move(25)
        place = table.cursor - table.top
        table.update_rows(alerts(["new", *keys]), NOW_US)
        assert (table.cursor_key, table.cursor - table.top) == ("k25", place)

    with_table(scenario)


def test_a_new_row_above_is_seen_when_the_table_stands_at_its_top() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows(alerts(["a", "b"]), NOW_US)
        table.move(1)
        table.update_rows(alerts(["new", "a", "b"]), NOW_US)
        assert (table.top, table.cursor_key) == (0, "b")

    with_table(scenario)


def test_when_the_row_is_gone_the_cursor_stays_at_its_place() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows(alerts(["a", "b", "c"]), NOW_US)
        table.move(1)
        table.update_rows(alerts(["a", "c"]), NOW_US)
        assert table.cursor_key == "c"
        table.update_rows([], NOW_US)
        assert table.row is None

    with_table(scenario)


def test_the_same_rows_repaint_nothing_and_one_changed_cell_repaints_one_cell() -> None:
    def scenario(table: Sheet) -> None:
        table.render_line(0)
        table.update_rows(alerts(["a", "b", "c"]), NOW_US)
        table.painted = []
        table.update_rows(alerts(["a", "b", "c"]), NOW_US)
        assert table.painted == []
        changed = [alert("a"), alert("b")._replace(count=9), alert("c")]
        table.update_rows(changed, NOW_US)
        assert [(region.y, region.height) for region in table.painted] == [(3, 1)]
        assert table.painted[0].width == 1

    with_table(scenario)


def test_a_cursor_key_repaints_the_marker_and_the_first_cell_of_two_lines() -> None:
    def scenario(table: Sheet) -> None:
        table.set_focused(True)
        table.render_line(0)
        table.update_rows(alerts(["a", "b", "c"]), NOW_US)
        table.painted = []
        table.move(1)
        assert sorted((region.y, region.x, region.width) for region in table.painted) == [(2, 1, 5), (3, 1, 5)]

    with_table(scenario)


def test_an_age_that_ticks_over_repaints_that_cell_only() -> None:
    def scenario(table: Sheet) -> None:
        table.render_line(0)
        table.update_rows([alert("a"), alert("b")._replace(since_us=NOW_US - 59 * 60_000_000)], NOW_US)
        table.painted = []
        table.tick(NOW_US + 10_000_000)
        assert table.painted == []
        table.tick(NOW_US + 61_000_000)
        assert [(region.y, region.height) for region in table.painted] == [(3, 1)]

    with_table(scenario)


def test_a_filter_survives_an_update_and_keeps_the_cursor() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows([*alerts(["a", "b", "c"]), alert("d")._replace(priority="P1")], NOW_US)
        table.set_filter("prio<=P1")
        assert [row.id for row in table.rows] == ["d"]
        table.update_rows([alert("a"), alert("d")._replace(priority="P1"), alert("e")._replace(priority="P1")], NOW_US)
        assert ([row.id for row in table.rows], table.cursor_key) == (["d", "e"], "d")
        table.set_filter("")
        assert table.cursor_key == "d"

    with_table(scenario)


def test_a_row_leaves_an_age_when_time_goes_on_and_one_that_is_sorted_stands_where_its_value_says() -> None:
    def scenario(table: Sheet) -> None:
        minute = 60_000_000
        rows = [alert(key)._replace(since_us=NOW_US - n * 20 * minute) for n, key in enumerate("abcde")]
        table.update_rows(rows, NOW_US)
        table.set_filter("age<1h")
        assert [row.id for row in table.rows] == ["a", "b", "c"]
        table.show_as(Arrangement("age", turned=True))
        assert [row.id for row in table.rows] == ["c", "b", "a"]
        table.tick(NOW_US + 25 * minute)
        assert [row.id for row in table.rows] == ["b", "a"]
        table.set_filter("")
        assert table.rows[0].id == "e"
        table.update_rows([alert("old")._replace(since_us=1), *rows], NOW_US)
        assert table.rows[0].id == "old"

    with_table(scenario)


def test_the_cursor_stays_on_its_row_when_the_order_changes() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows([alert(key)._replace(count=n) for n, key in enumerate("abcde")], NOW_US)
        table.move(1)
        for arrangement in (Arrangement("count"), Arrangement("count", turned=True), Arrangement()):
            table.show_as(arrangement)
            assert table.cursor_key == "b"

    with_table(scenario)


def test_hidden_columns_are_not_drawn_and_the_sorted_one_has_its_arrow() -> None:
    def scenario(table: Sheet) -> None:
        table.render_line(0)
        table.update_rows(alerts(["a"]), NOW_US)
        table.show_as(Arrangement("age", hidden=frozenset({"prio", "owner"}), shown=frozenset({"rule"})))
        titles = shown_text(table)[1]
        assert "AGE↑" in titles
        assert "RULE" in titles
        assert "PRIO" not in titles
        table.show_as(Arrangement("prio"))
        assert "PRI↑" in shown_text(table)[1]

    with_table(scenario)


def test_a_tree_keeps_its_order() -> None:
    def scenario(table: Sheet) -> None:
        table.use(rows.ALERTS._replace(fixed=True))
        assert table.letters == {}
        with pytest.raises(BadColumn, match="keeps its order"):
            table.show_as(Arrangement("age"))

    with_table(scenario)


@given(steps=st.lists(st.one_of(KEYS, st.sampled_from(["mark", "all", "none"]), st.integers(-5, 5)), max_size=15))
@settings(max_examples=examples(12), deadline=None)
def test_marks_are_always_of_rows_that_are_there(steps: list[list[str] | str | int]) -> None:
    def scenario(table: Sheet) -> None:
        for step in steps:
            if isinstance(step, list):
                before = table.marks
                table.update_rows(alerts(step), NOW_US)
                assert table.marks == before & set(step)
            elif isinstance(step, int):
                table.move(step)
            elif step == "mark":
                table.mark()
            elif step == "all":
                table.mark_all()
            else:
                table.unmark()
            keys = {row.id for row in table.rows}
            assert table.marks <= keys
            assert {row.id for row in table.marked} == table.marks

    with_table(scenario)


def test_a_wanted_row_gets_the_cursor_when_it_arrives() -> None:
    def scenario(table: Sheet) -> None:
        table.want("c")
        assert table.cursor_key == "c"
        table.update_rows(alerts(["a", "b", "c"]), NOW_US)
        assert table.cursor == 2

    with_table(scenario)


def test_next_that_wants_attention_goes_round_the_end() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows(
            [alert("a")._replace(state="acknowledged"), alert("b"), alert("c")._replace(state="acknowledged")], NOW_US
        )
        assert table.move_to_attention(1)
        assert table.cursor_key == "b"
        assert not table.move_to_attention(1)

    with_table(scenario)


def test_a_hundred_thousand_rows_draw_as_few_lines_as_ten() -> None:
    def scenario(table: Sheet) -> None:
        table.update_rows([alert(f"k{n}") for n in range(100_000)], NOW_US)
        table.move_to_edge(last=True)
        assert table.cursor_key == "k99999"
        assert "k99999" in "\n".join(shown_text(table))

    with_table(scenario)


def test_an_update_looks_only_at_the_rows_that_are_new() -> None:
    measured: list[str] = []

    def cells(row: AlertRow, now_us: int) -> Cells:
        measured.append(row.id)
        return rows.alert_cells(row, now_us)

    spec = rows.ALERTS._replace(cells=cells)
    widest: Widest[AlertRow] = Widest()
    first = alerts([f"k{n}" for n in range(50)])
    widest.measure(spec, first, NOW_US)
    measured.clear()
    widest.measure(spec, [alert("new"), *reversed(first[1:])], NOW_US)
    assert measured == ["new"]


ROWS = st.builds(
    lambda key, title, owner, count: alert(key)._replace(title=title, owner=owner, count=count),
    st.sampled_from("abcdef"), st.text(max_size=30), st.sampled_from(["", "ml", "維護團隊"]), st.integers(0, 10**6),
)  # fmt: skip


@given(pool=st.lists(ROWS, max_size=12), picks=st.lists(st.lists(st.integers(0, 11), unique=True), max_size=6))
@settings(deadline=None)
def test_after_any_updates_the_widths_are_those_of_measuring_everything(
    pool: list[AlertRow], picks: list[list[int]]
) -> None:
    kept: Widest[AlertRow] = Widest()
    for pick in picks:
        shown = [pool[n] for n in pick if n < len(pool)]
        assert kept.measure(rows.ALERTS, shown, NOW_US) == Widest[AlertRow]().measure(rows.ALERTS, shown, NOW_US)


def test_ages_are_measured_again_after_an_hour() -> None:
    kept: Widest[AlertRow] = Widest()
    old = [alert("a")._replace(since_us=NOW_US - 99 * 86_400_000_000)]
    assert kept.measure(rows.ALERTS, old, NOW_US)[3] == 3
    assert kept.measure(rows.ALERTS, old, NOW_US + 86_400_000_000)[3] == 4


@given(pool=st.lists(ROWS, max_size=12), picks=st.lists(st.lists(st.integers(0, 11), unique=True), max_size=6))
@settings(deadline=None)
def test_a_filter_that_remembers_rows_lets_through_what_one_that_does_not_would(
    pool: list[AlertRow], picks: list[list[int]]
) -> None:
    sieve: Sieve[AlertRow] = Sieve()
    for number, pick in enumerate(picks):
        chosen = parse(("owner:ml", "count>500", "")[number % 3 if number > 3 else 0], rows.ALERTS.names)
        shown = [pool[n] for n in pick if n < len(pool)]
        expected = [row for row in shown if chosen.matches(rows.ALERTS.fields(row))]
        assert sieve.let_through(chosen, rows.ALERTS, shown) == expected


PLACED = st.builds(
    lambda asset, place, version, iteration, state, hold, concerned, since, back, ok, source: RegistryRow(
        asset, place, version, iteration, state, "", since, asset[:1], "", 1.0, False,
        hold=hold, concerns=concerned, pointer=back, source=source, pointer_ok=ok,
    ),
    st.text("aB維é-", min_size=1, max_size=4), st.sampled_from(["production", "canary", "shadow", "replica"]),
    st.sampled_from(["", "1.0", "維"]), st.none() | st.integers(1, 10**6),
    st.sampled_from(["ok", "FAIL", "frozen", "conflict", "unknown", "whatever"]), st.sampled_from(["", "frozen", "blocked"]),
    st.integers(0, 2), st.none() | st.integers(0, 3), st.sampled_from(["", "1.0", "維"]), st.booleans(),
    st.sampled_from(["", "mlflow", "維"]),
)  # fmt: skip


@given(row=PLACED)
def test_the_registrys_short_way_to_widths_tells_those_of_its_cells(row: RegistryRow) -> None:
    computed, of_cells = registry_rows.registry_widths(row), widths_of(registry_rows.registry_cells(row, NOW_US))
    since = [column.title for column in registry_rows.REGISTRY.columns].index("SINCE")
    assert (*computed[:since], *computed[since + 1 :]) == (*of_cells[:since], *of_cells[since + 1 :])
    fixed = registry_rows.REGISTRY.columns[since]
    assert fixed.least == fixed.most
