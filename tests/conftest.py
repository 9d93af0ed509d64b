"""What all tests share: how they are spread over the workers."""

from __future__ import annotations

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]

from tests.servers.scheduling import ByServer, make_scheduler


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer | None:
    return make_scheduler(config, log)
