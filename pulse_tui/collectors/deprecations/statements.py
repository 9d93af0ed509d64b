"""Rows to what is known of each model, and to the notes that announce it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urljoin

from pulse_tui.collectors.deprecations.rows import Row
from pulse_tui.domain.lifecycle import Lifecycle, Stage
from pulse_tui.domain.note import Note, NoteKind
from pulse_tui.domain.text import clean, clean_block, distinct

_RANK = (Stage.UNKNOWN, Stage.ACTIVE, Stage.PREVIEW, Stage.LEGACY, Stage.DEPRECATED, Stage.RETIRED)
_NEVER = datetime.min.replace(tzinfo=UTC)


class About(NamedTuple):
    """What the statements of a page have in common."""

    source: str
    vendor: str
    platform: str
    now: datetime
    base: str
    """The address of the page; empty of a file."""


def announces(row: Row) -> bool:
    """Whether the row announces an end: one that lists a model in service, with the earliest date or none, does not."""
    return row.stage in (Stage.LEGACY, Stage.DEPRECATED, Stage.RETIRED) or (row.ends is not None and not row.floor)


def statements(rows: Sequence[Row], about: About) -> tuple[list[Note], list[Lifecycle]]:
    """A note for each row that announces an end, and one statement for each exact id."""
    notes: list[Note] = []
    by_model: dict[str, list[tuple[Row, str | None]]] = defaultdict(list)
    seen = Counter[str]()
    for row in rows:
        key: str | None = None
        if announces(row):
            key = f"{row.shown}@{row.of}" if row.of else row.shown
            seen[key] += 1
            key = distinct(key if seen[key] == 1 else f"{key}.{seen[key]}")
            notes.append(_note(row, key, about))
        for model in row.models:
            by_model[model].append((row, key))
    return notes, [_lifecycle(model, found, about) for model, found in by_model.items()]


def _note(row: Row, key: str, about: About) -> Note:
    return Note(
        source=about.source,
        key=key,
        vendor=about.vendor,
        title=clean(title_of(row), 300),
        body=clean_block(row.body),
        published_at=row.announced or about.now,
        link=_link(row, about),
        kind=NoteKind.DEPRECATIONS,
        section=clean(row.section, 300),
        models=row.models[:100],
        dated=row.announced is not None,
    )


def title_of(row: Row) -> str:
    """What it announces, in a sentence."""
    names = ", ".join(row.models[:3]) + (f" and {len(row.models) - 3} more" if len(row.models) > 3 else "")
    names = names or row.shown
    day = _day(row)
    if row.stage is Stage.RETIRED:
        return f"{names}: retired{f' on {day}' if day else ''}"
    if day:
        return f"{names}: shut down {'not sooner than' if row.floor else 'in' if row.ends and row.ends.month_only else 'on'} {day}"
    return f"{names}: {row.stage}"


def _day(row: Row) -> str:
    if row.ends is None:
        return ""
    return f"{row.ends.at:%B %Y}" if row.ends.month_only else f"{row.ends.at:%Y-%m-%d}"


def _lifecycle(model: str, found: Sequence[tuple[Row, str | None]], about: About) -> Lifecycle:
    """What the rows of one model say together: a page may list it by its state, and again as announced."""
    rows = [row for row, _ in found]
    dated = _dated(rows)
    stated = [row.stage for row in rows if row.stated] or [row.stage for row in rows]
    return Lifecycle(
        source=about.source,
        platform=about.platform,
        model=model,
        stage=max(stated, key=_RANK.index),
        ends_at=dated.ends.at if dated is not None and dated.ends is not None else None,
        floor=dated is not None and dated.floor,
        month_only=dated is not None and dated.ends is not None and dated.ends.month_only,
        announced_at=max((row.announced for row in rows if row.announced), default=None),
        successor=next((row.successor for row in rows if row.successor), None),
        link=_link(dated or rows[0], about),
        note=next((key for row, key in found if key is not None and (dated is None or row.ends == dated.ends)), None),
    )


def _dated(rows: Iterable[Row]) -> Row | None:
    """The row whose date counts: one that is a date before the earliest possible; announced last; the earlier."""
    found = [row for row in rows if row.ends is not None]
    firm = [row for row in found if not row.floor] or found
    last = max((row.announced or _NEVER for row in firm), default=_NEVER)
    newest = [row for row in firm if (row.announced or _NEVER) == last]
    return min(newest, key=lambda row: row.ends.at if row.ends is not None else about_never(), default=None)


def about_never() -> datetime:
    """Behind every date."""
    return datetime.max.replace(tzinfo=UTC)


def _link(row: Row, about: About) -> str | None:
    if not about.base.startswith(("http://", "https://")):
        return None
    return clean(urljoin(about.base, f"#{row.anchor}") if row.anchor else about.base, 2_000)
