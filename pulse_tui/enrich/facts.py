"""A signal becomes facts: one for each (asset, environment) that it concerns, with its context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulse_tui.domain.countdown import days_left
from pulse_tui.domain.decision import Fact
from pulse_tui.domain.estate import Asset, Deployment, Estate
from pulse_tui.domain.evals import Basis
from pulse_tui.domain.evidence import (
    AdvisoryEvidence,
    CostEvidence,
    Evidence,
    HealthEvidence,
    MetricEvidence,
    NoteEvidence,
    ServiceEvidence,
    ShiftEvidence,
    SuiteEvidence,
    VersionEvidence,
)
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.enrich.advisories.priority import Reach, danger_of, judge, network, reach_of
from pulse_tui.enrich.lookups import EstateIndex, estate_index
from pulse_tui.enrich.variables import ANSWER, EXPLOITATION


def facts(signal: Signal, estate: Estate) -> list[Fact]:
    """One fact for each (asset, environment) that the signal concerns; never empty.

    - The signal names its environment: that one.
    - It names an asset and a version: every environment where that version serves (``replica``
      only when it serves nowhere else); nowhere yet: one fact without environment.
    - It is an advisory on an asset: every environment where the asset uses the component.
    - It names only an asset: the asset's most exposed deployment, production first.
    - It matches no asset: one fact with ``asset`` None.
    """
    where = estate_index(estate)
    asset = where.asset(signal.asset_id)
    if asset is None:
        return [_fact(signal, None, signal.environment, where)]
    if signal.environment is not None:
        return [_fact(signal, asset, signal.environment, where)]
    return [_fact(signal, asset, environment, where) for environment in _environments(signal, asset, where)]


def _environments(signal: Signal, asset: Asset, where: EstateIndex) -> list[Environment | None]:
    deployments = where.deployments(asset.id)
    found: list[Environment | None]
    if signal.signal_type is SignalType.CVE:
        uses = where.uses(asset.id, signal.evidence.component)
        used = {e for u in uses for e in where.running(u)}
        found = [d.environment for d in deployments if not uses or d.environment in used]
    elif signal.current_version is not None:
        serving = [d.environment for d in deployments if d.version == signal.current_version]
        found = [e for e in serving if e is not Environment.REPLICA] or [*serving]
    else:
        found = [d.environment for d in deployments[:1]]
    return found or [None]


def _fact(signal: Signal, asset: Asset | None, environment: Environment | None, where: EstateIndex) -> Fact:
    deployment = where.deployment(asset.id, environment) if asset is not None else None
    values: dict[str, Any] = {
        "signal.type": str(signal.signal_type),
        "signal.change": _text(signal.change),
        "signal.severity": str(signal.severity),
        "signal.confidence": float(signal.confidence),
        "signal.source": signal.source,
        "signal.title": signal.title,
        "signal.recommended_action": str(signal.recommended_action),
        "signal.current_version": signal.current_version,
        "signal.baseline_version": signal.baseline_version,
        "asset.known": asset is not None,
        "deployment.environment": _text(environment),
    }
    if asset is not None:
        values |= _asset(asset)
    if deployment is not None:
        values |= _deployment(deployment)
    reader = _READERS.get(type(signal.evidence))
    if reader is not None:
        values |= reader(signal.evidence, signal)
    if isinstance(signal.evidence, AdvisoryEvidence):
        values |= _reach(signal, asset, environment, where)
    return Fact(
        signal=signal,
        asset=asset,
        deployment=deployment,
        environment=environment,
        variables={name: value for name, value in values.items() if value is not None},
    )


def _text(word: object) -> str | None:
    return None if word is None else str(word)


def _asset(asset: Asset) -> dict[str, Any]:
    data = asset.data
    return {
        "asset.id": asset.id,
        "asset.type": str(asset.asset_type),
        "asset.tier": str(asset.tier),
        "asset.exposure": str(asset.exposure),
        "asset.owner": asset.owner_team,
        "asset.workflow": asset.workflow,
        "asset.regulated": data.regulated,
        "asset.stores_prompts": data.stores_prompts,
        "asset.stores_traces": data.stores_traces,
        "asset.stores_user_content": data.stores_user_content,
        "asset.stores_data": data.stores_anything,
    }


def _deployment(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment.version": deployment.version,
        "deployment.traffic": float(deployment.traffic),
        "deployment.production_critical": deployment.production_critical,
    }


def _metric(evidence: MetricEvidence, _: Signal) -> dict[str, Any]:
    return {
        "eval.suite": evidence.suite,
        "eval.task": evidence.task,
        "eval.metric": evidence.metric,
        "eval.baseline": float(evidence.baseline),
        "eval.current": float(evidence.current),
        "eval.delta_pp": evidence.delta_pp,
        "eval.worse_pp": evidence.worse_pp,
        "eval.n": evidence.n,
        "eval.must_pass": evidence.must_pass,
        "eval.basis": str(evidence.basis) if evidence.basis is not None else str(Basis.RAW),
        "eval.verdict": _text(evidence.verdict),
        "eval.gate": _text(evidence.gate),
        "eval.slice": evidence.slice or "",
        "eval.low_pp": evidence.low_pp,
        "eval.high_pp": evidence.high_pp,
        "eval.margin_pp": None if evidence.margin is None else round(evidence.margin * evidence.scale, 6),
        "eval.more_items": evidence.more_items,
    }


def _ratio(value: float, base: float) -> float | None:
    return value / base if base else None


def _service(evidence: ServiceEvidence, _: Signal) -> dict[str, Any]:
    return {
        "service.metric": evidence.metric,
        "service.value": float(evidence.value),
        "service.objective": float(evidence.objective),
        "service.ratio": _ratio(evidence.value, evidence.objective),
        "service.requests": evidence.requests,
        "service.window_s": evidence.window_s,
    }


def _cost(evidence: CostEvidence, _: Signal) -> dict[str, Any]:
    return {
        "cost.metric": evidence.metric,
        "cost.baseline": float(evidence.baseline),
        "cost.current": float(evidence.current),
        "cost.ratio": _ratio(evidence.current, evidence.baseline),
    }


def _advisory(evidence: AdvisoryEvidence, _: Signal) -> dict[str, Any]:
    return {
        "advisory.id": evidence.advisory,
        "advisory.component": evidence.component,
        "advisory.installed": evidence.installed,
        "advisory.cvss": _number(evidence.cvss, 10.0),
        "advisory.epss": _number(evidence.epss, 1.0),
        "advisory.percentile": _number(evidence.percentile, 1.0),
        "advisory.known_exploited": evidence.known_exploited,
        "advisory.exploitation": EXPLOITATION[evidence.known_exploited],
        "advisory.ransomware": evidence.ransomware,
        "advisory.loaded": ANSWER[evidence.loaded],
        "advisory.severity_stated": evidence.severity_stated,
        "advisory.malicious": evidence.malicious,
        "advisory.fix_available": bool(evidence.fixed),
    }


def _number(value: float | None, most: float) -> float | None:
    """None for what is no number of its scale (NaN, 1.2 of 1)."""
    return value if value is not None and 0.0 <= value <= most else None


def _reach(signal: Signal, asset: Asset | None, environment: Environment | None, where: EstateIndex) -> dict[str, Any]:
    """What the estate knows of the component; values of an unknown component are left out.

    A canary that takes traffic serves users as production does.
    """
    if asset is None:
        return {}
    uses = where.uses(asset.id, signal.evidence.component)
    deployment = where.deployment(asset.id, environment)
    here = reach_of(deployment, environment) is Reach.USERS
    in_use: bool | None = None
    if here:
        in_use = True
    elif uses:
        in_use = any(
            reach_of(where.deployment(asset.id, e), e) is Reach.USERS for use in uses for e in where.running(use)
        )
    elif not any(reach_of(d, d.environment) is Reach.USERS for d in where.deployments(asset.id)):
        in_use = False
    danger = danger_of(signal, signal.evidence, asset, deployment, environment)
    verdict = judge(danger)
    return {
        "advisory.used_in_production": in_use,
        "advisory.production_exposed": danger.exposed,
        "advisory.likely": ANSWER[danger.likely],
        "advisory.network": ANSWER[network(danger.vector)],
        "advisory.priority": str(verdict.priority),
        "advisory.reasons": [str(reason) for reason in verdict.reasons],
    }


def _note(evidence: NoteEvidence, signal: Signal) -> dict[str, Any]:
    left = evidence.effective_at
    packages = [c for c in evidence.components if c.startswith("pkg:")]
    about = "vendor" if not evidence.components else "package" if len(packages) == len(evidence.components) else "model"
    return {
        "note.vendor": evidence.vendor,
        "note.labels": list(evidence.labels),
        "note.models": list(evidence.models),
        "note.change": evidence.change or "",
        "note.days_left": None if left is None else days_left(left, signal.observed_at),
        "note.floor": evidence.floor,
        "note.elsewhere": evidence.elsewhere is not None and left is None,
        "note.about": about,
        "note.by_family": evidence.by_family,
        "note.peak_share": evidence.peak_share,
        "note.headroom": headroom(evidence.peak_share),
    }


TIGHT = 0.8
"""A peak that takes more of a limit has little room to grow."""


def headroom(share: float | None) -> str:
    """``enough``, ``tight`` or ``exceeded``; ``unknown`` where no peak is declared."""
    if share is None:
        return "unknown"
    return "exceeded" if share > 1.0 else "tight" if share >= TIGHT else "enough"


def _shift(evidence: ShiftEvidence, _: Signal) -> dict[str, Any]:
    return {
        "shift.component": evidence.component,
        "shift.metric": evidence.metric,
        "shift.rounds": evidence.rounds,
    }


def _version(evidence: VersionEvidence, _: Signal) -> dict[str, Any]:
    return {
        "version.from_digest": evidence.from_digest,
        "version.to_digest": evidence.to_digest,
        "version.ref": evidence.ref,
        "version.actor": evidence.actor,
        "version.iteration": evidence.iteration,
        "version.changed": list(evidence.changed),
    }


def _suite(evidence: SuiteEvidence, _: Signal) -> dict[str, Any]:
    return {
        "suite.id": evidence.suite,
        "suite.expected_digest": evidence.expected_digest,
        "suite.digest": evidence.digest,
    }


def _health(evidence: HealthEvidence, _: Signal) -> dict[str, Any]:
    return {"health.subject": evidence.subject, "health.state": evidence.state, "health.reason": evidence.reason}


_READERS: Mapping[type[Evidence], Callable[[Any, Signal], dict[str, Any]]] = {
    MetricEvidence: _metric,
    ServiceEvidence: _service,
    CostEvidence: _cost,
    AdvisoryEvidence: _advisory,
    NoteEvidence: _note,
    ShiftEvidence: _shift,
    VersionEvidence: _version,
    SuiteEvidence: _suite,
    HealthEvidence: _health,
}
