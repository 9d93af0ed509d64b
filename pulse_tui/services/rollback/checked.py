"""What every check found when a run began: one line of the audit log, so that a report states what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Transaction

ACTION = "certificate.checked"
_WORDS = {(True, True): "ok", (True, False): "ok", (False, True): "NO", (False, False): "note"}


def subject(run_id: str) -> str:
    """What the lines of the audit log about a run's steps are about."""
    return f"run/{run_id}"


def keep(tx: Transaction, run_id: str, checks: Sequence[Check], by: str, now: datetime) -> None:
    """Record them with the run, in the transaction that begins it."""
    detail = {
        f"{number:02} {clean(check.name, 60)}": f"{_WORDS[check.ok, check.blocking]}: {clean(check.detail, 300)}"
        for number, check in enumerate(checks, 1)
    }
    tx.log.append(now, by, ACTION, subject(run_id), detail)


def kept(tx: Transaction, run_id: str) -> list[tuple[str, str, str]]:
    """(name, ``ok``, ``NO`` or ``note``, what was seen) of each check, in their order; empty for runs before 0.4."""
    line = next((e for e in tx.log.entries(subject=subject(run_id)) if e.action == ACTION), None)
    if line is None:
        return []
    return [(name[3:], *_split(text)) for name, text in sorted(line.detail.items())]


def _split(text: str) -> tuple[str, str]:
    word, _, detail = text.partition(": ")
    return word, detail
