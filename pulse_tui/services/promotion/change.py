"""The gate's check of change windows: what is configured, and the change requests that sources have read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.moments import iso
from pulse_tui.domain.words import Environment
from pulse_tui.policy.changes import Question, Word, embargoed, permitted
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.changes import listed
from pulse_tui.services.registry.past_hold import LASTS, emergency


def change_words(
    tx: Transaction, parts: JudgeParts, asset_id: str, version: str, environment: Environment, now: datetime
) -> Iterator[Word]:
    """What the gate says of it: every embargo, then whether a window is open. An emergency passes both."""
    requests, doubt = listed(tx, parts, now)
    asked = Question(asset_id, environment, now, requests, doubt)
    standing = list(embargoed(parts.changes, asked))
    found = [*standing, permitted(parts.changes, asked, parts.outside.cron)]
    if standing and found[-1].status is GateStatus.OK:
        found.pop()  # an embargo stands whatever is open
    passed = (
        emergency(tx, asset_id, version, environment) if any(w.status is not GateStatus.OK for w in found) else None
    )
    for word in found:
        if word.status is not GateStatus.OK and passed is not None and passed.lasts(now):
            by = f"emergency override by {passed.by} until {iso(passed.at + LASTS)}: {passed.why}"
            yield Word(GateStatus.ACCEPTED, f"{word.detail}; {by}")
        else:
            yield word
