"""``pulse.signal/1`` records from a drop folder or a file: one JSON object, a JSON array or JSON Lines.

A writer puts a file under a name that begins with "." or ends in ".part" and renames it when it is whole.
"""

from __future__ import annotations

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, collect_files, records
from pulse_tui.domain.limits import reason
from pulse_tui.domain.signal import BadRecord, Signal, decode
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path``: a folder, a file or a glob. ``max_bytes``: cap of one file."""

    path: str = ""
    max_bytes: int = FILE_CAP


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return collect_files(
        options.path, "*.json*", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: bytes) -> bool:
    """JSON with the one field that only a signal has."""
    return name.endswith((".json", ".jsonl", "-")) and b'"signal_type"' in head


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """Good records land; a bad one is Rejected with ``file:line`` or index, the field and the reason."""
    del options
    good: list[Signal] = []
    bad = Bad(context.source, name)
    for where, raw in records(name, data):
        try:
            good.append(decode(raw))
        except BadRecord as error:
            problem = error.problem
            bad.refuse(f"{where}: {problem.where}", problem.what, raw, problem.hint)
        except RecursionError:
            bad.refuse(where, "nested too deeply to be read", raw)
        except Exception as error:  # whatever one record does, the others are stored
            bad.refuse(where, f"it cannot be read: {reason(error)}", raw)
    return Collected(observations=tuple(good), rejected=bad.all(), cursor=context.cursor)
