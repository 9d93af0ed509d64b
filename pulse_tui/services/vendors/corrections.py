"""A person says what a note is about: the correction becomes a local rule, and what it applies to is read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.note import Label, LocalRule, Note, Reading, StoredNote
from pulse_tui.domain.signal import Signal, signal_id
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.classify import classify, judge_note
from pulse_tui.enrich.vendors.corrections import in_order, learned, newest_first, overruled
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder, end_retest
from pulse_tui.services.vendors.notes import consequences
from pulse_tui.services.vendors.read import names_ours
from pulse_tui.services.vendors.standing import standing

READ = 10_000
"""Notes that are read again at most, the newest first."""


class _Read(NamedTuple):
    """A stored note and how it is read now."""

    stored: StoredNote
    reading: Reading


def correct(parts: JudgeParts, source: str, key: str, labels: Iterable[Label], by: str, why: str, now: datetime) -> str:
    """The note, and others of its vendor with the same words, have these labels from now on; what that means for assets
    follows at once. The right labels of a note in the review queue are a correction too. Raises NotFound and WrongUse.
    """
    reason, given = reason_of(why), list(labels)
    wanted = in_order(given)
    if not given:
        raise WrongUse("a label is missing", todo=f"Give one or more of {', '.join(Label)}")
    with parts.store.write() as tx:
        stored = tx.vendors.note(source, key)
        if stored is None:
            raise NotFound(f"{clean(source, 100)} has no note {clean(key, 100)!r}")
        before = tx.vendors.local_rules()
        rule = learned(stored.note, judge_note(stored.note).phrase, wanted, by, now, reason)
        tx.vendors.put_local_rule(rule)
        said = {"labels": ", ".join(wanted), "were": ", ".join(stored.reading.labels), "words": ", ".join(rule.words)}
        tx.log.append(now, by, "note.corrected", f"{source}/{key}", {**said, "rule": rule.id, "why": reason})
        changed = _read_again(rule.vendor, tx, now)
        ended = _follow(changed, f"corrected by {by}: {', '.join(wanted)}", (source, key), tx, parts, now)
        broken = set(overruled(tx.vendors.local_rules())) - set(overruled(before))
    others = sum((one.stored.note.source, one.stored.note.key) != (source, key) for one in changed)
    return f"{clean(stored.note.title, 80) or key} is {', '.join(wanted)}" + _sentence(others, ended, len(broken))


def take_back(parts: JudgeParts, rule_id: str, by: str, why: str, now: datetime) -> str:
    """The rules read again what the correction was about. Raises NotFound and WrongUse."""
    reason = reason_of(why)
    with parts.store.write() as tx:
        rule = _rule(rule_id, tx)
        tx.vendors.drop_local_rule(rule.id)
        said = {"labels": ", ".join(rule.labels), "words": ", ".join(rule.words), "rule": rule.id, "why": reason}
        tx.log.append(now, by, "note.correction_withdrawn", f"{rule.source}/{rule.key}", said)
        changed = _read_again(rule.vendor, tx, now)
        ended = _follow(changed, f"the correction by {rule.by} was withdrawn", (rule.source, rule.key), tx, parts, now)
    return f"the correction of {clean(rule.title, 80) or rule.key} is withdrawn" + _sentence(len(changed), ended, 0)


def _rule(rule_id: str, tx: Transaction) -> LocalRule:
    found = [rule for rule in tx.vendors.local_rules() if rule_id and rule.id.startswith(rule_id)]
    if len(found) > 1:
        raise Refused(f"{clean(rule_id, 60)!r} begins {len(found)} corrections", todo="Give more of the id")
    if not found:
        raise NotFound(
            f"there is no correction {clean(rule_id, 60)!r}", todo="See them: pulse-tui classify --corrections --json"
        )
    return found[0]


def _read_again(vendor: str, tx: Transaction, now: datetime) -> list[_Read]:
    """Every stored note of the vendor as the rules read it now; those that are read otherwise than before."""
    rules = newest_first(tx.vendors.local_rules())
    changed = list[_Read]()
    for stored in tx.vendors.notes(limit=READ):
        if stored.note.vendor.lower() != vendor.lower():
            continue
        reading = classify(stored.note, rules, lambda note: names_ours(note, tx))
        if reading == stored.reading:
            continue
        if stored.listed:
            tx.vendors.put_note(stored.note, reading, now)
        changed.append(_Read(stored, reading))
    return changed


def _follow(
    changed: Sequence[_Read], why: str, corrected: tuple[str, str], tx: Transaction, parts: JudgeParts, now: datetime
) -> int:
    """What follows for assets; how many alerts ended. What only stood there when its page was read first, and what its
    page lists no longer, gives no signal, unless it is the note itself that a person corrected."""
    estate, responder = tx.estate.load(), Responder(tx, parts, now)
    signals, ended = list[Signal](), 0
    for stored, reading in changed:
        note = stored.note
        quiet = (stored.baseline or not stored.listed) and (note.source, note.key) != corrected
        if reading.labels == stored.reading.labels:
            continue
        made = consequences(note, reading, tx, estate, now, announced=True, quiet=quiet)
        signals += [_anew(signal, reading, now) for signal in made.signals]
        others = _of_others(note, tx, estate, now)
        past = _past(note, others | {signal.fingerprint for signal in made.signals}, tx, why, now)
        for fingerprint in dict.fromkeys([*(f for f in made.cleared if f not in others), *past]):
            ended += len(tx.judgements.open_alerts_about(fingerprint))
            responder.clear(fingerprint, why)
    absorb(signals, tx, parts, now)
    return ended


def _anew(signal: Signal, reading: Reading, now: datetime) -> Signal:
    """The same condition, seen otherwise: a signal of its own, which is judged."""
    return msgspec.structs.replace(signal, id=signal_id(signal.source, signal.id, *reading.labels, now.isoformat()))


def _past(note: Note, others: set[str], tx: Transaction, why: str, now: datetime) -> list[str]:
    """Conditions with an open alert that this note began, and which neither it nor another note reports any more."""
    found = list[str]()
    for alert, signal, evidence in standing(tx, source=note.source):
        if signal.fingerprint not in others and evidence.note == note.key:
            found.append(signal.fingerprint)
            end_retest(tx, alert, why, now)
    return found


def _of_others(note: Note, tx: Transaction, estate: Estate, now: datetime) -> set[str]:
    """Ends that other notes of the vendor announce: one condition, however many notes say it."""
    found = set[str]()
    for other in tx.vendors.notes(limit=READ):
        same = (other.note.source, other.note.key) == (note.source, note.key)
        if (
            same
            or other.note.vendor != note.vendor
            or not other.listed
            or Label.DEPRECATION not in other.reading.labels
        ):
            continue
        made = consequences(other.note, other.reading, tx, estate, now, announced=False)
        found.update(s.fingerprint for s in made.signals if s.signal_type is SignalType.DEPRECATION)
    return found


def _sentence(others: int, ended: int, broken: int) -> str:
    words = [f"{many(others, 'other note')} of the vendor read otherwise"] if others else []
    words += [f"{many(ended, 'alert')} ended"] if ended else []
    words += [f"{many(broken, 'earlier correction')} overruled: pulse-tui classify --corrections"] if broken else []
    return "".join(f"; {word}" for word in words)
