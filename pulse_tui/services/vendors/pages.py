"""All that a page lists now comes in: what is new, edited, back again or gone since it was read last."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import NoteKind, Page, PageState, What
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.listing import Entry, Listing, compare, content, digest, news_of, stays
from pulse_tui.enrich.vendors.news import holds, off_since, other_meaning
from pulse_tui.enrich.vendors.vigil import as_before, come_again
from pulse_tui.enrich.vendors.withdrawn import REMOVED, no_longer_announced
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.vendors.notes import take_note
from pulse_tui.services.vendors.read import read_note

ARRIVALS = 40
"""So many moments at which something new came are kept of a page."""
APART = timedelta(hours=1)
"""What comes within this time came at once."""
_LASTING = frozenset({SignalType.DEPRECATION, SignalType.INCIDENT})


class _Telling(Enum):
    """Of an entry that is not as it was."""

    NEWS = "whatever it means"
    LASTING = "only what still holds"
    NOTHING = "it is kept, and no more"


def take_page(page: Page, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Compare what it lists with what is remembered, and say of each entry what it means for the assets it concerns.

    Of a page that is read first only what still holds is said: an end that is to come, an incident that is not over. A
    listing in which much changed at once is doubted: nothing of it is stored until it came again some times.
    """
    return Made([], [], new=0, steps=_Reading(page, tx, estate, now).steps())


class _Reading:
    """One reading of a page, inside its transaction."""

    def __init__(self, page: Page, tx: Transaction, estate: Estate, now: datetime) -> None:
        self._page, self._tx, self._estate, self._now = page, tx, estate, now
        self._first = self._doubted = False

    def steps(self) -> Iterator[Made]:
        """Store it entry by entry."""
        page, tx, mark = self._page, self._tx, digest(self._page)
        stored = tx.vendors.page(page.source)
        state = stored or PageState(source=page.source, vendor=page.vendor)
        state = msgspec.structs.replace(state, vendor=page.vendor, kind=page.kind, missing=False)
        if state.baseline_at is not None and state.digest == mark:
            tx.vendors.put_page(_believed(state, page, mark, self._now))
            return
        memory = tx.vendors.memory(page.source)
        if stored is None and memory:  # its notes were stored before pages were remembered
            state = msgspec.structs.replace(state, baseline_at=self._now)
        self._first = state.baseline_at is None
        listing = compare(page, memory, state)
        why = _not_whole(page) if self._first else listing.suspect
        if why:
            marks = tuple(sorted(listing.marks.values()))
            same = bool(state.held) and (self._first or stays(state.held_marks, marks))
            state = _held(state, mark, marks, why, self._now, same=same)
            self._doubted = not self._first
            if not come_again(state, self._now):
                if self._first:  # a part of it: kept, so that it is no news later
                    yield from self._each(listing, state)
                tx.vendors.put_page(state)
                return
        heard = yield from self._each(listing, state)
        yield from self._gone(listing.removed)
        after = _believed(state, page, mark, self._now)
        after = msgspec.structs.replace(after, aliases=listing.aliases, baseline_at=after.baseline_at or self._now)
        tx.vendors.put_page(_with_arrivals(after, page, self._now, first=self._first, heard=heard))

    def _each(self, listing: Listing, state: PageState) -> Generator[Made, None, bool]:
        """Each entry; whether there was news among them."""
        news = news_of(listing, state.held_marks) if self._doubted else None
        heard = False
        for entry in listing.entries:
            how = self._telling(entry, listing, news)
            heard |= how is _Telling.NEWS
            made = self._taken(entry, how)
            if entry.what is What.REAPPEARED:
                back = [a.signal_fingerprint for a in self._alerts(SignalType.VENDOR_NOTE, {entry.note.key}, REMOVED)]
                made = made._replace(cleared=[*made.cleared, *back])
            yield made
        return heard

    def _telling(self, entry: Entry, listing: Listing, news: Collection[str] | None) -> _Telling:
        if self._first:
            return _Telling.LASTING
        if entry.before is None:
            old = entry.note.key in listing.history if news is None else entry.note.key not in news
            return _Telling.LASTING if old else _Telling.NEWS
        before, note = entry.before, entry.note
        if content(before) == content(note):
            return _Telling.NOTHING
        if note.kind is not NoteKind.STATUS and not other_meaning(
            before, note, read_note(before, self._tx), read_note(note, self._tx)
        ):
            return _Telling.NOTHING
        return _Telling.LASTING if self._doubted else _Telling.NEWS

    def _taken(self, entry: Entry, how: _Telling) -> Made:
        note = entry.note
        old = how is _Telling.LASTING
        tell = how is _Telling.NEWS or (
            old and holds(note, read_note(note, self._tx), self._now) and not off_since(note, self._page.notes)
        )
        made = take_note(
            note,
            self._tx,
            self._estate,
            self._now,
            before=entry.before,
            quiet=not tell,
            baseline=old and entry.what is What.NEW,
        )
        if not old:
            return made
        return made._replace(signals=[s for s in made.signals if s.asset_id and s.signal_type in _LASTING])

    def _gone(self, removed: Collection[str]) -> Iterator[Made]:
        """What the page lists no longer has not been taken back: of an announced end nobody knows any more."""
        if not removed:
            return
        self._tx.vendors.unlist(self._page.source, removed, self._now)
        signals = list[Signal]()
        for alert in () if self._doubted else self._alerts(SignalType.DEPRECATION, set(removed)):
            signal, asset = self._tx.signals.get(alert.signal_id), self._estate.assets.get(alert.asset_id or "")
            if signal is not None and asset is not None:
                signals.append(no_longer_announced(signal, asset, self._now))
        yield Made(signals, [], new=0)

    def _alerts(self, kind: SignalType, keys: Collection[str], change: str | None = None) -> Iterator[Alert]:
        """Open alerts about these notes of the page."""
        for alert in self._tx.judgements.alerts(list(OPEN), 100_000):
            signal = self._tx.signals.get(alert.signal_id)
            if signal is None or signal.signal_type is not kind or signal.source != self._page.source:
                continue
            mine = signal.evidence
            if isinstance(mine, NoteEvidence) and mine.note in keys and change in (None, mine.change):
                yield alert


