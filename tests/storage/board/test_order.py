"""Worst first is so row by row, however the rows came to stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.standing import STANDING_RANK
from pulse_tui.domain.views.advisories import ROW_STATES, UNNAMED, AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.words import ENVIRONMENT_RANK, PRIORITY_RANK, Environment, Priority, SignalType
from pulse_tui.enrich.standing import StandingHold
from pulse_tui.storage.board.alerts import alert_urgency
from pulse_tui.storage.board.deployments import all_in_order, in_order, read_registry, worst_first
from pulse_tui.storage.board.panes import advisory_urgency
from pulse_tui.storage.board.workflows import read_workflows

NAMES = ["bot", "gw", "rag", "judge"]
RUN_MARKS = ["waiting", "running", "stopped"]
ENVIRONMENTS = [e.value for e in Environment]
places = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(ENVIRONMENTS)),
    st.tuples(st.none() | st.integers(0, 9), st.sampled_from([None, "promoted", "quarantined"])),
)
alerts = st.lists(
    st.tuples(st.sampled_from(list(Priority)), st.sampled_from(NAMES), st.sampled_from(["", *ENVIRONMENTS]), st.sampled_from(list(SignalType))),
    max_size=6,
)  # fmt: skip
holds = st.lists(
    st.builds(StandingHold, st.sampled_from(["pause", "freeze", "block"]), st.sampled_from([None, *NAMES]), st.none(), st.none(), st.just("why")),
    max_size=3,
)  # fmt: skip
runs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ENVIRONMENTS), st.sampled_from(RUN_MARKS), st.just("why")), max_size=3)  # fmt: skip


def alert(n: int, priority: str, asset: str, environment: str, kind: str) -> AlertRow:
    return AlertRow(f"a{n}", priority, "firing", "t", "", asset, environment, n, 1, "r", False, signal_type=kind)


def board(
    served: Mapping[tuple[str, str], tuple[int | None, str | None]],
    open_alerts: Sequence[tuple[str, str, str, str]],
    standing: Sequence[StandingHold],
    rollbacks: Sequence[tuple[str, str, str, str]],
) -> Sequence[RegistryRow]:
    def execute(sql: str, _params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        if "FROM deployments" in sql:
            return [
                (asset, where, "1", 1, since, 100, False, release, None, "mlflow", None, None, None)
                for (asset, where), (since, release) in served.items()
            ]
        return [(name, "", "", "") for name in NAMES[:3]] if "FROM assets" in sql else []

    rows = [alert(n, *each) for n, each in enumerate(open_alerts)]
    urgent_last = sorted(rollbacks, key=lambda each: RUN_MARKS.index(each[2]))
    return read_registry(execute, rows, standing, 0, rollbacks=urgent_last).rows


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Priority)), st.sampled_from(["firing", "acknowledged", "suppressed"]), st.booleans(),
            st.none() | st.integers(0, 99), st.integers(0, 99),
        ),
        max_size=9,
    )
)  # fmt: skip
def test_what_fires_stands_before_what_somebody_has_in_hand_and_what_is_late_before_what_is_due(each: Any) -> None:
    opened = [
        alert(n, priority, "bot", "", "cve")._replace(
            state=state, overdue=late and state == "firing", due_us=due, since_us=since
        )
        for n, (priority, state, late, due, since) in enumerate(each)
    ]
    rows = sorted(opened, key=alert_urgency)
    for row, below in pairwise(rows):
        rank, other = PRIORITY_RANK[row.priority], PRIORITY_RANK[below.priority]
        assert rank <= other
        if rank == other:
            assert row.state == "firing" or below.state != "firing"
            if row.state == below.state:
                assert row.overdue >= below.overdue
                if row.overdue == below.overdue and below.due_us is not None:
                    assert row.due_us is not None
                    assert row.due_us <= below.due_us


@given(
    st.lists(
        st.builds(
            AdvisoryRow, st.sampled_from([UNNAMED, "G-1", "G-2"]), st.just("CVE-1"), st.sampled_from(list(Priority)), st.just("x"),
            st.tuples(st.tuples(st.sampled_from(["production", "canary", ""]), st.integers(1, 3))),
            st.sampled_from(ROW_STATES), st.just("t"), due_us=st.none() | st.integers(0, 9),
        ),
        max_size=9,
    )
)  # fmt: skip
def test_advisories_go_by_priority_whatever_else_they_are(each: list[AdvisoryRow]) -> None:
    rows = sorted(each, key=advisory_urgency)
    ranks = [PRIORITY_RANK[row.priority] for row in rows]
    for row, below in pairwise(rows):
        if row.priority == below.priority:
            assert ROW_STATES.index(row.state) <= ROW_STATES.index(below.state)
            if row.state == below.state and below.due_us is not None:
                assert row.due_us is not None
                assert row.due_us <= below.due_us
    assert ranks == sorted(ranks), "components that nothing could audit stand where their unknown priority puts them"


def urgency(row: RegistryRow) -> tuple[int, int, int]:
    return STANDING_RANK[row.state], PRIORITY_RANK.get(row.priority, 9), -(row.since_us or 0)


@given(places, alerts, holds, runs)
def test_each_row_is_at_least_as_bad_as_the_next(served: Any, opened: Any, standing: Any, rollbacks: Any) -> None:
    rows = board(served, opened, standing, rollbacks)
    assert [urgency(row) for row in rows] == sorted(urgency(row) for row in rows)
    by_asset: dict[str, tuple[RegistryRow, ...]] = {}
    for row in rows:
        by_asset[row.asset] = (*by_asset.get(row.asset, ()), row)
    stages = '[{"name": "s", "asset_id": "%s"}]'
    flows = read_workflows(lambda _sql, _params: [(name, stages % name, "") for name in NAMES], by_asset).rows
    assert [STANDING_RANK[flow.state] for flow in flows] == sorted(STANDING_RANK[flow.state] for flow in flows)
    assert all(flow.stages[0].state in {flow.state, *flow.also} for flow in flows)


@given(places, alerts, holds, runs, st.sampled_from(NAMES))
def test_rows_that_are_put_in_one_by_one_stand_where_a_sort_puts_them(
    served: Any, opened: Any, standing: Any, rollbacks: Any, name: str
) -> None:
    rows = board(served, opened, standing, rollbacks)
    stayed = [row for row in rows if row.asset != name]
    assert in_order(stayed, (row for row in rows if row.asset == name)) == rows
    assert list(rows) == sorted(rows, key=worst_first)
    by_asset: dict[str, tuple[RegistryRow, ...]] = {}
    for row in sorted(rows, key=lambda row: ENVIRONMENT_RANK[row.environment]):
        by_asset[row.asset] = (*by_asset.get(row.asset, ()), row)
    assert all_in_order(by_asset) == rows


@given(places, alerts, holds, runs, alerts, holds, runs)
def test_nothing_that_happens_besides_makes_a_row_read_better(
    served: Any, opened: Any, standing: Any, rollbacks: Any, then: Any, held: Any, ran: Any
) -> None:
    before = {row.key: row for row in board(served, opened, standing, rollbacks)}
    for row in board(served, [*opened, *then], [*standing, *held], [*rollbacks, *ran]):
        was = before[row.key]
        assert STANDING_RANK[row.state] <= STANDING_RANK[was.state]
        assert set(was.words) - {"ok", "risk"} <= set(row.words)
