"""``pulse-tui catalogue diff OLD NEW``: what changed between two catalogues of models."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pulse_tui.cli.output import last_words
from pulse_tui.domain.errors import PulseError, SourceError, WrongUse
from pulse_tui.domain.lock import escaped, shown
from pulse_tui.domain.text import clean, many

if TYPE_CHECKING:
    from pulse_tui.domain.catalogue import CatalogueEvent
    from pulse_tui.enrich.vendors.catalogues.reading import Read

SHOWN = 20
"""Models of a type of change that are listed for a person; ``--json`` prints all."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``diff OLD NEW``."""
    parser.add_argument("verb", choices=["diff"], metavar="diff", help="compare two catalogues")
    parser.add_argument("files", nargs="+", metavar="FILE", help="OLD and NEW, plain or in gzip; - is standard input")
    parser.epilog = (
        "Reads models.dev's api.json and litellm's price file, recognised by their content. --json prints one event a line:\n"
        "type, model, old, new. An entry that cannot be read is named on standard error and compared with nothing.\n"
        "Exit code 0 with or without changes, 1 when an entry was refused, 2 when a file cannot be read at all."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everything was compared, 1 when an entry was refused; a whole file that cannot be read is wrong use."""
    if len(options.files) != 2:
        raise WrongUse("diff needs two files, OLD and NEW", todo="See pulse-tui catalogue --help")
    old, new = (_read(name) for name in options.files)
    if old.catalogue.shape != new.catalogue.shape:
        what = f"{old.catalogue.shape} and {new.catalogue.shape} are two shapes"
        raise WrongUse(f"{what}: they name models differently", todo="Compare two catalogues of one source")
    from pulse_tui.enrich.vendors.catalogues.diff import diff  # noqa: PLC0415

    events = diff(old.catalogue, new.catalogue, old.unread | new.unread)
    if options.json:
        _print_json(events, new.catalogue.shape)
    else:
        with last_words():
            for text in _lines(events, old, new):
                print(shown(text))
    return _refused(options.files, old, new)


def _read(name: str) -> Read:
    from pulse_tui.enrich.vendors.catalogues.reading import CAP, read  # noqa: PLC0415

    label = "standard input" if name == "-" else clean(name)
    try:
        data = _bytes(name, CAP)
    except OSError as error:
        raise WrongUse(f"{label}: {error.strerror or error}", todo="Check the path and its rights") from None
    if len(data) > CAP:
        raise WrongUse(f"{label} has over {CAP // 2**20} MB", todo="Check what it is")
    try:
        return read(label, data)
    except SourceError as error:
        raise PulseError(error.what, todo=error.todo) from None


def _bytes(name: str, cap: int) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(cap + 1)
    with Path(name).open("rb") as stream:
        return stream.read(cap + 1)


def _print_json(events: Sequence[CatalogueEvent], shape: str) -> None:
    from pulse_tui.enrich.vendors.catalogues.lines import line  # noqa: PLC0415

    with last_words():
        for event in events:
            print(escaped(msgspec.json.encode(line(event, shape), order="sorted").decode()))


def _refused(names: Sequence[str], *sides: Read) -> int:
    for name, side in zip(names, sides, strict=True):
        for entry in side.refused[:SHOWN]:
            print(f"pulse-tui: {clean(name)}: {shown(entry.key)} is refused: {shown(entry.why)}", file=sys.stderr)
        if len(side.refused) > SHOWN:
            print(f"pulse-tui: {clean(name)}: {len(side.refused) - SHOWN} more entries are refused", file=sys.stderr)
    return 1 if any(side.refused for side in sides) else 0


def _lines(events: Sequence[CatalogueEvent], old: Read, new: Read) -> Iterator[str]:
    from pulse_tui.enrich.vendors.catalogues.words import moved  # noqa: PLC0415

    counts = Counter(event.type for event in events)
    models = f"{len(old.catalogue.models):,} -> {len(new.catalogue.models):,} models"
    yield f"{new.catalogue.shape}: {models}, {many(len(events), 'change') if events else 'no change'}"
    for kind, count in counts.items():
        yield f"{kind.value} {count}"
        of = [event for event in events if event.type is kind]
        for event in of[:SHOWN]:
            yield f"  {event.model}  {moved(event)}".rstrip()
        if count > SHOWN:
            yield f"  and {count - SHOWN} more"
