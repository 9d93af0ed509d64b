"""``pulse-tui audit``: is the log whole and are the records as it says; the log as JSON Lines, or one run as a bundle."""

from __future__ import annotations

import argparse
import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pulse_tui.anchors import anchors_in
from pulse_tui.cli.output import emit, opened, put_json
from pulse_tui.domain.errors import Refused, WrongUse
from pulse_tui.services.rollback.anchor import anchor_line
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.signing import Agent

SUMS, SCRIPT = "SHA256SUMS", "verify.sh"


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """verify, export or anchor."""
    parser.add_argument(
        "action",
        choices=["verify", "export", "anchor"],
        help="is the log whole, and are the records as it says? / print it as JSON Lines, or write one run as a bundle / "
        "print its head, to be kept elsewhere",
    )
    parser.add_argument(
        "--anchor", metavar="FILE", action="append", default=[], type=Path,
        help="a file with anchors (a copy of the system's log, a vote that was signed), beside those of approvals: {anchors: [...]}",
    )  # fmt: skip
    parser.add_argument(
        "--run", metavar="ID", help="export: everything about this run of a rollback, to be verified offline"
    )
    parser.add_argument(
        "--to", metavar="PATH", type=Path, help="export --run: a folder that is not there yet, or FILE.tar (run-ID)"
    )
    parser.epilog = (
        "verify exits with 1 when the log was changed or cut, when a plan, approval, run, journal, hold or risk acceptance is\n"
        "not as the log recorded it, or when nothing stops a change of the log in the database any more. Whoever owns the\n"
        "database can also write the log again: only an anchor that they cannot change shows that, up to that anchor.\n"
        "export --run writes the plan, the signed votes, the journal, what the steps read, and the lines of the log with their\n"
        "hashes; sh verify.sh in it needs neither this program nor its database."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the log is whole and everything agrees with it, 1 when not."""
    if options.to is not None and options.run is None:
        raise WrongUse("--to needs --run ID", todo="audit export prints the whole log: pulse-tui audit export > FILE")
    if options.run is not None and options.action != "export":
        raise WrongUse(f"audit {options.action} takes no --run", todo="pulse-tui audit export --run ID")
    with opened(options, read_only=True) as house, house.store.read() as tx:
        if options.action == "export" and options.run is None:
            for entry in tx.log.entries():
                put_json(entry)
            return 0
        if options.action == "anchor":
            newest = tx.log.head()
            line = anchor_line(newest, house.clock(), "kept by hand")
            emit(options, newest._asdict(), [line])
            return 0
        anchors = [*house.anchors(), *(a for path in options.anchor for a in anchors_in(path))]
        if options.action == "export":
            from pulse_tui.services.rollback.bundle import bundle  # noqa: PLC0415

            files = bundle(tx, options.run, anchors, Agent())
            return _written(options, files, options.to or Path(f"run-{options.run}"))
        log = verified(tx, anchors, Agent())
    whole = not log.wrong
    last = max(anchors, default=None)
    words = [
        f"audit log of {log.lines} lines: " + ("whole" if whole else "BROKEN"),
        *(f"  {line}" for line in log.wrong),
        *(f"  {line}" for line in log.restored),
    ]
    words.append(
        f"  {len(anchors)} anchors, the newest at line {last.seq}: what came later is as sure as the database"
        if last
        else "  no anchor: lines at the end that were cut off together with all that names them would not be seen"
    )
    words.append(f"  of {log.votes} votes {log.signed} are signed and verify")
    said = {
        "lines": log.lines,
        "votes": log.votes,
        "signed": log.signed,
        "whole": whole,
        "found": log.wrong,
        "restored": list(log.restored),
        "anchors": len(anchors),
        "head": log.head.hash,
    }
    emit(options, said, words)
    return 0 if whole else 1


def _written(options: argparse.Namespace, files: Mapping[str, bytes], to: Path) -> int:
    count = write_bundle(to, files)
    where = f"tar -xf {to} && sh {to.stem}/{SCRIPT}" if to.suffix == ".tar" else f"sh {to}/{SCRIPT}"
    emit(options, {"to": str(to), "files": count}, [f"{count} files in {to}; to verify them: {where}"])
    return 0


def write_bundle(to: Path, files: Mapping[str, bytes]) -> int:
    """Write the files and their sums into a new folder or ``.tar``, for their owner alone; returns how many there are.

    Raises Refused when it is there already or cannot be written.
    """
    sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  ./{name}\n" for name in sorted(files))
    every = {**files, SUMS: sums.encode()}
    if to.exists():
        raise Refused(f"{to} is there already", todo="Name another place: --to")
    try:
        if to.suffix == ".tar":
            _tar(to, every)
        else:
            _folder(to, every)
    except OSError as error:
        raise Refused(f"{to} cannot be written: {error.strerror}", todo="Name another place: --to") from None
    return len(every)


def _folder(to: Path, files: Mapping[str, bytes]) -> None:
    to.mkdir(mode=0o700)
    for name, data in files.items():
        path = to / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(data)


def _tar(to: Path, files: Mapping[str, bytes]) -> None:
    to.touch(mode=0o600)
    with to.open("wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(f"{to.stem}/{name}")
            info.size, info.mode = len(data), 0o600
            tar.addfile(info, io.BytesIO(data))
