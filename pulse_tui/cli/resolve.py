"""``pulse-tui resolve``: which model a platform's name means, by a catalogue and by rules; many in JSON Lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from pulse_tui.cli.json_lines import TOO_LONG, lines, opened_file, record, unreadable
from pulse_tui.cli.output import last_words
from pulse_tui.domain.errors import SourceError, WrongUse
from pulse_tui.domain.lock import shown
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from pulse_tui.enrich.vendors.universe import Resolution, Universe

_MARKS = {"exact": "●", "family": "◐", "unknown": "?"}
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
    with opened_file(options.batch) as stream:
        return _answer(_batch(stream, universe), json_=options.json)


def _universe(name: str | None) -> Universe:
    from pulse_tui.enrich.vendors.universe import Universe  # noqa: PLC0415

    if name is None:
        return Universe()
    from pulse_tui.enrich.vendors.catalogue_models import universe_of  # noqa: PLC0415
    from pulse_tui.enrich.vendors.catalogues.reading import CAP, read  # noqa: PLC0415

    called = "standard input" if name == "-" else clean(name)
    with opened_file(name) as stream:
        try:
            data = stream.read(CAP + 1)
        except OSError as error:
            raise unreadable(name, error) from None
    if len(data) > CAP:
        raise SourceError(f"{called} has over {CAP // 2**20} MB", todo="Check what it is")
    return universe_of(read(called, data).catalogue)


def _batch(stream: BinaryIO, universe: Universe) -> Iterator[tuple[str | None, Resolution | str]]:
    for number, line in lines(stream):
        if line is None:
            yield None, f"line {number}: {TOO_LONG}"
            continue
        alias, problem = _alias(line)
        yield alias, universe.resolve(alias) if alias is not None else f"line {number}: {problem}"


def _alias(line: bytes) -> tuple[str | None, str | None]:
    """(the alias, None), or (None, what is wrong with the line)."""
    found, problem = record(line, "alias")
    if found is None:
        return None, problem
    if "alias" not in found:
        return None, "alias is missing"
    if not isinstance(found["alias"], str):
        return None, "alias is no text"
    return found["alias"], None


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
