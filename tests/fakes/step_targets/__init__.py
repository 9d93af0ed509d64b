"""Targets for every kind of rollback step: one file a kind, named as the kind, with ``target(folder)`` in it.

Each is real (a registry, a repository, a program, a file) or a loopback server that speaks the published API, and its
``options`` are plain JSON: other processes reach it with them, and with ``secrets`` in their environment. Nothing is
registered: a file here is found by its name, as a kind is.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import msgspec

from pulse_tui.domain.release import Release
from pulse_tui.kinds import Kinds
from pulse_tui.ports import StepContext
from pulse_tui.web import Web
from pulse_tui.wiring import outside


class Fault(StrEnum):
    """What goes wrong with the next write, once."""

    REFUSED = "refused"
    """The target says no. It never changes anything."""
    LOST = "lost"
    """No answer, and nothing happened."""
    LANDED = "landed"
    """No answer, and it happened."""
    IGNORED = "ignored"
    """Accepted, and nothing happens."""


class StepTarget(Protocol):
    """A target that holds one value, as a test sees it: from the other side than the kind."""

    options: dict[str, Any]
    """The kind's options as a playbook has them."""
    secrets: dict[str, str]
    """What ``${NAME}`` in the options stands for."""
    values: tuple[str, str]
    """Two values that it can hold; at first it holds the first."""
    compares: bool
    """A write with another ``expected`` than it holds is refused by the target itself, however late it comes."""
    keyed: bool
    """A write with a key that took effect already is no second effect."""
    fenced: bool
    """A write with an older epoch than the last one is refused."""
    faults: frozenset[Fault]
    """What it can be made to do."""

    def release(self, value: str) -> Release:
        """A release for which the kind's ``value_of`` is ``value``."""
        ...

    def holds(self) -> str:
        """The value it has now, read without the kind."""
        ...

    def put(self, value: str) -> None:
        """Somebody else moves it."""
        ...

    def effects(self) -> list[str]:
        """The value of every write that took effect and was not :meth:`put`, in order."""
        ...

    def fault(self, fault: Fault) -> None:
        """Make the next write go wrong."""
        ...

    def vanish(self) -> None:
        """From now on there is nothing there."""
        ...

    def settle(self) -> None:
        """From now on what takes a value first and serves it later does so at once, as when its controller is quick."""
        ...


class Target:
    """What most targets have in common; a target overrides what is different."""

    values = ("3.8.2", "3.8.1")
    compares = True
    keyed = True
    fenced = False
    faults = frozenset(Fault)

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.took: list[str] = []
        self._due: list[Fault] = []

    def release(self, value: str) -> Release:
        return release(value)

    def effects(self) -> list[str]:
        return list(self.took)

    def settle(self) -> None:
        """Most serve what they hold."""

    def fault(self, fault: Fault) -> None:
        assert fault in self.faults
        self._due.append(fault)

    def due(self) -> Fault | None:
        """The fault of this write, used up."""
        return self._due.pop(0) if self._due else None


def release(version: str, number: str | None = None, digest: str | None = None) -> Release:
    """A release of support-bot."""
    made = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(
        asset_id="support-bot", version=version, iteration=1, digest=digest, created_at=made, registry_version=number
    )


def kinds() -> list[str]:
    """The kinds that have a target here."""
    return sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))


def needs_mlflow(kind: str) -> bool:
    """Whether its target is behind the real registry, which one test process has."""
    return kind.startswith("mlflow_")


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[StepTarget]:
    """The target of a kind, with its files in ``folder``."""
    made: AbstractContextManager[StepTarget] = import_module(f"{__name__}.{kind}").target(folder)
    with made as target:
        yield target


class At:
    """A kind at its target: the kind's functions with options and context filled in."""

    def __init__(self, kind: str, target: StepTarget, folder: Path, timeout_s: float = 10.0) -> None:
        """``folder`` is where relative paths of the options start."""
        self.kind = kind
        self.target = target
        self.module: Any = Kinds("steps")[kind]
        self.options = msgspec.convert(target.options, self.module.Options)
        self.context = context(folder, target.secrets, timeout_s)

    def read(self) -> str:
        found: str = self.module.read(self.options, self.context)
        return found

    def write(self, value: str, expected: str, key: str = "run-0", epoch: int = 1) -> None:
        self.module.write(self.options, value, expected=expected, key=key, epoch=epoch, context=self.context)

    def landed(self, key: str = "run-0") -> bool | None:
        """None also for a kind that has no such function."""
        probe = getattr(self.module, "landed", None)
        found: bool | None = probe(self.options, key, self.context) if probe else None
        return found


def context(folder: Path, secrets: dict[str, str], timeout_s: float = 10.0) -> StepContext:
    """What the executor gives a step, in this or any other process."""

    def secret(text: str) -> str:
        for name, value in secrets.items():
            text = text.replace("${" + name + "}", value)
        return text

    def now() -> datetime:
        return datetime.now(UTC)

    return outside(Web(clock=now), folder, now)._replace(secret=secret).stepping(timeout_s)
