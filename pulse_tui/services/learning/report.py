"""The report of a span for one audience: the same measures for all of them, each told what it has to decide on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.feedback import Missed
from pulse_tui.domain.incident import Incident, IncidentState
from pulse_tui.domain.measure import Measure, Measures, Series
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.text import many
from pulse_tui.domain.views.advisories import Ledger, WaiverRow
from pulse_tui.domain.views.learning import Checklist, LearningReport, RuleNoise, Section, Table
from pulse_tui.domain.words import SignalType
from pulse_tui.services.advisories import waived
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.learning.launch import checklist
from pulse_tui.services.learning.metrics import Read, read, span_of
from pulse_tui.services.learning.noise import noise_report
from pulse_tui.services.parts import RollbackParts


class Audience(StrEnum):
    """Who reads it."""

    PLATFORM = "platform"
    SECURITY = "security"
    PRODUCT = "product"
    LEADERSHIP = "leadership"


LISTED: Final = 12
"""Rows of a table."""
_HEADLINES: Final = (
    "time_to_detect", "time_to_acknowledge", "time_to_roll_back", "false_alerts", "evaluated_releases", "caught_before_impact",
)  # fmt: skip
_PLAINLY: Final = {
    "time_to_detect": "how long until a problem is noticed",
    "time_to_acknowledge": "how long until somebody responds",
    "time_to_roll_back": "how long until the last good version is back",
    "false_alerts": "times somebody was called for nothing",
    "useful_alerts": "calls that were worth it",
    "evaluated_releases": "releases that were tested by themselves before anybody used them",
    "caught_before_impact": "problems caught before a customer noticed",
    "missed": "problems that nothing reported",
    "rollback_capacity": "how much can be taken back at once",
    "vendor_alerts": "alerts that a vendor caused",
    "regressions": "times a model got worse",
}
"""The measures in the words of who does not run the system."""
_WORDS: Final[Mapping[Audience, Mapping[str, str]]] = {
    Audience.PLATFORM: {},
    Audience.SECURITY: {"time_to_acknowledge": "mean time to acknowledge, all alerts"},
    Audience.PRODUCT: _PLAINLY,
    Audience.LEADERSHIP: _PLAINLY,
}


class _Seen(NamedTuple):
    """All that a section may look at."""

    audience: Audience
    found: Read
    incidents: Sequence[Incident]
    missed: Sequence[Missed]
    noise: Sequence[RuleNoise]
    ledger: Ledger
    waivers: Sequence[WaiverRow]
    list: Checklist
    cves: Sequence[Alert]

    @property
    def measures(self) -> Measures:
        return self.found.measures

    def named(self, *ids: str) -> tuple[Measure, ...]:
        """The measures of these names, in the audience's words."""
        words = _WORDS[self.audience]
        return tuple(m._replace(what=words.get(m.id, m.what)) for m in self.measures.named(*ids))

    def series(self, *ids: str) -> tuple[Series, ...]:
        return tuple(s for ident in ids for s in self.measures.series if s.id == ident and any(v for _, v in s.points))


def report(parts: RollbackParts, audience: Audience, days: int) -> LearningReport:
    """Over the last ``days`` days; two of one day over the same data are the same."""
    found, now, span = read(parts, days), parts.clock(), span_of(parts.clock(), days)
    noise = noise_report(parts, found)
    with parts.store.read() as tx:
        incidents = [
            i
            for i in tx.incidents.all(since=span.since)
            if i.opened_at >= span.since and i.state is not IncidentState.MERGED
        ]
        missed = tx.learning.missed(since=span.since)
        types = tx.signals.types(a.signal_id for a in found.alerts)
    seen = _Seen(
        audience, found, incidents, missed, noise, ledger(parts.store, now), waived.listed(parts.store, now), checklist(parts),
        [a for a in found.alerts if types.get(a.signal_id) is SignalType.CVE],
    )  # fmt: skip
    sections = [section for make in _SECTIONS[audience] for section in make(seen)]
    shown = {m.id: m for section in sections for m in section.measures}
    defined = tuple(f"{m.what}: {m.definition}" for m in shown.values())
    sections.append(Section("How it is measured", defined))
    measures = found.measures
    return LearningReport(audience.value, parts.estate_name, measures.since_us, measures.until_us, tuple(sections))


