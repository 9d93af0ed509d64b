"""The tempo index for the header: made again only when the catalogue or the day is another."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.views.vendors import TempoLine
from pulse_tui.ports import Store

SHAPE = "models.dev"
"""The catalogue that gives release dates of all labs."""
FRESH = timedelta(days=3)
"""Of a catalogue that has not answered for longer the index would fall by itself: none is shown."""


class TempoReader:
    """Remembers the last index with what it was made from: asking again costs two small questions."""

    def __init__(self, store: Store) -> None:
        """``store``: where the catalogue stands."""
        self._store = store
        self._made: tuple[object, TempoLine | None] = (None, None)

    def line(self, now: datetime) -> TempoLine | None:
        """None: no catalogue of release dates is read, it is late, or its year has too few releases to compare with."""
        with self._store.read() as tx:
            page = next((p for p in tx.vendors.pages() if p.vendor == SHAPE), None)
            status = tx.plumbing.sources().get(page.source) if page is not None else None
            if page is None or status is None or status.last_good_at is None or now - status.last_good_at > FRESH:
                return None
            at = status.last_good_at.date()
            mark = (page.source, page.baseline_at, page.news_at, page.entries, at)
            if mark == self._made[0]:
                return self._made[1]
            models = tx.vendors.catalogue(page.source)
        from pulse_tui.enrich.vendors.tempo import tempo  # noqa: PLC0415  its tables of names are large

        made = tempo(models.values(), at)
        line = None if made.index is None else TempoLine(made.index, made.windows)
        self._made = (mark, line)
        return line
