"""A process that is suspended before its write and wakes after its lease: no second effect, or one that is found."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.fakes.step_targets import kinds, needs_mlflow
from tests.faults.killing import LATE, PAUSED
from tests.faults.kills import DATABASES, Kill, tried

KINDS = [kind for kind in kinds() if not needs_mlflow(kind)]
TIMES = [pytest.param(5, id="short"), pytest.param(100, id="long", marks=pytest.mark.slow)]


def sleepers(side: str, times: int) -> list[Kill]:
    """The kinds and the databases in turn; the short form, where a database costs more than its writes, has one of them."""
    databases = DATABASES if times > len(KINDS) else [DATABASES[side == LATE]]
    each = itertools.cycle((kind, database) for kind in KINDS for database in databases)
    return [Kill(kind, "sending", side, database) for kind, database in itertools.islice(each, times)]


@pytest.mark.parametrize("times", TIMES)
def test_a_write_that_wakes_after_another_resumed_the_run_takes_no_effect(
    times: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = []
    for kill, target, came, effects in tried(sleepers(PAUSED, times), tmp_path):
        assert came["state"] == "verified", came
        if effects != [came["to"]] or target.holds() != came["to"]:
            twice.append(f"{kill}: {came}; effects {effects}")
    with capsys.disabled():
        print(f"{times} writes that woke after their lease: {len(twice)} took effect again")
    assert twice == []


@pytest.mark.parametrize("times", TIMES)
def test_a_write_that_wakes_after_the_rollback_was_undone_is_refused_or_found_within_two_leases(
    times: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landed, found = [], []
    for kill, target, came, effects in tried(sleepers(LATE, times), tmp_path):
        assert came["state"] == "verified", came
        if target.holds() != came["from"]:
            landed.append(f"{kill}: {came}; effects {effects}")
            found += [came["detected_s"]] if came["detected_s"] is not None else []
        else:
            assert came["detected_s"] is None, (kill, came)
    with capsys.disabled():
        seconds = f", at the latest after {max(found):g} s" if found else ""
        print(f"{times} late writes: {times - len(landed)} refused, {len(found)} of {len(landed)} found{seconds}")
    assert len(found) == len(landed), landed
