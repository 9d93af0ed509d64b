"""Everything that is remembered of vendors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from pulse_tui.domain.catalogue import CatalogueEvent, CatalogueModel, StoredEvent
from pulse_tui.domain.lifecycle import Lifecycle, StoredLifecycle
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.note import Label, LocalRule, Note, NoteChange, PageState, Reading, StoredNote, What
from pulse_tui.domain.tripwire import ProbeBaseline, ProbeRound
from pulse_tui.domain.vendor_task import VendorTask
from pulse_tui.storage.sql.codec import Codec, to_json
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import among
from pulse_tui.storage.sql.plain import asked, where
from pulse_tui.storage.sql.upsert import insert_many, insert_new, put_difference, upsert
from pulse_tui.storage.vendors.later import t

_NOTE = Codec(Note)
_READING = Codec(Reading)
_BEFORE = msgspec.json.Decoder(Note)
_MODEL = msgspec.json.Decoder(CatalogueModel)
_EVENT = msgspec.json.Decoder(CatalogueEvent)
_LIFECYCLE = msgspec.json.Decoder(Lifecycle)
_PAGE = msgspec.json.Decoder(PageState)
_RULE = msgspec.json.Decoder(LocalRule)
_ROUND = msgspec.json.Decoder(ProbeRound)
_BASELINE = msgspec.json.Decoder(ProbeBaseline)
_TASK = msgspec.json.Decoder(VendorTask)
_STORED = list(dict.fromkeys([*_NOTE.names, *_READING.names, "first_at", "changed_at", "listed", "baseline"]))
S = TypeVar("S")
_STANDING = "SELECT platform, model, body, listed FROM lifecycles WHERE source {among}"


class VendorTables:
    """Implements :class:`pulse_tui.ports.Vendors`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    # ------------------------------------------------------------------- notes and their pages

    def note(self, source: str, key: str) -> StoredNote | None:
        where = (t.notes.c.source == source, t.notes.c.key == key)
        row = self._c.execute(sa.select(t.notes).where(*where)).mappings().first()
        return None if row is None else _stored(row)

    def notes(
        self, source: str | None = None, *, since: datetime | None = None, review: bool = False, limit: int = 1_000
    ) -> list[StoredNote]:
        wanted = ["source = :source"] * (source is not None) + ["first_at >= :since"] * (since is not None)
        sql = f"""SELECT {", ".join(_STORED)} FROM notes {where([*wanted, *["review"] * review])}
                  ORDER BY first_at DESC, published_at DESC, source, key LIMIT :limit"""  # noqa: S608  names of our own
        given = {"source": source, "since": None if since is None else to_us(since), "limit": limit}
        return [_stored(dict(zip(_STORED, row, strict=True))) for row in asked(self._c, sql, given)]

    def announced(self, since: datetime) -> list[StoredNote]:
        c = t.notes.c
        ends = (c.listed, c.effective_at >= to_us(since), c.labels.contains(f'"{Label.DEPRECATION}"'))
        query = sa.select(t.notes).where(*ends).order_by(c.first_at.desc(), c.source, c.key)
        return [_stored(row) for row in self._c.execute(query).mappings()]

    def memory(self, source: str) -> Mapping[str, StoredNote]:
        rows = self._c.execute(sa.select(t.notes).where(t.notes.c.source == source)).mappings()
        return {row["key"]: _stored(row) for row in rows}

    def put_note(self, note: Note, reading: Reading, now: datetime, *, baseline: bool = False) -> What | None:
        before = self.note(note.source, note.key)
        if before is not None and not note.dated:  # its date is when it was first seen
            note = msgspec.structs.replace(note, published_at=before.note.published_at)
        row = {**_NOTE.row(note), **_READING.row(reading), "listed": True}
        if before is None:
            kept = {"first_at": to_us(now), "changed_at": to_us(now), "baseline": baseline}
            upsert(self._c, t.notes, [{**row, **kept}])
            what = What.NEW
        elif before.note == note and before.listed:
            if before.reading != reading:
                upsert(self._c, t.notes, [row])
            return None
        else:
            upsert(self._c, t.notes, [{**row, "changed_at": to_us(now)}])
            what = What.EDITED if before.listed else What.REAPPEARED
        self._change(note.source, note.key, now, what, before.note if before else None)
        return what

    def put_history(self, notes: Sequence[tuple[Note, Reading]], now: datetime) -> None:
        us = to_us(now)
        beside = {"listed": True, "baseline": True, "first_at": us, "changed_at": us}
        insert_many(
            self._c, t.notes, [{**_NOTE.row(note), **_READING.row(reading), **beside} for note, reading in notes]
        )
        new = {"at": us, "what": What.NEW.value, "before": None}
        insert_many(self._c, t.note_changes, [{"source": note.source, "key": note.key, **new} for note, _ in notes])

    def unlist(self, source: str, keys: Collection[str], now: datetime) -> int:
        gone = 0
        for key in sorted(keys):
            before = self.note(source, key)
            if before is None or not before.listed:
                continue
            where = (t.notes.c.source == source, t.notes.c.key == key)
            self._c.execute(sa.update(t.notes).where(*where).values(listed=False, changed_at=to_us(now)))
            self._change(source, key, now, What.REMOVED, before.note)
            gone += 1
        return gone

    def _change(self, source: str, key: str, now: datetime, what: What, before: Note | None) -> None:
        text = None if before is None else to_json(before)
        values = {"source": source, "key": key, "at": to_us(now), "what": what.value, "before": text}
        self._c.execute(sa.insert(t.note_changes).values(**values))

    def changes(self, source: str, key: str) -> list[NoteChange]:
        c = t.note_changes.c
        query = sa.select(t.note_changes).where(c.source == source, c.key == key).order_by(c.seq)
        return [
            NoteChange(
                source=row["source"],
                key=row["key"],
                at=from_us(row["at"]),
                what=What(row["what"]),
                before=None if row["before"] is None else _BEFORE.decode(row["before"]),
            )
            for row in self._c.execute(query).mappings()
        ]

    def page(self, source: str) -> PageState | None:
        return self._one(t.pages, source, _PAGE)

    def pages(self) -> list[PageState]:
        return self._all(t.pages, _PAGE)

    def put_page(self, state: PageState) -> None:
        upsert(self._c, t.pages, [{"source": state.source, "body": to_json(state)}])

    # ------------------------------------------------------------------- corrections

    def local_rules(self) -> list[LocalRule]:
        return self._all(t.local_rules, _RULE)

    def put_local_rule(self, rule: LocalRule) -> bool:
        return upsert(self._c, t.local_rules, [{"id": rule.id, "body": to_json(rule)}]) > 0

    def drop_local_rule(self, rule_id: str) -> bool:
        return self._c.execute(sa.delete(t.local_rules).where(t.local_rules.c.id == rule_id)).rowcount > 0

    # ------------------------------------------------------------------- lifecycles

    def put_lifecycles(
        self, source: str, items: Iterable[Lifecycle], now: datetime, *, whole: bool
    ) -> list[tuple[Lifecycle | None, Lifecycle]]:
        standing = {
            (platform, model): (_LIFECYCLE.decode(body), bool(listed))
            for platform, model, body, listed in among(self._c, _STANDING, [source])
        }
        given = {(item.platform, item.model): item for item in items}
        changed = list[tuple[Lifecycle | None, Lifecycle]]()
        for place, item in given.items():
            before, listed = standing.get(place, (None, False))
            if before == item and listed:
                continue
            if before != item:
                changed.append((before, item))
            upsert(self._c, t.lifecycles, [_lifecycle_row(item, now)])
        c = t.lifecycles.c
        for platform, model in standing.keys() - given.keys() if whole else ():
            here = (c.source == source, c.platform == platform, c.model == model, c.listed)
            self._c.execute(sa.update(t.lifecycles).where(*here).values(listed=False, changed_at=to_us(now)))
        return changed

    def lifecycles(self, models: Collection[tuple[str, str]] | None = None) -> list[StoredLifecycle]:
        c = t.lifecycles.c
        query = sa.select(t.lifecycles).order_by(c.source, c.platform, c.model)
        if models is not None:
            query = query.where(sa.tuple_(c.platform, c.model).in_(sorted(models)))
        return [
            StoredLifecycle(
                item=_LIFECYCLE.decode(row["body"]), changed_at=from_us(row["changed_at"]), listed=bool(row["listed"])
            )
            for row in self._c.execute(query).mappings()
        ]

    # ------------------------------------------------------------------- catalogues

    def catalogue(self, source: str) -> dict[str, CatalogueModel]:
        query = sa.select(t.catalogue_models.c.key, t.catalogue_models.c.body).where(
            t.catalogue_models.c.source == source
        )
        return {key: _MODEL.decode(body) for key, body in self._c.execute(query)}

    def put_catalogue(self, source: str, models: Iterable[CatalogueModel]) -> None:
        rows = [{"source": source, "key": m.key, "body": to_json(m)} for m in models]
        put_difference(self._c, t.catalogue_models, rows, "source")
        c = t.catalogue_models.c
        standing = {key for (key,) in self._c.execute(sa.select(c.key).where(c.source == source))}
        if gone := standing - {row["key"] for row in rows}:
            one = sa.delete(t.catalogue_models).where(c.source == source, c.key == sa.bindparam("_key"))
            self._c.execute(one, [{"_key": key} for key in gone])

    def put_events(self, source: str, events: Iterable[CatalogueEvent], at: datetime) -> None:
        rows = [
            {"source": source, "at": to_us(at), "type": e.type.value, "model": e.model, "body": to_json(e)}
            for e in events
        ]
        if rows:
            self._c.execute(sa.insert(t.catalogue_events), rows)

    def events(
        self, *, source: str | None = None, since: datetime | None = None, models: Collection[str] | None = None
    ) -> list[StoredEvent]:
        c = t.catalogue_events.c
        query = sa.select(t.catalogue_events).order_by(c.seq.desc())
        if source is not None:
            query = query.where(c.source == source)
        if since is not None:
            query = query.where(c.at >= to_us(since))
        if models is not None:
            query = query.where(c.model.in_(sorted(models)))
        return [
            StoredEvent(source=row["source"], at=from_us(row["at"]), event=_EVENT.decode(row["body"]))
            for row in self._c.execute(query).mappings()
        ]

    # ------------------------------------------------------------------- the tripwire

    def put_round(self, item: ProbeRound) -> bool:
        row = {"source": item.source, "at": to_us(item.at), "body": to_json(item)}
        return insert_new(self._c, t.probe_rounds, row)

    def rounds(self, source: str, limit: int = 100) -> list[ProbeRound]:
        c = t.probe_rounds.c
        query = sa.select(c.body).where(c.source == source).order_by(c.at.desc()).limit(limit)
        return [_ROUND.decode(body) for (body,) in self._c.execute(query)]

    def baseline(self, source: str) -> ProbeBaseline | None:
        return self._one(t.probe_baselines, source, _BASELINE)

    def baselines(self) -> list[ProbeBaseline]:
        rows = asked(self._c, "SELECT body FROM probe_baselines ORDER BY source")
        return [_BASELINE.decode(row[0]) for row in rows]

    def put_baseline(self, item: ProbeBaseline) -> None:
        upsert(self._c, t.probe_baselines, [{"source": item.source, "body": to_json(item)}])

    # ------------------------------------------------------------------- what is asked of owners

    def put_task(self, task: VendorTask) -> bool:
        row = {
            "key": task.key,
            "asset_id": task.asset_id,
            "source": task.source,
            "due_at": None if task.due_at is None else to_us(task.due_at),
            "done_at": None if task.done_at is None else to_us(task.done_at),
            "body": to_json(task),
        }
        return upsert(self._c, t.vendor_tasks, [row]) > 0

    def tasks(
        self, *, asset_id: str | None = None, source: str | None = None, open_only: bool = False
    ) -> list[VendorTask]:
        wanted = ["asset_id = :asset"] * (asset_id is not None) + ["source = :source"] * (source is not None)
        wanted += ["done_at IS NULL"] * open_only
        sql = f"SELECT body FROM vendor_tasks {where(wanted)} ORDER BY due_at IS NULL, due_at, key"  # noqa: S608
        return [_TASK.decode(row[0]) for row in asked(self._c, sql, {"asset": asset_id, "source": source})]

    # ------------------------------------------------------------------- bodies

    def _one(self, table: sa.Table, source: str, decoder: msgspec.json.Decoder[S]) -> S | None:
        body = self._c.execute(sa.select(table.c.body).where(table.c.source == source)).scalar()
        return None if body is None else decoder.decode(body)

    def _all(self, table: sa.Table, decoder: msgspec.json.Decoder[S]) -> list[S]:
        order = table.primary_key.columns
        return [decoder.decode(body) for (body,) in self._c.execute(sa.select(table.c.body).order_by(*order))]


def _stored(row: Mapping[Any, Any]) -> StoredNote:
    return StoredNote(
        note=_NOTE.item(row),
        reading=_READING.item(row),
        first_at=from_us(row["first_at"]),
        changed_at=from_us(row["changed_at"]),
        listed=bool(row["listed"]),
        baseline=bool(row["baseline"]),
    )


def _lifecycle_row(item: Lifecycle, now: datetime) -> dict[str, Any]:
    return {
        "source": item.source,
        "platform": item.platform,
        "model": item.model,
        "ends_at": None if item.ends_at is None else to_us(item.ends_at),
        "changed_at": to_us(now),
        "listed": True,
        "body": to_json(item),
    }
