"""What an operator reads in the alerts pane: one sentence made from a fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulse_tui.domain.catalogue import EventType
from pulse_tui.domain.countdown import shutdown
from pulse_tui.domain.decision import Fact
from pulse_tui.domain.evals import ZERO_TOLERANCE
from pulse_tui.domain.evidence import CHANGED, OVERDUE, UNDELIVERED, MetricEvidence, NoteEvidence, ShiftEvidence
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import SignalType

LIMIT = 160


def title(fact: Fact) -> str:
    """``accuracy -5.2 pp on support-bot canary``; the source's own title when nothing better is known."""
    make = _MAKERS.get(fact.signal.signal_type)
    text = make(fact, fact.variables) if make is not None else None
    return clean(text or fact.signal.title, LIMIT)


def location(fact: Fact) -> str:
    """``support-bot canary``, as far as it is known."""
    name = fact.asset.id if fact.asset is not None else fact.signal.asset_id or "an unknown asset"
    return f"{name} {fact.environment.short}" if fact.environment is not None else name


def _subject(fact: Fact) -> str:
    """The location; of a release that serves nowhere, its version too."""
    if fact.environment is None and fact.signal.current_version:
        return f"{location(fact)} {fact.signal.current_version}"
    return location(fact)


def _metric(fact: Fact, values: Mapping[str, Any]) -> str | None:
    evidence = fact.signal.evidence
    if not isinstance(evidence, MetricEvidence):
        return None
    metric, task, where = values["eval.metric"], values["eval.task"], _subject(fact)
    if values.get("eval.slice") == ZERO_TOLERANCE:
        what = "failed" if values.get("eval.verdict") == "FAIL" else "was not run"
        return f"an item that must never fail {what} on {where} ({task} {metric})"
    if values.get("eval.slice"):
        metric = f"{metric} in {values['eval.slice']}"
    if values.get("eval.verdict") == "INCONCLUSIVE":
        return f"{metric} undecided, {evidence.moved} on {where} ({task})"
    if values.get("eval.basis") == "drift":
        return f"{metric} level moved {evidence.moved} on {where} ({task})"
    # The task comes last: a narrow column cuts what is needed least.
    of = "" if task in (metric, values["eval.suite"]) else f" ({task})"
    return f"{metric} {evidence.moved} on {where}{of}"


def _service(fact: Fact, values: Mapping[str, Any]) -> str | None:
    if "service.metric" not in values:
        return None
    name = str(values["service.metric"]).removesuffix("_latency").replace("_", " ")
    if "service.ratio" in values:
        return f"{name} {values['service.ratio']:.2f} x objective on {location(fact)}"
    return f"{name} {values['service.value']:g} on {location(fact)}"


def _cost(fact: Fact, values: Mapping[str, Any]) -> str | None:
    if "cost.ratio" not in values:
        return None
    return f"{values['cost.metric']} {(values['cost.ratio'] - 1) * 100:+.0f} % on {location(fact)}"


def _cve(fact: Fact, values: Mapping[str, Any]) -> str | None:
    if "advisory.id" not in values or fact.asset is None:
        return None
    verb = "reaches" if fact.signal.confidence >= 0.5 else "may reach"
    where = f" {fact.environment.short}" if fact.environment and fact.environment.rank else ""
    unused = " (not used in production)" if values.get("advisory.used_in_production") is False else ""
    return f"{values['advisory.id']} {verb} {fact.asset.id}{where}{unused}"


def _note(fact: Fact, values: Mapping[str, Any]) -> str | None:
    evidence = fact.signal.evidence
    models = values.get("note.models") or []
    if not models or fact.asset is None or not isinstance(evidence, NoteEvidence):
        return None
    more = f" and {len(models) - 1} more" if len(models) > 1 else ""
    subject = f"{models[0]}{f' {evidence.release}' if evidence.release else ''}{more}"
    end = f": {fact.asset.id}" + (" (by its family)" if evidence.by_family else "")
    kind = fact.signal.signal_type
    if kind is SignalType.DEPRECATION:
        return f"{subject} {_until(evidence, fact, many=len(models) > 1)}{end}"
    words = {
        SignalType.PRICING_CHANGE: "price changes",
        SignalType.RATE_LIMIT_CHANGE: "rate limits change",
        SignalType.INCIDENT: "vendor incident",
        SignalType.CATALOGUE_CHANGE: "is no longer listed"
        if evidence.change == EventType.MODEL_REMOVED
        else "changed in the catalogue",
    }
    share = f", your peak is {evidence.peak_share:.0%} of it" if evidence.peak_share is not None else ""
    where = f" on {evidence.elsewhere}" if evidence.elsewhere is not None else ""
    return f"{subject} {words.get(kind) or _label(values)}{where}{share.replace('%', ' %')}{end}"


