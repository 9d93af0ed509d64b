"""``pulse-tui ingest``: signals and result files by hand or from a pipeline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.errors import Problem, SourceError, WrongUse
from pulse_tui.domain.source import Collected, Observation, Rejected
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import STDIN, About, detect, file_formats, read_result
from pulse_tui.settings.check import nearest
from pulse_tui.wiring import House

SHOWN = 20
"""Refused records that are printed one by one; all are in the quarantine."""
PIECE = 2**24
"""Bytes of a file of JSON Lines that are read at once."""
BATCH = 1_000
"""Records of a folder's files that are stored at once."""
_DATA = frozenset({".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".xml", ".csv", ".gz", ".zip"})
"""Endings of what is read of a folder."""
PLACES = 3
"""Of those that have one reason, how many are named."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``[KIND] FILE|FOLDER...`` or ``-``; the kind is detected when it is left out."""
    parser.add_argument(
        "items", nargs="+", metavar="KIND|FILE", help="files or folders, or - for standard input; a kind may come first"
    )
    parser.add_argument("--asset", help="the asset that result files are about")
    parser.add_argument("--version", dest="release", metavar="VERSION", help="the version that result files are about")
    parser.add_argument("--suite", help="the suite that result files belong to")
    parser.add_argument(
        "--set",
        dest="more",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="another option of the kind: provider=LABEL or prompt=LABEL of promptfoo, metric=NAME of items ...",
    )
    parser.epilog = (
        "The kind is detected from the file when it is left out. Good records land even when others are refused;\n"
        "`pulse-tui status --quarantine` shows what was refused. `pulse-tui schema signal` is the contract.\n"
        "Signals, benchmark results, advisories, SBOMs, lock files, in-toto statements. Exits with 1 when records were refused."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every record landed, 1 when some were refused or a file could not be read."""
    from pulse_tui.services.evals.baselines import rejudge  # noqa: PLC0415
    from pulse_tui.services.signals.ingest import Tally, ingest  # noqa: PLC0415

    kinds = file_formats(Kinds("collectors"))
    kind, items = _split(options.items, kinds)
    files, left = _files(items) if kind else (items, [])
    failures: list[str] = []
    refused: list[Rejected] = []
    tally = Tally()
    waiting: list[Observation] = []
    with opened(options) as house:
        house.sync()
        for name in files:
            try:
                for collected in _read(name, kind, kinds, options, house):
                    refused.extend(collected.rejected)
                    waiting += collected.observations
                    if collected.rejected or len(waiting) >= BATCH or not _small(collected):
                        tally = tally.plus(ingest(waiting, collected.rejected, house.judging, house.clock()))
                        waiting = []
            except SourceError as error:
                failures.append(str(error))
                if error.about:  # a release whose result cannot be used is not one without a result
                    whole = Rejected(
                        source="ingest", problem=Problem(name, error.what, error.todo), raw=b"", about=error.about
                    )
                    ingest((), [whole], house.judging, house.clock())
        tally = tally.plus(ingest(waiting, (), house.judging, house.clock()))
        rejudge(house.judging)  # the items of a baseline may have come
    lines = [tally.sentence()] if len(failures) < len(files) else []
    told = list(_by_reason(refused))
    lines += told[:SHOWN]
    if len(told) > SHOWN:
        lines.append(f"... and {len(told) - SHOWN} more; all are kept in the quarantine")
    lines += [f"could not be read: {f}" for f in failures[:SHOWN]]
    if len(failures) > SHOWN:
        lines.append(f"... and {len(failures) - SHOWN} more files that could not be read")
    if left:
        lines.append(
            f"{len(left)} file{'' if len(left) == 1 else 's'} left out, no data by the name: {', '.join(left[:PLACES])}"
        )
    if refused:
        lines.append("pulse-tui status --quarantine shows what was refused")
    data = {
        "tally": msgspec.to_builtins(tally),
        "refused": [str(r.problem) for r in refused],
        "failures": failures,
        "left": left,
    }
    emit(options, data, lines)
    return 1 if refused or failures else 0


def _by_reason(refused: Sequence[Rejected]) -> Iterator[str]:
    """A line for each record, but one for all that have one reason."""
    alike: dict[tuple[str, str], list[Rejected]] = {}
    for one in refused:
        alike.setdefault((one.problem.what, one.problem.hint), []).append(one)
    for mine in alike.values():
        problem = mine[0].problem
        if len(mine) > 1:
            places = ", ".join(r.problem.where for r in mine[:PLACES])
            more = f" and {len(mine) - PLACES} more" if len(mine) > PLACES else ""
            problem = problem._replace(where=f"{len(mine)} records ({places}{more})")
        yield f"refused {problem}"


def _more(pairs: Sequence[str]) -> dict[str, str]:
    """The options that are set by hand. Raises WrongUse for one without a value."""
    found = dict(pair.partition("=")[::2] for pair in pairs if "=" in pair)
    if bare := next((pair for pair in pairs if "=" not in pair), None):
        raise WrongUse(f"--set {bare} has no value", todo="--set NAME=VALUE")
    return found


def _split(items: list[str], kinds: dict[str, Any]) -> tuple[str | None, list[str]]:
    first = items[0]
    if first in kinds and (len(items) > 1 or not Path(first).exists()):
        if len(items) == 1:
            raise WrongUse(f"no file is named after the kind {first!r}", todo="Give files, or - for standard input")
        return first, items[1:]
    looks_like_a_word = first.replace("_", "").isalnum()
    if looks_like_a_word and len(items) > 1 and not Path(first).exists():
        raise WrongUse(f"{first!r} is neither a file nor a kind ({nearest(first, kinds)})")
    return None, items


def _files(items: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files, those of a folder and of the folders below in order, and which of a folder's are no data.

    Hidden files and parts of downloads are neither. Raises WrongUse for a folder without any file.
    """
    files, left = list[str](), list[str]()
    for item in items:
        folder = Path(item)
        if item == "-" or not folder.is_dir():
            files.append(item)
            continue
        found = (p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix != ".part")
        inside = [p for p in found if not any(part.startswith(".") for part in p.parts)]
        if not inside:
            raise WrongUse(f"the folder {item} holds no file")
        for path in inside:
            (files if path.suffix in _DATA else left).append(str(folder / path))
    return files, left


def _small(collected: Collected) -> bool:
    """Whether it is a record that may wait for those of the next files of a folder."""
    return len(collected.observations) == 1 and isinstance(collected.observations[0], Advisory)


def _read(
    name: str, kind: str | None, kinds: dict[str, Any], options: argparse.Namespace, house: House
) -> Iterator[Collected]:
    """What a file holds, a long one of JSON Lines in pieces."""
    here = house.judging.outside._replace(base=Path.cwd())  # what is named by hand starts where the operator stands
    shown = STDIN if name == "-" else name
    folder = None if shown == STDIN else Path(name).resolve().parent
    context = here.collecting("ingest", house.clock(), folder=folder)
    about = About(
        asset=options.asset, version=options.release, suite=options.suite, path=name, more=_more(options.more)
    )
    naming = f"Name its kind first: pulse-tui ingest KIND {name}"
    for piece in _pieces(name, kind, kinds):
        yield read_result(kinds, kind, shown, piece, about, context, naming=naming)


def _pieces(name: str, kind: str | None, kinds: dict[str, Any]) -> Iterator[bytes]:
    """The file; a long one of JSON Lines, each a record of its own, in pieces of whole lines, so that it is never held whole.

    Blank lines stand for those of the pieces before: a record is named by its line in the file.
    """
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as stream:
            piece = stream.read(PIECE)
            if len(piece) < PIECE or not _by_line(piece, STDIN if name == "-" else name, kind, kinds):
                yield piece + stream.read()
                return
            before = 0
            while piece:
                piece += stream.readline()
                yield b"\n" * before + piece
                before += piece.count(b"\n")
                piece = stream.read(PIECE)
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror or error}", todo="Check the path and its rights") from None


def _by_line(head: bytes, name: str, kind: str | None, kinds: dict[str, Any]) -> bool:
    """Whether a file that begins so is JSON Lines of a kind whose records stand each for itself."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    chosen = kind or detect(kinds, name, Peek(line))
    return chosen is not None and getattr(kinds[chosen], "BY_LINE", False)
