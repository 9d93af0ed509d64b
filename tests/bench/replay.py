"""``python -m tests.bench replay``: one changelog in 47 revisions, read by the real collector into a real database.

The revisions are made up, with the statistics of a real page: 56 new bullets, a fifth of them dated more than two days before
they came, 50 edits, 8 removals; six times the page came empty, cut off or rewritten, and then full again. What was put in is
known, so what was found of it, what was missed and who was alerted is counted.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import What
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.kinds import Kinds
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.settings.shapes import SourceShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging
from tests.fakes.nouns import NOW
from tests.services.estates import fill

REVISIONS, NEW, EDITS, REMOVED, FLIPS, STOOD = 47, 56, 50, 8, 6, 150
BACKDATED = 11
SEEDS = (1, 2, 3)
MODELS = (
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "o3",
    "o4-mini",
    "gpt-5",
    "gpt-image-1",
    "whisper-1",
    "text-embedding-3-small",
)
SAID = (
    "Released {model} on the Batch API with prompt caching for all tiers, request {n}.",
    "{model} will be shut down on {ends}; move to gpt-5 before then. Ticket {n}.",
    "Rate limits of {model} are now {n}0 requests per minute on tier 2.",
    "New pricing: {model} is billed at ${n}.50 per million tokens.",
    "Changed the default of the reasoning setting of {model} to {n}; existing callers may see shorter answers.",
    "The console can filter logs of {model} by the label number {n} now, and export them.",
    "Fixed an issue in which {model} returned an empty tool call in {n} of 1,000 requests.",
    "Added a guide on evaluating {model} with graders, chapter {n}.",
)  # fmt: skip


class Bullet(NamedTuple):
    """One line under a day; ``id`` is its own through all edits."""

    id: int
    day: date
    text: str


class Revision(NamedTuple):
    """The page as it stood, and what was done to it since the last one that was whole."""

    at: datetime
    page: str
    new: tuple[Bullet, ...] = ()
    edited: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    flip: str = ""


def main() -> None:
    """Print the numbers."""
    for seed in SEEDS:
        _print(seed)


def _print(seed: int) -> None:
    made = list(revisions(random.Random(seed)))
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        fill(store)
        clock = Clock(made[0].at)
        file = Path(folder) / "changelog.md"
        kinds = Kinds("collectors")
        options = kinds["changelog"].Options(path=str(file), vendor="openai")
        shape = SourceShape(id="news", kind="changelog", every=3_600.0, options=options)
        parts = judging(store, Path(folder), clock, source_kinds=kinds, sources={"news": shape})
        begun = time.perf_counter()
        counted = replay(made, parts, clock, file)
        spent = time.perf_counter() - begun
        store.close()
    print(f"{len(made)} revisions of one page, seed {seed}, {counted['rounds']} rounds in {spent:.1f} s")
    print(f"  new bullets: {counted['found']} found, {counted['missed']} missed, of {counted['new']}")
    print(f"  back-dated by more than two days: {counted['backdated found']} found of {counted['backdated']}")
    print(f"  edits: {counted['paired']} under the key of the note, {counted['astray']} not, of {counted['edits']}")
    print(f"  removals: {counted['removals seen']} seen of {counted['removals']}")
    print(
        f"  flips: {counted['flips']}, suspect in {counted['suspect']}; alerts about entries: {counted['flip alerts']}"
    )
    print(f"  first reading: {counted['baseline signals']} signals, of ends that are still to come")
    print(f"  signals: {counted['signals']} of {counted['spoken']} entries; the same thing twice: {counted['twice']}")
    print(f"  notes that are none: {counted['strays']}")


def replay(made: list[Revision], parts: JudgeParts, clock: Clock, file: Path) -> Counter[str]:
    """Read every revision, twice; count what came of it."""
    counted = Counter[str]()
    truth: dict[int, Bullet] = {}
    keys: dict[int, str] = {}
    for index, revision in enumerate(made):
        clock.now = revision.at
        file.write_text(revision.page)
        before = _signals(parts)
        for _ in range(2):
            refresh("news", parts, "bench")
            counted["rounds"] += 1
            clock.pass_(hours=1)
        came = [s for s in _signals(parts) if s.id not in {b.id for b in before}]
        with parts.store.read() as tx:
            state, memory = tx.vendors.page("news"), tx.vendors.memory("news")
        if revision.flip:
            counted["flips"] += 1
            failing = parts_status(parts) > 0
            counted["suspect"] += bool(state is not None and state.suspect) or failing
            counted["flip alerts"] += len(came)
            continue
        texts = {kept.note.body: key for key, kept in memory.items()}
        if index == 0:
            counted["baseline signals"] = len(came)
        else:
            _count(counted, revision, texts, parts)
        with parts.store.read() as tx:
            for number in revision.edited:
                now = texts.get(_now(made, index, number))
                same = now is not None and now == keys.get(number)
                happened = [c.what for c in tx.vendors.changes("news", now)] if now is not None else []
                counted["edits"] += 1
                counted["paired" if same and happened[-1:] == [What.EDITED] else "astray"] += 1
            for number in revision.removed:
                kept = memory.get(keys.get(number, ""))
                counted["removals"] += 1
                counted["removals seen"] += kept is not None and not kept.listed
        truth = _truth(made, index)
        keys |= {number: texts[b.text] for number, b in truth.items() if b.text in texts and number not in keys}
    with parts.store.read() as tx:
        memory = tx.vendors.memory("news")
    counted["strays"] = len(memory) - STOOD - NEW
    told = [s for s in _signals(parts) if s.asset_id]
    counted["signals"] = len(told)
    counted["spoken"] = len({_note(s) for s in told})
    counted["twice"] = sum(n - 1 for n in Counter((_note(s), s.signal_type, s.summary) for s in told).values())
    return counted


def parts_status(parts: JudgeParts) -> int:
    """Failures of the source in a row: an empty page is refused by the collector itself."""
    with parts.store.read() as tx:
        return tx.plumbing.sources()["news"].failures


def _count(counted: Counter[str], revision: Revision, texts: dict[str, str], parts: JudgeParts) -> None:
    with parts.store.read() as tx:
        for bullet in revision.new:
            key = texts.get(bullet.text)
            changes = tx.vendors.changes("news", key) if key is not None else []
            found = bool(changes) and changes[0].what is What.NEW and changes[0].at >= revision.at
            kept = tx.vendors.note("news", key) if key is not None else None
            found = found and kept is not None and not kept.baseline
            late = revision.at.date() - bullet.day > timedelta(days=2)
            counted["new"] += 1
            counted["found" if found else "missed"] += 1
            counted["backdated"] += late
            counted["backdated found"] += late and found


def _signals(parts: JudgeParts) -> list[Signal]:
    with parts.store.read() as tx:
        return [s for s in tx.signals.recent(5_000) if s.signal_type is not SignalType.SOURCE_HEALTH and s.asset_id]


def _note(signal: Signal) -> str:
    return signal.evidence.note if isinstance(signal.evidence, NoteEvidence) else ""


# --------------------------------------------------------------------------- a page and its revisions

_PAGES: dict[int, dict[int, Bullet]] = {}
"""The bullets of each revision, for the one process that prints numbers."""


def _truth(_made: list[Revision], index: int) -> dict[int, Bullet]:
    return _PAGES[index]


def _now(_made: list[Revision], index: int, number: int) -> str:
    return _PAGES[index][number].text


def revisions(chance: random.Random) -> Iterator[Revision]:
    """The first one, and 46 that follow it every few days; what is put in comes in whole revisions only."""
    at = NOW - timedelta(days=230)
    page = {n: Bullet(n, (at - timedelta(days=1 + 3 * n)).date(), _text(chance, n, at)) for n in range(STOOD)}
    _PAGES[0] = dict(page)
    yield Revision(at, _markdown(page))
    flips = set(chance.sample(range(3, REVISIONS - 2, 2), FLIPS))
    whole = [n for n in range(1, REVISIONS) if n not in flips]
    plan = {n: Counter[str]() for n in whole}
    for what, many in (("new", NEW - BACKDATED), ("late", BACKDATED), ("edit", EDITS), ("removal", REMOVED)):
        for _ in range(many):
            plan[chance.choice(whole)][what] += 1
    number, kinds = STOOD, ["empty", "cut", "rewritten"] * FLIPS
    for index in range(1, REVISIONS):
        if index in flips:
            at += timedelta(hours=30)
            kind = kinds.pop(0)
            yield Revision(at, _wild(kind, page), flip=kind)
            continue
        at += timedelta(hours=chance.uniform(20, 200))
        done = plan[index]
        edited = chance.sample(sorted(page)[-60:], min(done["edit"], 60))
        gone = chance.sample(sorted(set(page) - set(edited)), done["removal"])
        for one in gone:
            del page[one]
        for one in edited:
            page[one] = page[one]._replace(text=_edited(chance, page[one].text))
        new = []
        for late in [False] * done["new"] + [True] * done["late"]:
            day = (at - timedelta(days=chance.randrange(3, 90) if late else chance.randrange(0, 2))).date()
            new.append(Bullet(number, day, _text(chance, number, at)))
            page[number] = new[-1]
            number += 1
        _PAGES[index] = dict(page)
        yield Revision(at, _markdown(page), tuple(new), tuple(edited), tuple(gone))


def _text(chance: random.Random, number: int, at: datetime) -> str:
    ends = (at + timedelta(days=chance.randrange(-300, 400))).date().isoformat()
    return chance.choice(SAID).format(model=chance.choice(MODELS), n=number, ends=ends)


def _edited(chance: random.Random, text: str) -> str:
    how = chance.randrange(4)
    if how == 0:
        return text.replace("the ", "teh ", 1) if "the " in text else f"{text} See the guide."
    if how == 1:
        return f"{text} This applies to the Responses API as well, from version {chance.randrange(100)}."
    if how == 2:
        words = text.split()
        return " ".join(f"**{w}**" if n == 1 else w for n, w in enumerate(words)).replace("**", "") + " (updated)"
    return text.replace(" is ", " will be ", 1).replace(" now", " from today", 1) + f" Note {chance.randrange(1000)}."


def _markdown(page: dict[int, Bullet]) -> str:
    days: dict[date, list[str]] = {}
    for bullet in sorted(page.values(), key=lambda b: (b.day, b.id), reverse=True):
        days.setdefault(bullet.day, []).append(f"- {bullet.text}")
    parts = [f"### {day:%B} {day.day}, {day.year}\n\n" + "\n".join(lines) for day, lines in days.items()]
    return "# Changelog\n\n" + "\n\n".join(parts) + "\n"


def _wild(kind: str, page: dict[int, Bullet]) -> str:
    if kind == "empty":
        return "# Changelog\n"
    if kind == "cut":
        return _markdown(dict(sorted(page.items())[-12:]))
    return _markdown({n: b._replace(text=b.text.upper() + f" {n}!") for n, b in page.items()})
