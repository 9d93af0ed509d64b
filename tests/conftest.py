"""What all tests share: how they are spread over the workers."""

from __future__ import annotations

import pytest
from hypothesis import settings
from xdist.remote import Producer  # type: ignore[import-untyped]

from tests.servers.scheduling import ByServer, make_scheduler

# Two workers share two cores with databases and servers: how long an example takes says nothing about it.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer | None:
    return make_scheduler(config, log)
