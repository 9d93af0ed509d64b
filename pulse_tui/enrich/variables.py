"""The published list of what a policy sees: flat dotted names with a type and a meaning.

A variable whose value is not known is absent from a fact, so that a condition that asks for it
is indeterminate. It is never replaced by zero, false or an empty text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pulse_tui.domain.evals import Basis, Gate, Verdict
from pulse_tui.domain.evidence import (
    EVIDENCE,
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
from pulse_tui.domain.words import (
    AssetType,
    Change,
    Environment,
    Exposure,
    Priority,
    Recommended,
    Severity,
    SignalType,
    Tier,
)

SCHEMA_ID = "pulse.facts/1"

EXPLOITATION: Mapping[bool | None, str] = MappingProxyType({True: "known", False: "not listed", None: "unknown"})
ANSWER: Mapping[bool | None, str] = MappingProxyType({True: "yes", False: "no", None: "unknown"})
"""Words of what may be unknown, where a rule must not become indeterminate for that."""

Kind = Literal["string", "double", "int", "bool", "list<string>"]


class Variable(NamedTuple):
    """One variable: its CEL type, what it means, and the closed list of its words, if it has one."""

    name: str
    type: Kind
    doc: str
    signal_types: frozenset[SignalType]
    """Signals in which it can be known at all."""
    words: tuple[str, ...] = ()


_ALL = frozenset(SignalType)


def _carrying(shape: type[Evidence]) -> frozenset[SignalType]:
    return frozenset(kind for kind, evidence in EVIDENCE.items() if evidence is shape)


_Row = tuple[str, Kind, str] | tuple[str, Kind, str, tuple[str, ...]]

_COMMON: tuple[_Row, ...] = (
    ("signal.type", "string", "what kind of change the signal reports", tuple(SignalType)),
    ("signal.change", "string", "what a version_event did", tuple(Change)),
    ("signal.severity", "string", "the severity that the source gives", tuple(Severity)),
    ("signal.confidence", "double", "0 to 1: how the fact was obtained"),
    ("signal.source", "string", "the id of the source in the configuration"),
    ("signal.title", "string", "the source's title"),
    ("signal.recommended_action", "string", "what the source suggests", tuple(Recommended)),
    ("signal.current_version", "string", "the version the signal is about"),
    ("signal.baseline_version", "string", "the version it is compared with"),
    ("asset.known", "bool", "whether the signal matches an asset of the estate"),
    ("asset.id", "string", "the asset's id"),
    ("asset.type", "string", "what kind of thing runs", tuple(AssetType)),
    ("asset.tier", "string", "who is affected when the asset fails", tuple(Tier)),
    ("asset.exposure", "string", "who can reach the asset", tuple(Exposure)),
    ("asset.owner", "string", "the team that owns the asset"),
    ("asset.workflow", "string", "the workflow the asset is a stage of"),
    ("asset.regulated", "bool", "whether regulated data passes through"),
    ("asset.stores_prompts", "bool", "whether it keeps prompts"),
    ("asset.stores_traces", "bool", "whether it keeps traces"),
    ("asset.stores_user_content", "bool", "whether it keeps what users uploaded or wrote"),
    ("asset.stores_data", "bool", "any of the three: prompts, traces, user content"),
    ("deployment.environment", "string", "the environment the fact is about", tuple(Environment)),
    ("deployment.version", "string", "the version that serves there"),
    ("deployment.traffic", "double", "its share of the traffic in percent"),
    ("deployment.production_critical", "bool", "whether the endpoint is marked production-critical"),
)

_BY_EVIDENCE: tuple[tuple[type[Evidence], tuple[_Row, ...]], ...] = (
    (
        MetricEvidence,
        (
            ("eval.suite", "string", "the benchmark suite"),
            ("eval.task", "string", "the task of the suite"),
            ("eval.metric", "string", "the metric of the task"),
            ("eval.baseline", "double", "the pinned baseline's value, on the suite's scale"),
            ("eval.current", "double", "the candidate's value, on the suite's scale"),
            ("eval.delta_pp", "double", "current minus baseline, in percentage points"),
            ("eval.worse_pp", "double", "how much worse it got, in percentage points (negative: better)"),
            ("eval.n", "int", "the number of items behind the value"),
            ("eval.must_pass", "bool", "whether the task must pass"),
            ("eval.basis", "string", "what the verdict is based on; raw: two bare numbers", tuple(Basis)),
            (
                "eval.verdict",
                "string",
                "by statistics with a margin; absent for raw numbers and drifts",
                tuple(Verdict),
            ),
            ("eval.gate", "string", "what the task guards", tuple(Gate)),
            ("eval.slice", "string", "the part of the items the value is of; empty: all"),
            ("eval.low_pp", "double", "lower bound of the 90 % interval of delta_pp (absent where it has no bound)"),
            ("eval.high_pp", "double", "upper bound of the 90 % interval of delta_pp"),
            ("eval.margin_pp", "double", "how much worse is still accepted, in percentage points"),
            ("eval.more_items", "int", "how many more items would decide (absent when decided or unknown)"),
        ),
    ),
    (
        ServiceEvidence,
        (
            ("service.metric", "string", "the service level, for example p95_latency"),
            ("service.value", "double", "what was measured"),
            ("service.objective", "double", "what was promised, in the same unit"),
            ("service.ratio", "double", "value divided by objective (absent for an objective of 0)"),
            ("service.requests", "int", "how many requests were measured"),
            ("service.window_s", "double", "over how many seconds"),
        ),
    ),
    (
        CostEvidence,
        (
            ("cost.metric", "string", "the price or the measured cost"),
            ("cost.baseline", "double", "the value before"),
            ("cost.current", "double", "the value now"),
            ("cost.ratio", "double", "current divided by baseline (absent for a baseline of 0)"),
        ),
    ),
    (
        AdvisoryEvidence,
        (
            ("advisory.id", "string", "the advisory's name: the CVE when there is one"),
            ("advisory.component", "string", "the component it reaches"),
            ("advisory.installed", "string", "the installed version"),
            ("advisory.cvss", "double", "the CVSS base score"),
            ("advisory.epss", "double", "the probability of exploitation, 0 to 1 (absent when unknown)"),
            ("advisory.percentile", "double", "of the EPSS among all CVEs, 0 to 1 (absent when unknown)"),
            ("advisory.likely", "string", "whether its EPSS is at least 0.1", tuple(ANSWER.values())),
            ("advisory.known_exploited", "bool", "whether exploitation was seen (absent when unknown)"),
            ("advisory.exploitation", "string", "the same with a word for unknown", tuple(EXPLOITATION.values())),
            ("advisory.ransomware", "bool", "whether ransomware is known to use it (absent when unknown)"),
            ("advisory.loaded", "string", "whether the component is loaded when it runs", tuple(ANSWER.values())),
            (
                "advisory.network",
                "string",
                "whether its CVSS vector says: over the network, without privileges",
                tuple(ANSWER.values()),
            ),
            ("advisory.priority", "string", "the priority by all evidence together", tuple(Priority)),
            ("advisory.reasons", "list<string>", "why: what is known, and what is not"),
            (
                "advisory.used_in_production",
                "bool",
                "whether the asset uses the component where it serves users: in production, or in a canary that takes traffic",
            ),
            (
                "advisory.production_exposed",
                "bool",
                "the fact is about a deployment that serves users (production, a canary that takes traffic)"
                " of an asset that the public or partners can reach",
            ),
            (
                "advisory.severity_stated",
                "bool",
                "whether anybody says how bad it is; if not, signal.severity says nothing",
            ),
            ("advisory.malicious", "bool", "it reports malicious code (a MAL- record), and no weakness"),
            ("advisory.fix_available", "bool", "whether a fixed version is named"),
        ),
    ),
    (
        NoteEvidence,
        (
            ("note.vendor", "string", "who wrote the note"),
            ("note.labels", "list<string>", "what the note is about"),
            ("note.models", "list<string>", "the models and packages of ours that it names"),
            ("note.change", "string", "what happened to an entry: edited, reappeared, removed; empty: nothing"),
            ("note.days_left", "int", "days by the calendar to the date when it takes effect; negative after it"),
            ("note.floor", "bool", 'whether that date is the earliest, "not sooner than", and no date of an end'),
            ("note.elsewhere", "bool", "whether it speaks of another platform only, and no date of ours is known"),
            ("note.about", "string", "what of ours it is about", ("model", "package", "vendor")),
            ("note.by_family", "bool", "whether it names the model and not the very snapshot that is used"),
            ("note.peak_share", "double", "the declared peak as a share of the new limit (absent when not known)"),
            ("note.headroom", "string", "what that share leaves", ("enough", "tight", "exceeded", "unknown")),
        ),
    ),
    (
        ShiftEvidence,
        (
            ("shift.component", "string", "the hosted model that answers otherwise"),
            (
                "shift.metric",
                "string",
                "what differs: model id, fingerprint, prompt tokens, refusals, format or latency",
            ),
            ("shift.rounds", "int", "rounds since it began to differ"),
        ),
    ),
    (
        VersionEvidence,
        (
            ("version.from_digest", "string", "the content digest before"),
            ("version.to_digest", "string", "the content digest after"),
            ("version.ref", "string", "the alias, tag or branch that moved"),
            ("version.actor", "string", "who did it"),
            ("version.iteration", "int", "the number that the event took of its asset's counter"),
            ("version.changed", "list<string>", "what differs from before"),
        ),
    ),
    (
        SuiteEvidence,
        (
            ("suite.id", "string", "the benchmark suite"),
            ("suite.expected_digest", "string", "the digest that was frozen"),
            ("suite.digest", "string", "the digest that was found"),
        ),
    ),
    (
        HealthEvidence,
        (
            ("health.subject", "string", "the source that is late, silent or failing"),
            ("health.state", "string", "its health"),
            ("health.reason", "string", "why"),
        ),
    ),
)


def _build() -> dict[str, Variable]:
    rows = [(row, _ALL) for row in _COMMON]
    rows += [(row, _carrying(shape)) for shape, group in _BY_EVIDENCE for row in group]
    out = {}
    for row, kinds in rows:
        only = frozenset({SignalType.VERSION_EVENT}) if row[0] == "signal.change" else kinds
        words = tuple(str(w) for w in row[3]) if len(row) == 4 else ()
        out[row[0]] = Variable(row[0], row[1], row[2], only, words)
    return out


VARIABLES: Mapping[str, Variable] = MappingProxyType(_build())
"""Every variable by name."""

_JSON: dict[Kind, dict[str, Any]] = {
    "string": {"type": "string"},
    "double": {"type": "number"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "list<string>": {"type": "array", "items": {"type": "string"}},
}


def facts_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the variables of one fact; none is required but the ones every fact has."""
    properties: dict[str, Any] = {}
    for variable in VARIABLES.values():
        shape = dict(_JSON[variable.type])
        if variable.words:
            shape["enum"] = list(variable.words)
        shape["description"] = variable.doc
        if variable.signal_types != _ALL:
            shape["x-signal-types"] = sorted(variable.signal_types)
        properties[variable.name] = shape
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": SCHEMA_ID,
        "description": "What a policy condition sees. A variable that is not known is absent.",
        "type": "object",
        "additionalProperties": False,
        "required": [
            "signal.type",
            "signal.severity",
            "signal.confidence",
            "signal.source",
            "signal.title",
            "asset.known",
        ],
        "properties": properties,
    }
