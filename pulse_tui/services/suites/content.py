"""Frozen suites: is the content unchanged? A changed file is an alert, never a silent new baseline."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.evidence import SuiteEvidence
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder
from pulse_tui.settings.shapes import SuiteShape

MISSING = "missing"
"""In place of the digest of content that is missing, or cannot be read."""
REMIND = timedelta(minutes=10)
"""How often the host that sees a change reports that it still does."""
SILENT = timedelta(minutes=30)
"""After this another host may report that the content is back."""


class State(StrEnum):
    """A suite's content compared with what was frozen."""

    UNFROZEN = "not frozen"
    UNCHANGED = "unchanged"
    CHANGED = "changed"


class ContentCheck(NamedTuple):
    """The result of checking a suite's content."""

    suite: str
    state: State
    expected: str | None
    """The frozen digest."""
    found: str | None
    """The digest found; :data:`MISSING` when nothing can be read."""
    why: str
    """A sentence."""


class _Reported(msgspec.Struct, frozen=True):
    """The last reported change of a suite, as kept in the database for all processes."""

    expected: str
    found: str
    where: str
    at: datetime
    assets: tuple[str, ...]


def frozen_digest(suite: SuiteShape, parts: JudgeParts) -> str | None:
    """The suite's frozen digest now: the configuration may have been written since this process began."""
    if parts.outside.frozen is None:
        return suite.digest
    return parts.outside.frozen().get(suite.id)


def check_content(suite: SuiteShape, tx: Transaction, parts: JudgeParts) -> ContentCheck:
    """Compare the content with what was frozen: the files under ``path``, else the digests that the baselines' runs state.

    Raises SourceError when a file is being written just now.
    """
    expected = frozen_digest(suite, parts)
    if suite.path is None:
        return _look_at_runs(suite, expected, tx)
    found, why = _content(suite, parts)
    if expected is None:
        return ContentCheck(
            suite.id, State.UNFROZEN, None, found, why or f"not frozen: pulse-tui suite freeze {suite.id}"
        )
    if found == expected:
        return ContentCheck(suite.id, State.UNCHANGED, expected, found, f"{suite.path} is what was frozen")
    why = why or f"{suite.path} differs from what was frozen: {short(found)}, frozen is {short(expected)}"
    return ContentCheck(suite.id, State.CHANGED, expected, found, why)


def _content(suite: SuiteShape, parts: JudgeParts) -> tuple[str, str]:
    """(digest, "") or (:data:`MISSING`, why)."""
    assert suite.path is not None
    try:
        return parts.outside.files.digest(parts.outside.base / suite.path), ""
    except SourceError as error:
        if error.retry_after is not None:
            raise
        return MISSING, error.what.replace(f"{parts.outside.base}/", "")


def _look_at_runs(suite: SuiteShape, expected: str | None, tx: Transaction) -> ContentCheck:
    stated = stated_digests(suite.id, tx)
    found = next(iter(stated.values()), None)
    if expected is None:
        return ContentCheck(suite.id, State.UNFROZEN, None, found, f"not frozen: pulse-tui suite freeze {suite.id}")
    other = {asset: digest for asset, digest in stated.items() if digest != expected}
    for asset, digest in other.items():
        why = f"the baseline of {asset} states {short(digest)}, frozen is {short(expected)}"
        return ContentCheck(suite.id, State.CHANGED, expected, digest, why)
    why = "the baselines state what was frozen" if stated else "no baseline states the digest of its content"
    return ContentCheck(suite.id, State.UNCHANGED, expected, found, why)


def stated_digests(suite_id: str, tx: Transaction) -> dict[str, str]:
    """Asset -> the suite's digest that its baseline run states; those that state none are left out."""
    runs = [(asset, tx.evals.get(run)) for asset, suite, run in tx.evals.baselines() if suite == suite_id]
    return {asset: run.suite_digest for asset, run in runs if run is not None and run.suite_digest}


def short(digest: str | None) -> str:
    """A digest as a sentence shows it."""
    return "nothing" if digest is None else digest[:19]


def assets_of(suite: SuiteShape, tx: Transaction) -> tuple[str, ...]:
    """The assets that are compared on the suite: as configured, and as pinned."""
    pinned = [asset for asset, name, _ in tx.evals.baselines() if name == suite.id]
    return tuple(dict.fromkeys([*suite.baselines, *pinned]))


