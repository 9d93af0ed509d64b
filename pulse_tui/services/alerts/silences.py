"""Silences and maintenance windows by what they match: placed, previewed, begun, ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from pulse_tui.domain.alert import OPEN, Alert, AlertState
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.silence import LONGEST, Silence, SilenceKind
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.views.alerts import SilencePreview, SilenceRow
from pulse_tui.policy.conditions import caret
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals import windows
from pulse_tui.services.signals.mutes import after_mute
from pulse_tui.services.signals.silenced import Matcher, Standing
from pulse_tui.settings.check import nearest

AHEAD = timedelta(days=366)
"""A window begins within a year."""
LOOKED_BACK = timedelta(days=7)
"""How far back a preview looks."""
LOOKED_AT = 5_000
"""How many of the alerts of that time it looks at, the newest first."""
KEPT = timedelta(days=30)
"""How long one that ended is listed with the others."""
_MANY = 100_000


class Wanted(NamedTuple):
    """A silence or a window as somebody asks for it."""

    match: str
    starts_at: datetime
    ends_at: datetime
    why: str
    kind: SilenceKind = SilenceKind.SILENCE
    everything: bool = False
    zone: str = ""


def matcher(match: str) -> Matcher:
    """The expression, compiled. Raises WrongUse with a caret under each flaw and the nearest variable."""
    text = clean(match, 2_000)
    found = Matcher(text)
    if not text or found.flaws:
        lines = [
            f"{caret(text, f)}\n{f.line}:{f.column}: {f.what}{f' ({f.hint})' if f.hint else ''}" for f in found.flaws
        ]
        raise WrongUse(
            "the match cannot be used:" + "".join(f"\n{line}" for line in (lines if text else ["it is empty"])),
            todo='For example asset.id == "support-bot" && signal.type == "latency_breach"; the variables: pulse-tui schema facts',
        )
    return found


def place(parts: JudgeParts, wanted: Wanted, by: str, now: datetime) -> str:
    """Nobody is called for what it matches, from its beginning to its end. Raises WrongUse."""
    reason = reason_of(wanted.why)
    matcher(wanted.match)
    starts = max(wanted.starts_at, now) if wanted.kind is SilenceKind.SILENCE else wanted.starts_at
    if wanted.ends_at <= max(starts, now):
        raise WrongUse(
            f"it would end at {iso(wanted.ends_at)}, before it begins or before now", todo="Choose an end to come"
        )
    if wanted.ends_at - starts > LONGEST:
        raise WrongUse(
            f"it would last {_span(wanted.ends_at - starts)}",
            todo="It lasts at most 7 days; for longer waive the alert, or write a maintenance entry that comes again",
        )
    if starts > now + AHEAD:
        raise WrongUse(f"it would begin at {iso(starts)}", todo="Choose a beginning within a year")
    with parts.store.write() as tx:
        silence = Silence(
            id=_new_id(tx, wanted.kind, to_us(now)),
            kind=wanted.kind,
            match=clean(wanted.match, 2_000),
            starts_at=starts,
            ends_at=wanted.ends_at,
            by=by,
            why=reason,
            created_at=now,
            everything=wanted.everything,
            zone=wanted.zone,
        )
        tx.silences.put(silence)
        covered = _begin(tx, parts, silence, now) if silence.starts_at <= now else 0
        detail = {
            "match": silence.match, "from": iso(silence.starts_at), "until": iso(silence.ends_at), "why": reason,
            "covers": "P1 too" if silence.everything else "P2 and below", "alerts": str(covered),
        }  # fmt: skip
        tx.log.append(now, by, f"{silence.kind.value}.placed", silence.id, detail)
    from_ = "" if silence.starts_at <= now else f" from {iso(silence.starts_at)}"
    what = "silenced" if silence.kind is SilenceKind.SILENCE else "maintenance"
    return f"{what}{from_} until {iso(silence.ends_at)} ({silence.id}): {many(covered, 'open alert')} covered now"


def end(parts: JudgeParts, ident: str, by: str, why: str, now: datetime) -> str:
    """Take it back: what it covered and still holds fires again, with a fresh clock. Raises NotFound, Refused."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        silence = _named(tx, ident, now)
        if silence.ended_at is not None or silence.ends_at <= now:
            raise Refused(f"{silence.id} ended at {iso(silence.ended_at or silence.ends_at)}")
        again = _end(tx, parts, silence, by, reason, now)
    return f"ended: {silence.id}; {many(again, 'alert')} fire{'s' if again == 1 else ''} again"


