"""``pulse-tui catalogue``: what changed between two catalogues of models; the tempo of releases."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from pulse_tui.cli.catalogue_files import read_file
from pulse_tui.cli.output import last_words, opened
from pulse_tui.domain.errors import PulseError, WrongUse
from pulse_tui.domain.lock import escaped, shown
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.words import ComponentKind

if TYPE_CHECKING:
    from pulse_tui.domain.catalogue import CatalogueEvent
    from pulse_tui.enrich.vendors.catalogues.reading import Read

SHOWN = 20
"""Models of a type of change that are listed for a person; ``--json`` prints all."""


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """``diff OLD NEW``, ``tempo [FILE]``."""
    parser.add_argument(
        "verb", choices=["diff", "tempo"], metavar="diff|tempo", help="compare two; how fast labs release"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="plain or in gzip; - is standard input")
    parser.add_argument("--at", metavar="DATE", type=_date, help="tempo: the day to look back from")
    parser.epilog = (
        "diff OLD NEW: models.dev's api.json, litellm's price file, OpenRouter's or a platform's own list, recognised by their\n"
        "content. --json prints one event a line: type, model, old, new. An entry that cannot be read is named on standard\n"
        "error and compared with nothing; what a configured estate uses stands first. Exit code 0 with or without changes, 1 when an entry was refused, 2 when a file\n"
        "cannot be read at all.\n"
        "tempo [FILE]: releases of the last 28 days as a percentage of the trailing year's mean, from a catalogue in the shape\n"
        "of models.dev, looked back from its newest release or from --at; without FILE from the catalogues of the\n"
        "configuration's models_dev sources, looked back from their last reading. --json gives every release that counts, and\n"
        "every entry that does not with the reason."
    )


def run(options: argparse.Namespace, name: str) -> int:
    """0 when everything was compared, 1 when an entry was refused; a whole file that cannot be read is wrong use."""
    if options.verb == "tempo":
        from pulse_tui.cli import catalogue_tempo  # noqa: PLC0415

        return catalogue_tempo.run(options, name)
    if len(options.files) != 2:
        raise WrongUse("diff needs two files, OLD and NEW", todo="See pulse-tui catalogue --help")
    old, new = (read_file(file) for file in options.files)
    if old.catalogue.shape != new.catalogue.shape:
        what = f"{old.catalogue.shape} and {new.catalogue.shape} are two shapes"
        raise WrongUse(f"{what}: they name models differently", todo="Compare two catalogues of one source")
    from pulse_tui.enrich.vendors.catalogues.diff import diff  # noqa: PLC0415

    events = diff(old.catalogue, new.catalogue, old.unread | new.unread)
    if options.json:
        _print_json(events, new.catalogue.shape)
    else:
        used = in_use(options, {m.key: (m.platform, m.id) for side in (old, new) for m in side.catalogue.models})
        with last_words():
            for text in _lines(events, old, new, used):
                print(shown(text))
    return _refused(options.files, old, new)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{clean(text, 40)!r} is no date: 2026-11-30") from None


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


def _lines(events: Sequence[CatalogueEvent], old: Read, new: Read, used: Mapping[str, str]) -> Iterator[str]:
    from pulse_tui.enrich.vendors.catalogues.words import moved  # noqa: PLC0415

    counts = Counter(event.type for event in events)
    models = f"{len(old.catalogue.models):,} -> {len(new.catalogue.models):,} models"
    yield f"{new.catalogue.shape}: {models}, {many(len(events), 'change') if events else 'no change'}"
    ours = [event for event in events if event.model in used]
    if ours:
        yield f"IN USE {len(ours)}"
        for event in ours:
            yield f"  {event.model}  {event.type.value}  {moved(event)}".rstrip() + f"  ({used[event.model]})"
    for kind, count in counts.items():
        yield f"{kind.value} {count}"
        of = [event for event in events if event.type is kind]
        for event in of[:SHOWN]:
            yield f"  {event.model}  {moved(event)}".rstrip()
        if count > SHOWN:
            yield f"  and {count - SHOWN} more"


def in_use(options: argparse.Namespace, entries: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """By key of the entries that are about a model in use, the assets that use it; empty without a configuration."""
    from pulse_tui.enrich.vendors.inuse import Uses  # noqa: PLC0415
    from pulse_tui.wiring import found_config  # noqa: PLC0415

    if found_config(options.config)[0] is None and options.database is None:
        return {}
    try:
        with opened(options, read_only=True) as house, house.store.read() as tx:
            uses = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL])
    except PulseError as error:
        print(f"pulse-tui: which models are in use is not known: {error}", file=sys.stderr)
        return {}
    found = Uses(use.component for use in uses).best(entries)
    return {
        key: ", ".join(sorted({u.asset_id for u in uses if u.component.id in {one.component.id for one in about}}))
        for key, about in found.items()
    }
