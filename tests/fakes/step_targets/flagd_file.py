"""A flag-definition file. It keeps no history: an effect is a change of its content that was seen from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target


class FlagFile(Target):
    """The flag ``bot-version`` of ``flags.json``; its variants are named as the releases."""

    keyed = False
    faults = frozenset({Fault.REFUSED})

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._file = folder / "flags.json"
        names = [*self.values, *(f"{self.values[0]}-{n}" for n in range(4))]
        flag = {"state": "ENABLED", "variants": {n: n for n in names}, "defaultVariant": self.values[0]}
        other = {"state": "DISABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"}
        self._file.write_text(json.dumps({"flags": {"other": other, "bot-version": flag}}, indent=2) + "\n")
        self._last = self.values[0]
        self.options: dict[str, Any] = {"path": "flags.json", "flag": "bot-version"}

    def holds(self) -> str:
        found = str(json.loads(self._file.read_text())["flags"]["bot-version"]["defaultVariant"])
        if found != self._last:
            self.took.append(found)
            self._last = found
        return found

    def effects(self) -> list[str]:
        self.holds()
        return super().effects()

    def put(self, value: str) -> None:
        document = json.loads(self._file.read_text())
        document["flags"]["bot-version"]["defaultVariant"] = self._last = value
        self._file.write_text(json.dumps(document))

    def fault(self, fault: Fault) -> None:
        assert fault is Fault.REFUSED
        self._file.chmod(0o666)

    def vanish(self) -> None:
        self._file.unlink()


@contextmanager
def target(folder: Path) -> Iterator[FlagFile]:
    """A file in ``folder``."""
    yield FlagFile(folder)
