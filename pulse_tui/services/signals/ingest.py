"""Ingest observations: store, enrich, judge, respond, all in one transaction a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby

import msgspec

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.errors import Problem, StorageError
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.exploitation import Exploitation
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import iso
from pulse_tui.domain.note import Note, Page
from pulse_tui.domain.report import Report
from pulse_tui.domain.signal import Signal, encode
from pulse_tui.domain.source import Observation, Rejected
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.waiver import Statement
from pulse_tui.domain.words import Outcome, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Advised, JudgeParts, Reported
from pulse_tui.services.signals.door import admitted
from pulse_tui.services.signals.judge import around, judge, unclaimed
from pulse_tui.services.signals.quarantine import keep_refused
from pulse_tui.services.signals.respond import Responder

RAW_KEPT = 64 * 2**10
"""Bytes that are kept of a refused record."""
AHEAD = timedelta(days=1)
"""How far clocks may differ before the time of a record is refused."""
BATCH = 1_000
"""Observations a transaction: long enough to share the disk's sync, short enough not to starve other writers."""
SIGNALS = 100
"""Signals of advisories a transaction: each may open an alert, with its ticket and page."""
OVER = "the condition no longer holds"
RUN = BATCH
"""How many observations a run counts as: judging one of sixty tasks takes up to a second, which blocks other writers."""

