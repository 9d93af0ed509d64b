"""A deployment target in a file, so that several processes share it: places that hold a value, and a log of effects.

``Places`` is a step kind as :class:`pulse_tui.ports.Step` wants it. It compares nothing and forgives nothing:
every write is an effect, so a second one is seen. Faults are scripted by ``faults``: a list of
``(verb, place, what)`` used up in order, where verb is ``read`` or ``write`` and what is

- ``refuse``: the target says no;
- ``lost``: no answer, and nothing was written;
- ``landed``: no answer, but it was written;
- ``ignored``: accepted, and nothing happens;
- ``bug``: the step kind itself breaks.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.ports import StepContext


class PlaceOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The place's name."""

    name: str


class Places:
    """The target and the step kind at once."""

    Options = PlaceOptions

    def __init__(self, path: Path, point: Callable[[str], None] = lambda _name: None) -> None:
        """``point`` is called around every touch: a test may stop the process there."""
        self.path = path
        self._point = point
        if not path.exists():
            path.write_text('{"values":{},"effects":[],"faults":[],"refused_epochs":0,"artifacts":{}}')

    @contextmanager
    def _state(self) -> Iterator[dict[str, Any]]:
        with self.path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = json.load(file)
            yield state
            file.seek(0)
            file.truncate()
            json.dump(state, file)

    def put(self, name: str, value: str) -> None:
        """A stranger's hand."""
        with self._state() as state:
            state["values"][name] = value

    def holds(self, name: str) -> str:
        """What is there."""
        with self._state() as state:
            return str(state["values"].get(name, ""))

    @property
    def effects(self) -> list[dict[str, Any]]:
        """Every write that happened: place, value, key, epoch."""
        with self._state() as state:
            return list(state["effects"])

    def fault(self, *faults: tuple[str, str, str]) -> None:
        """Script what goes wrong next."""
        with self._state() as state:
            state["faults"] += [list(f) for f in faults]

    def _due(self, state: dict[str, Any], verb: str, name: str) -> str:
        for fault in state["faults"]:
            if fault[:2] == [verb, name]:
                state["faults"].remove(fault)
                return str(fault[2])
        return ""

    # ------------------------------------------------------------------ the step kind

    def target(self, options: PlaceOptions) -> str:
        return f"place {options.name}"

    def value_of(self, options: PlaceOptions, release: Release) -> str:
        del options
        return release.version

    def read(self, options: PlaceOptions, context: StepContext) -> str:
        del context
        self._point("read")
        with self._state() as state:
            what = self._due(state, "read", options.name)
            value = str(state["values"].get(options.name, ""))
        if what == "bug":
            raise KeyError("a bug")
        if what:
            raise TargetError(f"{options.name} does not answer", ambiguous=False)
        return value

    def write(
        self, options: PlaceOptions, value: str, *, expected: str, key: str, epoch: int, context: StepContext
    ) -> None:
        del expected, context
        self._point("before write")
        with self._state() as state:
            what = self._due(state, "write", options.name)
            if what not in ("refuse", "lost", "ignored", "bug"):
                state["values"][options.name] = value
                state["effects"].append({"place": options.name, "value": value, "key": key, "epoch": epoch})
        self._point("after write")
        if what == "bug":
            raise KeyError("a bug")
        if what == "refuse":
            raise TargetError(f"{options.name} said no", ambiguous=False)
        if what in ("lost", "landed"):
            raise TargetError(f"{options.name} gave no answer", ambiguous=True)

    def check(self, options: PlaceOptions, release: Release, context: StepContext) -> Sequence[Check]:
        del options, context
        with self._state() as state:
            digest = state["artifacts"].get(release.version, release.digest)
        return (Check(name="artifact", ok=digest == release.digest, detail=f"digest {digest}"),)

    def replace_artifact(self, version: str, digest: str) -> None:
        """Somebody overwrote the artifact."""
        with self._state() as state:
            state["artifacts"][version] = digest
