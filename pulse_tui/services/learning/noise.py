"""What the alerts of each rule were worth, and a change that would have spared the noise, tried on what was stored.

Nothing is changed: a proposal is a line to write into the policy, and what it would have done. None is made that would have
dropped an alert that somebody called useful or late, nor an urgent one that nobody judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import Problem
from pulse_tui.domain.feedback import Feedback, Usefulness
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.views.learning import Proposal, RuleNoise
from pulse_tui.domain.words import Mode, Outcome, Priority, Severity
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.judge import Policy
from pulse_tui.policy.kept import restored
from pulse_tui.policy.load import load_policy
from pulse_tui.policy.rules import Rule
from pulse_tui.policy.trial import Threshold, Trial, between, thresholds
from pulse_tui.ports import Transaction
from pulse_tui.services.conditions.policy_replay import replay
from pulse_tui.services.learning.metrics import Read, Span
from pulse_tui.services.parts import RollbackParts

ENOUGH = 3
"""Verdicts of noise below which nothing is proposed: one load test is no reason to change a rule."""
MOSTLY = 0.5
"""Of the verdicts, so many must be noise."""
FLAPS_WITHIN = timedelta(hours=1)
TRIED = 2_000
"""Alerts of a rule, the newest, that are judged again."""
REPLAY_S = 5.0
"""Seconds that the signals of the span are judged again for one proposal; what is left is named."""
_STEPS = (300, 600, 900, 1_800, 3_600)
_LOWER = {Priority.P1: Priority.P2, Priority.P2: Priority.P3, Priority.P3: Priority.P4}
_WORTH = (Usefulness.USEFUL, Usefulness.LATE)


def noise_report(parts: RollbackParts, found: Read) -> tuple[RuleNoise, ...]:
    """A line a rule that opened an alert within the span, the noisiest first."""
    by_rule = defaultdict[str, list[Alert]](list)
    for alert in found.alerts:
        by_rule[alert.rule_id].append(alert)
    span = Span(from_us(found.measures.since_us), from_us(found.measures.until_us))
    with parts.store.read() as tx:
        rows = [_row(tx, parts, rule, alerts, found.verdicts, span) for rule, alerts in by_rule.items()]
    return tuple(sorted(rows, key=lambda r: (-r.noise, -r.alerts, r.rule)))


def _row(
    tx: Transaction,
    parts: RollbackParts,
    rule_id: str,
    alerts: Sequence[Alert],
    verdicts: Mapping[str, Feedback],
    span: Span,
) -> RuleNoise:
    counts = Counter(verdicts[a.id].usefulness for a in alerts if a.id in verdicts)
    alone = [a for a in alerts if not a.open and a.acknowledged_by is None and a.first_acknowledged_at is None]
    spans = [(a.resolved_at - a.first_at).total_seconds() for a in alone if a.resolved_at is not None]
    rule = parts.judging.policy.rule(rule_id)
    row = RuleNoise(
        rule=rule_id,
        owner=rule.owner if rule is not None else "",
        alerts=len(alerts),
        useful=counts[Usefulness.USEFUL],
        noise=counts[Usefulness.NOISE],
        duplicate=counts[Usefulness.DUPLICATE],
        late=counts[Usefulness.LATE],
        unjudged=len(alerts) - counts.total(),
        flapping=len(_flaps(alerts)),
        never_acknowledged=len(alone),
        self_resolved_s=median(spans) if spans else None,
    )
    proposal, why = _proposal(tx, parts, row, alerts, verdicts, span)
    return row._replace(proposal=proposal, why=why)


def _flaps(alerts: Sequence[Alert]) -> list[tuple[Alert, timedelta]]:
    """Episodes that began soon after the one before about the same condition had ended, and how soon."""
    of_one = defaultdict[str, list[Alert]](list)
    for alert in alerts:
        of_one[alert.fingerprint].append(alert)
    found = []
    for episodes in of_one.values():
        for before, after in pairwise(sorted(episodes, key=lambda a: a.first_at)):
            gap = after.first_at - before.resolved_at if before.resolved_at is not None else None
            if gap is not None and timedelta() <= gap <= FLAPS_WITHIN:
                found.append((after, gap))
    return found


def _proposal(
    tx: Transaction,
    parts: RollbackParts,
    row: RuleNoise,
    alerts: Sequence[Alert],
    verdicts: Mapping[str, Feedback],
    span: Span,
) -> tuple[Proposal | None, str]:
    """A change and an empty reason, or None and why there is none."""
    if row.share is None:
        return None, "nobody gave a verdict"
    if row.noise < ENOUGH or row.share < MOSTLY:
        least = f"{ENOUGH} verdicts of noise, and half of all verdicts, are asked for"
        return None, f"{row.noise} of {row.judged} verdicts are noise; {least}"
    policy = parts.judging.policy
    compiled = next((c for c in policy.compiled if c.rule.id == row.rule), None) if isinstance(policy, Policy) else None
    if compiled is None or not isinstance(policy, Policy):
        return None, "the policy has no such rule any more"
    tried = _Tried(tx, policy, compiled.rule, alerts[:TRIED], verdicts)
    refused = list[str]()
    for way in (tried.threshold, tried.heals, tried.keep_firing, tried.observe, tried.lower):
        for proposal in way():
            if isinstance(proposal, str):
                refused.append(proposal)
            else:
                return proposal._replace(replayed=tried.replayed(parts, span)), ""
    return None, "; ".join(dict.fromkeys(refused)) or "no change of this rule would have spared the noise alone"


class _Tried:
    """The alerts of a rule with what the policy saw, and the changes that are tried on them."""

    def __init__(
        self, tx: Transaction, policy: Policy, rule: Rule, alerts: Sequence[Alert], verdicts: Mapping[str, Feedback]
    ) -> None:
        self._tx, self._policy = tx, policy
        self.rule, self._engine, self._alerts = rule, policy.engine, alerts
        self._changed: dict[str, Any] = {}
        """What the proposal that was made last changes of the rule, as far as that is judged."""
        self._verdict = {a.id: verdicts[a.id].usefulness if a.id in verdicts else None for a in alerts}
        now = Trial(policy.engine, rule)
        seen = {a.id: tx.judgements.variables(a.decision_id) for a in alerts}
        self.facts: dict[str, dict[str, Any]] = {i: v for i, v in seen.items() if now.outcome(v) is Outcome.FIRED}
        """Those on which the rule fires as it is now: of others no change can be tried."""

    def _noise(self, alert: Alert) -> bool:
        return self._verdict[alert.id] is Usefulness.NOISE

    def _must_stay(self, alert: Alert) -> bool:
        verdict = self._verdict[alert.id]
        urgent = alert.priority is Priority.P1 or alert.severity is Severity.CRITICAL
        return verdict in _WORTH or (verdict is None and urgent)

    def _counted(self, kind: str, change: str, of: Sequence[Alert], gone: Collection[str]) -> Proposal | str:
        """The proposal with its effect, or why it is refused."""
        left = [a for a in of if a.id in gone]
        worth = [a for a in left if self._verdict[a.id] in _WORTH]
        urgent = [a for a in left if self._must_stay(a) and a not in worth]
        if worth or urgent:
            what = f"{len(worth)} useful" if worth else f"{len(urgent)} urgent that nobody judged"
            return f"{change} would have dropped {what}"
        noise = sum(self._noise(a) for a in left)
        unjudged = sum(self._verdict[a.id] is None for a in left)
        return Proposal(self.rule.id, kind, change, len(of), len(left), noise, 0, unjudged)

    def threshold(self) -> Iterator[Proposal | str]:
        """A number under which most of the noise would not have fired, and all that must stay would have."""
        of = [a for a in self._alerts if a.id in self.facts]
        wanted = sum(map(self._noise, of))
        best: list[tuple[Proposal, dict[str, Any]]] = []
        for at in thresholds(self.rule):
            for value in self._values(at, of):
                text = at.moved(value)
                try:
                    trial = Trial(self._engine, self.rule, {at.condition: text})
                except ValueError:
                    continue
                gone = {a.id for a in of if trial.outcome(self.facts[a.id]) is not Outcome.FIRED}
                counted = self._counted("threshold", f"{at.condition} becomes {text}", of, gone)
                if isinstance(counted, str):
                    yield counted
                elif counted.noise * 2 >= wanted and counted.noise >= ENOUGH - 1:
                    best.append((counted, {at.condition: text}))
        if best:
            made, self._changed = max(best, key=lambda b: (b[0].noise, -b[0].unjudged))
            yield made

    def _values(self, at: Threshold, of: Sequence[Alert]) -> Iterator[float]:
        """Numbers to try: one that parts all noise from what must stay, else one just short of what must stay."""

        def number(alert: Alert) -> float | None:
            value = self.facts[alert.id].get(at.variable)
            return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None

        noise = [v for a in of if self._noise(a) and (v := number(a)) is not None]
        stays = [v for a in of if self._must_stay(a) and (v := number(a)) is not None]
        if (value := between(at, noise, stays)) is not None:
            yield value
            return
        short = [v for v in noise if all((v < s) if at.rises else (v > s) for s in stays)]
        if (value := between(at, short, stays)) is not None:
            yield value

    def heals(self) -> Iterator[Proposal | str]:
        """Nobody is called before it has lasted: where the noise ended by itself sooner than anything of worth did."""
        lasted = {
            a.id: a.resolved_at - a.first_at
            for a in self._alerts
            if a.resolved_at is not None and a.first_acknowledged_at is None and a.acknowledged_by is None
        }
        short = [lasted[a.id] for a in self._alerts if self._noise(a) and a.id in lasted]
        if len(short) < ENOUGH or 2 * len(short) < sum(map(self._noise, self._alerts)):
            return
        wanted = next((s for s in _STEPS if timedelta(seconds=s) >= max(short)), None)
        if wanted is None or wanted <= (self.rule.heals_within or 0):
            return
        gone = {ident for ident, span in lasted.items() if span <= timedelta(seconds=wanted)}
        change = f"heals_within: {wanted // 60}m (what ends by itself sooner calls nobody)"
        yield self._counted("heals_within", change, self._alerts, gone)

    def keep_firing(self) -> Iterator[Proposal | str]:
        """An episode goes on over the gaps: what came back soon is one alert."""
        flaps = _flaps(self._alerts)
        if len(flaps) < ENOUGH - 1:
            return
        longest = max(gap for _, gap in flaps).total_seconds()
        wanted = next((s for s in _STEPS if s > longest), None)
        if wanted is None or wanted <= (self.rule.keep_firing_for or 0):
            return
        again = {after.id for after, _ in flaps}
        if 2 * sum(self._noise(a) for a in self._alerts if a.id in again) < sum(map(self._noise, self._alerts)):
            return
        change = f"keep_firing_for: {wanted // 60}m (what comes back within that goes on as one alert)"
        yield self._counted("keep_firing_for", change, self._alerts, again)

    def observe(self) -> Iterator[Proposal | str]:
        """The rule goes on deciding, and calls nobody: only where nothing at all was useful."""
        judged = [v for v in self._verdict.values() if v is not None]
        if len(judged) >= 2 * ENOUGH - 1 and all(v in (Usefulness.NOISE, Usefulness.DUPLICATE) for v in judged):
            self._changed = {"mode": Mode.OBSERVE.value}
            yield self._counted("observe", "mode: observe", self._alerts, set(self._verdict))

    def lower(self) -> Iterator[Proposal | str]:
        """One priority lower: nothing is dropped, fewer are called."""
        below = _LOWER.get(self.rule.priority)
        if below is None:
            return
        if any(self._must_stay(a) for a in self._alerts):
            yield f"priority: {below.value} would have called fewer for what was useful or urgent"
            return
        change = f"priority: {self.rule.priority.value} becomes {below.value} (context lines aside)"
        self._changed = {"priority": below.value}
        yield self._counted("priority", change, self._alerts, ())

    def replayed(self, parts: RollbackParts, span: Span) -> str:
        """What the change would have made of every stored signal of the span, as ``pulse-tui policy replay`` says it."""
        if not self._changed or not self._policy.source:
            return ""
        problems = list[Problem]()
        node = restored(self._source(), "the proposal")
        proposed = load_policy(
            node, action_kinds=list(parts.judging.actions), problems=problems, variables=VARIABLES
        )  # fmt: skip
        if proposed is None:
            return ""
        ticks = parts.judging.outside.ticks
        begun = ticks()
        found = replay(
            self._tx, self._policy, proposed, span.since, span.until, ends=lambda: ticks() - begun > REPLAY_S, listed=0
        )
        return found.words()

    def _source(self) -> str:
        """The policy as it is kept, with the rule changed."""
        kept = msgspec.json.decode(self._policy.source)
        for rule in kept.get("rules", ()):
            if rule.get("id") != self.rule.id:
                continue
            for key, value in self._changed.items():
                if key in ("mode", "priority"):
                    rule[key] = value
                for part in ("all", "any"):
                    if part in rule:
                        rule[part] = [value if text == key else text for text in rule[part]]
        return msgspec.json.encode(kept).decode()
