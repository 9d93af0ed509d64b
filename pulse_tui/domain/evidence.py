"""What a signal brings as proof, typed by its ``signal_type``.

Numbers of benchmark metrics are on the scale the suite reports (usually a ratio from 0
to 1); differences that policy sees are in percentage points (``pp``).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.evals import Basis, Gate, Verdict
from pulse_tui.domain.metrics import unit_of
from pulse_tui.domain.words import SignalType

Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""What a policy engine and a database can hold."""
Moment = Annotated[datetime, Meta(tz=True)]


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all evidence: strict, an unknown field is an error."""


class VersionEvidence(Evidence, frozen=True):
    """A release appeared, moved or changed its content."""

    ref: str | None = None
    actor: str | None = None
    from_digest: str | None = None
    to_digest: str | None = None
    changed: list[str] = []
    iteration: Count | None = None


class MetricEvidence(Evidence, frozen=True):
    """A benchmark metric compared with its pinned baseline."""

    suite: str
    task: str
    metric: str
    baseline: float
    current: float
    higher_is_better: bool = True
    must_pass: bool = False
    n: Count | None = None
    scale: float = 100.0
    """Percentage points per unit of the metric: 100 for ratios, 1 for percentages."""
    baseline_run: str | None = None
    candidate_run: str | None = None
    gate: Gate | None = None
    """What the task guards; the fields from here on are known when a statistic judged."""
    verdict: Verdict | None = None
    basis: Basis | None = None
    slice: str | None = None
    """A part of the items; absent: all of them."""
    low: float | None = None
    """The 90 % interval of current minus baseline, in the metric's unit; absent where the data give no bound."""
    high: float | None = None
    margin: float | None = None
    """How much worse is still accepted, in the metric's unit."""
    method: str | None = None
    clusters: float | None = None
    """Effective clusters."""
    more_items: Count | None = None
    """How many more items would decide."""
    more_repeats: Count | None = None
    between: str | None = None
    """Of a drift: the releases between which the level changed."""

    @property
    def low_pp(self) -> float | None:
        """The lower bound of the interval in percentage points."""
        return None if self.low is None else round(self.low * self.scale, 6)

    @property
    def high_pp(self) -> float | None:
        """The upper bound of the interval in percentage points."""
        return None if self.high is None else round(self.high * self.scale, 6)

    @property
    def delta_pp(self) -> float:
        """Current minus baseline in percentage points, rounded to a millionth (0.862 - 0.914 is -5.2, not -5.2000000000000046)."""
        return round((self.current - self.baseline) * self.scale, 6)

    @property
    def unit(self) -> tuple[str, float]:
        """(unit, factor) in which differences are shown: points of shares, milliseconds, else as they are."""
        unit, factor = unit_of(self.metric, self.scale, (self.baseline, self.current))
        return ("", 1.0) if unit == "%" else (unit, factor)  # a difference of two costs is not a percentage

    def shown(self, difference: float) -> str:
        """A difference of the metric with its sign and unit: ``-5.2 pp``."""
        unit, factor = self.unit
        number = round(difference * factor, 6)
        return f"{number:+.1f} {unit}" if unit else f"{number:+.4g}"

    @property
    def moved(self) -> str:
        """Current minus baseline in words."""
        return self.shown(self.current - self.baseline)

    @property
    def worse_pp(self) -> float:
        """How much worse the metric got, in percentage points; negative when it got better."""
        return -self.delta_pp if self.higher_is_better else self.delta_pp


class ServiceEvidence(Evidence, frozen=True):
    """A service level (latency, error rate) compared with its objective."""

    metric: str
    value: float
    objective: float
    unit: str = ""
    window_s: float | None = None
    requests: Count | None = None


class CostEvidence(Evidence, frozen=True):
    """A price or a measured cost that moved."""

    metric: str
    baseline: float
    current: float
    currency: str = "USD"


class AdvisoryEvidence(Evidence, frozen=True):
    """A vulnerability and the component it reaches."""

    advisory: str
    component: str
    aliases: list[str] = []
    installed: str | None = None
    fixed: list[str] = []
    cvss: float | None = None
    vector: str | None = None
    known_exploited: bool | None = None
    epss: float | None = None
    percentile: float | None = None
    """Of the EPSS among all CVEs, 0 to 1."""
    exploited_since: date | None = None
    """When KEV added it; absent where another source states that it is exploited."""
    due: date | None = None
    """KEV's date for whoever must act by it."""
    ransomware: bool | None = None
    exploited_at: Moment | None = None
    """The date of the KEV list that was read; absent: none was."""
    epss_at: Moment | None = None
    """The date of the EPSS list that was read; absent: none was."""
    loaded: bool | None = None
    """Whether the component is loaded when the asset runs; absent: not known."""
    severity_stated: bool = True
    """False: the advisory states no severity, and that of the signal is none of its own."""

    @property
    def malicious(self) -> bool:
        """Whether it reports code put there to do harm, and no weakness."""
        return any(i.startswith("MAL-") for i in (self.advisory, *self.aliases))


