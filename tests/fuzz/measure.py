"""Read hostile documents one after the other in a process of their own, and print what each took, as JSON lines.

``python -m tests.fuzz.measure [PART OF A NAME]`` shows the numbers of all of them, or of those named so.
"""

from __future__ import annotations

import gc
import json
import resource
import signal
import sys
import time
from pathlib import Path

from pulse_tui.collectors import feed
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.note import Page
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import About, detect, file_formats, read_result
from tests.collectors.contexts import NOW, context
from tests.fuzz.hostile import HOSTILE, Hostile
from tests.fuzz.seeds import ASKED, Served, served

GIVEN_UP = 20.0
"""Seconds of processor time after which a document is left."""
ADDRESS_SPACE = 2 * 2**30


class TooSlow(BaseException):
    """The timer ran out."""


def _stop(*_: object) -> None:
    raise TooSlow


def _megabytes(field: str) -> int:
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) // 1_024


def read(document: Hostile) -> int:
    """How many records it gave, its kind being detected first."""
    kind, name, data = document
    if kind == "feed":
        notes, rejected, _ = feed.read(name, data, "vendor", "src", NOW)
        return len(notes) + len(rejected)
    if kind in ASKED:
        got = served(Served(kind, ASKED[kind], {"/": data}))()
        return sum(len(o.notes) if isinstance(o, Page) else 1 for o in got.observations) + len(got.rejected)
    kinds = file_formats(Kinds("collectors"))
    detect(kinds, name, Peek(data))
    got = read_result(kinds, kind, name, data, About(suite="s", path=name), context())
    return len(got.observations) + len(got.rejected)


def main(names: list[str]) -> None:
    """A line for each: name, seconds of processor time, megabytes, bytes of the document, and how it ended."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    signal.signal(signal.SIGPROF, _stop)
    for name in names:
        document = HOSTILE[name]()
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        before, begun = _megabytes("VmRSS"), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, GIVEN_UP)
        try:
            end = f"{read(document):,} records"
        except TooSlow:
            end = "BROKE: too slow"
        except PulseError as error:
            end = f"refused: {str(error)[:100]}"
        except Exception as error:
            end = f"BROKE: {type(error).__name__}: {str(error)[:100]}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - begun
        print(json.dumps([name, round(took, 2), _megabytes("VmHWM") - before, len(document.data), end]), flush=True)
        del document


if __name__ == "__main__":
    main([name for name in HOSTILE if any(part in name for part in sys.argv[1:] or [""])])
