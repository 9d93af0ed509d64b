"""What a proposed policy would have made of the stored signals, against the present one. It only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pulse_tui.domain.pruned import Kept
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.words import Environment, Outcome, Priority, SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.policy.judge import CompiledRule, Policy, Ruling, View
from pulse_tui.policy.kept import rules_of
from pulse_tui.ports import Transaction
from pulse_tui.ports.storing.alerts import Seen
from pulse_tui.ports.storing.signals import Glimpse
from pulse_tui.services.signals.judge import around

BACK = timedelta(days=30)
"""How far back a change is weighed, unless somebody asks for another span."""
BATCH = 500
"""Signals that are held at once."""
CONDITIONS = 100_000
"""Conditions that are told apart; what has more of them ends there, and the answer names it."""
LISTED = 200
_HOLDS = ("block", "pause", "freeze")


class Does(NamedTuple):
    """What one policy does about one condition, over all signals that report it."""

    fires: bool = False
    priority: Priority = Priority.NOTE
    holds: bool = False
    rolls_back: bool = False
    """By itself, where that was pre-authorised."""

    @property
    def alerts(self) -> bool:
        """Whether it opens an alert: a note is none."""
        return self.fires and self.priority is not Priority.NOTE

    @property
    def pages(self) -> bool:
        """Whether somebody is called now."""
        return self.alerts and self.priority is Priority.P1

    def words(self) -> str:
        """``P1, holds``."""
        if not self.fires:
            return "does not fire"
        more = (", holds" if self.holds else "") + (", rolls back" if self.rolls_back else "")
        return f"{'a note' if self.priority is Priority.NOTE else self.priority.glyph}{more}"

    def also(self, other: Does) -> Does:
        """Both, the more urgent counts."""
        if not other.fires:
            return self
        if not self.fires:
            return other
        first = min(self, other, key=lambda does: does.priority.rank)
        return Does(True, first.priority, self.holds or other.holds, self.rolls_back or other.rolls_back)


class Changed(NamedTuple):
    """One condition that the proposed policy treats otherwise."""

    rule: str
    asset: str | None
    environment: Environment | None
    title: str
    signal_id: str
    """The last one that reports it."""
    at: datetime
    signals: int
    before: Does
    after: Does

    def line(self) -> str:
        """``latency-breach  support-bot canary  P2 -> does not fire  (3 signals)  p95 1.2 x objective``."""
        where = " ".join(
            part for part in (self.asset or "no asset", self.environment and self.environment.short) if part
        )
        moved = f"{self.before.words()} -> {self.after.words()}"
        return f"{self.rule}  {where}  {moved}  ({many(self.signals, 'signal')})  {self.title}"


class Side(NamedTuple):
    """Conditions by what one policy does, of the rules that differ."""

    alerts: int
    pages: int
    holds: int
    rollbacks: int


class Replay(NamedTuple):
    """The answer."""

    since: datetime
    until: datetime
    rules: tuple[str, ...]
    """Those that differ."""
    signals: int
    """That were judged, of the types that these rules are about."""
    rebuilt: int
    """Of these, those that no rule was asked about when they came: judged by the estate as it is now."""
    cut: str
    """Why not all were judged; empty when all were."""
    before: Side
    after: Side
    newly: int
    """Conditions that would alert and did not."""
    no_longer: int
    undecided: int
    """Facts on which a rule is indeterminate only under the proposed policy."""
    total: int
    """Conditions that are treated otherwise."""
    changed: tuple[Changed, ...]
    """The last of them."""
    pruned: str = ""
    """Why not all that came in the span could be judged: some of it is no longer there; empty when all is."""

    def words(self) -> str:
        """``over 30 days (12,400 signals): 3 conditions would newly alert, 1 no longer; pages 2 -> 4; ...``."""
        if not self.rules:
            return "no rule decides otherwise"
        span = f"over {max((self.until - self.since).days, 1)} days ({many(self.signals, 'signal')}{self.cut and ', ' + self.cut})"
        moves = [
            f"{name} {getattr(self.before, field)} -> {getattr(self.after, field)}"
            for name, field in (("pages", "pages"), ("holds", "holds"), ("rollbacks by themselves", "rollbacks"))
        ]
        newly = f"{many(self.newly, 'condition')} would newly alert, {self.no_longer} no longer"
        odd = f"; {many(self.undecided, 'fact')} would leave a rule undecided" if self.undecided else ""
        odd += f"; {self.pruned}" if self.pruned else ""
        return f"{span}: {newly}; {'; '.join(moves)}{odd}"


class _Pair(NamedTuple):
    """One rule as both policies have it; None: one does not."""

    id: str
    before: CompiledRule | None
    after: CompiledRule | None


class _Condition:
    """What was seen of one condition so far, the last signal first."""

    __slots__ = ("after", "before", "glimpse", "seen", "signals")

    def __init__(self, glimpse: Glimpse, seen: Seen) -> None:
        self.glimpse = glimpse
        self.seen = seen
        self.before = self.after = Does()
        self.signals = 0


def replay(
    tx: Transaction,
    present: Policy,
    proposed: Policy,
    since: datetime,
    until: datetime,
    *,
    ends: Callable[[], bool] = lambda: False,
    listed: int = LISTED,
) -> Replay:
    """Judge what is stored since then by the rules that differ; ``ends``: whether its time is up (asked between batches)."""
    pairs = _pairs(present, proposed)
    by_type = {kind: [p for p in pairs if _on(p, kind)] for kind in SignalType}
    types = [kind for kind, found in by_type.items() if found]
    conditions: dict[tuple[str, str, str | None], _Condition] = {}
    signals = rebuilt = undecided = 0
    cut = ""
    for batch in _batches(tx, since, types):
        if ends() and signals:
            cut = "the last ones: the time was up"
        elif len(conditions) > CONDITIONS:
            cut = f"the last ones: more than {CONDITIONS:,} conditions"
        if cut:
            break
        known = _seen(tx, batch)
        signals += len(batch)
        rebuilt += sum(glimpse.id in known.rebuilt for glimpse in batch)
        for glimpse in batch:
            for seen in known.seen.get(glimpse.id, ()):
                undecided += _judge(by_type[glimpse.signal_type], glimpse, seen, present, proposed, conditions)
    moved = [
        Changed(rule, c.seen.asset_id, c.seen.environment, clean(c.glimpse.title, 160), c.glimpse.id, c.glimpse.observed_at, c.signals, c.before, c.after)
        for (rule, _, _), c in conditions.items()
        if c.before != c.after
    ]  # fmt: skip
    every = list(conditions.values())
    return Replay(
        since,
        until,
        tuple(p.id for p in pairs),
        signals,
        rebuilt,
        cut,
        _side([c.before for c in every]),
        _side([c.after for c in every]),
        newly=sum(c.after.alerts and not c.before.alerts for c in moved),
        no_longer=sum(c.before.alerts and not c.after.alerts for c in moved),
        undecided=undecided,
        total=len(moved),
        changed=tuple(moved[:listed]),
        pruned=_pruned(tx, since),
    )


def _pruned(tx: Transaction, since: datetime) -> str:
    """What of the span is no longer there: an answer about the rest is no answer about all of it."""
    gone = tx.pruned.all().get(Kept.SIGNALS)
    return gone.words() if gone is not None and since < gone.before else ""


def differing(present: Policy, proposed: Policy) -> list[str]:
    """Ids of the rules that decide or do otherwise, or that only one has."""
    was, now = rules_of(present.source), rules_of(proposed.source)
    ids = dict.fromkeys((*was, *now))
    if present.phase is not proposed.phase:
        return list(ids)
    lines = [{line.rule: line.when for line in p.automatic.section.lines} for p in (present, proposed)]
    return [
        i
        for i in ids
        if was.get(i) != now.get(i) or (i in lines[0], lines[0].get(i)) != (i in lines[1], lines[1].get(i))
    ]


def _pairs(present: Policy, proposed: Policy) -> list[_Pair]:
    before, after = ({c.rule.id: c for c in policy.compiled} for policy in (present, proposed))
    return [_Pair(i, before.get(i), after.get(i)) for i in differing(present, proposed)]


def _on(pair: _Pair, kind: SignalType) -> bool:
    return any(side is not None and kind in side.rule.on for side in (pair.before, pair.after))


def _batches(tx: Transaction, since: datetime, types: Sequence[SignalType]) -> Iterator[list[Glimpse]]:
    last: int | None = None
    while types:
        batch = tx.signals.glimpses(since, types, before=last, limit=BATCH)
        if batch:
            yield batch
            last = batch[-1].seq
        if len(batch) < BATCH:
            return


class _Known(NamedTuple):
    seen: dict[str, list[Seen]]
    rebuilt: set[str]


def _seen(tx: Transaction, batch: Sequence[Glimpse]) -> _Known:
    """What was seen of each signal; what no rule was asked about is enriched by the estate as it is now."""
    found: dict[str, list[Seen]] = {}
    for seen in tx.judgements.seen(g.id for g in batch):
        found.setdefault(seen.signal_id, []).append(seen)
    missing = [g.id for g in batch if g.id not in found]
    if missing:
        signals = tx.signals.some(missing)
        estate = around(signals, tx)
        for signal in signals:
            found[signal.id] = [
                Seen(signal.id, f.asset.id if f.asset else signal.asset_id, f.environment, f.variables)
                for f in facts(signal, estate)
            ]
    return _Known(found, set(missing))


def _judge(
    pairs: Sequence[_Pair],
    glimpse: Glimpse,
    seen: Seen,
    present: Policy,
    proposed: Policy,
    conditions: dict[tuple[str, str, str | None], _Condition],
) -> int:
    """Counts the rules that are undecided only under the proposed policy."""
    names = {name for p in pairs for side in (p.before, p.after) if side is not None for name in side.names}
    view = View(proposed.engine, {n: seen.variables[n] for n in names if n in seen.variables})
    undecided = 0
    for pair in pairs:
        was, now = (_ruling(side, glimpse, view) for side in (pair.before, pair.after))
        undecided += _unknown(now) and not _unknown(was)
        before = _does(present, pair.before, was, seen.variables)
        after = _does(proposed, pair.after, now, seen.variables)
        if not before.fires and not after.fires:
            continue
        key = (pair.id, glimpse.fingerprint, seen.environment)
        condition = conditions.get(key)
        if condition is None:
            condition = conditions[key] = _Condition(glimpse, seen)
        condition.before = condition.before.also(before)
        condition.after = condition.after.also(after)
        condition.signals += 1
    return undecided


def _ruling(compiled: CompiledRule | None, glimpse: Glimpse, view: View) -> Ruling | None:
    return compiled.rule_on(view) if compiled is not None and glimpse.signal_type in compiled.rule.on else None


def _unknown(ruling: Ruling | None) -> bool:
    return ruling is not None and ruling.outcome is Outcome.INDETERMINATE


def _does(policy: Policy, compiled: CompiledRule | None, ruling: Ruling | None, variables: Mapping[str, Any]) -> Does:
    if compiled is None or ruling is None or ruling.outcome is not Outcome.FIRED or not compiled.rule.acts:
        return Does()
    rule, alerts = compiled.rule, ruling.priority is not Priority.NOTE
    return Does(
        fires=True,
        priority=ruling.priority,
        holds=alerts and any(kind in rule.actions and policy.phase.admits(kind) for kind in _HOLDS),
        rolls_back=alerts and not policy.automatic.refusal(rule.id, variables),
    )


def _side(does: Sequence[Does]) -> Side:
    return Side(
        sum(d.alerts for d in does),
        sum(d.pages for d in does),
        sum(d.holds for d in does),
        sum(d.rolls_back for d in does),
    )


def plain(found: Replay) -> dict[str, Any]:
    """As JSON: sides and conditions with names."""

    def does(one: Does) -> dict[str, Any]:
        return {**one._asdict(), "priority": one.priority.value if one.fires else None}

    return {
        **found._asdict(),
        "words": found.words(),
        "before": found.before._asdict(),
        "after": found.after._asdict(),
        "changed": [{**c._asdict(), "before": does(c.before), "after": does(c.after)} for c in found.changed],
    }
