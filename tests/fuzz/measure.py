"""Run hostile documents one after the other in a process of their own, and print what each took, as JSON lines."""

from __future__ import annotations

import gc
import json
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from pulse_tui.domain.errors import PulseError
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import About, detect, file_formats, read_result
from tests.collectors.contexts import NOW, context
from tests.fuzz.hostile import HOSTILE, Hostile


class TooSlow(BaseException):
    """The timer ran out."""


def _stop(*_: object) -> None:
    raise TooSlow


def _memory(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) // 1024
    return 0


def read(document: Hostile) -> int:
    """How many records it gave."""
    kind, name, data = document
    if kind == "feed":
        from pulse_tui.collectors import feed

        notes, rejected, _ = feed.read(name, data, "vendor", "src", NOW)
        return len(notes) + len(rejected)
    kinds = file_formats(Kinds("collectors"))
    detect(kinds, name, Peek(data))
    got = read_result(kinds, kind, name, data, About(suite="s", path=name), context())
    return len(got.observations) + len(got.rejected)


def main(names: list[str], seconds: int = 20, megabytes: int = 2_000) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    signal.signal(signal.SIGPROF, _stop)
    for name in names:
        document = HOSTILE[name]()
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        before = _memory("VmRSS")
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            result = str(read(document))
        except TooSlow:
            result = "TOO SLOW"
        except PulseError as error:
            result = f"refused: {str(error)[:80]}"
        except BaseException as error:
            result = (
                f"BROKE {type(error).__name__}: {str(error)[:80]} " + traceback.format_exc().splitlines()[-3].strip()
            )
        signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - begun
        print(json.dumps([name, round(took, 2), _memory("VmHWM") - before, len(document.data), result]), flush=True)
        del document


if __name__ == "__main__":
    from tests.fuzz import hostile

    wanted = [name for name in hostile.HOSTILE if any(w in name for w in sys.argv[1:] or [""])]
    main(wanted)