def take_out(tx: Transaction, parts: JudgeParts, alert: Alert, by: str, why: str, now: datetime) -> Alert:
    """One alert is no longer covered by the silence or window that covers it; that stands for all else."""
    silence = tx.silences.get(alert.silence_id) if alert.silence_id is not None else None
    if silence is not None and alert.fingerprint not in silence.besides:
        tx.silences.put(msgspec.structs.replace(silence, besides=(*silence.besides, alert.fingerprint)))
        tx.log.append(now, by, f"{silence.kind.value}.narrowed", silence.id, {"alert": alert.id, "why": why})
    return alert.unmuted(now)


def apply(parts: JudgeParts, now: datetime) -> int:
    """Begin what is due, end what is over; returns how many alerts fire again because of that."""
    with parts.store.read() as tx:
        if not _due(tx, now) and not any(windows.changes(tx, parts.maintenance, now)):
            return 0
    again = 0
    with parts.store.write() as tx:
        for window in windows.changes(tx, parts.maintenance, now).gone:
            again += _end(tx, parts, window, SYSTEM, "the configuration does not have it any more", now)
        windows.keep(tx, parts.maintenance, now)
        for silence in _due(tx, now):
            if silence.misplaced(now):
                why = f"it was placed at {iso(silence.created_at)}, which is yet to come: the clock was set back"
                again += _end(tx, parts, silence, SYSTEM, why, now)
            elif silence.ends_at <= now:
                again += _end(tx, parts, silence, SYSTEM, "its time was up", now)
            else:
                _begin(tx, parts, silence, now)
                tx.log.append(now, SYSTEM, f"{silence.kind.value}.begun", silence.id, {"until": iso(silence.ends_at)})
    return again


def preview(store: Store, match: str, now: datetime, *, everything: bool = False) -> SilencePreview:
    """What a silence would hit now, and would have hit in the last days. Raises WrongUse."""
    found = matcher(match)
    trial = Silence(
        id="preview", kind=SilenceKind.SILENCE, match=match, starts_at=now, ends_at=now + LONGEST, by="", why="",
        created_at=now, everything=everything,
    )  # fmt: skip
    hits: list[str] = []
    urgent: list[str] = []
    unsure: list[str] = []
    before = of = unsure_before = 0
    with store.read() as tx:
        recent = [a for a in tx.judgements.alerts(None, LOOKED_AT) if a.open or a.first_at >= now - LOOKED_BACK]
        known = {a.id for a in recent}
        recent += [a for a in tx.judgements.alerts(list(OPEN), _MANY) if a.id not in known]
        for alert in recent:
            held = found.holds(tx.judgements.variables(alert.decision_id))
            of += alert.first_at >= now - LOOKED_BACK
            if held.held is False:
                continue
            line = f"{alert.priority.glyph:<4} {alert.id}  {alert.title}"
            if held.held is None:
                unsure_before += 1
                if alert.open:
                    unsure.append(f"{line}: {held.error}")
                continue
            before += alert.first_at >= now - LOOKED_BACK and trial.covers(alert)
            if alert.open:
                (hits if trial.covers(alert) else urgent).append(line)
    return SilencePreview(tuple(hits), tuple(urgent), tuple(unsure), before, of, unsure_before)


def matching(store: Store, match: str) -> tuple[str, ...]:
    """The open alerts that it matches and that nobody has in hand, the most urgent first. Raises WrongUse."""
    found = matcher(match)
    with store.read() as tx:
        firing = sorted(tx.judgements.alerts([AlertState.FIRING], _MANY), key=lambda a: a.order)
        return tuple(a.id for a in firing if found.holds(tx.judgements.variables(a.decision_id)).held is True)


def rows(store: Store, now: datetime, *, every: bool = False) -> tuple[SilenceRow, ...]:
    """Those that stand or are to come, what ends first on top; ``every``: those that ended lately too."""
    with store.read() as tx:
        found = tx.silences.all(ended_after=now - KEPT if every else now - LONGEST)
        covered = _covered(tx)
    shown = [_row(s, covered.get(s.id, 0), now) for s in found]
    live = [r for r in shown if r.state in ("stands", "to come")]
    over = [r for r in shown if r.state not in ("stands", "to come")] if every else []
    return (*sorted(live, key=lambda r: (r.until_us, r.id)), *sorted(over, key=lambda r: -r.until_us))