def _until(evidence: NoteEvidence, fact: Fact, *, many: bool) -> str:
    if evidence.effective_at is None and evidence.elsewhere is not None:
        return _elsewhere(evidence, evidence.elsewhere)
    if evidence.effective_at is None:
        return "deprecated"
    if evidence.floor:
        return f"stay{'' if many else 's'} at least until {evidence.effective_at:%Y-%m-%d}"
    return shutdown(evidence.effective_at, fact.signal.observed_at, many=many)


def _elsewhere(evidence: NoteEvidence, platform: str) -> str:
    """``ends on openai 2027-01-15, no date of azure is known``: the date of one platform is none of another."""
    end = (
        f"ends on {platform} {evidence.elsewhere_at:%Y-%m-%d}" if evidence.elsewhere_at else f"deprecated on {platform}"
    )
    return f"{end}, no date of {evidence.components[0].partition('/')[0]} is known"


def _shift(fact: Fact, values: Mapping[str, Any]) -> str | None:
    del values
    evidence = fact.signal.evidence
    if not isinstance(evidence, ShiftEvidence) or fact.asset is None:
        return None
    model = evidence.component.rpartition("/")[2]
    return f"{evidence.metric} of {model} moved without a note: {fact.asset.id} ({evidence.before} -> {evidence.after})"


def _label(values: Mapping[str, Any]) -> str:
    labels = values.get("note.labels") or ["vendor_note"]
    return str(labels[0]).replace("_", " ")


def _version(fact: Fact, values: Mapping[str, Any]) -> str | None:
    if values.get("signal.change") == "digest_changed":
        version = fact.signal.current_version
        return f"digest of {location(fact)}{' ' + version if version else ''} changed under the same version"
    return None


def _suite(fact: Fact, values: Mapping[str, Any]) -> str | None:
    return (
        f"suite {values['suite.id']} differs from what was frozen: {location(fact)}" if "suite.id" in values else None
    )


def _health(fact: Fact, values: Mapping[str, Any]) -> str | None:
    del fact
    if "health.subject" not in values:
        return None
    reason = f": {values['health.reason']}" if values.get("health.reason") else ""
    subject = values["health.subject"]  # a source by its id, or "suite golden on support-bot 3.8.2"
    if values.get("health.state") == UNDELIVERED:
        return f"messages to {subject} do not arrive{reason}"
    if values.get("health.state") == CHANGED:
        return f"the {subject} does not hold{reason}"
    if values.get("health.state") == OVERDUE and subject.startswith("review "):
        return f"review overdue{reason}"
    named = subject if subject.startswith("suite ") else f"source {subject}"
    return f"{named} is {values['health.state']}{reason}"


_MAKERS: Mapping[SignalType, Callable[[Fact, Mapping[str, Any]], str | None]] = {
    **dict.fromkeys(
        (
            SignalType.BENCHMARK_REGRESSION,
            SignalType.SAFETY_REGRESSION,
            SignalType.CALIBRATION_DRIFT,
            SignalType.CONSISTENCY_DROP,
            SignalType.SPREAD_WIDENING,
        ),
        _metric,
    ),
    SignalType.LATENCY_BREACH: _service,
    SignalType.ERROR_RATE_BREACH: _service,
    SignalType.COST_CHANGE: _cost,
    SignalType.CVE: _cve,
    **dict.fromkeys(
        (
            SignalType.VENDOR_NOTE,
            SignalType.DEPRECATION,
            SignalType.PRICING_CHANGE,
            SignalType.RATE_LIMIT_CHANGE,
            SignalType.INCIDENT,
            SignalType.CATALOGUE_CHANGE,
        ),
        _note,
    ),
    SignalType.SILENT_CHANGE: _shift,
    SignalType.VERSION_EVENT: _version,
    SignalType.SUITE_CHANGED: _suite,
    SignalType.SOURCE_HEALTH: _health,
}
