"""Every kind whose target is the real registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.step_targets import At, kinds, needs_mlflow
from tests.servers.mlflow_server import MARKS
from tests.steps.conformance import protocol

pytestmark = MARKS


@pytest.fixture(params=[kind for kind in kinds() if needs_mlflow(kind)])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[At]:
    yield from protocol.at(request.param, tmp_path)


class TestEveryKind(protocol.Protocol):
    """As in ``protocol.py``."""
