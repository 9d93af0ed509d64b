"""What was released, promoted, rolled back, announced, frozen or falls due: ours and the vendors', by day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pulse_tui.domain.views.registry import CalendarRow
from pulse_tui.domain.words import Environment
from pulse_tui.storage.board.trends import Execute

MAX_ROWS = 5_000
OURS = "ours"

_RELEASES = """
SELECT created_at, asset_id, version, iteration, branch FROM releases
WHERE created_at >= :since AND created_at < :until ORDER BY created_at DESC, asset_id, iteration DESC LIMIT :limit
"""
_CHANGES = """
SELECT at, asset_id, version, iteration, change, "by", what FROM pushed_changes
WHERE at >= :since AND at < :until ORDER BY at DESC, asset_id, iteration DESC LIMIT :limit
"""
_PROMOTIONS = """
SELECT at, asset_id, version, environment, "by", why FROM promotions
WHERE at >= :since AND at < :until ORDER BY at DESC, seq DESC LIMIT :limit
"""
_ROLLBACKS = """
SELECT r.ended_at, r.target, p.body FROM runs r JOIN plans p ON p.hash = r.plan_hash
WHERE r.state = 'verified' AND r.ended_at >= :since AND r.ended_at < :until
"""
_NOTES = """
SELECT published_at, vendor, title, labels, phrase, key, source FROM notes
WHERE published_at >= :since AND published_at < :until ORDER BY published_at DESC, source, key LIMIT :limit
"""
_EFFECTS = """
SELECT effective_at, vendor, title, labels, phrase, key, source, floor FROM notes
WHERE effective_at >= :since AND effective_at < :until ORDER BY effective_at DESC, source, key LIMIT :limit
"""
_RETESTS = """
SELECT due_at, asset_id, why FROM retests
WHERE done_at IS NULL AND due_at >= :since AND due_at < :until ORDER BY due_at DESC, key LIMIT :limit
"""
_TASKS = """
SELECT due_at, asset_id, body FROM vendor_tasks
WHERE done_at IS NULL AND due_at >= :since AND due_at < :until ORDER BY due_at DESC, key LIMIT :limit
"""
_FROZEN = """
SELECT placed_at, asset_id, environment, placed_by, why FROM holds
WHERE kind = 'freeze' AND placed_at >= :since AND placed_at < :until ORDER BY placed_at DESC, seq DESC LIMIT :limit
"""
_LIFTED = """
SELECT lifted_at, asset_id, environment, lifted_by, why FROM holds
WHERE kind = 'freeze' AND lifted_at >= :since AND lifted_at < :until ORDER BY lifted_at DESC, seq DESC LIMIT :limit
"""
# What paused a rollout or shifted its traffic stands as a hold of its own: services/registry/routing.py.
_PAUSED = _FROZEN.replace("kind = 'freeze'", "id LIKE '%/routing'")
_RESUMED = _LIFTED.replace("kind = 'freeze'", "id LIKE '%/routing'")


_DUE = {"migration": "migration due", "successor": "successor to be evaluated"}


def read_calendar(execute: Execute, since_us: int, until_us: int, limit: int = MAX_ROWS) -> tuple[CalendarRow, ...]:
    """What lies in [since, until), newest first; the ``limit`` newest when there is more."""
    span = {"since": since_us, "until": until_us}
    some = {**span, "limit": limit}
    rows = [
        CalendarRow(at, OURS, "released", f"{asset} {version}", _made(iteration, branch), asset)
        for at, asset, version, iteration, branch in execute(_RELEASES, some)
    ]
    rows.extend(
        CalendarRow(
            at,
            OURS,
            change.replace("_", " "),
            f"{asset} {version or ''}".rstrip(),
            f"iteration {n} by {by}: {what}",
            asset,
        )
        for at, asset, version, n, change, by, what in execute(_CHANGES, some)
    )
    rows.extend(_promotions(execute, span, limit))
    rows.extend(CalendarRow(n[0], n[1], _labels(n[3]), n[2], n[4] or "", n[5], n[6]) for n in execute(_NOTES, some))
    rows.extend(
        CalendarRow(n[0], n[1], "not before" if n[7] else "takes effect", n[2], n[4] or _labels(n[3]), n[5], n[6])
        for n in execute(_EFFECTS, some)
    )
    rows.extend(CalendarRow(at, OURS, "retest due", asset, why, asset) for at, asset, why in execute(_RETESTS, some))
    for at, asset, body in execute(_TASKS, some):
        task = json.loads(body)
        if task["kind"] in _DUE:  # a retest stands there already
            rows.append(CalendarRow(at, OURS, _DUE[task["kind"]], asset, task["component"], asset))
    for statement, what in (
        (_FROZEN, "frozen"),
        (_LIFTED, "freeze lifted"),
        (_PAUSED, "rollout held"),
        (_RESUMED, "rollout resumed"),
    ):
        rows.extend(
            CalendarRow(at, OURS, what, _place(asset, environment), f"by {by}: {why}" if by else why, asset or "")
            for at, asset, environment, by, why in execute(statement, some)
        )
    rows.sort(key=lambda r: (-r.at_us, r.whose != OURS, r.whose, r.what, r.subject, r.detail))
    return tuple(_apart(rows[:limit]))


def _promotions(execute: Execute, span: dict[str, int], limit: int) -> Iterator[CalendarRow]:
    """A promotion that a verified rollback run recorded is shown as what it was, with the version it left."""
    runs = {(target, at): json.loads(bytes(body)) for at, target, body in execute(_ROLLBACKS, span)}
    for at, asset, version, environment, by, why in execute(_PROMOTIONS, {**span, "limit": limit}):
        plan = runs.get((f"{asset}/{environment}", at))
        if plan is None or plan.get("to_version") != version:
            what, detail = "promoted", f"by {by}"
        else:
            what = "rollback undone" if plan.get("undoes") else "rolled back"
            detail = f"from {plan.get('from_version')} by {by}"
        subject = f"{asset} {version} in {Environment(environment).short}"
        yield CalendarRow(at, OURS, what, subject, f"{detail}: {why}" if why else detail, asset)


def _apart(rows: Iterable[CalendarRow]) -> Iterator[CalendarRow]:
    """Rows that read the same are one: a feed that lists an entry twice must not give a table two equal keys."""
    seen = set()
    for row in rows:
        if row.key not in seen:
            seen.add(row.key)
            yield row


def _made(iteration: int, branch: str | None) -> str:
    return f"iteration {iteration} on {branch}" if branch else f"iteration {iteration}"


def _labels(text: str) -> str:
    """``behaviour change, deprecation``."""
    return ", ".join(str(label).replace("_", " ") for label in json.loads(text)) or "note"


def _place(asset: str | None, environment: str | None) -> str:
    where = asset or "everything"
    return f"{where} in {Environment(environment).short}" if environment else where
