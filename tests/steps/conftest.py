"""The real registry and a scriptable server for the steps' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.loopback import Loopback
from tests.servers.mlflow_server import mlflow_server_fixture

__all__ = ["mlflow_server_fixture"]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running
