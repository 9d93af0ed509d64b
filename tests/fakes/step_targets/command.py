"""Two programs on one state file: one sets the value, compares, knows its keys and fences; the other prints it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target

SET = """
import fcntl, json, os, signal, sys
path, value = sys.argv[1:]
with open(path, "r+") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    state = json.load(file)
    fault = state["faults"].pop(0) if state["faults"] else ""
    key, epoch = os.environ["PULSE_STEP_KEY"], int(os.environ["PULSE_FENCING_EPOCH"])
    late = epoch < state["epoch"] or os.environ["PULSE_EXPECTED"] != state["value"]
    known = key in state["keys"]
    if fault in ("", "landed") and not late and not known:
        state.update(value=value, epoch=epoch, keys=[*state["keys"], key], took=[*state["took"], value])
    file.seek(0)
    file.truncate()
    json.dump(state, file)
    file.flush()
    if fault in ("lost", "landed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "refused" or (late and not known and not fault):
        print(f"refused: it has {state['value']}", file=sys.stderr)
        sys.exit(3)
"""
GET = """
import json, sys
print(json.load(open(sys.argv[1]))["value"])
"""


class Programs(Target):
    """``set.py`` and ``get.py`` in a folder, run by this interpreter."""

    fenced = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._state, self._set = folder / "state.json", folder / "set.py"
        get = folder / "get.py"
        self._set.write_text(SET)
        get.write_text(GET)
        state = {"value": self.values[0], "epoch": 0, "keys": [], "took": [], "faults": []}
        self._state.write_text(json.dumps(state))
        python = Path(sys.executable).resolve()
        begin = (str(python), "-I", "-S")
        self.options: dict[str, Any] = {
            "argv": [*begin, str(self._set), str(self._state), "{value}"],
            "probe": [*begin, str(get), str(self._state)],
            "refusals": [3],
            "sha256": {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in (python, self._set, get)},
        }

    @contextmanager
    def _open(self) -> Iterator[dict[str, Any]]:
        with self._state.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            state = json.load(file)
            yield state
            file.seek(0)
            file.truncate()
            json.dump(state, file)

    def holds(self) -> str:
        with self._open() as state:
            return str(state["value"])

    def put(self, value: str) -> None:
        with self._open() as state:
            state["value"] = value

    def effects(self) -> list[str]:
        with self._open() as state:
            return list(state["took"])

    def fault(self, fault: Fault) -> None:
        with self._open() as state:
            state["faults"].append(fault.value)

    def vanish(self) -> None:
        self._set.unlink()


@contextmanager
def target(folder: Path) -> Iterator[Programs]:
    """Programs that keep their state in ``folder``."""
    yield Programs(folder)
