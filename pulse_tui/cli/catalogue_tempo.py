"""``pulse-tui catalogue tempo [FILE]``: how fast labs release models, input by input."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from pulse_tui.cli.catalogue_files import read_file
from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.errors import NotFound, WrongUse

if TYPE_CHECKING:
    from pulse_tui.domain.catalogue import CatalogueModel
    from pulse_tui.enrich.vendors.tempo import Tempo

KIND = "models_dev"
"""The kind of source whose catalogue gives release dates."""
_BARS = "▁▂▃▄▅▆▇█"


def run(options: argparse.Namespace, _name: str) -> int:
    """0; a file without release dates is wrong use."""
    from pulse_tui.enrich.vendors.tempo import newest, tempo  # noqa: PLC0415

    if len(options.files) > 1:
        raise WrongUse("tempo takes one file", todo="See pulse-tui catalogue --help")
    if options.files:
        found = read_file(options.files[0]).catalogue
        models: Iterable[CatalogueModel] = found.models
        at = options.at or newest(models)
        if at is None:
            todo = "Give a catalogue in the shape of models.dev's api.json"
            raise WrongUse(f"a catalogue of the shape {found.shape} has no release dates of labs", todo=todo)
    else:
        models, today = _stored(options)
        at = options.at or today
    made = tempo(models, at)
    emit(options, _plain(made), _lines(made))
    return 0


def _stored(options: argparse.Namespace) -> tuple[list[CatalogueModel], date]:
    with opened(options, read_only=True) as house:
        sources = [s.id for s in house.settings.sources if s.kind == KIND]
        if not sources:
            raise NotFound(f"no source of the kind {KIND} is configured", todo="Add one, or name a FILE")
        with house.store.read() as tx:
            models = [model for source in sources for model in tx.vendors.catalogue(source).values()]
            known = tx.plumbing.sources()
        read = [known[s].last_good_at for s in sources if s in known]
        last = max((at for at in read if at is not None), default=None)
        if not models or last is None:
            raise NotFound("no catalogue was read yet", todo=f"pulse-tui refresh {sources[0]}")
        return models, last.date()  # of what came since nobody knows: it would look like a pause


def _plain(made: Tempo) -> dict[str, Any]:
    return {
        "at": made.at.isoformat(),
        "index": made.index,
        "recent": made.recent,
        "mean": round(made.mean, 2),
        "windows": list(made.windows),
        "weeks": list(made.weeks),
        "months": dict(made.months),
        "counted": [
            {"lab": r.lab, "model": r.model, "date": r.on.isoformat(), "month_only": r.month_only} for r in made.counted
        ],
        "dropped": [{"model": d.key, "why": d.why.value, "of": d.of or None} for d in made.dropped],
    }


def _lines(made: Tempo) -> Iterator[str]:
    index = "unknown: too few releases in the year" if made.index is None else str(made.index)
    yield f"tempo {index}"
    yield f"{made.recent} releases in the 28 days to {made.at}; a mean of {made.mean:.1f} in the 13 such windows of the year"
    yield f"{bars(made.windows)}  {' '.join(map(str, made.windows))}"
    yield ""
    yield "COUNTED in the last 28 days"
    recent = [r for r in made.counted if (made.at - r.on).days < 28]
    for r in reversed(recent):
        yield f"  {r.on:%Y-%m}    {r.model}" if r.month_only else f"  {r.on} {r.model}"
    if not recent:
        yield "  none"
    yield ""
    entries = len(made.counted) + len(made.dropped)
    yield f"of {entries:,} entries {len(made.counted):,} are releases; the others are"
    for why, count in Counter(d.why for d in made.dropped).most_common():
        yield f"  {count:>5,} {why.value}"


def bars(values: Iterable[int]) -> str:
    """A line of bars, the highest value full."""
    numbers = list(values)
    most = max([*numbers, 1])
    return "".join(_BARS[round(n / most * (len(_BARS) - 1))] for n in numbers)
