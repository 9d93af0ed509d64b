"""kill -9 of the executor or of the target at six points of every kind of step: nothing lost, nothing twice, nothing stuck."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.step_targets import kinds, needs_mlflow
from tests.faults.kills import DATABASES, Choice, carried_out, matrix, spread

KINDS = [kind for kind in kinds() if not needs_mlflow(kind)]


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("of", [spread, pytest.param(matrix, marks=pytest.mark.slow)], ids=["spread", "matrix"])
def test_a_rollback_survives_every_kill(
    of: Choice, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = carried_out(of(KINDS, database), tmp_path)
    with capsys.disabled():
        print(f"{database}: {numbers.line()}")
    assert (numbers.lost, numbers.duplicated, numbers.stuck) == ([], [], [])
