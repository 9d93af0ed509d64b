"""A round of a tripwire comes in: it is learned, or held against the pinned baseline. An operator pins another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.text import many
from pulse_tui.domain.tripwire import ProbeBaseline, ProbeRound, Shift
from pulse_tui.enrich.vendors.shifts import condition, shift_signal
from pulse_tui.evaluate.tripwire import BACK, WINDOW, judge, learned
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts, Made
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.respond import Responder, end_retest

AGAIN = timedelta(days=1)
"""A shift that lasts is reported once more after this long: an operator may have closed its alert."""
_NOBODY = ""


def take_round(item: ProbeRound, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store it, and say for each asset that it concerns what shifted, and what is over."""
    if not tx.vendors.put_round(item):
        return Made([], [], known=True)
    base = tx.vendors.baseline(item.source)
    if base is None or (why := _another(base, item)):
        return _begin(base, item, why if base is not None else "", tx)
    if not base.pinned:
        base = learned(base, item)
        tx.vendors.put_baseline(base)
        return Made([], [], remarks=(progress(base),))
    judged = judge(base, _since(base, item, tx), item)
    assets = concerned(item, tx)
    signals, shifts = list[Signal](), list[Shift]()
    for shift in judged.baseline.shifts:
        due = shift in judged.found or shift.reported_at is None or now - shift.reported_at >= AGAIN
        # Who began to use the model while it is shifted hears of it now.
        for asset_id in assets if due else [a for a in assets if a not in base.asset_ids]:
            signals.append(shift_signal(shift, base, asset_id or None, estate.assets.get(asset_id), now))
        shifts.append(msgspec.structs.replace(shift, reported_at=now) if due else shift)
    over = _conditions(base, judged.ended, f"{many(BACK, 'round')} or more are within the baseline again")
    gone = [a for a in base.asset_ids if a not in assets]
    over |= _unused(base, gone, item, tx, now)
    known_to = assets if shifts else ()
    tx.vendors.put_baseline(msgspec.structs.replace(judged.baseline, shifts=tuple(shifts), asset_ids=tuple(known_to)))
    return Made(signals, list(over), why=over)


def pin_behaviour(parts: JudgeParts, source: str, by: str, why: str) -> str:
    """The present behaviour is the baseline from now on: the rounds since the first open shift began, without one the
    last that a baseline needs. Raises NotFound, and Refused where there is nothing to pin.

    With fewer rounds than a baseline needs the next ones are learned first.
    """
    reason, now = reason_of(why), parts.clock()
    with parts.store.write() as tx:
        base = tx.vendors.baseline(source)
        if base is None:
            raise NotFound(f"no round of a tripwire {source!r} is stored", todo="See them all: pulse-tui tripwire")
        rounds = _present(base, tx)
        if not base.pinned or not rounds:
            raise Refused(f"{source} has nothing to pin: {progress(base)}")
        after: ProbeBaseline | None = None
        for item in rounds:
            after = learned(after, item, by=by, why=reason)
        assert after is not None
        tx.vendors.put_baseline(after)
        metrics = ", ".join(s.metric.value for s in base.shifts)
        detail = {"model": base.model, "rounds": str(len(rounds)), "shifted": metrics, "why": reason}
        tx.log.append(now, by, "tripwire.pinned", source, detail)
        responder = Responder(tx, parts, now)
        for over, words in _conditions(base, base.shifts, f"pinned as the baseline by {by}: {reason}").items():
            responder.clear(over, words)
    return f"pinned by {by}: {source}, {progress(after)}"


def progress(base: ProbeBaseline) -> str:
    """``baseline of 10 rounds from ... to ...``, or how far it is learned: nothing is held against it until then."""
    if base.pinned_at is None:
        because = f" ({base.why})" if base.why and not base.pinned_by else ""
        return f"learning the baseline of {base.model}: {base.rounds} of {base.learn} rounds{because}"
    mixed = f"; it holds {base.varied}: what changed meanwhile was not found" if base.varied else ""
    return (
        f"baseline of {many(base.rounds, 'round')} of {base.model}, {iso(base.since)} to {iso(base.pinned_at)}{mixed}"
    )


def _another(base: ProbeBaseline, item: ProbeRound) -> str:
    """Why the baseline does not count for a round; empty: it does."""
    if base.model != item.model:
        return f"the model that is asked is {item.model} now, it was {base.model}"
    if base.probes_digest != item.probes_digest:
        return "the probes or their settings changed"
    return ""


def _begin(base: ProbeBaseline | None, item: ProbeRound, why: str, tx: Transaction) -> Made:
    fresh = learned(None, item, why=why)
    tx.vendors.put_baseline(fresh)
    over = _conditions(base, base.shifts, f"its baseline ended: {why}") if base is not None else {}
    return Made([], list(over), remarks=(progress(fresh),), why=over)


def concerned(item: ProbeRound, tx: Transaction) -> list[str]:
    """The assets that the source names, and the users of its component; [""] when there is none."""
    users = [d.asset_id for d in tx.dependencies.using(components=[item.component])]
    return list(dict.fromkeys((*item.asset_ids, *sorted(users)))) or [_NOBODY]


def _conditions(
    base: ProbeBaseline, shifts: Iterable[Shift], why: str, assets: Sequence[str] | None = None
) -> dict[str, str]:
    """Why each is over, by fingerprint; of everybody whom it was reported to."""
    named = base.asset_ids if assets is None else assets
    return {condition(base.source, s.metric, a or None): why for s in shifts for a in named}


def _unused(
    base: ProbeBaseline, gone: Sequence[str], item: ProbeRound, tx: Transaction, now: datetime
) -> dict[str, str]:
    """What is over for assets that moved to another model; what they were to test again is withdrawn."""
    why = f"{item.component} is not used any more"
    over = _conditions(base, base.shifts, why, gone)
    for alert in [a for about in over for a in tx.judgements.open_alerts_about(about)]:
        end_retest(tx, alert, why, now)
    return over


def _since(base: ProbeBaseline, item: ProbeRound, tx: Transaction) -> list[ProbeRound]:
    """The rounds of this baseline before the last one, oldest first, as far as they are looked at."""
    newest = tx.vendors.rounds(base.source, WINDOW + 1)
    return [
        r for r in reversed(newest) if of_baseline(base, r) and r.at < item.at and (r.at > (base.pinned_at or r.at))
    ]


def _present(base: ProbeBaseline, tx: Transaction) -> list[ProbeRound]:
    """The rounds that show the present behaviour, oldest first."""
    own = [r for r in reversed(tx.vendors.rounds(base.source, WINDOW)) if of_baseline(base, r)]
    if base.shifts:
        first = min(s.since for s in base.shifts)
        own = [r for r in own if r.at >= first]
    return own[-base.learn :]


def of_baseline(base: ProbeBaseline, item: ProbeRound) -> bool:
    """Whether a round was asked as those of the baseline were."""
    return item.model == base.model and item.probes_digest == base.probes_digest
