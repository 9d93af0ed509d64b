"""What all tests share: where their files lie, how long they take, how they are spread over the workers."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]

import tests.fakes.statements  # noqa: F401  it listens
from tests.servers import forms
from tests.servers.scheduling import ByServer, longest_first, make_scheduler
from tests.servers.scratch import Scratch

_SCRATCH = Scratch()
# Compiled once, not by each of the hundreds of interpreters that the tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long forms too, and every example of the property tests")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full"):
        os.environ[forms.VARIABLE] = "full"  # the workers inherit it
    # Two workers share two cores with databases and servers: how long an example takes says nothing about it.
    # The short form tries the same examples everywhere: what it finds is found where it was written. The full one looks for others.
    settings.register_profile(
        "house",
        deadline=None,
        max_examples=forms.examples(100),
        derandomize=not forms.full(),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("house")


def pytest_sessionfinish(exitstatus: int) -> None:
    _SCRATCH.keep = exitstatus != 0  # what a failed test left behind is there to be read until the next run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = any("::" in argument for argument in config.args)
    if not (named or forms.full() or "slow" in config.getoption("markexpr")):
        long = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    longest_first(items)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServer | None:
    return make_scheduler(config, log)
