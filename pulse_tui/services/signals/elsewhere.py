"""Incidents that are open elsewhere come in as signals; one that ended there resolves its alert here."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.delivery import thread_of
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import OURS, NoteEvidence
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made

KEY = "elsewhere/"
"""Of what a source had open the last time, before its name."""
MANY = 2_000
"""Open incidents of one source that are remembered."""


class _Known(msgspec.Struct, frozen=True):
    """What was reported of one incident."""

    stated: str
    """What was last reported of it, as one word."""
    about: tuple[str, ...]
    """The assets that it was reported of; "" where it was none."""


def take_elsewhere(item: ListedElsewhere, tx: Transaction, estate: Estate) -> Made:
    """Report what is new or changed, and end what ended. An incident that our own message opened is none of theirs."""
    before = _known(tx, item.source)
    after = dict(before)
    signals: list[Signal] = []
    cleared: dict[str, str] = {}
    listed: set[str] = set()
    for one in item.incidents:
        listed.add(one.key)
        if one.ours is not None and tx.plumbing.has_delivery(thread_of(one.ours)):
            continue
        was = before.get(one.key)
        if not one.open:
            if was is not None:
                cleared |= _ended(item, one.key, was, f"{item.system} says {one.status or 'it ended'}: {one.title}")
                after.pop(one.key, None)
            continue
        about = tuple(a for a in one.assets if a in estate.assets) or ("",)
        stated = fingerprint(one.title, one.status, one.severity, *about)
        if was is not None and was.stated == stated:
            continue
        gone = tuple(a for a in was.about if a not in about) if was is not None else ()
        if was is not None and gone:
            cleared |= _ended(item, one.key, _Known("", gone), f"{item.system} no longer ties it to {', '.join(gone)}")
        signals += [_signal(item, one, asset, estate) for asset in about]
        after[one.key] = _Known(stated, about)
    if item.whole:
        for key in before.keys() - listed:
            cleared |= _ended(item, key, before[key], f"{item.system} no longer lists {key} as open")
            after.pop(key, None)
    if after != before:
        kept = dict(list(after.items())[-MANY:])
        tx.plumbing.put_value(KEY + item.source, msgspec.json.encode(kept).decode())
    return Made(signals, list(cleared), known=after == before, why=cleared)


def _ended(item: ListedElsewhere, key: str, was: _Known, why: str) -> dict[str, str]:
    return {_condition(item, key, asset): why for asset in was.about}


def _condition(item: ListedElsewhere, key: str, asset: str) -> str:
    return fingerprint("incident", item.system, key, asset)


def _signal(item: ListedElsewhere, one: Elsewhere, asset_id: str, estate: Estate) -> Signal:
    asset = estate.assets.get(asset_id)
    note = NoteEvidence(note=one.key, vendor=item.system, labels=["incident", OURS], phrase=one.status or None)
    return observed(
        one.kind if one.measured is not None else SignalType.INCIDENT,
        source=item.source,
        event=("incident", item.system, one.key, asset_id, one.status, one.severity, one.title, str(to_us(item.at))),
        fingerprint=_condition(item, one.key, asset_id),
        title=f"{one.title} ({item.system} {one.key}, {one.status})",
        evidence=one.measured or note,
        confidence=item.confidence,
        owner_team=item.owner_team,
        severity=one.severity,
        recommended=Recommended.PAGE if one.severity in (Severity.HIGH, Severity.CRITICAL) else Recommended.NOTIFY,
        now=item.at,
        at=one.began,
        asset_id=asset_id or None,
        asset=asset,
        environment=one.environment if asset is not None else None,
        summary=one.summary,
        links=[one.link],
    )


def _known(tx: Transaction, source: str) -> dict[str, _Known]:
    text = tx.plumbing.get_value(KEY + source)
    return msgspec.json.decode(text, type=dict[str, _Known]) if text is not None else {}
