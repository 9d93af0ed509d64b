"""The first screen of a large estate: it reads the first rows and counts them all, and whoever asks for more gets every row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.views.beginning import Beginning, at_hand
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.storage.board.panes import quick_board
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, PRODUCTION, alert, asset, deployment, later, release
from tests.servers.forms import examples
from tests.storage.board.test_board_again import HISTORY, NAME, PLACE, VERSION, Deed, deployed, do


def every_row(board: Board) -> Board:
    return board._replace(
        registry=tuple(board.registry), advisories=tuple(board.advisories), alerts=tuple(board.alerts)
    )


def test_after_any_writes_the_first_screen_is_the_beginning_of_the_board(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples(120), deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        history=HISTORY,
        first=st.lists(
            st.tuples(st.sampled_from("abcdefghijkl"), PLACE, VERSION, st.integers(0, 3)), min_size=8, max_size=30
        ),
        least=st.integers(1, 4),
        known=st.sets(NAME),
        findings=st.lists(st.tuples(PLACE, st.sampled_from(list(Priority))), max_size=14),
    )
    def agrees(
        history: list[list[Deed]],
        first: list[tuple[str, Environment, str, int]],
        least: int,
        known: set[str],
        findings: list[tuple[Environment, Priority]],
    ) -> None:
        folder = tmp_path_factory.mktemp("first")
        path = folder / "pulse.db"
        store = SqlStore(sqlite_file(path), folder)
        with store.write() as tx:
            for name in (*"efghijkl", *sorted(known)):
                tx.estate.put_assets([asset(name)])
                for version in ("1", "2", "3"):
                    tx.estate.add_release(release(version, name))
            for name, place, version, hours in first:
                tx.estate.deploy(deployment(version, place, asset_id=name, since=later(hours=-hours)))
            tx.advisories.put(
                [
                    Advisory(
                        id=f"v{n}",
                        source="osv",
                        modified=NOW,
                        title=f"weakness {n}",
                        aliases=("CVE-1",) if n < 3 else (),
                    )
                    for n in range(9)
                ]
            )
            for n, (place, priority) in enumerate(findings):
                tx.advisories.put_findings(
                    [
                        Finding(
                            advisory_id=f"v{n % 9}",
                            asset_id="l",
                            component=f"pkg {n % 4}",
                            environment=place,
                            audit=Audit.MATCHED,
                            priority=priority,
                        )
                    ]
                )
                tx.judgements.put_alert(alert(n + 10, asset_id="l", environment=place, priority=priority))
        for number, deeds in enumerate(history[:4]):
            do(store, deeds)
            now = later(hours=number // 2 * 0.5)
            whole, quick = store.board("acme", None, now), quick_board(path, "acme", now, least)
            assert quick is not None
            for name in ("registry", "advisories", "alerts"):
                rows, all_rows = getattr(quick, name), getattr(whole, name)
                shown = at_hand(rows)
                assert tuple(shown) == tuple(all_rows[: len(shown)])
                assert len(shown) >= min(least, len(all_rows))
                assert len(rows) == len(all_rows)
                seen[name] += len(shown) < len(rows)
            assert quick.header == whole.header, "the counts are of every row"
            assert every_row(quick) == every_row(whole)
        store.close()

    agrees()
    assert min(seen[name] for name in ("registry", "advisories", "alerts")) > 0


def test_what_is_read_later_is_of_the_same_moment_and_the_file_is_let_go_with_the_rows(tmp_path: Path) -> None:
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    names = deployed(store, 40)
    with store.write() as tx:
        tx.judgements.put_alert(alert(1, asset_id=names[7], environment=PRODUCTION))
    before = store.board("acme", None, NOW)
    quick = quick_board(tmp_path / "pulse.db", "acme", NOW, 3)
    assert quick is not None
    assert isinstance(quick.registry, Beginning)
    assert [row.asset for row in quick.registry.first][:2] == [names[7], names[0]]
    with store.write() as tx:
        for name in names:
            tx.estate.deploy(deployment("2", PRODUCTION, asset_id=name))
    assert tuple(quick.registry) == before.registry
    assert quick.registry[-1] is quick.registry[39]
    rows = quick.registry
    del quick
    assert {row.version for row in rows} == {"1"}
    store.close()
