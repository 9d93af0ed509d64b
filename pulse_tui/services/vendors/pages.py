"""All that a page lists now comes in: what is new, edited, back again or gone since it was read last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.note import Label, Note, NoteKind, Page, PageState, Reading, StoredNote, What
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.classify import taken_back
from pulse_tui.enrich.vendors.listing import Entry, Listing, compare, content, digest, news_of, stays
from pulse_tui.enrich.vendors.news import edited, holds, off_since, other_meaning
from pulse_tui.enrich.vendors.vigil import as_before, come_again
from pulse_tui.enrich.vendors.withdrawn import REMOVED, no_longer_announced
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.vendors.notes import take_note
from pulse_tui.services.vendors.read import reader
from pulse_tui.services.vendors.standing import standing

ARRIVALS = 40
"""So many moments at which something new came are kept of a page."""
APART = timedelta(hours=1)
"""What comes within this time came at once."""
AT_ONCE = 200
"""So many entries that are history are stored in a transaction: other writers wait meanwhile."""
ALERTED = 250
"""So many signals of them are judged in it."""
_LASTS = frozenset({Label.DEPRECATION, Label.INCIDENT})
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
        self._first = self._doubted = self._heard = self._more = False
        self._read = reader(tx)

    def steps(self) -> Iterator[Made]:
        """Store it entry by entry; of a long one that is history, a part in this transaction."""
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
        if why and not state.believing:
            marks = tuple(sorted(listing.marks.values()))
            same = bool(state.held) and (self._first or stays(state.held_marks, marks))
            state = _held(state, mark, marks, why, self._now, same=same)
            if not come_again(state, self._now):
                if self._first:  # a part of it: kept, so that it is no news later
                    yield from self._each(listing, state, memory)
                tx.vendors.put_page(state)
                return
            state = msgspec.structs.replace(state, believing=True)
        self._doubted = state.believing and not self._first
        yield from self._each(listing, state, memory)
        state = _with_arrivals(state, page, self._now, first=self._first and not self._more, heard=self._heard)
        if self._more:
            tx.vendors.put_page(state)
            yield Made([], [], new=0, again=True)
            return
        yield from self._gone(listing.removed)
        after = _believed(state, page, mark, self._now)
        tx.vendors.put_page(
            msgspec.structs.replace(after, aliases=listing.aliases, baseline_at=after.baseline_at or self._now)
        )

    def _each(self, listing: Listing, state: PageState, memory: Mapping[str, StoredNote]) -> Iterator[Made]:
        news = news_of(listing, state.held_marks) if self._doubted else None
        entries: Sequence[Entry] = listing.entries
        parts = self._doubted or (self._first and not (state.suspect and not state.believing))
        if parts and len(entries) > AT_ONCE:
            entries, self._more = entries[:AT_ONCE], True
        history, signals = list[tuple[Note, Reading]](), 0
        for entry in entries:
            if parts and signals >= ALERTED:
                self._more = True
                break
            reading = self._read(entry.note)
            how = self._telling(entry, reading, listing, news)
            self._heard |= how is _Telling.NEWS
            if how is _Telling.NOTHING and not _ends(entry, reading, memory):
                if entry.what is What.NEW:
                    history.append((entry.note, reading))
                else:
                    self._tx.vendors.put_note(entry.note, reading, self._now)
                    yield Made([], [])
                continue
            made = self._taken(entry, how)
            signals += len(made.signals)
            if entry.what is What.REAPPEARED:
                back = [a.signal_fingerprint for a in self._alerts(SignalType.VENDOR_NOTE, {entry.note.key}, REMOVED)]
                made = made._replace(cleared=[*made.cleared, *back])
            yield made
        self._tx.vendors.put_history(history, self._now)
        yield Made([], [], new=len(history))

    def _telling(self, entry: Entry, reading: Reading, listing: Listing, news: Collection[str] | None) -> _Telling:
        before, note = entry.before, entry.note
        if before is None:
            old = note.key in listing.history if news is None else note.key not in news
            return self._lasting(note, reading) if old or self._first else _Telling.NEWS
        if content(before) == content(note):
            return _Telling.NOTHING
        old = self._first or self._doubted
        if old and self._lasting(note, reading) is _Telling.NOTHING:
            return _Telling.NOTHING
        if not other_meaning(before, note, self._read(before), reading):
            return _Telling.NOTHING
        return _Telling.LASTING if old else _Telling.NEWS

    def _lasting(self, note: Note, reading: Reading) -> _Telling:
        told = holds(note, reading, self._now) and not off_since(note, self._page.notes)
        return _Telling.LASTING if told else _Telling.NOTHING

    def _taken(self, entry: Entry, how: _Telling) -> Made:
        old = self._first or (entry.what is What.NEW and how is not _Telling.NEWS)
        made = take_note(
            entry.note,
            self._tx,
            self._estate,
            self._now,
            quiet=how is _Telling.NOTHING,
            baseline=old,
        )
        if how is _Telling.LASTING:
            made = made._replace(signals=[s for s in made.signals if s.asset_id and s.signal_type in _LASTING])
        return made if entry.before is None else made._replace(signals=list(edited(entry, made.signals)))

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
        for alert, _, mine in standing(self._tx, kind, source=self._page.source):
            if mine.note in keys and change in (None, mine.change):
                yield alert


def _ends(entry: Entry, reading: Reading, memory: Mapping[str, StoredNote]) -> bool:
    """Whether the entry may end something that is open, though it is no news."""
    kept = memory.get(entry.note.key)
    labels = {*reading.labels, *kept.reading.labels} if kept is not None else set()
    return not labels.isdisjoint(_LASTS) or entry.what is What.REAPPEARED or taken_back(entry.note)


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
    # Of a part of it nobody knows how many there are: a page that is cut off has not become empty.
    entries = len(page.notes) if page.complete else max(state.entries, len(page.notes))
    return msgspec.structs.replace(as_before(state), entries=entries, read_at=now, digest=mark)


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
