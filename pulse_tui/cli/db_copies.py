"""Backups of the database: taken while everybody works, and listed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui import __version__
from pulse_tui.cli.output import emit
from pulse_tui.domain.backup import Manifest
from pulse_tui.domain.errors import NotFound, PulseError, WrongUse
from pulse_tui.domain.moments import iso
from pulse_tui.environment import secret_url
from pulse_tui.services.rollback.anchor import anchor_line
from pulse_tui.wiring import House


def backup(options: argparse.Namespace, house: House) -> int:
    """0 when the copy is whole, was read back and is described beside it."""
    from pulse_tui.storage import copies  # noqa: PLC0415
    from pulse_tui.storage.engine import connect, refuse_missing, schema_version  # noqa: PLC0415

    url, now = url_of(house), house.clock()
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        refuse_missing(url)
    engine = connect(url)
    try:
        schema = schema_version(engine)
    finally:
        engine.dispose()
    if schema is None:
        raise NotFound("the database is empty: there is nothing to copy", todo="Check --config and --database")
    base = Path(str(url.database)) if sqlite else house.base / str(url.database)
    name = copies.name_of(base.name, schema, now, ".bak" if sqlite else ".dump")
    target = Path(options.to).expanduser() if options.to is not None else base.parent
    if target.is_dir():
        target = copies.free(target, name)
    copies.sweep(target.parent, base.name, now)
    if sqlite:
        copies.copy(base, target, url)
        made = copies.describe(target, house.settings.name, __version__, now)
    else:
        from pulse_tui.running import SystemProcesses  # noqa: PLC0415
        from pulse_tui.storage import dumps  # noqa: PLC0415

        try:
            made = dumps.dump(url, target, house.settings.name, __version__, now, SystemProcesses())
        except NotFound as error:
            raise NotFound(str(error), todo=f"On a host that has it: {dumps.words(url, target)}") from None
    gone = copies.keep(target.parent, base.name, options.keep) if options.keep is not None else []
    lines = [f"copied to {target}: {_size(made.size)}, schema {made.schema}, audit log of {made.audit_seq:,} lines"]
    lines.append(f"its manifest: {copies.manifest_of(target).name}; put it back: pulse-tui db restore {target}")
    lines += [f"removed {path.name}: the newest {options.keep} are kept" for path in gone]
    lines += _anchored(house, made)
    emit(options, {**_plain(target, made), "removed": [str(path) for path in gone]}, lines)
    return 0


def _anchored(house: House, made: Manifest) -> list[str]:
    """A backup is a moment to compare with later, where heads of the log are kept elsewhere."""
    from pulse_tui.anchors import Anchors  # noqa: PLC0415

    places = house.settings.approvals.anchors
    if not places or not made.audit_seq:
        return []
    try:
        Anchors(places, house.base).write(anchor_line(made.head, made.at, f"backup {made.file}"))
    except PulseError as error:
        return [f"warning: {error}"]
    return []


def listed(options: argparse.Namespace, house: House) -> int:
    """0: those that lie beside the database, or in a folder."""
    from pulse_tui.storage import copies  # noqa: PLC0415

    url = url_of(house)
    base = Path(str(url.database)) if url.get_backend_name() == "sqlite" else house.base / str(url.database)
    folder = Path(options.path).expanduser() if options.path is not None else base.parent
    if not folder.is_dir():
        raise WrongUse(f"{folder} is no folder", todo="Name the folder of the backups")
    found = copies.backups(folder, base.name)
    lines = [
        f"{iso(m.at)}  {_size(m.size):>9}  schema {m.schema}  audit line {m.audit_seq:,}  {m.estate or '-'}  {path}"
        for path, m in found
    ]
    emit(options, [_plain(path, m) for path, m in found], lines or [f"no backup of {base.name} lies in {folder}"])
    return 0


def url_of(house: House) -> Any:
    """Where the database is, with a relative path under the configuration's folder."""
    from pulse_tui.storage.engine import normalize  # noqa: PLC0415

    return normalize(secret_url(house.database), house.base)


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB"


def _plain(path: Path, made: Manifest) -> dict[str, object]:
    return {"path": str(path), **msgspec.to_builtins(made)}
