"""Give back to the disk what is no longer used in the database."""

from __future__ import annotations

import argparse
from pathlib import Path

from pulse_tui.cli.db_copies import url_of
from pulse_tui.cli.output import emit
from pulse_tui.wiring import House


def compact(options: argparse.Namespace, house: House) -> int:
    """0 when it was given back, or there was nothing to give."""
    from pulse_tui.storage import compacting  # noqa: PLC0415
    from pulse_tui.storage.engine import refuse_missing  # noqa: PLC0415

    url = url_of(house)
    dry = bool(options.dry_run)
    if url.get_backend_name() != "sqlite":
        if not dry:
            compacting.vacuum_server(url)
        done = "VACUUM (ANALYZE) marks what is free for what comes; towers and agents go on meanwhile"
        emit(options, {"done": not dry, "dry_run": dry}, [done if not dry else f"would run: {done}"])
        return 0
    refuse_missing(url)
    path = Path(str(url.database))
    found = compacting.spare(path)
    free = f"{found.free / 2**20:,.1f} of {found.size / 2**20:,.1f} MB are free inside {path.name}"
    if dry or not found.free:
        emit(options, {**found._asdict(), "done": False}, [free + ("" if found.free else ": nothing to give back")])
        return 0
    after = compacting.vacuum_file(path)
    given = max(found.size - after, 0)
    emit(options, {**found._asdict(), "done": True, "after": after}, [f"{free}; {given / 2**20:,.1f} MB given back"])
    return 0