def _covered(tx: Transaction) -> dict[str, int]:
    counts: dict[str, int] = {}
    for alert in tx.judgements.alerts([AlertState.SUPPRESSED, AlertState.ACKNOWLEDGED], _MANY):
        if alert.silence_id is not None:
            counts[alert.silence_id] = counts.get(alert.silence_id, 0) + 1
    return counts


def _row(silence: Silence, covered: int, now: datetime) -> SilenceRow:
    flaws = Matcher(silence.match).flaws
    if silence.ended_at is not None:
        state = f"ended by {silence.ended_by}"
    else:
        state = "stands" if silence.stands(now) else "to come" if silence.to_come(now) else "over"
    return SilenceRow(
        id=silence.id,
        kind=silence.kind.value,
        match=silence.match,
        state=state,
        by=silence.by,
        from_us=to_us(silence.starts_at),
        until_us=to_us(silence.ended_at or silence.ends_at),
        why=silence.why,
        covered=covered if state == "stands" else 0,
        everything=silence.everything,
        besides=len(silence.besides),
        broken=f"it covers nothing: {flaws[0].what}" if flaws else "",
        zone=silence.zone,
    )


def _due(tx: Transaction, now: datetime) -> list[Silence]:
    """What has to begin or to end now."""
    known = [s for s in tx.silences.all(ended_after=now - LONGEST) if s.ended_at is None]
    return [s for s in known if s.misplaced(now) or s.ends_at <= now or (s.begun_at is None and s.starts_at <= now)]


def _begin(tx: Transaction, parts: JudgeParts, silence: Silence, now: datetime) -> int:
    """Cover what is open and matches; returns how many alerts."""
    tx.silences.put(msgspec.structs.replace(silence, begun_at=now))
    standing = Standing(tx, now)
    covered = 0
    for alert in tx.judgements.alerts(list(OPEN), _MANY):
        after = standing.settle(alert)
        if after.silence_id == silence.id and after is not alert:
            tx.judgements.put_alert(after)
            detail = {"by": silence.id, "until": iso(silence.ends_at)}
            tx.log.append(now, silence.by, "alert.silenced", alert.id, detail)
            covered += 1
        elif alert.silence_id == silence.id and after is not alert:  # it is worded otherwise now, and does not match
            after_mute(tx, parts, alert, alert, f"fires again: {silence.id} does not match it any more", now, standing)
    return covered


def _end(tx: Transaction, parts: JudgeParts, silence: Silence, by: str, why: str, now: datetime) -> int:
    """Record its end; what it covered is looked at again. Returns how many alerts fire."""
    tx.silences.put(msgspec.structs.replace(silence, ended_at=now, ended_by=by, ended_why=why))
    tx.log.append(now, by, f"{silence.kind.value}.ended", silence.id, {"why": why})
    standing, again = Standing(tx, now), 0
    of_it = [a for a in tx.judgements.alerts(list(OPEN), _MANY) if a.silence_id == silence.id]
    for alert in of_it:
        said = f"fires again: {silence.kind.value} {silence.id} ended ({why})"
        after = after_mute(tx, parts, alert, alert, said, now, standing)
        if after.state is AlertState.FIRING and alert.state is not AlertState.FIRING:
            tx.log.append(now, SYSTEM, "alert.fires_again", alert.id, {"after": f"{silence.kind.value} {silence.id}"})
            again += 1
    return again


def _named(tx: Transaction, ident: str, now: datetime) -> Silence:
    found = tx.silences.get(ident)
    if found is None:
        known = [s.id for s in tx.silences.all(ended_after=now)]
        raise NotFound(f"there is no silence or window {ident!r}", todo=nearest(ident, known) or "see pulse-tui muted")
    return found


def _new_id(tx: Transaction, kind: SilenceKind, us: int) -> str:
    """Short enough to be typed."""
    letter = "s" if kind is SilenceKind.SILENCE else "m"
    while tx.silences.get(ident := f"{letter}-{us // 1_000 % 36**5:x}") is not None:
        us += 1_000
    return ident


def _span(length: timedelta) -> str:
    hours = length.total_seconds() / 3_600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:g} h"
