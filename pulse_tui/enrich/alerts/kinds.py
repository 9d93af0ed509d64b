"""Which signals are symptoms, which only inform, and what kind of cause a signal can be."""

from __future__ import annotations

from enum import StrEnum

from pulse_tui.domain.evidence import AdvisoryEvidence, HealthEvidence, NoteEvidence, VersionEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, SignalType

SYMPTOMS = frozenset(
    {
        SignalType.LATENCY_BREACH,
        SignalType.ERROR_RATE_BREACH,
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
        SignalType.COST_CHANGE,
        SignalType.CALIBRATION_DRIFT,
        SignalType.CONSISTENCY_DROP,
        SignalType.SPREAD_WIDENING,
        SignalType.SILENT_CHANGE,
        SignalType.INCIDENT,
    }
)
"""Signals that something goes wrong now: an alert about one opens an incident when it belongs to none."""
OF_SERVICE = frozenset({SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH, SignalType.INCIDENT})
"""Symptoms that show within minutes; the others are measured every few hours, or once a night."""


class Effect(StrEnum):
    """What suffers, as the table of causes has it."""

    LATENCY = "latency"
    ERRORS = "errors"
    QUALITY = "quality"
    SAFETY = "safety"
    COST = "cost"
    ANSWERS = "answers"
    """A hosted model answers otherwise than before."""
    OUTAGE = "outage"
    """An incident that was opened elsewhere, whatever suffers."""


EFFECTS = {
    SignalType.LATENCY_BREACH: Effect.LATENCY,
    SignalType.ERROR_RATE_BREACH: Effect.ERRORS,
    SignalType.BENCHMARK_REGRESSION: Effect.QUALITY,
    SignalType.CALIBRATION_DRIFT: Effect.QUALITY,
    SignalType.CONSISTENCY_DROP: Effect.QUALITY,
    SignalType.SPREAD_WIDENING: Effect.QUALITY,
    SignalType.SAFETY_REGRESSION: Effect.SAFETY,
    SignalType.COST_CHANGE: Effect.COST,
    SignalType.SILENT_CHANGE: Effect.ANSWERS,
    SignalType.INCIDENT: Effect.OUTAGE,
}


class CauseKind(StrEnum):
    """What kind of cause a signal can be, as it is called on the screen."""

    DEPLOYMENT = "deployment"
    ROLLBACK = "rollback"
    CONFIGURATION = "change of configuration"
    PROMPT = "change of the prompt"
    ADAPTER = "change of the adapter"
    CONTENT = "change of content under one version"
    DEPENDENCY = "change of a dependency"
    SUITE = "change of the suite"
    SILENT = "silent change of a model"
    CATALOGUE = "change in a catalogue"
    BEHAVIOUR = "vendor's change of behaviour"
    NOTE = "vendor's note"
    END = "end of a model"
    LIMIT = "rate limit"
    PRICE = "price"
    INCIDENT = "vendor's incident"
    EXPLOITED = "vulnerability that is exploited"
    VULNERABILITY = "vulnerability"
    MEASUREMENT = "trouble of the measuring source"
    UPSTREAM = "trouble of an asset it depends on"


_CHANGES = {
    Change.DEPLOYMENT: CauseKind.DEPLOYMENT,
    Change.PROMOTION: CauseKind.DEPLOYMENT,
    Change.ROLLBACK: CauseKind.ROLLBACK,
    Change.CONFIG_CHANGE: CauseKind.CONFIGURATION,
    Change.PROMPT_REVISION: CauseKind.PROMPT,
    Change.SYSTEM_PROMPT_CHANGE: CauseKind.PROMPT,
    Change.ADAPTER_UPDATE: CauseKind.ADAPTER,
    Change.RETRAINING: CauseKind.ADAPTER,
    Change.DIGEST_CHANGED: CauseKind.CONTENT,
}
"""A build or an evaluation serves nobody yet."""
_TYPES = {
    SignalType.DEPENDENCY_CHANGE: CauseKind.DEPENDENCY,
    SignalType.SUITE_CHANGED: CauseKind.SUITE,
    SignalType.SILENT_CHANGE: CauseKind.SILENT,
    SignalType.CATALOGUE_CHANGE: CauseKind.CATALOGUE,
    SignalType.DEPRECATION: CauseKind.END,
    SignalType.PRICING_CHANGE: CauseKind.PRICE,
    SignalType.RATE_LIMIT_CHANGE: CauseKind.LIMIT,
    SignalType.INCIDENT: CauseKind.INCIDENT,
}
CANDIDATES = frozenset(
    {
        *_TYPES,
        SignalType.VERSION_EVENT,
        SignalType.VENDOR_NOTE,
        SignalType.CVE,
        SignalType.SOURCE_HEALTH,
        SignalType.LATENCY_BREACH,
        SignalType.ERROR_RATE_BREACH,
    }
)
"""Types of signals that may be a cause; a symptom only of what depends on its asset."""
_OF_MOVES = frozenset({"run", "late", "drill", "break-glass", "past-gate", "by-itself"})
_OF_RECORDS = frozenset(
    {
        "dispute",
        "deleted",
        "lineage",
        "pointer",
        "baseline",
        "gone",
        "unread",
        "bill",
        "gone-bill",
        "name",
        "provenance",
        "unfit",
        "unreported",
    }
)
_REMARKS = _OF_MOVES | _OF_RECORDS
"""What the program itself remarks of a move or of what is known of an asset: the move is the cause, not the remark."""
_LABELS = {
    "incident": CauseKind.INCIDENT,
    "rate_limit": CauseKind.LIMIT,
    "behaviour_change": CauseKind.BEHAVIOUR,
    "deprecation": CauseKind.END,
    "pricing": CauseKind.PRICE,
}
_NO_CAUSE = frozenset({"success", "recovered", "good", "resolved"})


def kind_words(kind: SignalType) -> str:
    """``a latency breach``, ``an error rate breach``."""
    words = "CVE" if kind is SignalType.CVE else kind.value.replace("_", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def cause_kind(signal: Signal) -> CauseKind | None:
    """What kind of cause the signal can be; None: none."""
    evidence = signal.evidence
    if signal.signal_type is SignalType.VERSION_EVENT:
        if isinstance(evidence, VersionEvidence) and evidence.changed and _REMARKS.issuperset(evidence.changed):
            return None
        return _CHANGES.get(signal.change) if signal.change is not None else None
    if isinstance(evidence, NoteEvidence) and evidence.ours:
        return None  # what people see elsewhere is the same symptom once more
    if isinstance(evidence, AdvisoryEvidence):
        return CauseKind.EXPLOITED if evidence.known_exploited or evidence.malicious else CauseKind.VULNERABILITY
    if isinstance(evidence, HealthEvidence):
        return None if evidence.state in _NO_CAUSE else CauseKind.MEASUREMENT
    if signal.signal_type is SignalType.VENDOR_NOTE and isinstance(evidence, NoteEvidence):
        return next((kind for label, kind in _LABELS.items() if label in evidence.labels), CauseKind.NOTE)
    if signal.signal_type in (SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH):
        return CauseKind.UPSTREAM
    return _TYPES.get(signal.signal_type)