def check_suites(parts: JudgeParts, now: datetime) -> list[str]:
    """Report every change of a frozen suite once, and its end; returns a sentence for each change.

    Cheap enough for every few seconds. Several hosts may have copies: only the one that saw a change may report its end,
    until it has been silent for :data:`SILENT`.
    """
    reported: list[str] = []
    for suite in parts.suites.values():
        if suite.path is None:
            continue
        try:
            with parts.store.read() as tx:
                found = check_content(suite, tx, parts)
                if not _news(found, _reported(suite.id, tx), parts.outside.here, now):
                    continue
        except SourceError:  # being written: checked again in a moment
            continue
        with parts.store.write() as tx:
            before = _reported(suite.id, tx)
            if _news(found, before, parts.outside.here, now) and _report(suite, found, before, tx, parts, now):
                reported.append(f"suite {suite.id}: {found.why}")
    return reported


def changed_content(tx: Transaction, suite: SuiteShape, run: EvalRun) -> str:
    """A sentence while the suite's content differs from what was frozen, unless the run states the frozen digest."""
    reported = _reported(suite.id, tx) if suite.path is not None else None
    if reported is None or run.suite_digest == reported.expected:
        return ""
    return (
        f"the content of {suite.id} is {short(reported.found)}, frozen is {short(reported.expected)}:"
        f" it is unknown what run {run.id} was asked"
    )


def _reported(suite_id: str, tx: Transaction) -> _Reported | None:
    value = tx.plumbing.get_value(_key(suite_id))
    return msgspec.json.decode(value, type=_Reported) if value else None


def _key(suite_id: str) -> str:
    return f"suite.changed:{suite_id}"


def _news(found: ContentCheck, reported: _Reported | None, here: str, now: datetime) -> bool:
    """Whether there is something to write: a change, its end, or that it persists."""
    if reported is None:
        return found.state is State.CHANGED
    if found.state is not State.CHANGED:
        return reported.where == here or reported.expected != found.expected or now - reported.at > SILENT
    if reported.where != here:
        return reported.expected != found.expected or now - reported.at > SILENT
    return (reported.expected, reported.found) != (found.expected, found.found) or now - reported.at > REMIND


def _report(
    suite: SuiteShape, found: ContentCheck, before: _Reported | None, tx: Transaction, parts: JudgeParts, now: datetime
) -> bool:
    """Whether a change was reported that was not reported before."""
    assets = assets_of(suite, tx)
    if found.state is not State.CHANGED:
        responder = Responder(tx, parts, now)
        for asset in {*assets, *(before.assets if before else ())}:
            responder.clear(_condition(suite.id, asset), f"suite {suite.id}: {found.why}")
        tx.plumbing.put_value(_key(suite.id), "")
        return False
    expected, there = found.expected or "", found.found or MISSING
    reported = _Reported(expected, there, parts.outside.here, now, assets)
    tx.plumbing.put_value(_key(suite.id), msgspec.json.encode(reported).decode())
    if before is not None and (before.expected, before.found) == (expected, there):
        return False
    absorb([_signal(suite, asset, found, tx, now) for asset in assets], tx, parts, now)
    return True


def _condition(suite_id: str, asset_id: str) -> str:
    return fingerprint("suite-changed", suite_id, asset_id)


def _signal(suite: SuiteShape, asset_id: str, found: ContentCheck, tx: Transaction, now: datetime) -> Signal:
    expected, there = found.expected or "", found.found or MISSING
    asset = tx.estate.asset(asset_id)
    gone = there == MISSING
    return observed(
        SignalType.SUITE_CHANGED,
        source=SYSTEM,
        event=("suite-changed", suite.id, asset_id, expected, there, now.isoformat()),
        fingerprint=_condition(suite.id, asset_id),
        asset_id=asset_id,
        owner_team=asset.owner_team if asset else None,
        severity=Severity.MEDIUM,
        recommended=Recommended.RETEST,
        now=now,
        title=f"suite {suite.id} {'cannot be read' if gone else 'differs from what was frozen'}",
        summary=f"{found.why}. Runs of {asset_id} on it are not comparable with its baseline",
        evidence=SuiteEvidence(suite=suite.id, expected_digest=expected, digest=there),
    )
