"""Every kind whose target needs no registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.kinds import Kinds
from tests.fakes.step_targets import At, kinds, needs_mlflow
from tests.steps.conformance import protocol


@pytest.fixture(params=[kind for kind in kinds() if not needs_mlflow(kind)])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[At]:
    yield from protocol.at(request.param, tmp_path)


class TestEveryKind(protocol.Protocol):
    """As in ``protocol.py``."""


def test_every_kind_there_is_has_a_target_here() -> None:
    own = {kind for kind, path in Kinds("steps").paths.items() if path.startswith("pulse_tui.")}
    assert set(kinds()) == own
