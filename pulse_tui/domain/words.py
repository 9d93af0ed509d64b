"""The closed lists of the signal contract and the words every screen uses."""

from __future__ import annotations

from enum import StrEnum


class SignalType(StrEnum):
    """What kind of change a signal reports."""

    VERSION_EVENT = "version_event"
    DEPENDENCY_CHANGE = "dependency_change"
    BENCHMARK_REGRESSION = "benchmark_regression"
    SAFETY_REGRESSION = "safety_regression"
    LATENCY_BREACH = "latency_breach"
    ERROR_RATE_BREACH = "error_rate_breach"
    COST_CHANGE = "cost_change"
    CALIBRATION_DRIFT = "calibration_drift"
    CONSISTENCY_DROP = "consistency_drop"
    SPREAD_WIDENING = "spread_widening"
    SUITE_CHANGED = "suite_changed"
    CVE = "cve"
    VENDOR_NOTE = "vendor_note"
    DEPRECATION = "deprecation"
    PRICING_CHANGE = "pricing_change"
    RATE_LIMIT_CHANGE = "rate_limit_change"
    CATALOGUE_CHANGE = "catalogue_change"
    SILENT_CHANGE = "silent_change"
    INCIDENT = "incident"
    SOURCE_HEALTH = "source_health"


class Change(StrEnum):
    """What a ``version_event`` did."""

    DEPLOYMENT = "deployment"
    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    BUILD = "build"
    EVALUATION = "evaluation"
    RETRAINING = "retraining"
    PROMPT_REVISION = "prompt_revision"
    SYSTEM_PROMPT_CHANGE = "system_prompt_change"
    ADAPTER_UPDATE = "adapter_update"
    CONFIG_CHANGE = "config_change"
    DIGEST_CHANGED = "digest_changed"


class Severity(StrEnum):
    """How bad the fact is in itself, before it is known what it affects."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return SEVERITY_RANK[self]


class Priority(StrEnum):
    """The priority that policy gives a fact. ``UNKNOWN`` is drawn as ``?`` and never dropped."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    NOTE = "note"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Sort key, most urgent first. Unknown sorts between P2 and P3: an operator must look at it."""
        return PRIORITY_RANK[self]

    @property
    def glyph(self) -> str:
        """The short form shown in tables."""
        return "?" if self is Priority.UNKNOWN else self.value


class Recommended(StrEnum):
    """The action a source suggests; policy decides."""

    NOTE = "note"
    MONITOR = "monitor"
    NOTIFY = "notify"
    REVIEW = "review"
    RETEST = "retest"
    TICKET = "ticket"
    PAGE = "page"
    BLOCK = "block"
    PAUSE = "pause"
    FREEZE = "freeze"
    ROLLBACK = "rollback"


class Environment(StrEnum):
    """Where a release runs. ``REPLICA`` is the copy that drills use."""

    REPLICA = "replica"
    SHADOW = "shadow"
    CANARY = "canary"
    PRODUCTION = "production"

    @property
    def short(self) -> str:
        """The form that fits a table column."""
        return "prod" if self is Environment.PRODUCTION else self.value

    @property
    def rank(self) -> int:
        """Sort key, production first."""
        return ENVIRONMENT_RANK[self]


class AssetType(StrEnum):
    """What kind of thing runs."""

    FOUNDATION_MODEL = "foundation_model"
    ADAPTER = "adapter"
    PROMPT = "prompt"
    RETRIEVAL_CORPUS = "retrieval_corpus"
    SAFETY_POLICY = "safety_policy"
    RUNTIME = "runtime"
    SERVICE = "service"


class Tier(StrEnum):
    """Who is affected when the asset fails."""

    CUSTOMER_FACING = "customer-facing"
    INTERNAL = "internal"
    SANDBOX = "sandbox"


class Exposure(StrEnum):
    """Who can reach the asset."""

    PUBLIC = "public"
    PARTNER = "partner"
    INTERNAL = "internal"
    ISOLATED = "isolated"


class ComponentKind(StrEnum):
    """What kind of dependency a component is."""

    PACKAGE = "package"
    HOSTED_MODEL = "hosted_model"
    ENDPOINT = "endpoint"
    SAFETY_FILTER = "safety_filter"
    VECTOR_STORE = "vector_store"
    PLUGIN = "plugin"
    BROWSER_TOOL = "browser_tool"
    IMAGE = "image"
    ASSET = "asset"
    """Another asset of the estate."""


SOFTWARE = frozenset(
    {
        ComponentKind.PACKAGE,
        ComponentKind.IMAGE,
        ComponentKind.VECTOR_STORE,
        ComponentKind.PLUGIN,
        ComponentKind.BROWSER_TOOL,
        ComponentKind.SAFETY_FILTER,
    }
)
"""Kinds of components that can have vulnerabilities that advisories describe: what no advisory can judge is counted.
Of any other kind a component counts when it is declared by what advisories call it."""


class Mode(StrEnum):
    """Whether a rule acts (``ENFORCE``) or only records what it would do (``OBSERVE``)."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Outcome(StrEnum):
    """What a rule decided about a fact. ``INDETERMINATE`` never acts."""

    FIRED = "fired"
    NOT_FIRED = "not_fired"
    INDETERMINATE = "indeterminate"


UNHEALTHY = frozenset(
    {
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
        SignalType.LATENCY_BREACH,
        SignalType.ERROR_RATE_BREACH,
    }
)
"""Signals that a release does badly; after an urgent one it is not a rollback target in that environment."""
JUDGED = frozenset(
    {
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
        SignalType.CALIBRATION_DRIFT,
        SignalType.CONSISTENCY_DROP,
        SignalType.SPREAD_WIDENING,
    }
)
"""Signals whose evidence may carry a statistical verdict."""
URGENT = frozenset({Priority.P1, Priority.P2})
"""Priorities that page somebody."""

# Keyed by the text: code that reads rows of text looks them up without making a member of each.
SEVERITY_RANK: dict[str, int] = {s: i for i, s in enumerate(Severity)}
PRIORITY_RANK: dict[str, int] = {
    Priority.P1: 0,
    Priority.P2: 1,
    Priority.UNKNOWN: 2,
    Priority.P3: 3,
    Priority.P4: 4,
    Priority.NOTE: 5,
}
ENVIRONMENT_RANK: dict[str, int] = {
    Environment.PRODUCTION: 0,
    Environment.CANARY: 1,
    Environment.SHADOW: 2,
    Environment.REPLICA: 3,
}