OURS = "ours"
"""The label of an incident that is no vendor's."""


class NoteEvidence(Evidence, frozen=True):
    """An entry of a vendor's changelog, deprecation list, price list or status page."""

    note: str
    vendor: str
    labels: list[str] = []
    models: list[str] = []
    phrase: str | None = None
    effective_at: Moment | None = None
    floor: bool = False
    """``effective_at`` is the earliest date: "not sooner than"."""
    change: str | None = None
    """What happened to an entry that was there before: ``edited``, ``reappeared``, ``removed``."""
    was: str | None = None
    """What stood before, in words: an old date, price or limit."""
    now: str | None = None
    """What stands instead."""
    platform: str | None = None
    """Where the date, price or limit counts; absent: wherever the vendor serves it."""
    elsewhere: str | None = None
    """The platform that its vendor speaks of, where the asset uses the model on another: its date, price and limit are none
    there."""
    elsewhere_at: Moment | None = None
    """When it takes effect on that other platform."""
    components: list[str] = []
    """The ids of the components that it reaches, as exact as it names them."""
    by_family: bool = False
    """It and the asset agree in the model, not in its pinned state: one of the two names none."""
    release: str | None = None
    """Of a package: the version that was released."""
    peak_share: float | None = None
    """The largest declared peak, as a share of the new limit."""
    successor: str | None = None
    endpoints: list[str] = []
    """Endpoints of the asset that it touches."""
    segments: list[str] = []
    """Customer segments that these serve."""
    compared: list[str] = []
    """Its numbers beside what is declared or measured for the asset: ``your peak is 82 % of the new limit``."""
    says: list[str] = []
    """What other sources state of the same, where they agree or differ."""

    @property
    def ours(self) -> bool:
        """Whether it is an incident of our own that people handle elsewhere: ``vendor`` is the system then."""
        return OURS in self.labels


class ShiftEvidence(Evidence, frozen=True):
    """A hosted model answers otherwise than its pinned baseline, without a note."""

    component: str
    metric: str
    """``model id``, ``fingerprint``, ``prompt tokens``, ``refusals``, ``format``, ``latency``."""
    before: str
    after: str
    probe: str | None = None
    rounds: Count = 1
    """Rounds since it began to differ."""
    statistic: float | None = None
    """The test's evidence, beside its limit."""
    limit: float | None = None
    method: str | None = None
    since: Moment | None = None


class SuiteEvidence(Evidence, frozen=True):
    """A frozen suite whose content changed."""

    suite: str
    expected_digest: str
    digest: str


OVERDUE = "overdue"
"""The state of a review that nobody has done by its day."""
UNDELIVERED = "undelivered"
"""The state of a route that lost a message for good."""
CHANGED = "changed"
"""The state of an audit log that was changed in the database, or whose records were."""


class HealthEvidence(Evidence, frozen=True):
    """The health of a source."""

    subject: str
    state: str
    reason: str = ""
    last_good_at: Moment | None = None


EVIDENCE: dict[SignalType, type[Evidence]] = {
    SignalType.VERSION_EVENT: VersionEvidence,
    SignalType.DEPENDENCY_CHANGE: VersionEvidence,
    SignalType.BENCHMARK_REGRESSION: MetricEvidence,
    SignalType.SAFETY_REGRESSION: MetricEvidence,
    SignalType.CALIBRATION_DRIFT: MetricEvidence,
    SignalType.CONSISTENCY_DROP: MetricEvidence,
    SignalType.SPREAD_WIDENING: MetricEvidence,
    SignalType.LATENCY_BREACH: ServiceEvidence,
    SignalType.ERROR_RATE_BREACH: ServiceEvidence,
    SignalType.COST_CHANGE: CostEvidence,
    SignalType.SUITE_CHANGED: SuiteEvidence,
    SignalType.CVE: AdvisoryEvidence,
    SignalType.VENDOR_NOTE: NoteEvidence,
    SignalType.DEPRECATION: NoteEvidence,
    SignalType.PRICING_CHANGE: NoteEvidence,
    SignalType.RATE_LIMIT_CHANGE: NoteEvidence,
    SignalType.CATALOGUE_CHANGE: NoteEvidence,
    SignalType.SILENT_CHANGE: ShiftEvidence,
    SignalType.INCIDENT: NoteEvidence,
    SignalType.SOURCE_HEALTH: HealthEvidence,
}
"""Which evidence each signal type carries."""

OF_VENDORS = frozenset(kind for kind, shape in EVIDENCE.items() if shape in (NoteEvidence, ShiftEvidence))
"""What is about something that a vendor published or changed."""