_EVIDENCE = (Advisory, Exploitation, Report, Statement)
"""What waivers are placed in view of: they are looked at after any of these."""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what was ingested and its results."""

    observations: int = 0
    new: int = 0
    """Of the observations that are no signals themselves, those that were not stored just so before."""
    signals: int = 0
    duplicates: int = 0
    rejected: int = 0
    unstored: int = 0
    """Of the rejected, those that their source could read, and that could not be kept."""
    unclaimed: int = 0
    fired: int = 0
    indeterminate: int = 0
    alerts: int = 0
    opened: tuple[str, ...] = ()
    """The ids of the first alerts of each batch."""
    remarks: tuple[str, ...] = ()
    """Sentences for whoever brought the records in: what was stored but could not be judged."""

    def plus(self, other: Tally) -> Tally:
        """The sum, field by field."""
        return Tally(**{n: getattr(self, n) + getattr(other, n) for n in self.__struct_fields__})

    def sentence(self) -> str:
        """``12 signals (2 known already), 3 rules fired, 1 new alert; 1 record refused: see the quarantine``."""
        known = f" ({self.duplicates} known already)" if self.duplicates else ""
        words = [
            f"{many(self.signals, 'signal')}{known}",
            f"{many(self.fired, 'rule')} fired",
            many(self.alerts, "new alert"),
        ]
        if not self.signals and not self.duplicates:
            fresh = "all new" if self.new == self.observations else f"{self.new} new"
            words = [f"{many(self.observations, 'record')} read, {fresh if self.new else 'nothing new'}"]
        if self.indeterminate:
            words.append(f"{many(self.indeterminate, 'decision')} indeterminate")
        if self.unclaimed:
            words.append(f"{self.unclaimed} matched no asset")
        refused = f"; {many(self.rejected, 'record')} refused: see the quarantine" if self.rejected else ""
        return ", ".join(words) + refused + "".join(_remarks(self.remarks))


def _remarks(said: Sequence[str]) -> Iterator[str]:
    """The first three, each once with how often it was said."""
    for remark, times in [*Counter(said).items()][:3]:
        yield f"; {remark}" + (f" ({times} times)" if times > 1 else "")


def ingest(
    observations: Iterable[Observation], rejected: Sequence[Rejected], parts: JudgeParts, now: datetime
) -> Tally:
    """Everything that came in one round. Good records are stored even when others are refused.

    What a source covers is no record: it is not counted, and stored behind the records.
    """
    good, refused = admitted(observations)
    good = [*sorted(good, key=lambda o: isinstance(o, Coverage)), *published(good, now)]
    rejected = [*rejected, *refused]
    total = Tally(rejected=len(rejected), unstored=len(refused))
    if rejected:
        with parts.store.write() as tx:
            keep_refused(tx, rejected, parts.outside, now)
    pace = _Pace()
    for batch in _batches(good, pace):
        again: list[Page] = []
        done = _stored(batch, parts, now, again)
        pace.learn(done)
        total = total.plus(done)
        while again:  # longer than a transaction should take
            page = again.pop()
            total = total.plus(msgspec.structs.replace(_stored([page], parts, now, again), observations=0))
    if whole := [r for r in rejected if r.about]:
        with parts.store.write() as tx:
            estate = tx.estate.load()
            signals = [s for r in whole for s in parts.record(r, tx, parts, estate, now).signals]
            total = total.plus(absorb(signals, tx, parts, now))
    return total


def published(observations: Iterable[Observation], now: datetime) -> list[Coverage]:
    """What the records themselves show that their sources publish on, where a source does not state it.

    Only records under their own ids: what describes others' (``NVD/CVE-2026-1``, a scanner's claims) states what it covers.
    """
    stated = set[str]()
    seen: dict[str, dict[str, None]] = {}
    for item in observations:
        if isinstance(item, Coverage):
            stated.add(item.source)
        elif isinstance(item, Advisory) and "/" not in item.id:
            seen.setdefault(item.source, {}).update(dict.fromkeys(a.ecosystem for a in item.affected))
    return [
        Coverage(source=source, at=now, ecosystems=tuple(ecosystems))
        for source, ecosystems in seen.items()
        if source not in stated and ecosystems
    ]


def _stored(batch: Sequence[Observation], parts: JudgeParts, now: datetime, again: list[Page]) -> Tally:
    """A batch in one transaction; ``again`` gets what there is more of. One that breaks is halved until what breaks it stands alone, which is refused; so is
    one of advisories that would open so many alerts that other writers wait for long."""
    try:
        with parts.store.write() as tx:
            done, left = recorded(batch, tx, parts, now)
        again += left
    except StorageError:
        raise
    except Exception as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            return _stored(batch[:middle], parts, now, again).plus(_stored(batch[middle:], parts, now, again))
        refused = broken(batch[0], error)
    else:
        return done
    with parts.store.write() as tx:
        tx.signals.quarantine([refused], now, again=True)
    return Tally(rejected=1, unstored=1)


def broken(record: Observation, error: Exception) -> Rejected:
    """A record that what stores or judges it does not survive."""
    what = f"{type(record).__name__} {getattr(record, 'id', '')}".strip()
    try:
        raw = msgspec.json.encode(record)[:RAW_KEPT]
    except Exception:  # what broke it may be what cannot be written either
        raw = b""
    problem = Problem(clean(what, 300), f"it cannot be stored: {reason(error)}", "If it is right, report this")
    return Rejected(source=record.source, problem=problem, raw=raw)


class _TooLong(Exception):
    """A transaction that is begun again in halves."""


class _Pace:
    """How much an observation counts as. Of advisories by what the last batch showed: storing one takes a fraction of a
    millisecond, opening the alerts of one that reaches something takes some."""

    def __init__(self) -> None:
        self._advisory = 4.0

    def weight(self, observation: Observation) -> float:
        if isinstance(observation, EvalRun):
            return RUN
        if isinstance(observation, Page):
            return 1.0 + len(observation.notes)
        return self._advisory if isinstance(observation, Advisory) else 1.0

    def learn(self, done: Tally) -> None:
        """Bring a batch of advisories to about :data:`SIGNALS`."""
        self._advisory = min(max(self._advisory * max(done.signals / SIGNALS, 0.25), 1.0), 100.0)


def _batches(observations: Iterable[Observation], pace: _Pace) -> Iterator[list[Observation]]:
    batch, weight = list[Observation](), 0.0
    for observation in observations:
        batch.append(observation)
        weight += pace.weight(observation)
        if weight >= BATCH:
            yield batch
            batch, weight = [], 0.0
    if batch:
        yield batch


def absorb(
    signals: Sequence[Signal], tx: Transaction, parts: JudgeParts, now: datetime, estate: Estate | None = None
) -> Tally:
    """Signals that the program makes itself, inside a transaction that is open already; ``estate``: as read before."""
    new = tx.signals.add([(s, encode(s)) for s in signals])
    judged = judge(new, around(new, tx, estate), parts) if new else []
    done = _respond(judged, tx, parts, now)
    parts.weigh(tx, parts, new, now)
    return done.plus(Tally(signals=len(new), duplicates=len(signals) - len(new), unclaimed=unclaimed(judged)))


def recorded(  # noqa: PLR0912  each branch is one rule of the order in which records come in
    batch: Sequence[Observation], tx: Transaction, parts: JudgeParts, now: datetime
) -> tuple[Tally, list[Page]]:
    """A batch inside a transaction that is open already, and of what there is more than one should hold."""
    signals: list[Signal] = []
    remarks: list[str] = []
    early: list[Rejected] = []
    again: list[Page] = []
    new = repeated = 0
    seen, moved = set[str](), set[str]()
    estate: Estate | None = None
    total = Tally(observations=sum(_records(o) for o in batch))
    for reported, observation in _in_order(batch):
        fresh, refused = _fresh(reported, seen, now)
        early += refused
        repeated += len(reported) - len(fresh) - len(refused)
        if any(s.signal_type is SignalType.VERSION_EVENT for s in fresh):
            estate = estate if estate is not None else tx.estate.load()
            fresh = parts.record(Reported(fresh), tx, parts, estate, now).signals
        signals += fresh
        if observation is None:
            continue
        if isinstance(observation, EvalRun) and observation.at > now + AHEAD:
            early.append(_run_from_the_future(observation, now))
            continue
        if isinstance(observation, Note) and any(s.asset_id and isinstance(s.evidence, NoteEvidence) for s in signals):
            # It may go on with what an earlier one of the batch opens: an incident, a deprecation with its date.
            total = total.plus(absorb(signals, tx, parts, now))
            signals = []
        estate = estate if estate is not None else tx.estate.load()
        made = parts.record(observation, tx, parts, estate, now)
        if len(batch) > 1 and isinstance(observation, Advised) and len(made.signals) > 1.5 * SIGNALS:
            raise _TooLong
        for step in chain((made,), made.steps):
            new += step.new if step.new is not None else not step.known
            if step.estate_changed:
                estate = None
            if step.cleared:
                # In the order of the batch: an earlier record may open what this one closes.
                total = total.plus(absorb(signals, tx, parts, now))
                signals = []
                version = observation.version if isinstance(observation, EvalRun) else None
                responder = Responder(tx, parts, now)
                for fingerprint in step.cleared:
                    responder.clear(fingerprint, step.why.get(fingerprint, OVER), version)
            signals.extend(step.signals)
            moved.update(step.moved)
            remarks.extend(step.remarks)
            if step.again and isinstance(observation, Page):
                again.append(observation)
            if step is not made and any(s.asset_id for s in step.signals):  # the next one may go on with it
                total = total.plus(absorb(signals, tx, parts, now))
                signals = []
    keep_refused(tx, early, parts.outside, now)
    counted = Tally(rejected=len(early), new=new, duplicates=repeated, remarks=tuple(remarks))
    total = total.plus(absorb(signals, tx, parts, now, estate)).plus(counted)
    if moved or any(isinstance(o, _EVIDENCE) for o in batch):
        parts.reassess(tx, parts, now, moved)
    return total, again


def _records(observation: Observation) -> int:
    """As how many it counts: a page as what it lists, what a source covers as none."""
    if isinstance(observation, Page):
        return len(observation.notes)
    return not isinstance(observation, Coverage)


def _in_order(batch: Sequence[Observation]) -> Iterator[tuple[Sequence[Signal], Observation | Advised | None]]:
    """Each record that is no signal, behind the signals that came since the last one; advisories that follow each other
    as one."""
    for kind, same in groupby(batch, key=_kind):
        if kind is None:
            yield from (((), observation) for observation in same)
        elif kind is Signal:
            yield [s for s in same if isinstance(s, Signal)], None
        else:
            yield (), Advised([a for a in same if isinstance(a, Advisory)])


def _kind(observation: Observation) -> type | None:
    return next((kind for kind in (Signal, Advisory) if isinstance(observation, kind)), None)


def _fresh(signals: Sequence[Signal], seen: set[str], now: datetime) -> tuple[list[Signal], list[Rejected]]:
    """Those whose id was not ``seen`` in the batch (it is now), without those from the future, which are refused."""
    fresh, refused = list[Signal](), list[Rejected]()
    for signal in signals:
        problem = _from_the_future(signal, now)
        if problem is not None:
            refused.append(Rejected(source=signal.source, problem=problem, raw=encode(signal)))
        elif signal.id not in seen:
            seen.add(signal.id)
            fresh.append(signal)
    return fresh, refused


def _from_the_future(signal: Signal, now: datetime) -> Problem | None:
    """A time far ahead would make every later recovery look outdated, and keep its alert open for good."""
    for name, at in (("observed_at", signal.observed_at), ("occurred_at", signal.occurred_at)):
        if at > now + AHEAD:
            return Problem(
                name, f"{iso(at)} is more than a day ahead of this host's clock ({iso(now)})", "check the clocks"
            )
    return None


def _run_from_the_future(run: EvalRun, now: datetime) -> Rejected:
    """It would be the newest of its release for good, and later runs would be ignored."""
    what = f"run {run.id} is of {iso(run.at)}, more than a day ahead of this host's clock ({iso(now)})"
    bare = msgspec.structs.replace(run, sheets=())
    return Rejected(source=run.source, problem=Problem("at", what, "check the clocks"), raw=msgspec.json.encode(bare))


def _instead(fact: Fact, decisions: Sequence[Decision]) -> str:
    """Why a rule about a vulnerability is over where it has not ended: another rule judges it now."""
    if fact.signal.signal_type is not SignalType.CVE:
        return ""
    rules = [d.rule_id for d in decisions if d.acts]
    if not rules:
        return ""
    return f"it still reaches {fact.signal.asset_id}: {', '.join(rules)} judges it now, by signal {fact.signal.id}"


def _respond(
    judged: Sequence[tuple[Fact, Sequence[Decision]]], tx: Transaction, parts: JudgeParts, now: datetime
) -> Tally:
    pairs = [(decision, fact) for fact, decisions in judged for decision in decisions]
    tx.judgements.add_decisions(pairs)
    responder = Responder(tx, parts, now)
    responder.expect(decision.fingerprint for decision, _ in pairs)
    responder.expect_new(fact.signal for decision, fact in pairs if decision.acts)
    for fact, decisions in judged:
        over = _instead(fact, decisions)
        for decision in decisions:
            responder.respond(decision, fact, over)
    outcomes = Counter([decision.outcome for decision, _ in pairs])
    return Tally(
        fired=outcomes[Outcome.FIRED],
        indeterminate=outcomes[Outcome.INDETERMINATE],
        alerts=responder.opened,
        opened=tuple(responder.named),
    )