def noise_as_report(parts: RollbackParts, days: int) -> tuple[LearningReport, tuple[RuleNoise, ...]]:
    """The noise of each rule as a report of its own, and the rows."""
    found = read(parts, days)
    rows = noise_report(parts, found)
    sections = [Section(row.rule, (f"owner {row.owner or 'nobody'}", *row.lines)) for row in rows]
    head = Section("Noise by rule", (_NOISE,), found.measures.named("false_alerts", "useful_alerts"))
    measures = found.measures
    made = LearningReport("noise", parts.estate_name, measures.since_us, measures.until_us, (head, *sections))
    return made, rows


_NOISE = (
    "a proposal is tried on what was stored of each alert; none would have dropped an alert that somebody called useful or late, "
    "nor an urgent one that nobody judged; nothing is changed by it"
)


def _headlines(seen: _Seen) -> Iterator[Section]:
    yield Section("How we do", (), seen.named(*_HEADLINES, "rollback_capacity"), charts=seen.series("alerts_by_week"))


def _speed(seen: _Seen) -> Iterator[Section]:
    yield Section("How fast", (), seen.named("time_to_detect", "time_to_acknowledge", "time_to_roll_back"))


def _alerts(seen: _Seen) -> Iterator[Section]:
    yield Section(
        "Alerts",
        (f"{many(len(seen.found.alerts), 'alert')} opened",),
        seen.named("false_alerts", "useful_alerts", "reports_per_alert", "missed"),
        charts=seen.series("alerts_by_week", "noise_by_week", "alerts_by_priority"),
    )


def _pages(seen: _Seen) -> Iterator[Section]:
    yield Section("Pages and messages", (), seen.named("pages_per_shift", "most_pages_in_a_shift", "late_deliveries"))


def _noise(seen: _Seen) -> Iterator[Section]:
    rows = tuple(
        (
            r.rule, str(r.alerts), str(r.judged), "?" if r.share is None else f"{r.share:.0%}", str(r.flapping),
            str(r.never_acknowledged), r.proposal.change if r.proposal is not None else "-",
        )
        for r in seen.noise[:LISTED]
    )  # fmt: skip
    columns = ("rule", "alerts", "verdicts", "noise", "flapping", "never acknowledged", "proposed")
    yield Section("Noise by rule", (_NOISE,) if rows else ("no alert opened",), table=Table(columns, rows))


def _rollback(seen: _Seen) -> Iterator[Section]:
    lacking = tuple((r.asset, r.environment, r.lacks[0]) for r in seen.found.ready if not r.whole)[:LISTED]
    capacity = seen.named("rollback_capacity")
    chart = Series(
        "rollback_capacity", "rollback capacity in %", tuple((m.about, 100 * (m.value or 0)) for m in capacity)
    )
    yield Section(
        "What can be rolled back",
        () if capacity else ("nothing serves that could be rolled back",),
        (*capacity, *(seen.named("time_to_roll_back") if seen.audience is Audience.PRODUCT else ())),
        Table(("asset", "environment", "lacks"), lacking),
        (chart,) if capacity else (),
    )


def _incidents(seen: _Seen) -> Iterator[Section]:
    rows = tuple(
        (
            i.id, iso(i.opened_at), i.priority.value, i.asset_id or "-", i.title, i.verdict.value,
            i.impact or "? not stated", iso(i.onset_at) if i.onset_at is not None else "? not known",
        )
        for i in seen.incidents[:LISTED]
    )  # fmt: skip
    columns = ("incident", "opened", "priority", "asset", "what", "cause", "customers", "onset")
    words = many(len(seen.incidents), "incident") + (
        "" if len(rows) == len(seen.incidents) else f", the newest {LISTED} here"
    )
    yield Section("Incidents", (words,), seen.named("caught_before_impact", "time_to_detect"), Table(columns, rows))


def _missed(seen: _Seen) -> Iterator[Section]:
    rows = tuple((iso(m.onset_at), m.asset_id or "-", m.what, m.by) for m in seen.missed[::-1][:LISTED])
    yield Section(
        "What nothing reported", (), seen.named("missed"), Table(("since", "asset", "what", "recorded by"), rows)
    )


