"""The decision of each rule on a fact. Pure and deterministic: no clock, no state, every comparison kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.alert import alert_fingerprint
from pulse_tui.domain.decision import Comparison, Decision, Fact
from pulse_tui.domain.words import Outcome, Priority, Severity, SignalType
from pulse_tui.policy.automatic import RollbackSection
from pulse_tui.policy.conditions import Condition, Engine
from pulse_tui.policy.gate import GateSection
from pulse_tui.policy.phase import Phase
from pulse_tui.policy.rules import STORM, ContextLine, Rule
from pulse_tui.policy.titles import title


class Ruling(NamedTuple):
    """What one rule decided on some variables, before it is tied to a signal."""

    outcome: Outcome
    priority: Priority
    severity: Severity | None
    comparisons: tuple[Comparison, ...]
    context: str
    respond_within_s: int | None
    lines: tuple[int, ...] = ()
    """The context lines that chose the priority or the severity, from 1 on."""


_SEVERITY = "signal.severity"


class View:
    """One fact as conditions see it: a shared activation, and each distinct expression evaluated once."""

    __slots__ = ("_activation", "seen", "variables")

    def __init__(self, engine: Engine, variables: Mapping[str, Any]) -> None:
        """``variables`` by their published names; those left out are not known."""
        self.variables = variables
        self._activation = engine.activate(variables)
        self.seen: dict[str, Comparison] = {}

    def compare(self, condition: Condition) -> Comparison:
        """The condition with the values it saw; remembered in ``seen`` by its text."""
        found = self.seen.get(condition.text)
        if found is None:
            held, error = condition.holds(self._activation)
            values = condition.values(self.variables)
            found = self.seen[condition.text] = Comparison(condition.text, held, values, error)
        return found


def outcome_of(every: Collection[bool | None], some: Collection[bool | None] | None) -> Outcome:
    """Three-valued logic: a definite False decides ``all``, a definite True decides ``any``, else an unknown does."""
    answers: Collection[bool | None] = every
    if some is not None:
        answers = [*every, True if True in some else None if None in some else False]
    if False in answers:
        return Outcome.NOT_FIRED
    return Outcome.INDETERMINATE if None in answers else Outcome.FIRED


class CompiledRule:
    """A rule with its conditions compiled."""

    __slots__ = ("_times", "context", "every", "names", "rule", "some")

    def __init__(
        self,
        rule: Rule,
        every: tuple[Condition, ...],
        some: tuple[Condition, ...],
        context: tuple[tuple[Condition, ContextLine], ...],
        times: Mapping[Priority, float],
    ) -> None:
        """``times``: the policy's seconds to respond, by priority."""
        self.rule = rule
        self.every = every
        self.some = some
        self.context = context
        self._times = times
        mentioned = (*every, *some, *(condition for condition, _ in context))
        self.names = frozenset(name for condition in mentioned for name in condition.names)
        if rule.severities:
            self.names |= {_SEVERITY}

    def rule_on(self, view: View) -> Ruling:
        """The ruling on the fact of ``view``."""
        seen = view.seen
        every = [seen.get(c.text) or view.compare(c) for c in self.every]
        held = [c.held for c in every]
        comparisons: tuple[Comparison, ...]
        if self.some:
            some = [seen.get(c.text) or view.compare(c) for c in self.some]
            outcome, comparisons = outcome_of(held, [c.held for c in some]), (*every, *some)
        else:
            outcome, comparisons = outcome_of(held, None), tuple(every)
        if outcome is Outcome.FIRED:
            return self._fired(view, comparisons)
        priority = Priority.UNKNOWN if outcome is Outcome.INDETERMINATE else Priority.NOTE
        return Ruling(outcome, priority, self.rule.severity, comparisons, "", None)

    def _fired(self, view: View, comparisons: tuple[Comparison, ...]) -> Ruling:
        """Read the context lines. An error in a line that could still decide makes the priority unknown."""
        priority: Priority | None = None
        severity: Severity | None = None
        within: float | None = None
        chosen: list[str] = []
        lines: list[int] = []
        for number, (condition, line) in enumerate(self.context, 1):
            asks = (priority is None and line.priority is not None) or (severity is None and line.severity is not None)
            if not asks:
                continue
            seen = view.compare(condition)
            if seen.held is False:
                continue
            if seen.held is None:
                chosen.append(f"{line.when} is indeterminate: {seen.error}")
                if line.priority is not None and priority is None:
                    priority, within = Priority.UNKNOWN, None
                continue
            lines.append(number)
            if line.priority is not None and priority is None:
                priority, within = line.priority, line.respond_within
                chosen.append(f"{line.when} -> {line.priority}")
            if line.severity is not None and severity is None:
                severity = line.severity
                chosen.append(f"{line.when} -> severity {line.severity}")
        if priority is None:
            priority, within = self.rule.priority, self.rule.respond_within
            stated = view.variables.get(_SEVERITY)
            mapped = self.rule.severities.get(stated) if isinstance(stated, str) else None  # type: ignore[call-overload]
            if mapped is not None:
                chosen.append(f"severity {stated} -> {mapped}")
                priority, within = mapped, within if mapped is priority else None
        seconds = within if within is not None else self._times.get(priority)
        whole = int(seconds) if seconds is not None else None
        context = "; ".join(chosen)
        return Ruling(
            Outcome.FIRED, priority, severity or self.rule.severity, comparisons, context, whole, tuple(lines)
        )


