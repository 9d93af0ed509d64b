"""Results that could not be used, as concerns of their release: a refused result is not an absent one.

The concern of a refused result stays until a run of that suite on that version lands, or the file is gone from its
source; that of a missing must-pass metric, until a run has it or the suite no longer asks for it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import ResultOf
from pulse_tui.domain.evals import EvalRun, Gate, Task
from pulse_tui.domain.metrics import Made, made_of
from pulse_tui.domain.source import Rejected, Standing
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.compared import newest
from pulse_tui.services.parts import SYSTEM
from pulse_tui.services.signals.concerns import Changes, condition, stand
from pulse_tui.settings.shapes import SuiteShape

REFUSED, UNMEASURED = "refused:", "unmeasured:"
"""How the keys of these concerns begin."""
_SHOWN = 5
"""Names that are shown of those that a file has instead."""


def refused_result(refused: Rejected, of: ResultOf, tx: Transaction, now: datetime) -> Changes:
    """A whole result was refused: its release gets a concern, where the asset is known.

    While there is a run of the suite on this version it is only shown; without one the gate has no result.
    """
    if tx.estate.asset(of.asset_id) is None:
        return Changes([], [])
    stands = of.suite and newest(tx, of.asset_id, of.suite, of.version) is not None
    about = f"{of.suite} on {of.asset_id} {of.version}" if of.suite else f"{of.asset_id} {of.version}"
    concern = Concern(
        asset_id=of.asset_id,
        key=_key(of.suite, of.version),
        what=clean(f"a result of {about} was refused: {refused.problem}", 500),
        todo="Correct the file or run it again: the next result that can be read ends this",
        source=refused.source,
        severity=Severity.LOW if stands else Severity.MEDIUM,
        since=now,
        version=of.version,
    )
    other = next((c.source for c in tx.inventory.concerns(of.asset_id) if c.key == concern.key), SYSTEM)
    if other not in (SYSTEM, refused.source):
        return Changes([], [])  # another source's, which may refuse it again in each round: one of them is enough
    return stand(tx, of.asset_id, [concern], now, source=refused.source, keys=(concern.key,))


def no_longer_refused(has: Standing, tx: Transaction) -> list[str]:
    """End the concerns of results that this source does not refuse any more: the file was deleted, renamed or is now
    another's. Returns the fingerprints of these conditions."""
    stand_still = {(of.asset_id, _key(of.suite, of.version)) for of in has.refused}
    over = [
        c
        for c in tx.inventory.concerns()
        if c.source == has.source and c.key.startswith(REFUSED) and (c.asset_id, c.key) not in stand_still
    ]
    for concern in over:
        tx.inventory.drop_concern(concern.asset_id, concern.key)
    return [condition(c.asset_id, c.key) for c in over]


def landed(run: EvalRun, tx: Transaction) -> list[str]:
    """A run came in: concerns of results refused before it end. Returns the fingerprints of these conditions."""
    keys = (_key(run.suite, run.version), _key("", run.version))
    return [condition(run.asset_id, key) for key in keys if tx.inventory.drop_concern(run.asset_id, key) is not None]


def standing_refusal(tx: Transaction, asset_id: str, suite: str, version: str) -> Concern | None:
    """The refused result of a release that no readable one has followed."""
    wanted = (_key(suite, version), _key("", version))
    return next((c for c in tx.inventory.concerns(asset_id) if c.key in wanted), None)


def lacking(run: EvalRun, suite: SuiteShape, tx: Transaction, now: datetime) -> Changes:
    """Must-pass metrics that the newest run of a version lacks, with the nearest names that it has: one concern."""
    known = tx.estate.asset(run.asset_id) is not None
    if not known or newest(tx, run.asset_id, suite.id, run.version) != run.id:
        return Changes([], [])
    key = f"{UNMEASURED}{suite.id}:{run.version}"
    missing = list(_lacking(run, suite.tasks))
    concerns = []
    if missing:
        what = f"run {run.id} of {suite.id} on {run.asset_id} {run.version} has no {'; no '.join(missing)}"
        concerns.append(
            Concern(
                asset_id=run.asset_id,
                key=key,
                what=clean(what, 500),
                todo=f"Name it in suite {suite.id} as the file spells it, or run the suite to its end",
                source=SYSTEM,
                severity=Severity.MEDIUM,
                since=now,
                version=run.version,
            )
        )
    return stand(tx, run.asset_id, concerns, now, source=SYSTEM, keys=(key,))


def _lacking(run: EvalRun, tasks: tuple[Task, ...]) -> Iterator[str]:
    """Metrics computed from items are left to the comparison: items may come after their totals."""
    for task in tasks:
        must = task.must_pass and task.gate is not Gate.DIAGNOSTIC and made_of(task.metric) is Made.SCORES
        if must and run.score(task.name, task.metric) is None:
            yield f"{task.metric} of {task.name}, which must pass ({_instead(run, task)})"


def _instead(run: EvalRun, task: Task) -> str:
    """Why it is missing, or the similar names that the file has."""
    refused = run.refused.get(f"{task.name} {task.metric}") or run.refused.get(task.name)
    if refused is not None:
        return f"it was refused: {refused}"
    mine = list(dict.fromkeys(s.metric for s in run.scores if s.task == task.name))
    if mine:
        return f"of {task.name} it has {_nearest(task.metric, mine)}"
    return f"it has the tasks {_nearest(task.name, list(dict.fromkeys(s.task for s in run.scores)))}"


def _nearest(word: str, known: list[str]) -> str:
    """The names, the most similar first: a prefix (``acc`` of ``accuracy``) before a similarity."""

    def alike(name: str) -> tuple[bool, float]:
        one, two = word.lower(), name.lower()
        return one.startswith(two) or two.startswith(one), difflib.SequenceMatcher(None, one, two).ratio()

    found = sorted(known, key=alike, reverse=True)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


def _key(suite: str, version: str) -> str:
    return f"{REFUSED}{suite}:{version}"
