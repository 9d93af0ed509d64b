"""The audit order of an asset: one number an event, whatever the versions say."""

from __future__ import annotations

import itertools
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.words import Environment
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, release, run_of
from tests.servers.forms import examples

_fresh = itertools.count()

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["build", "evaluation", "promotion"]),
        st.sampled_from(["1.3.0", "1.2.9", "1.2.10", "2.0.0-rc.1", "1.4", "refund v9", "0.0.1"]),
        st.sampled_from([None, "main", "release/1.2"]),
        st.sampled_from(["support-bot", "code-assist"]),
        st.booleans(),
    ),
    max_size=25,
)
"""(what happened, version, branch, asset, which of two writers saw it)."""


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=EVENTS)
def test_iterations_rise_with_every_event_across_branches_and_late_hotfixes(
    url: str, store: SqlStore, tmp_path: Path, events: list[tuple[str, str, str | None, str, bool]]
) -> None:
    other, mark = SqlStore(url, tmp_path), f"example-{next(_fresh)}"
    got: dict[str, list[int]] = defaultdict(list)
    kept: dict[str, dict[str, int]] = defaultdict(dict)
    for number, (what, version, branch, name, elsewhere) in enumerate(events):
        asset_id = f"{mark}-{name}"
        with (other if elsewhere else store).write() as tx:
            if what == "build" and version not in kept[asset_id]:
                kept[asset_id][version] = tx.estate.add_release(release(version, asset_id, branch=branch)).iteration
                got[asset_id].append(kept[asset_id][version])
                continue
            iteration = tx.estate.next_iteration(asset_id)
            got[asset_id].append(iteration)
            if what == "evaluation":
                tx.evals.add(run_of(f"{mark}-{number}", version, 0.9, asset_id=asset_id), iteration)
            else:
                tx.estate.record_promotion(
                    asset_id, version, Environment.CANARY, by="ana", at=NOW, decision_id=None, why="due"
                )
    other.close()
    for asset_id, numbers in got.items():
        assert numbers == list(range(1, len(numbers) + 1))
        with store.read() as tx:
            told = {r.version: r.iteration for r in tx.estate.releases(asset_id)}
        assert told == kept[asset_id]
        assert list(told.values()) == sorted(told.values())


def test_a_hotfix_of_an_old_line_comes_after_the_newer_version_that_was_there(store: SqlStore) -> None:
    with store.write() as tx:
        for version, branch in (("1.2.8", "1.2"), ("1.3.0", "main"), ("1.2.9", "1.2")):
            tx.estate.add_release(release(version, branch=branch))
        assert [(r.version, r.branch, r.iteration) for r in tx.estate.releases("support-bot")] == [
            ("1.2.8", "1.2", 1),
            ("1.3.0", "main", 2),
            ("1.2.9", "1.2", 3),
        ]


def test_a_number_that_was_taken_back_is_handed_out_again_and_leaves_no_gap(store: SqlStore) -> None:
    class Stop(Exception): ...

    with store.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 1
    try:
        with store.write() as tx:
            assert tx.estate.next_iteration("support-bot") == 2
            raise Stop
    except Stop:
        pass
    with store.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 2
