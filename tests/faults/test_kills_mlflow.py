"""As ``test_kills.py``, at the real registry: its targets live in the process that has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.step_targets import kinds, needs_mlflow
from tests.faults.kills import DATABASES, Choice, carried_out, matrix, spread
from tests.servers.mlflow_server import MARKS

pytestmark = MARKS

KINDS = [kind for kind in kinds() if needs_mlflow(kind)]


@pytest.mark.parametrize("of", [spread, pytest.param(matrix, marks=pytest.mark.slow)], ids=["spread", "matrix"])
def test_a_rollback_of_the_registry_survives_every_kill(
    of: Choice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = [kill for database in DATABASES for kill in of(KINDS, database)]
    numbers = carried_out(kills, tmp_path)
    with capsys.disabled():
        print(f"real registry: {numbers.line()}")
    assert (numbers.lost, numbers.duplicated, numbers.stuck) == ([], [], [])