def _not_whole(page: Page) -> str:
    """Why a first reading is no ground to judge later ones by; empty: it is one."""
    if page.kind is NoteKind.STATUS:  # an incident that goes on is told of in any reading
        return ""
    if not page.complete:
        return "it was not read whole yet: what is new of it is not known"
    return "" if page.notes else "its first reading found no entry: what is new of it is not known"


def _held(state: PageState, mark: str, marks: tuple[str, ...], why: str, now: datetime, *, same: bool) -> PageState:
    return msgspec.structs.replace(
        state,
        suspect=why,
        suspect_since=state.suspect_since or now,
        held=mark,
        held_marks=state.held_marks if same else marks,
        held_since=state.held_since if same else now,
        tries=state.tries + 1 if same else 0,
    )


def _believed(state: PageState, page: Page, mark: str, now: datetime) -> PageState:
    return msgspec.structs.replace(as_before(state), entries=len(page.notes), read_at=now, digest=mark)


def _with_arrivals(state: PageState, page: Page, now: datetime, *, first: bool, heard: bool) -> PageState:
    """With when its news came: of a first reading by the dates that its entries bear."""
    if first:
        days = {note.published_at.date(): note.published_at for note in page.notes if note.dated}
        times = sorted(at for at in days.values() if at <= now)[-ARRIVALS:]
        return msgspec.structs.replace(state, arrivals=tuple(times), news_at=times[-1] if times else None)
    if not heard:
        return state
    last = state.arrivals[-1] if state.arrivals else None
    arrivals = state.arrivals if last is not None and now - last < APART else (*state.arrivals, now)
    return msgspec.structs.replace(state, arrivals=arrivals[-ARRIVALS:], news_at=now)