def _quality(seen: _Seen) -> Iterator[Section]:
    found = seen.named("regressions")
    chart = Series("regressions", "regressions", tuple((m.about, m.value) for m in found if m.value is not None))
    unknown = tuple(m.about for m in found if m.value is None)
    words = (f"never measured, so nothing is known: {', '.join(unknown[:LISTED])}",) if unknown else ()
    yield Section(
        "Models that got worse", words, (*seen.named("evaluated_releases"), *(m for m in found if m.value)),
        charts=(chart,) if any(v for _, v in chart.points) else (),
    )  # fmt: skip


def _vendors(seen: _Seen) -> Iterator[Section]:
    scores = seen.found.scorecard.vendors
    rows = tuple(
        (v.vendor, ", ".join(v.assets) or "-", v.concerns[0] if v.concerns else "-") for v in scores if v.assets
    )
    found = seen.named("vendor_alerts")
    chart = Series(
        "vendor_alerts", "alerts of a vendor", tuple((m.about, m.value) for m in found if m.value is not None)
    )
    yield Section(
        "Vendors", () if scores else ("no vendor is known",), found,
        Table(("vendor", "used by", "first concern"), rows[:LISTED]), (chart,) if any(v for _, v in chart.points) else (),
    )  # fmt: skip


def _vulnerabilities(seen: _Seen) -> Iterator[Section]:
    book = seen.ledger
    open_ = [a for a in seen.cves if a.open]
    acknowledged = sum(a.first_acknowledged_at is not None for a in seen.cves)
    stale = [f"{f.source}: {f.why}" for f in book.feeds if f.stale]
    words = (
        f"{many(len(seen.cves), 'alert')} of vulnerabilities opened, {len(open_)} of them still open, {acknowledged} acknowledged",
        f"components that serve: {book.matched} with a known vulnerability, {book.clean} without, {book.not_audited} not audited",
        *([f"nobody covers {', '.join(book.uncovered)}"] if book.uncovered else []),
        *(f"stale: {line}" for line in stale[:LISTED]),
    )
    rows = tuple((a.priority.value, a.asset_id or "-", a.title, a.word) for a in open_[:LISTED])
    yield Section("Vulnerabilities", words, (), Table(("priority", "asset", "what", "state"), rows))


def _exceptions(seen: _Seen) -> Iterator[Section]:
    ordered = sorted(seen.waivers, key=lambda w: (w.review_us, w.id))
    rows = tuple(
        (w.advisory, w.scope, w.owner, f"{from_us(w.review_us):%Y-%m-%d}", w.rationale) for w in ordered[:LISTED]
    )
    words = (f"{many(len(seen.waivers), 'exception')} of vulnerabilities stand",)
    yield Section("Exceptions", words, (), Table(("advisory", "of", "owner", "reviewed", "why"), rows))


def _governance(seen: _Seen) -> Iterator[Section]:
    wrong = [line for line in seen.list.lines if line.ok is not True]
    owner = seen.list.owner or "nobody is named as accountable"
    rows = tuple((line.mark, line.what, line.todo) for line in wrong)
    late = sum(r.overdue for r in seen.list.reviews)
    words = (
        f"accountable owner: {owner}",
        f"launch checklist: {seen.list.sentence}",
        f"reviews of rules overdue: {late}",
    )
    yield Section("Is it in order", words, (), Table(("", "what", "to do"), rows))


def _unknown(seen: _Seen) -> Iterator[Section]:
    every = [m for m in seen.named(*dict.fromkeys(m.id for m in seen.measures.every)) if m.value is None]
    lines = tuple(f"{m.what}{', ' + m.about if m.about else ''}: {m.base or m.definition}" for m in every)
    if lines:
        yield Section(
            "What is not known", lines[:LISTED] + ((f"and {len(lines) - LISTED} more",) if lines[LISTED:] else ())
        )


_SECTIONS: Final[Mapping[Audience, Sequence[Callable[[_Seen], Iterator[Section]]]]] = {
    Audience.PLATFORM: (_speed, _alerts, _pages, _noise, _rollback, _missed, _unknown),
    Audience.SECURITY: (_vulnerabilities, _exceptions, _speed, _missed, _vendors, _governance, _unknown),
    Audience.PRODUCT: (_incidents, _quality, _vendors, _rollback, _missed, _unknown),
    Audience.LEADERSHIP: (_headlines, _incidents, _vendors, _governance, _unknown),
}
