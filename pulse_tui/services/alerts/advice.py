"""What to do about an alert, by the kind of its cause: one answer for the tower, ``explain``, tickets and messages."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from functools import cached_property

from pulse_tui.domain.advice import Advice
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.countdown import days_left
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.evals import Basis, Verdict
from pulse_tui.domain.evidence import (
    CHANGED,
    OF_VENDORS,
    UNDELIVERED,
    AdvisoryEvidence,
    HealthEvidence,
    MetricEvidence,
    NoteEvidence,
    ShiftEvidence,
    SuiteEvidence,
)
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import PlanState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind
from pulse_tui.domain.words import UNHEALTHY, Change, Recommended, SignalType
from pulse_tui.enrich.vendors.shifts import shift_todo
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.of_release import release_reached
from pulse_tui.services.alerts.underway import RolledBack, Underway
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.fitness import faults
from pulse_tui.services.registry.helped import did_not_help
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.signals.concerns import condition
from pulse_tui.services.signals.waived import names_in
from pulse_tui.services.vendors.candidates import causes
from pulse_tui.services.vendors.ends import still_listed
from pulse_tui.services.vendors.tasks import task_line

_WINDOW = timedelta(hours=24)
"""What changed longer before the cause is not named as a possible reason."""
_CANDIDATES = 3
"""So many of the newest releases are looked through for one that has the fix."""
_NAMED = 3
_RELEASED = frozenset({Change.DEPLOYMENT, Change.PROMOTION, Change.ROLLBACK, Change.BUILD, Change.EVALUATION})
"""Version events that are about a release; the others change what surrounds it."""
_UNASKED = frozenset({Change.DEPLOYMENT, Change.PROMOTION, Change.DIGEST_CHANGED})
"""What came into an environment and can be taken out again. A stopped rollback is resumed or put back instead."""
_LATER = {
    SignalType.INCIDENT: (
        "it is the vendor's: follow its status page, switch to a fallback where there is one, inform users;"
        " no release of ours caused it"
    ),
    SignalType.PRICING_CHANGE: "compare the new price with the budget; a rollback changes no price",
    SignalType.RATE_LIMIT_CHANGE: "compare the new limits with the traffic, ask for more or throttle",
    SignalType.VENDOR_NOTE: "read what it announces, and compare what is measured now with the baseline",
    SignalType.CATALOGUE_CHANGE: "check that the models in use are still offered",
    SignalType.DEPENDENCY_CHANGE: "check what changed, and whether it was meant",
    SignalType.COST_CHANGE: "compare the cost by release and by model; look for what uses more",
}


_RETEST = frozenset({SignalType.VENDOR_NOTE, SignalType.CATALOGUE_CHANGE, SignalType.DEPENDENCY_CHANGE})
"""What changed below the asset: whether it does as well as before is measured, not believed."""


def advise(tx: Transaction, parts: JudgeParts, alert: Alert, signal: Signal, now: datetime) -> Advice:
    """What to do about an open alert. Nothing advises a rollback that would not end the cause, nor what is done already."""
    evidence = signal.evidence
    target = _Target(tx, parts, alert, now)
    if isinstance(evidence, AdvisoryEvidence):
        return _vulnerability(evidence, signal, target)
    if signal.signal_type is SignalType.DEPRECATION and isinstance(evidence, NoteEvidence):
        return Advice(tuple(_deprecation(evidence, target, now)))
    if signal.signal_type in UNHEALTHY and not _drifted(signal):
        return _unhealthy(signal, target)
    if words := _measured(signal):
        return Advice((words,))
    if signal.signal_type is SignalType.VERSION_EVENT:
        return _version(signal, target)
    if isinstance(evidence, ShiftEvidence):
        lines = shift_todo(evidence, signal.source)
        asked = signal.recommended_action is Recommended.RETEST and alert.asset_id
        return Advice((*lines, target.retest()) if asked else lines)
    if isinstance(evidence, HealthEvidence):
        return Advice((_health(evidence, signal, parts.sources),))
    if isinstance(evidence, NoteEvidence) and evidence.ours:
        return Advice(
            (f"people handle it in {evidence.vendor} as {evidence.note}: see there first, then what changed here",)
        )
    lines = (_LATER.get(signal.signal_type, "review it with the owner and decide"),)
    return Advice((*lines, target.retest()) if signal.signal_type in _RETEST and alert.asset_id else lines)


class _Target:
    """Where the asset would go back to in the alert's environment; found when it is asked for."""

    def __init__(self, tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> None:
        self.tx = tx
        self.parts = parts
        self.alert = alert
        self.now = now
        self.underway = Underway(tx, alert, now)

    @cached_property
    def serving(self) -> Deployment | None:
        """What serves there; None also when the alert names no place."""
        if not (self.alert.asset_id and self.alert.environment):
            return None
        return self.tx.estate.deployment(self.alert.asset_id, self.alert.environment)

    @cached_property
    def release(self) -> Release | None:
        """The rollback target; None also when nothing serves there."""
        if self.serving is None:
            return None
        return rollback_target(self.tx, self.serving.asset_id, self.serving.environment, self.serving.version).release

    @property
    def move(self) -> str:
        """``roll canary back from 3.8.2 to 3.8.1 (iteration 1412, digest recorded)``; there is a release."""
        assert self.serving is not None
        assert self.release is not None
        digest = "digest recorded" if self.release.digest else "no digest recorded"
        return (
            f"roll {self.serving.environment.value} back from {self.serving.version} to {self.release.version}"
            f" (iteration {self.release.iteration}, {digest})"
        )

    @property
    def step(self) -> str:
        """The move with what is to be done for it next: planned, approved or run."""
        assert self.serving is not None
        assert self.release is not None
        found = self.underway.plan
        if found is not None and found[0].to_version == self.release.version:
            plan, state = found
            if state is PlanState.APPROVED:
                return f"{self.move}: plan {plan.hash[:12]} is approved already, run it: pulse-tui rollback run {plan.hash[:12]}"
            return (
                f"{self.move}: plan {plan.hash[:12]} is proposed already and waits for approval:"
                f" pulse-tui rollback show {plan.hash[:12]}"
            )
        where = f"{self.serving.asset_id} --env {self.serving.environment.value} --alert {self.alert.id}"
        return f"{self.move}: plan it, approve inside the plan: pulse-tui rollback plan {where}"

    def faults(self) -> list[str]:
        """What is known to speak against it."""
        assert self.serving is not None
        assert self.release is not None
        known = faults(self.tx, self.parts, self.release, self.serving.environment)
        where = (self.release.asset_id, self.serving.environment, self.release.version)
        before = did_not_help(self.tx, *where, alert_id=self.alert.id)
        return [*known, str(before)] if before is not None else known

    def retest(self) -> str:
        """Measure the asset again, unless that is under way."""
        if self.underway.measuring and not self.underway.overdue:
            return self.underway.measuring
        due = f"{self.underway.measuring}: " if self.underway.overdue else ""
        return due + self._measure()

    def _measure(self) -> str:
        asset_id = self.alert.asset_id
        suites = [s.id for s in self.parts.suites.values() if asset_id in s.baselines]
        runs = [s for s in suites if self.parts.suites[s].command]
        if runs:
            return f"run the suite again: pulse-tui suite run {runs[0]} --asset {asset_id}"
        if suites:
            return f"run {', '.join(suites[:_NAMED])} again on what serves, and ingest the result"
        return f"no suite measures {asset_id}: measure it by hand"


# --------------------------------------------------------------------------- a vulnerability


_DECLARED = re.compile(r"\?(?:cpe|product|platform)=.*")
"""Behind the id of a declared product: the names that its advisories use."""


def _vulnerability(evidence: AdvisoryEvidence, signal: Signal, target: _Target) -> Advice:
    """Upgrade, waive or freeze; a rollback only to what is free of it."""
    part = _DECLARED.sub("", evidence.component)
    if any(name.startswith("MAL-") for name in (evidence.advisory, *evidence.aliases)):
        lines = list(_malicious(evidence))
    elif signal.confidence < 0.5:
        what = f"{part} {evidence.installed or '(version unknown)'}"
        lines = [f"find out whether {what} is affected: it could not be compared; then upgrade, or waive it"]
    elif evidence.fixed:
        lines = [f"upgrade {part} to {evidence.fixed[0]} and release that"]
    else:
        lines = [f"no fixed version of {part} is named: take it out of reach, or replace it"]
    ahead = _free_ahead(evidence.advisory, target)
    if ahead is not None:
        environment = target.serving.environment.value if target.serving is not None else ""
        command = f"pulse-tui release promote {ahead.asset_id} {ahead.version} --env {environment} --why REASON"
        reason = f"{evidence.advisory} does not reach what its own bill lists"
        lines.insert(0, f"promote {ahead.version}, {reason}: {command}")
    lines += _exceptions(target)
    done = target.underway.rolled_back
    if done is not None and signal.observed_at <= done.at and signal.confidence >= 0.5:
        lines.append(f"{done} did not help: {evidence.advisory} reaches {done.moved.to_version} as well")
    if target.release is None or target.serving is None:
        return Advice(tuple(lines))
    version = target.release.version
    reaches = release_reached(target.tx, target.release, evidence.advisory)
    if reaches is False and (found := _others(target, evidence.advisory)):
        lines.append(f"{version} is free of it, but no good rollback target: {'; '.join(found[:_NAMED])}")
        return Advice(tuple(lines), rollback=True)
    if reaches is False:
        return Advice((*lines, f"or {target.step}; {version} is free of it"), rollback=True)
    if reaches:
        return Advice((*lines, f"a rollback does not help: it reaches {version} as well"))
    return Advice((*lines, f"a rollback may not help: whether it reaches {version} is not known, it has no own bill"))


def _malicious(evidence: AdvisoryEvidence) -> Iterator[str]:
    """Code that was put there on purpose: it ran, so what it could reach is not trusted any more."""
    installed = f" {evidence.installed}" if evidence.installed else ""
    yield f"take {evidence.component}{installed} out at once and release without it: it is malicious code, no weakness"
    yield "replace every secret that it could read, and look for what it left behind on the hosts where it ran"


def _others(target: _Target, advisory: str) -> list[str]:
    """What else speaks against the rollback target."""
    return [fault for fault in target.faults() if not fault.startswith(advisory)]


def _exceptions(target: _Target) -> Iterator[str]:
    """Freeze and waive, or who did so already."""
    asset_id, hold, waiver = target.alert.asset_id, target.underway.frozen, target.underway.waiver
    signal = target.tx.signals.get(target.alert.signal_id)
    names = names_in(signal) if signal is not None else ()
    if waiver:
        yield waiver
    elif not any(name.startswith("MAL-") for name in names):
        yield f"or waive it with a review date: pulse-tui alert waive {target.alert.id} --days 30 --why REASON"
    if asset_id is None or waiver:
        return
    if hold is not None:
        scope = hold.asset_id or "everything"
        passing = f"; {hold.review}: releases pass until then" if hold.reviewed(target.now) else ""
        yield f"promotions of {scope} are held already ({hold.id}, by {hold.placed_by}) until {hold.until_condition}{passing}"
    else:
        yield f"freeze promotions until it is fixed: pulse-tui freeze {asset_id} --why REASON"


def _free_ahead(advisory: str, target: _Target) -> Release | None:
    """The newest later release, never served there, that is free of it by its own bill."""
    serving = target.serving
    if serving is None:
        return None
    here = target.tx.estate.release(serving.asset_id, serving.version)
    before = {s.version for s in target.tx.estate.stays(serving.asset_id, serving.environment)}
    later = [
        r
        for r in target.tx.estate.releases(serving.asset_id)
        if r.usable and r.version not in before and here is not None and r.iteration > here.iteration
    ]
    for release in sorted(later, key=lambda r: -r.iteration)[:_CANDIDATES]:
        if release_reached(target.tx, release, advisory) is False:
            return release
    return None


# --------------------------------------------------------------------------- an announcement


def _deprecation(evidence: NoteEvidence, target: _Target, now: datetime) -> Iterator[str]:
    models = ", ".join(evidence.models) or "the model"
    instead = f": {evidence.successor} is recommended" if evidence.successor else ""
    if evidence.effective_at is None and evidence.elsewhere is not None:
        ours = ", ".join(dict.fromkeys(c.partition("/")[0] for c in evidence.components))
        yield f"look up whether and when {models} ends on {ours}: {evidence.vendor} speaks of its own platform{instead}"
    elif evidence.effective_at is None:
        yield f"choose a successor of {models}{instead}; no date is named yet, ask {evidence.vendor}"
    elif evidence.floor:
        yield f"plan a successor of {models}{instead}; it stays at least until {evidence.effective_at:%Y-%m-%d}"
    else:
        days = days_left(evidence.effective_at, now)
        when = f"{evidence.effective_at:%Y-%m-%d}"
        if days >= 0:
            yield f"choose a successor of {models} before {when}, {f'{days} days left' if days else 'today'}{instead}"
        else:
            lists = still_listed(target.tx, evidence.components)
            still = f"; {', '.join(lists)} still lists it" if lists else ""
            yield f"{models} was to end on {when}, {-days} days ago{still}: move to a successor now{instead}"
    if target.underway.measuring:
        yield target.underway.measuring
    if (asset := target.alert.asset_id) is not None:
        open_ = (
            t for t in target.tx.vendors.tasks(asset_id=asset, open_only=True) if t.component in evidence.components
        )
        yield from [task_line(target.tx, t, now) for t in open_ if t.kind is not TaskKind.RETEST][:_NAMED]
    yield "run the suites on the successor, release it, and promote it through the gate; a rollback does not help"


# --------------------------------------------------------------------------- a release does badly


def _unhealthy(signal: Signal, target: _Target) -> Advice:
    measured = _measured(signal)
    serving = target.serving
    version = signal.current_version or target.alert.version
    done = target.underway.rolled_back
    if serving is None or (version is not None and version != serving.version):
        words = measured or f"{version or 'it'} does not serve there now: keep it out until it is fixed"
        return Advice((f"{done} is done already: see what is measured next", words) if done is not None else (words,))
    if done is not None and signal.occurred_at <= done.at:
        return Advice((f"{done} is done already: see what is measured next before anything else",))
    if done is not None:
        return _did_not_help(signal, target, done)
    if _unchanged(target.tx, signal, serving):
        causes = list(_causes(target.tx, signal, serving))
        since = f"the release did not change: {serving.version} serves since {iso(serving.since)}"
        lines = [f"{since}; {'; '.join(causes[:_NAMED])}" if causes else f"{since}; nothing else is recorded either"]
        lines.append("measure again to confirm, then look there first: vendor, data, traffic, configuration")
        if target.release is not None:
            lines.append(f"a rollback to {target.release.version} would not undo that; only if all else fails")
        return Advice(tuple(lines), rollback=target.release is not None)
    lines, answers = list[str](), False
    if target.release is None:
        place = serving.environment.value
        lines.append(f"{place} has no release to go back to: fix it forward, or take it out of the traffic")
    elif found := target.faults():
        lines.append(f"{target.release.version} is no good rollback target: {'; '.join(found[:_NAMED])}")
        lines.append(
            f"fix {serving.version} forward, or name another target; if it hurts more than that, {target.step}"
        )
    else:
        lines.append(target.step)
        answers = True
    lines += [f"{hold.why}; once the cause is gone, {hold.until_condition}" for hold in target.underway.paused]
    if measured:
        lines.append(measured)
    return Advice(tuple(lines), rollback=target.release is not None, answers=answers)


def _did_not_help(signal: Signal, target: _Target, done: RolledBack) -> Advice:
    """It was rolled back and does badly still: the release that was left was not the cause, or not alone."""
    assert target.serving is not None
    lines = [f"{done} did not help: {target.serving.version} does badly as well"]
    causes = list(_causes(target.tx, signal, target.serving))
    lines += [f"the cause lies elsewhere: {'; '.join(causes[:_NAMED])}"] if causes else []
    lines.append("look at what both releases share: vendor, data, traffic, configuration")
    lines.append(f"if {done.moved.from_version} was better: pulse-tui rollback undo {done.plan.hash[:12]}")
    if target.release is not None:
        known = target.faults()
        against = f" ({'; '.join(known[:_NAMED])})" if known else ""
        lines.append(f"a further rollback to {target.release.version}{against} only if all else fails")
    return Advice(tuple(lines), rollback=target.release is not None)


def _unchanged(tx: Transaction, signal: Signal, serving: Deployment) -> bool:
    """Whether the same release did well before: the cause lies elsewhere."""
    evidence = signal.evidence
    if not isinstance(evidence, MetricEvidence):
        return signal.occurred_at - serving.since > _WINDOW
    if signal.baseline_version is not None and signal.baseline_version == signal.current_version:
        return True
    earlier = [
        h
        for h in tx.evals.heads(serving.asset_id, evidence.suite)
        if h.version == serving.version and h.id != evidence.candidate_run and h.at < signal.occurred_at
    ]
    for head in earlier:
        seen = tx.evals.comparison(head.id)
        same = [v for v in seen.verdicts if (v.task, v.metric) == (evidence.task, evidence.metric)] if seen else []
        if same and all(v.verdict is Verdict.PASS for v in same):
            return True
    return False


_MAY_CAUSE = OF_VENDORS | {SignalType.VERSION_EVENT}


def _causes(tx: Transaction, signal: Signal, serving: Deployment) -> Iterator[str]:
    """What else changed of the asset shortly before, the nearest first."""
    begin, found = signal.occurred_at - _WINDOW, list[tuple[datetime, str]]()
    for other in tx.signals.recent(200, serving.asset_id, _MAY_CAUSE):
        if not begin <= other.occurred_at <= signal.occurred_at or other.id == signal.id:
            continue
        evidence = other.evidence
        if isinstance(evidence, NoteEvidence):
            found.append((other.occurred_at, f'its vendor {evidence.vendor} announced "{other.title}"'))
        elif other.signal_type is SignalType.SILENT_CHANGE or (
            other.signal_type is SignalType.VERSION_EVENT and other.change not in (None, *_RELEASED)
        ):
            found.append((other.occurred_at, other.title))
    found += [(c.at, c.words()) for c in tx.dependencies.changes(serving.asset_id, begin) if c.at <= signal.occurred_at]
    earlier = [c for c in causes(tx, signal) if c.at < begin]  # before that, only what weighs something
    found += [(c.at, f'{c.why}, "{c.what}"') for c in earlier]
    for at, what in sorted(found, key=lambda f: f[0], reverse=True):
        yield f"{what} {age(to_us(at), to_us(signal.occurred_at))} earlier"


# --------------------------------------------------------------------------- a verdict


def _drifted(signal: Signal) -> bool:
    return isinstance(signal.evidence, MetricEvidence) and signal.evidence.basis is Basis.DRIFT


def _measured(signal: Signal) -> str:
    """What to do about a verdict; empty for what is none."""
    evidence = signal.evidence
    version = signal.current_version or "the release"
    match evidence:
        case SuiteEvidence():
            freeze = f"pulse-tui suite freeze {evidence.suite}"
            return f"put the content back, or take the new one: {freeze}, run it on a good release, pin that run"
        case MetricEvidence(basis=Basis.DRIFT):
            return f"check what changed {evidence.between or 'then'}: ours, the vendors', the data"
        case MetricEvidence(verdict=Verdict.FAIL):
            return f"do not promote {version}: the gate is closed until it is fixed and measured again"
        case MetricEvidence(verdict=Verdict.INCONCLUSIVE):
            words = [f"about {evidence.more_items:,} more items"] if evidence.more_items else []
            words += [f"{evidence.more_repeats:,} more repeats"] if evidence.more_repeats else []
            more = f"measure more ({' or '.join(words)} would decide)" if words else "measure more"
            return f"{more}; until then the gate holds {version}, or somebody accepts the risk"
        case MetricEvidence(verdict=None):
            return "measure it with a suite: two bare numbers say little"
    return ""


# --------------------------------------------------------------------------- a version


def _health(evidence: HealthEvidence, signal: Signal, sources: Container[str]) -> str:
    if evidence.state in (UNDELIVERED, CHANGED):
        return signal.summary or f"correct {evidence.subject}, and call the owner"
    if signal.asset_id is not None:  # a suite that could not be run on it
        return f"correct what {evidence.subject} runs, then run it again: nothing is known of the release until then"
    return (
        f"repair {evidence.subject}: what is not watched cannot be judged; then pulse-tui refresh {evidence.subject}"
        if evidence.subject in sources
        else f"repair {evidence.subject}: what is not watched cannot be judged"
    )


def _version(signal: Signal, target: _Target) -> Advice:
    """What the registry reports does not add up, or a rollback did not end: the concern behind it knows what to do."""
    asset_id = target.alert.asset_id
    concerns = target.tx.inventory.concerns(asset_id) if asset_id else []
    behind = next((c for c in concerns if condition(c.asset_id, c.key) == signal.fingerprint), None)
    lines = [(behind.todo if behind is not None else "") or "find out who changed it, and whether that was meant"]
    if target.release is None or signal.change not in _UNASKED:
        return Advice(tuple(lines))
    lines.append(f"if nobody meant it, {target.step}")
    return Advice(tuple(lines), rollback=True)
