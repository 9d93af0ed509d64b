"""Whether an earlier rollback to a release ended the condition that it was made for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.claim import place_subject
from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import Plan, Run, RunState
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction

_SEEN = 500
"""Signals of the asset that are looked through."""


class DidNotHelp(NamedTuple):
    """A verified rollback to the release, after which the same condition was reported while it served."""

    version: str
    run: Run
    at: datetime
    title: str
    """The alert that it was to end."""

    def __str__(self) -> str:
        return (
            f"rolled back to {self.version} at {iso(self.at)} (run {self.run.id}), it did not end "
            f'"{self.title}": consider what both releases share: vendor, data, traffic, configuration'
        )


def did_not_help(
    tx: Transaction, asset_id: str, environment: Environment, version: str, alert_id: str | None = None
) -> DidNotHelp | None:
    """The last such rollback to ``version`` there; only of the same condition where ``alert_id`` names one."""
    about = tx.judgements.alert(alert_id) if alert_id is not None else None
    for plan, run, ended in _to(tx, asset_id, environment, version):
        alert = tx.judgements.alert(plan.alert_id) if plan.alert_id is not None else None
        if alert is None or (about is not None and about.signal_fingerprint != alert.signal_fingerprint):
            continue
        left = _left(tx, asset_id, environment, version, ended)
        for signal in tx.signals.recent(_SEEN, asset_id):
            same = signal.fingerprint == alert.signal_fingerprint and signal.environment in (None, environment)
            if same and signal.occurred_at > ended and (left is None or signal.occurred_at < left):
                return DidNotHelp(version, run, ended, alert.title)
    return None


def _to(tx: Transaction, asset_id: str, environment: Environment, version: str) -> Iterator[tuple[Plan, Run, datetime]]:
    """Verified runs that put it there, newest first; an undo is none."""
    for run in tx.rollbacks.runs(target=place_subject(asset_id, environment)):
        found = tx.rollbacks.plan(run.plan_hash)
        if found is None or run.state is not RunState.VERIFIED or run.ended_at is None:
            continue
        plan, moved = found[0], found[0].moved(asset_id)
        rollback = plan.purpose.moves_what_serves and plan.undoes is None
        if rollback and moved is not None and moved.to_version == version:
            yield plan, run, run.ended_at


def _left(tx: Transaction, asset_id: str, environment: Environment, version: str, ended: datetime) -> datetime | None:
    """When what the rollback put there stopped serving; None: it serves still."""
    stays = [s for s in tx.estate.stays(asset_id, environment) if s.version == version]
    return next((s.until for s in stays if s.since <= ended and (s.until is None or s.until > ended)), None)
