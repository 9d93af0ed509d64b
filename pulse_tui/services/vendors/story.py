"""Notes as the screens and ``pulse-tui note`` show them: rows of the list, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.countdown import as_of
from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.lifecycle import StoredLifecycle
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.note import Label, LocalRule, Note, NoteChange, StoredNote, What
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.text import clean, clean_block, many
from pulse_tui.domain.vendor_task import VendorTask
from pulse_tui.domain.views.vendors import LISTED, CorrectionRow, Hunk, NoteEdit, NoteRow, NoteStory, Statement, day
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.diff import Op, Stretch, diff
from pulse_tui.enrich.vendors.inuse import Uses
from pulse_tui.enrich.vendors.lifecycles import ended_by
from pulse_tui.enrich.vendors.mentions import Reach
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.enrich.vendors.notes import Hit, hits
from pulse_tui.enrich.vendors.tasks import ended_word, task_words
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.vendors.reached import NoteMemory, Reachable
from pulse_tui.services.vendors.shutdowns import statement
from pulse_tui.settings.check import nearest

AROUND = 4
"""Words around a place that was edited."""
CLOSE = 2
"""Places with so few words between them are one."""
SHOWN = 60
"""Words of one place that are shown."""
_MARK = re.compile(r" ([.,;:!?)])(?= |\Z)")
"""A mark stands alone as a word; no blank belongs before it."""
_ABOUT_NOTES = frozenset(
    {
        SignalType.VENDOR_NOTE,
        SignalType.DEPRECATION,
        SignalType.PRICING_CHANGE,
        SignalType.RATE_LIMIT_CHANGE,
        SignalType.INCIDENT,
        SignalType.CATALOGUE_CHANGE,
    }
)
MARKS = {What.EDITED: "edited", What.REAPPEARED: "back again", What.REMOVED: "removed"}
_HAPPENED = {**MARKS, What.NEW: "first read"}
Lines = Iterator[tuple[str, str]]
Reached = Mapping[str, Sequence[Hit]]


def note_rows(
    store: Store, memory: NoteMemory, *, source: str | None = None, review: bool = False
) -> tuple[NoteRow, ...]:
    """The newest first; ``review``: only those that a person should look at and that their page still lists."""
    with store.read() as tx:
        notes = [n for n in tx.vendors.notes(source, review=review, limit=LISTED) if n.listed or not review]
        used = Reachable(tx, [n.note for n in notes])
        given = _given(tx.vendors.local_rules())
        return tuple(_row(n, memory.whom(n, used), given, memory.last(n, tx)) for n in notes)


def note_story(store: Store, source: str, key: str, now: datetime) -> NoteStory:
    """Everything that is known of one note. Raises NotFound."""
    with store.read() as tx:
        stored = tx.vendors.note(source, key)
        if stored is None:
            raise NotFound(f"there is no note {key!r} of {source!r}", todo="see what is stored: pulse-tui note list")
        note = stored.note
        used = Reachable(tx, [note])
        reached = hits(note, used.estate, used.heads)
        changes = tx.vendors.changes(source, key)
        signals = _signals(tx, stored)
        alerts = _alerts(tx, signals)
        tasks = [t for t in tx.vendors.tasks(source=source) if t.note == key]
        edited = tuple(edits(changes, note, stored.reading.labels))
        row = _row(stored, tuple(sorted(reached)), _given(tx.vendors.local_rules()), NoteMemory().last(stored, tx))
        others = [s for s in _stated(tx, reached) if (s.item.source, s.item.note) != (source, key)]
        lines = (
            *_changed(row, stored, edited, now),
            *_risk(stored, reached, used.estate, signals, others, now),
            *(("What to do now", text) for text in _todo(stored, reached, tasks, alerts, now)),
            *_labels(stored, row),
            *(("Text", line) for line in clean_block(note.body, 6_000).split("\n") if note.body.strip()),
            *_models(note, reached),
            *_numbers(signals),
            *_tasks(tasks, now),
            *_others(others, signals),
            *(("Alerts", f"{a.priority.value} {as_of(a.title, now)}: {a.state.value}") for a in alerts),
            *about(note),
        )
    return NoteStory(
        row, lines, edited, note.link or "", tuple(reached), tuple(alert.id for alert in alerts),
    )  # fmt: skip


def correction_rows(store: Store) -> tuple[CorrectionRow, ...]:
    """What persons corrected, the newest first."""
    with store.read() as tx:
        rules = tx.vendors.local_rules()
    rows = [
        CorrectionRow(
            r.id, r.vendor, tuple(label.value for label in r.labels), r.words, r.by, to_us(r.at), r.why, r.source, r.key,
            clean(r.title, 300),
        )
        for r in rules
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda r: (-r.at_us, r.id)))


def label(name: str) -> Label:
    """The label of this name. Raises WrongUse with the nearest name."""
    names = {each.value: each for each in Label}
    if name not in names:
        raise WrongUse(f"there is no label {clean(name, 60)!r}", todo=nearest(name, names))
    return names[name]


# ------------------------------------------------------------------------------- rows


def _given(rules: Sequence[LocalRule]) -> frozenset[tuple[str, str]]:
    return frozenset((rule.source, rule.key) for rule in rules if rule.key)


def _row(stored: StoredNote, whom: tuple[str, ...], given: frozenset[tuple[str, str]], last: What) -> NoteRow:
    note, reading = stored.note, stored.reading
    return NoteRow(
        note.source,
        note.key,
        to_us(stored.first_at),
        clean(note.vendor, 60),
        tuple(label.value for label in reading.labels),
        clean(note.title, 300) or clean(note.body, 120) or "no title",
        whom,
        to_us(note.published_at) if note.dated else None,
        MARKS.get(last, ""),
        review=reading.review,
        history=stored.baseline,
        ends_us=to_us(reading.effective_at) if reading.effective_at else None,
        floor=reading.floor,
        corrected=(note.source, note.key) in given,
    )


# ------------------------------------------------------------------------------- the three questions


def _changed(row: NoteRow, stored: StoredNote, edits: Sequence[NoteEdit], now: datetime) -> Lines:
    what = " and ".join(label.replace("_", " ") for label in row.labels if label != Label.OTHER) or "a note"
    yield "What changed", f"{row.vendor}: {row.title}"
    yield from (("", text) for text in _effect(row, now))
    if row.mark == "removed":
        yield "", f"▲ its page lists it no longer since {day(to_us(stored.changed_at))}: that takes nothing of it back"
    elif len(edits) > 1:
        last = edits[-1]
        yield "", f"✎ {last.what} {day(last.at_us)}" + (f": {'; '.join(last.moved)}" if last.moved else "")
    first = f"first read {from_us(row.first_us):%Y-%m-%d %H:%M}"
    if row.history:
        first += " as its source was read for the first time: history"
    if row.dated_us is None:
        yield "", f"it bears no date; {first}"
    elif row.back_dated_days:
        yield "", f"▲ dated {day(row.dated_us)}, {first}: back-dated, or read late, by {row.back_dated_days} d"
    else:
        yield "", f"dated {day(row.dated_us)}, {first}"
    yield "", f"{what}, on a page of {stored.note.kind.value}"


def _effect(row: NoteRow, now: datetime) -> Iterator[str]:
    if row.ends_us is None:
        if Label.DEPRECATION in row.labels:
            yield "? it gives no date that can be read"
        return
    days = (from_us(row.ends_us).date() - now.date()).days
    left = f"in {days} d" if days > 0 else "today" if days == 0 else f"{-days} d ago"
    if row.floor:
        yield f"not sooner than {day(row.ends_us)} ({left}): the earliest date, not the date"
    else:
        yield f"takes effect {day(row.ends_us)}: {left}"


def _risk(
    stored: StoredNote,
    reached: Reached,
    estate: Estate,
    signals: Sequence[Signal],
    others: Sequence[StoredLifecycle],
    now: datetime,
) -> Lines:
    if not reached:
        yield "What is the risk", "it names nothing that is known to run here"
        return
    yield "What is the risk", f"it reaches {many(len(reached), 'asset')}:"
    by_asset = {s.asset_id: s.evidence for s in signals if isinstance(s.evidence, NoteEvidence)}
    for asset_id, found in reached.items():
        asset = estate.assets.get(asset_id)
        places = {environment for hit in found for environment in hit.environments}
        where = ", ".join(e.short for e in sorted(places, key=lambda e: e.rank)) or "runs nowhere"
        owner = (asset.owner_team if asset else None) or "nobody"
        yield "", f"{asset_id} ({where}; of {owner}): {', '.join(_exactly(hit) for hit in found[:4])}"
        evidence = by_asset.get(asset_id)
        if evidence is not None and (evidence.endpoints or evidence.segments):
            yield (
                "",
                f"  endpoints {', '.join(evidence.endpoints) or 'unknown'}; for {', '.join(evidence.segments) or 'whom is unknown'}",
            )
    left = [
        (s.item.ends_at, s.item.platform)
        for s in others
        if s.item.ends_at is not None and not s.item.floor and s.listed
    ]
    if left and Label.DEPRECATION in stored.reading.labels:
        ends, platform = min(left)
        if stored.reading.effective_at is None or ends < stored.reading.effective_at:
            yield "", f"▲ {platform} states an earlier end: {ends:%Y-%m-%d}, in {(ends.date() - now.date()).days} d"


def _exactly(hit: Hit) -> str:
    """``openai/gpt-4.1-2025-04-14 exactly``, ``azure/gpt-4.1 by its family``, ``vllm 0.9.1 exactly``."""
    component = hit.component
    hosted = component.kind is ComponentKind.HOSTED_MODEL
    return f"{component.id if hosted else component.label} {'exactly' if hit.reach is Reach.EXACT else 'by its family'}"


def _todo(
    stored: StoredNote,
    reached: Mapping[str, object],
    tasks: Sequence[VendorTask],
    alerts: Sequence[Alert],
    now: datetime,
) -> Iterator[str]:
    open_tasks = [t for t in tasks if t.done_at is None]
    for task in open_tasks:
        yield f"{task.asset_id}: {task_words(task, now)}"
    if stored.reading.review:
        yield "? read it and give it its labels: no rule, or only a weak one, says what it is about"
    if not open_tasks and alerts:
        yield f"{many(len(alerts), 'alert')} of it {'is' if len(alerts) == 1 else 'are'} open: acknowledge there what you take on"
    if not open_tasks and not alerts and not stored.reading.review:
        calm = "everything it asked for is done" if tasks else "nothing that is known"
        yield calm if reached else "nothing: it reaches nothing of yours"


# ------------------------------------------------------------------------------- the rest of the page


def _labels(stored: StoredNote, row: NoteRow) -> Lines:
    why = dict(stored.reading.why)
    label = "Labels"
    for each in stored.reading.labels:
        phrase = why.get(each) or (stored.reading.phrase if len(stored.reading.labels) == 1 else None)
        yield (
            label,
            f"{each.value.replace('_', ' '):<16}  " + (f"“{clean(phrase, 200)}”" if phrase else "no phrase decided it"),
        )
        label = ""
    if row.corrected:
        yield label, "corrected by a person: the corrections list it"


def _models(note: Note, reached: Reached) -> Lines:
    if note.models:
        yield "Its models", ", ".join(clean(name, 100) for name in note.models[:20])
    if note.package:
        yield "Package", f"{note.package} {note.version or ''}".rstrip()
    named = dict.fromkeys(hit.component.id for found in reached.values() for hit in found)
    both = [f"{ident} ({name})" if (name := canonical(ident).name) != ident else ident for ident in named]
    if both:
        yield "In use", ", ".join(both)


def _numbers(signals: Sequence[Signal]) -> Lines:
    label = "Your numbers"
    for signal in signals:
        evidence = signal.evidence
        if not isinstance(evidence, NoteEvidence):
            continue
        for text in evidence.compared:
            yield label, f"{signal.asset_id or 'all'}: {clean(text, 300)}"
            label = ""
    named = dict.fromkeys(s.evidence.successor for s in signals if isinstance(s.evidence, NoteEvidence))
    if found := ", ".join(clean(name, 100) for name in named if name):
        yield "Successor", found


def _tasks(tasks: Sequence[VendorTask], now: datetime) -> Lines:
    label = "Tasks"
    for task in tasks:
        if task.done_at is None:
            yield label, f"○ {task.asset_id}: {task_words(task, now)}"
        else:
            how = f" {task.verdict}" if task.verdict else ""
            why = task.how or (f"run {task.run_id}" if task.run_id else "no reason is recorded")
            yield (
                label,
                f"✓ {task.asset_id}: {task.kind.value} of {task.component} {ended_word(task)} {task.done_at:%Y-%m-%d}{how}: {why}",
            )
        label = ""


def _others(others: Sequence[StoredLifecycle], signals: Sequence[Signal]) -> Lines:
    """What other sources state, first as it is stored, then where a signal compared them."""
    label = "Other sources"
    for stored in others:
        said: Statement = statement(stored)
        gone = "" if stored.listed else "; it lists the model no longer, which is no retirement"
        yield label, f"{said.source}: {stored.item.platform}/{stored.item.model} {said.stage} {said.when}{gone}"
        label = ""
    seen = dict.fromkeys(
        clean(text, 300) for s in signals if isinstance(s.evidence, NoteEvidence) for text in s.evidence.says
    )
    for text in seen:
        yield label, text
        label = ""


def about(note: Note) -> Lines:
    """Where it is from."""
    yield "Source", f"{note.source}, {note.kind.value}" + (f": {clean(note.section, 200)}" if note.section else "")
    yield "Key", clean(note.key, 300)
    yield "Link", note.link or "none"


# ------------------------------------------------------------------------------- what is looked up


def _signals(tx: Transaction, stored: StoredNote) -> list[Signal]:
    """Of the note, the newest of each condition."""
    note = stored.note
    since = stored.first_at - timedelta(days=1)
    return [
        s
        for s in tx.signals.newest(since, _ABOUT_NOTES)
        if s.source == note.source and isinstance(s.evidence, NoteEvidence) and s.evidence.note == note.key
    ]


def _alerts(tx: Transaction, signals: Sequence[Signal]) -> list[Alert]:
    fingerprints = {s.fingerprint for s in signals}
    found = [a for f in sorted(fingerprints) for a in tx.judgements.open_alerts_about(f) if a.state in OPEN]
    return sorted({a.id: a for a in found}.values(), key=lambda a: (a.priority.rank, a.id))


def _stated(tx: Transaction, reached: Reached) -> list[StoredLifecycle]:
    """What lists and catalogues state of the models that it reaches."""
    components = [hit.component for found in reached.values() for hit in found]
    uses = Uses(c for c in components if c.kind is ComponentKind.HOSTED_MODEL)
    return [stored for stored in tx.vendors.lifecycles() if ended_by(uses, stored.item)] if reached else []


def edits(changes: Sequence[NoteChange], note: Note, labels: Sequence[Label]) -> Iterator[NoteEdit]:
    """Each change with what it changed: ``before`` of the next one, or the note as it is, is what came of it."""
    for number, change in enumerate(changes):
        later = next((c.before for c in changes[number + 1 :] if c.before is not None), note)
        if change.before is None or change.what is What.REMOVED:
            yield NoteEdit(to_us(change.at), _HAPPENED[change.what])
            continue
        made = diff(change.before, later, labels)
        moved = (*filter(None, [made.sentence]), *_moved(change.before, later))
        yield NoteEdit(to_us(change.at), _HAPPENED[change.what], moved, tuple(hunks(made.words)))


def _moved(before: Note, after: Note) -> Iterator[str]:
    """What of a note moved besides its words."""
    if before.dated and after.dated and before.published_at.date() != after.published_at.date():
        yield f"the date it bears moved {before.published_at:%Y-%m-%d} -> {after.published_at:%Y-%m-%d}"
    if before.section != after.section:
        yield f"it moved to {clean(after.section, 100) or 'no section'}"
    if before.link != after.link:
        yield f"its link is now {clean(after.link or 'none', 200)}"


def hunks(words: Sequence[Stretch]) -> Iterator[Hunk]:
    """Each place where words went or came, with a few of those around it; places that stand close are one."""
    places = list[list[int]]()
    for number, stretch in enumerate(words):
        if stretch.op is Op.SAME:
            continue
        if places and all(len(s.text.split()) <= CLOSE for s in words[places[-1][1] + 1 : number] if s.op is Op.SAME):
            places[-1][1] = number
        else:
            places.append([number, number])
    for first, last in places:
        parts = words[first : last + 1]
        before = words[first - 1].text.split() if first else []
        after = words[last + 1].text.split() if last + 1 < len(words) else []
        sides = [_side(parts, op, before, after) for op in (Op.GONE, Op.CAME)]
        yield Hunk(*sides)


def _side(parts: Sequence[Stretch], op: Op, before: Sequence[str], after: Sequence[str]) -> str:
    """The words as they were, or as they are; "" where none of them went or came."""
    if all(part.op is not op for part in parts):
        return ""
    own = [word for part in parts if part.op in (op, Op.SAME) for word in part.text.split()]
    kept = own[:SHOWN] + (["…"] if len(own) > SHOWN else [])
    head = ["…"] if len(before) > AROUND else []
    tail = ["…"] if len(after) > AROUND else []
    return clean(_MARK.sub(r"\1", " ".join([*head, *before[-AROUND:], *kept, *after[:AROUND], *tail])), 1_000)