class Automatic:
    """The ``rollback`` section with its conditions compiled."""

    def __init__(
        self,
        section: RollbackSection | None = None,
        conditions: Mapping[str, Condition] | None = None,
        engine: Engine | None = None,
        phase: Phase = Phase.AUTOMATION,
    ) -> None:
        """``conditions``: those of the rules that have one. None for the section: nothing is automatic."""
        self._phase = phase
        self.section = section or RollbackSection()
        self._conditions = conditions or {}
        self._engine = engine

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules whose alerts may be answered."""
        return tuple(line.rule for line in self.section.lines)

    def when(self, rule_id: str) -> str:
        """The further condition of a rule, as written; empty without one."""
        condition = self._conditions.get(rule_id)
        return condition.text if condition is not None else ""

    def refusal(self, rule_id: str, variables: Mapping[str, Any]) -> str:
        """Why an alert of this rule, with what the policy saw, is not one that may be answered; empty when it is.

        What cannot be evaluated is no yes.
        """
        if not self._phase.rolls_back:
            return f"the estate is in phase {self._phase.value}: nothing rolls back by itself"
        if rule_id not in self.rules:
            return f"policy does not name {rule_id} for automatic rollback"
        condition = self._conditions.get(rule_id)
        if condition is None:
            return ""
        assert self._engine is not None
        held, error = condition.holds(self._engine.activate(dict(variables)))
        if held is None:
            return f"whether {condition.text} holds is indeterminate: {error}"
        return "" if held else f"policy asks for {condition.text}, which does not hold"


class _Applicable(NamedTuple):
    """The rules for one type of signal, and the variables that they mention."""

    rules: tuple[CompiledRule, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, rules: list[CompiledRule]) -> _Applicable:
        return cls(tuple(rules), tuple(sorted({name for rule in rules for name in rule.names})))


class Policy:
    """A loaded policy. Made by :func:`pulse_tui.policy.load.load_policy`."""

    def __init__(
        self,
        rules: tuple[CompiledRule, ...],
        engine: Engine,
        digest: str,
        gate: GateSection | None = None,
        automatic: Automatic | None = None,
        *,
        phase: Phase = Phase.AUTOMATION,
        storm: int = STORM,
        approvals: int = 0,
        source: str = "",
    ) -> None:
        """``digest`` is SHA-256 over everything that can change what is decided or done.

        ``approvals``: how many people beside the one who proposes it a change needs. ``source``: the section, so that it can
        be loaded again (:mod:`pulse_tui.policy.kept`).
        """
        self.approvals = approvals
        self.source = source
        self.digest = digest
        self.phase = phase
        self.storm = storm
        self.gate = gate or GateSection()
        self.automatic = automatic or Automatic()
        self.engine = engine
        self.compiled = rules
        index: dict[SignalType, list[CompiledRule]] = {kind: [] for kind in SignalType}
        for compiled in rules:
            for kind in dict.fromkeys(compiled.rule.on):
                index[kind].append(compiled)
        self._index = {kind: _Applicable.of(found) for kind, found in index.items()}
        self._places = {compiled.rule.id: place for place, compiled in reversed([*enumerate(rules)])}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules as written, in the order of the file."""
        return tuple(compiled.rule for compiled in self.compiled)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, if the policy has it."""
        place = self._places.get(rule_id)
        return self.compiled[place].rule if place is not None else None

    def fires(self, rule_id: str) -> str:
        """SHA-256 of what makes this rule fire and lets its alert be answered by itself; empty when there is none."""
        rule = self.rule(rule_id)
        if rule is None:
            return ""
        when = [line.when for line in self.automatic.section.lines if line.rule == rule_id]
        return hashlib.sha256(msgspec.json.encode([rule.on, rule.mode, rule.all, rule.any, when])).hexdigest()

    def judge(self, fact: Fact) -> list[Decision]:
        """A decision of every rule for this type of signal, in the order of the file.

        ``decision.at`` is the signal's ``observed_at``: judging again later gives the same bytes.
        """
        rules, names = self._index[fact.signal.signal_type]
        if not rules:
            return []
        # The engine copies what it is given: only what these rules mention is worth the copy.
        known = fact.variables
        view = View(self.engine, {name: known[name] for name in names if name in known})
        return list(self._decisions(rules, view, fact))

    def _decisions(self, rules: Iterable[CompiledRule], view: View, fact: Fact) -> Iterator[Decision]:
        """What they have in common is made once: a fact may have dozens."""
        signal, asset, environment = fact.signal, fact.asset, fact.environment
        signal_id, severity, at, headline = signal.id, signal.severity, signal.observed_at, title(fact)
        asset_id = asset.id if asset is not None else signal.asset_id
        version = signal.current_version or (fact.deployment.version if fact.deployment is not None else None)
        about = hashlib.sha256("\x1f".join((self.digest, signal_id, asset_id or "", environment or "", "")).encode())
        # A signal that names no environment may concern several: each is a condition of its own.
        place = "" if environment is None or environment is signal.environment else f"/{environment}"
        for compiled in rules:
            rule = compiled.rule
            outcome, priority, decided, comparisons, context, within, _ = compiled.rule_on(view)
            digest = about.copy()
            digest.update(rule.id.encode())
            yield Decision(
                id=digest.hexdigest()[:24],
                signal_id=signal_id,
                rule_id=rule.id,
                mode=rule.mode,
                outcome=outcome,
                priority=priority,
                severity=decided or severity,
                actions=rule.actions if outcome is Outcome.FIRED else (),
                comparisons=comparisons,
                policy_digest=self.digest,
                asset_id=asset_id,
                environment=environment,
                version=version,
                owner=asset.owner_team if asset is not None else signal.owner_team or rule.owner,
                title=headline,
                fingerprint=alert_fingerprint(rule.id, signal.fingerprint) + place,
                at=at,
                context=context,
                respond_within_s=within,
            )
