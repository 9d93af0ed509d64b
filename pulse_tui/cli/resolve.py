"""``pulse-tui resolve``: which model a platform's name means, by a catalogue and by rules; many in JSON Lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pulse_tui.cli.output import last_words
from pulse_tui.domain.errors import SourceError, WrongUse
from pulse_tui.domain.lock import shown
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from pulse_tui.enrich.vendors.universe import Resolution, Universe

_MARKS = {"exact": "●", "family": "◐", "unknown": "?"}
_LINE = 2**20
"""Bytes of a line of a batch; a longer one is refused, not held."""
_BLOCK = 1_000
"""Answers that are written at once."""
_MESSAGE = 200


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Names, or ``--batch FILE``; ``-`` is standard input."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a model's name as a platform writes it")
    parser.add_argument("--batch", metavar="FILE", help='JSON Lines of {"alias"}; or -')
    parser.add_argument(
        "--catalogue",
        metavar="FILE",
        help="models.dev's api.json, a file of labs of the same shape or litellm's price file, plain or in gzip; or -",
    )
    parser.epilog = (
        'Every name gives {"alias", "canonical", "match", "family", "why"} with --json, in the order of the names.\n'
        "match: exact, the one model or snapshot; family, its line is known but not which state of it; unknown.\n"
        "canonical is the lab's own name, as the catalogue writes it, and null rather than a wrong one.\n"
        'Empty lines of a batch are skipped; a line that is no question gives {"error"} and exit code 1.'
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when every name was looked at, known or not; 1 when a line of the batch was refused."""
    if bool(options.names) == (options.batch is not None):
        raise WrongUse("names or --batch FILE is needed, and not both", todo="See pulse-tui resolve --help")
    if options.batch == options.catalogue == "-":
        raise WrongUse("standard input is either the batch or the catalogue", todo="Name a file for one of them")
    universe = _universe(options.catalogue)
    if options.batch is None:
        return _answer(((name, universe.resolve(name)) for name in options.names), json_=options.json)
    with _stream(options.batch) as stream:
        return _answer(_batch(stream, universe), json_=options.json)


def _universe(name: str | None) -> Universe:
    from pulse_tui.enrich.vendors.universe import Universe  # noqa: PLC0415

    if name is None:
        return Universe()
    from pulse_tui.enrich.vendors.catalogue_models import universe_of  # noqa: PLC0415
    from pulse_tui.enrich.vendors.catalogues.reading import CAP, read  # noqa: PLC0415

    called = "standard input" if name == "-" else clean(name)
    with _stream(name) as stream:
        try:
            data = stream.read(CAP + 1)
        except OSError as error:
            raise _unreadable(name, error) from None
    if len(data) > CAP:
        raise SourceError(f"{called} has over {CAP // 2**20} MB", todo="Check what it is")
    return universe_of(read(called, data).catalogue)


def _batch(stream: BinaryIO, universe: Universe) -> Iterator[tuple[str | None, Resolution | str]]:
    for number, line in enumerate(_lines(stream), 1):
        if line is None:
            yield None, f"line {number}: longer than {_LINE:,} bytes"
        elif line.strip():
            alias, problem = _alias(line)
            yield alias, universe.resolve(alias) if alias is not None else f"line {number}: {problem}"


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines; None for one that is too long."""
    while line := stream.readline(_LINE):
        if len(line) < _LINE or line.endswith(b"\n"):
            yield line
            continue
        while (rest := stream.readline(_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def _alias(line: bytes) -> tuple[str | None, str | None]:
    """(the alias, None), or (None, what is wrong with the line)."""
    try:
        record: Any = json.loads(line)
    except UnicodeDecodeError:
        return None, "not UTF-8"
    except ValueError as error:
        return None, f"not JSON: {clean(str(error), _MESSAGE)}"
    except RecursionError:
        return None, "not JSON: nested too deeply"
    if not isinstance(record, dict):
        return None, "not an object with alias"
    if "alias" not in record:
        return None, "alias is missing"
    if not isinstance(record["alias"], str):
        return None, "alias is no text"
    return record["alias"], None


def _answer(answers: Iterator[tuple[str | None, Resolution | str]], *, json_: bool) -> int:
    refused = False
    written: list[str] = []
    with last_words():
        for alias, found in answers:
            refused = refused or isinstance(found, str)
            written.append(json.dumps(_plain(alias, found)) if json_ else shown(_row(alias, found)))
            if len(written) >= _BLOCK:
                sys.stdout.write("\n".join(written) + "\n")
                written.clear()
        sys.stdout.write("".join(f"{line}\n" for line in written))
    return 1 if refused else 0


def _plain(alias: str | None, found: Resolution | str) -> dict[str, object]:
    head: dict[str, object] = {} if alias is None else {"alias": alias}
    if isinstance(found, str):
        return {**head, "error": found}
    return {**head, "canonical": found.canonical, "match": found.match, "family": found.family, "why": found.why}


def _row(alias: str | None, found: Resolution | str) -> str:
    if isinstance(found, str):
        return f"✖ refused: {found}"
    name = clean(alias or "", _MESSAGE) or '""'
    meant = found.canonical or (f"of {found.family}" if found.family else "-")
    moves = "; can move" if found.floating else ""
    return f"{_MARKS[found.match]} {name}  {found.match}  {meant}  ({found.why}{moves})"


def _stream(name: str) -> AbstractContextManager[BinaryIO]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError) -> WrongUse:
    return WrongUse(f"{clean(name)}: {error.strerror or error}", todo="Check the path and its rights")
