"""Which tests come first, and which share a worker because they share a server.

pytest-xdist 3.8 cannot see ``xdist_group`` marks under pytest 9.2 and later (it writes to an attribute that
is no longer read), so the tests of a costly server are grouped by the name of their file instead.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

#: A file whose name contains one of these runs on one worker with all the others of that word.
SHARED = ("mlflow",)

#: The longest: begun last, one of them would keep one worker busy while the others have nothing left.
FIRST = (
    "house/test_contracts.py::test_the_types_fit",
    "mlflow",
    "hosts/",
    "e2e/",
    "faults/",
    "test_interrupted_runs.py",
    "test_crashes.py",
    "storage/test_races.py",
)


def longest_first(items: list[pytest.Item]) -> None:
    """Reorder in place; all else stays in its order."""
    items.sort(key=lambda item: next((n for n, word in enumerate(FIRST) if word in item.nodeid), len(FIRST)))


class ByServer(LoadScopeScheduling):  # type: ignore[misc]
    """Every test is its own unit of work, except that those of a shared server stay together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        return next((word for word in SHARED if word in file), nodeid)


def make_scheduler(config: pytest.Config, log: Producer) -> ByServer | None:
    """For the hook ``pytest_xdist_make_scheduler``."""
    return ByServer(config, log) if config.getvalue("dist") == "loadgroup" else None
