"""What changed between two pictures, in the few words that fit into a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pulse_tui.domain.comparison import ComparisonState
from pulse_tui.domain.health import Health
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.advisories import AdvisoryRow
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.board import Board, Header
from pulse_tui.domain.views.rollback import PlanRow, RunRow

_TITLE: Final = 90


def changes(before: Board, after: Board) -> list[str]:
    """Each in a few words, the most urgent first; empty where only counts and ages differ."""
    found = [
        *_alerts(before.alerts, after.alerts),
        *_runs(before.runs, after.runs),
        *_plans(before.plans, after.plans),
        *_incidents(before, after),
        *_places(before, after),
        *_header(before.header, after.header),
        *_sources(before, after),
        *_advisories(before.advisories, after.advisories),
        *_comparisons(before, after),
        *_trends(before, after),
    ]
    return [clean(words, 200) for _, words in sorted(found, key=lambda pair: pair[0])]


def change_words(before: Board, after: Board) -> str:
    """``P1 opened: accuracy -5.2 pp on support-bot (and 2 more)``."""
    found = changes(before, after)
    if not found:
        return "what is listed, counted or sorted"
    return found[0] + (f" (and {len(found) - 1} more)" if len(found) > 1 else "")


def _by(rows: Sequence[Any], name: str) -> dict[Any, Any]:
    return {getattr(row, name): row for row in rows}


def _priority(row: AlertRow | AdvisoryRow) -> str:
    return "?" if row.priority == "unknown" else row.priority


def _rank(priority: str) -> int:
    return {"P1": 0, "P2": 1}.get(priority, 4)


def _alerts(before: Sequence[AlertRow], after: Sequence[AlertRow]) -> Iterator[tuple[int, str]]:
    old, new = _by(before, "id"), _by(after, "id")
    for key, row in new.items():
        was = old.get(key)
        name, rank = f"{clean(row.title, _TITLE)}", _rank(row.priority)
        if was is None:
            yield rank, f"{_priority(row)} opened: {name}"
            continue
        if was.priority != row.priority:
            yield rank, f"{_priority(was)} became {_priority(row)}: {name}"
        if was.word != row.word:
            who = f" by {row.by}" if row.by else ""
            how = "fires again" if row.word == "firing" else f"{row.word}{who}"
            yield rank, f"{_priority(row)} {how}: {name}"
        if row.escalations > was.escalations:
            yield rank, f"{_priority(row)} escalated: {name}"
        elif row.overdue and not was.overdue:
            yield rank, f"{_priority(row)} overdue: {name}"
    for key, row in old.items():
        if key not in new:
            yield _rank(row.priority), f"{_priority(row)} resolved: {clean(row.title, _TITLE)}"


def _runs(before: Sequence[RunRow], after: Sequence[RunRow]) -> Iterator[tuple[int, str]]:
    old, new = _by(before, "id"), _by(after, "id")
    for key, row in new.items():
        if key not in old or old[key].state != row.state:
            yield 1 if row.stopped else 2, row.headline
    for key, row in old.items():
        if key not in new:
            yield 2, f"{row.purpose} of {row.asset} in {row.environment} ended (run {row.id})"


def _plans(before: Sequence[PlanRow], after: Sequence[PlanRow]) -> Iterator[tuple[int, str]]:
    old, new = _by(before, "hash"), _by(after, "hash")
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            yield 3, f"plan {key[:12]} proposed by {row.by}: {row.asset} in {row.environment}"
        elif (was.state, was.approved_by, was.void, was.behind) != (row.state, row.approved_by, row.void, row.behind):
            yield 3, row.headline
    for key in old.keys() - new.keys():
        yield 3, f"plan {key[:12]} waits no longer"


def _incidents(before: Board, after: Board) -> Iterator[tuple[int, str]]:
    old, new = _by(before.incidents, "id"), _by(after.incidents, "id")
    for key, row in new.items():
        if key not in old:
            yield 2, f"incident opened: {clean(row.title, _TITLE)}"
        elif (old[key].verdict, old[key].cause) != (row.verdict, row.cause):
            yield 3, f"incident {key}: {row.cause_words}"
    for key, row in old.items():
        if key not in new:
            yield 3, f"incident ended: {clean(row.title, _TITLE)}"


def _places(before: Board, after: Board) -> Iterator[tuple[int, str]]:
    old, new = _by(before.registry, "key"), _by(after.registry, "key")
    for key, row in new.items():
        was, where = old.get(key), f"{row.asset} {row.environment}"
        if was is None:
            yield 3, f"deployed: {where} {row.version}"
        elif was.version != row.version:
            yield 2, f"{where} {was.version} -> {row.version}"
        elif was.words != row.words:
            yield 5, f"{where} is {', '.join(row.words)}"
        elif was.release != row.release or was.pointer != row.pointer or was.pointer_ok != row.pointer_ok:
            yield 6, f"{where}: release {row.release or 'unknown'}, rolls back to {row.pointer or 'nothing'}"
        elif was.run != row.run:
            continue  # the run itself says it
    for key, row in old.items():
        if key not in new:
            yield 3, f"no longer deployed: {row.asset} {row.environment} {row.version}"


def _header(before: Header, after: Header) -> Iterator[tuple[int, str]]:
    named = (
        ("frozen", before.frozen, after.frozen),
        ("paused", before.paused, after.paused),
        ("quiet", before.quiet, after.quiet),
    )
    for words, old, new in named:
        yield from ((2, f"{words}: {name}") for name in new if name not in old)
        yield from ((3, f"no longer {words}: {name.partition(' until ')[0]}") for name in old if name not in new)
    if before.as_of != after.as_of:
        yield 3, f"nothing came since {after.as_of} UTC" if after.as_of else "sources report again"
    texts = (
        (4, "policy", before.policy, after.policy or "as it is written"),
        (4, "phase", before.phase, after.phase or "full"),
        (6, "on call", before.on_call, after.on_call or "no schedule"),
    )
    yield from (
        (rank, f"{what}: {now}")
        for rank, what, was, now in texts
        if was != now and (was or not now.startswith(("as it", "full", "no ")))
    )
    counts = (
        (3, "messages not delivered", before.undelivered, after.undelivered),
        (7, "reviews late", before.late_reviews, after.late_reviews),
        (7, "undecided", before.indeterminate, after.indeterminate),
        (7, "not paged", before.unpaged, after.unpaged),
    )
    yield from ((rank, f"{what}: {count} -> {now}") for rank, what, count, now in counts if count != now)


def _sources(before: Board, after: Board) -> Iterator[tuple[int, str]]:
    old = _by(before.sources, "id")
    for row in after.sources:
        was = old.get(row.id)
        if was is not None and was.health != row.health:
            good = row.health == Health.GOOD
            yield 6 if good else 4, f"source {row.id} is {row.health}" + (f": {row.reason}" if row.reason else "")
    for key in old.keys() - {row.id for row in after.sources}:
        yield 6, f"source {key} is no longer configured"


def _advisories(before: Sequence[AdvisoryRow], after: Sequence[AdvisoryRow]) -> Iterator[tuple[int, str]]:
    old, new = _by(before, "key"), _by(after, "key")
    for key, row in new.items():
        was = old.get(key)
        if was is None:
            yield _rank(row.priority) + 4, f"{_priority(row)} {row.id} reaches {row.component}"
        elif (was.priority, was.state) != (row.priority, row.state):
            yield _rank(row.priority) + 5, f"{_priority(row)} {row.id} in {row.component}: {row.state}"
    for key, row in old.items():
        if key not in new:
            yield _rank(row.priority) + 5, f"{row.id} no longer reaches {row.component}"


def _comparisons(before: Board, after: Board) -> Iterator[tuple[int, str]]:
    old = _by(before.comparisons, "key")
    for key, row in _by(after.comparisons, "key").items():
        was = old.pop(key, None)
        if was is None or (was.state, was.version) != (row.state, row.version):
            yield (
                3 if row.state == ComparisonState.FAIL else 6,
                f"{row.measure} of {row.asset} {row.sides}: {row.state}",
            )
    for row in old.values():
        yield 6, f"{row.measure} of {row.asset} {row.environment} is no longer compared"


def _trends(before: Board, after: Board) -> Iterator[tuple[int, str]]:
    old = {(t.asset, t.suite, t.task, t.metric): t for t in before.trends}
    for t in after.trends:
        was = old.get((t.asset, t.suite, t.task, t.metric))
        if was is None or was.points != t.points or was.verdict != t.verdict:
            yield 8, f"{t.task} {t.metric} of {t.asset}: {t.verdict or t.note or 'measured'}"
