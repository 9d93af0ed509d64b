"""Which of a vendor's doings may be behind a regression, and the reverse, as stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.evidence import OF_VENDORS, MetricEvidence, NoteEvidence, ShiftEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.vendors.candidates import LONGEST, REGRESSIONS, Candidate, candidates, hurt
from pulse_tui.ports import Transaction

_LOOKED_AT = 500
_BEFORE = timedelta(days=3)
"""Before a regression that no suite measured."""


def causes(tx: Transaction, regression: Signal) -> list[Candidate]:
    """What vendors did in its window; empty for what is no regression of an asset."""
    if regression.asset_id is None or regression.signal_type not in REGRESSIONS:
        return []
    others = tx.signals.recent(_LOOKED_AT, regression.asset_id, OF_VENDORS)
    return candidates(regression, others, since=_since(tx, regression), own_release=_moved(tx, regression))


def causes_of_run(tx: Transaction, asset_id: str, run_id: str) -> list[Candidate]:
    """The same for a run: of the first regression that was reported of it."""
    for signal in tx.signals.recent(_LOOKED_AT, asset_id):
        evidence = signal.evidence
        if isinstance(evidence, MetricEvidence) and evidence.candidate_run == run_id:
            return causes(tx, signal)
    return []


def consequences(tx: Transaction, change: Signal) -> list[Candidate]:
    """Regressions of its asset in the days after a vendor's signal."""
    if change.asset_id is None or not isinstance(change.evidence, (NoteEvidence, ShiftEvidence)):
        return []
    return hurt(change, tx.signals.recent(_LOOKED_AT, change.asset_id, REGRESSIONS))


def correlated(tx: Transaction, signal: Signal) -> Sequence[str]:
    """The lines of an alert's page."""
    lines = [f"perhaps {c.words(signal.occurred_at)}" for c in causes(tx, signal)]
    return lines + [f'perhaps behind "{c.what}", {c.why} ({c.sure:.1f})' for c in consequences(tx, signal)]


def _since(tx: Transaction, regression: Signal) -> datetime:
    """The measurement of the asset by the same suite before this one."""
    evidence, at = regression.evidence, regression.occurred_at
    if not isinstance(evidence, MetricEvidence) or regression.asset_id is None:
        return at - _BEFORE
    heads = tx.evals.heads(regression.asset_id, evidence.suite)
    before = [h.at for h in heads if h.id != evidence.candidate_run and h.at < at]
    return max(before, default=at - LONGEST)


def _moved(tx: Transaction, regression: Signal) -> datetime | None:
    """When a release of ours last began to serve where it was measured."""
    if regression.asset_id is None:
        return None
    places = [regression.environment] if regression.environment is not None else list(Environment)
    stays = [s for e in places for s in tx.estate.stays(regression.asset_id, e)]
    mine = [s.since for s in stays if regression.current_version in (None, s.version)]
    return max((t for t in mine if t <= regression.occurred_at), default=None)
