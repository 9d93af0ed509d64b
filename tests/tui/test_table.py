from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region

from pulse_tui.domain.board import AlertRow
from pulse_tui.tui import rows
from pulse_tui.tui.table import Table
from tests.fakes.desk import ALERTS
from tests.fakes.registry_desk import NOW_US


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
@settings(max_examples=12, deadline=None)
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
        assert "k99999" in "\n".join(table.shown_text())

    with_table(scenario)
