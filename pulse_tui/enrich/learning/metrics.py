"""The measures: each with its definition, what it was computed from, and how many were left out because something is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pulse_tui.domain.feedback import Usefulness
from pulse_tui.domain.measure import Measure, Measures, Series, Unit
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.enrich.learning.records import AlertSeen, Seen

SHIFT: Final = timedelta(hours=12)
WEEK: Final = timedelta(days=7)
ASKS: Final = (Priority.P1, Priority.P2, Priority.P3)
"""What somebody has to respond to."""
REGRESSIONS: Final = frozenset(
    {
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
        SignalType.CALIBRATION_DRIFT,
        SignalType.CONSISTENCY_DROP,
        SignalType.SPREAD_WIDENING,
    }
)


def measures(seen: Seen) -> Measures:
    """Every measure of the span, the same for reports, ``pulse-tui metrics`` and screens."""
    every = (
        _detect(seen),
        _acknowledge(seen),
        _roll_back(seen),
        _false_alerts(seen),
        _verdicts(seen),
        _evaluated(seen),
        _before_impact(seen),
        _missed(seen),
        _reports(seen),
        *_pages(seen),
        _late(seen),
        *_vendors(seen),
        *_models(seen),
        *_capacity(seen),
    )
    return Measures(to_us(seen.since), to_us(seen.until), every, tuple(_series(seen)))


def _mean(spans: Sequence[timedelta]) -> tuple[float | None, float, float]:
    """(mean, sum, count) in seconds."""
    total = sum(span.total_seconds() for span in spans)
    return (total / len(spans) if spans else None), total, float(len(spans))


def _share(hits: int, of: int) -> float | None:
    return hits / of if of else None


def _detect(seen: Seen) -> Measure:
    known = [i for i in seen.incidents if i.onset_at is not None and i.first_alert_at is not None]
    spans = [max(timedelta(), i.first_alert_at - i.onset_at) for i in known if i.first_alert_at and i.onset_at]
    value, total, count = _mean(spans)
    return Measure(
        "time_to_detect",
        "mean time to detect",
        "from the onset of an incident, by the evidence or as stated, to its first alert; what no alert reported is in no mean",
        Unit.SECONDS, value, total, count, "incidents", len(seen.incidents) - len(known), "their onset is not known",
    )  # fmt: skip


def _acknowledge(seen: Seen) -> Measure:
    asked = [a for a in seen.alerts if a.priority in ASKS]
    spans = [a.acknowledged_at - a.first_at for a in asked if a.acknowledged_at is not None]
    value, total, count = _mean([max(timedelta(), s) for s in spans])
    left = Counter(_unanswered(a) for a in asked if a.acknowledged_at is None)
    why = ", ".join(f"{n} {word}" for word, n in sorted(left.items()))
    return Measure(
        "time_to_acknowledge",
        "mean time to acknowledge",
        "from the opening of a P1, P2 or P3 alert to the first time that somebody acknowledged it",
        Unit.SECONDS, value, total, count, "alerts", left.total(), why,
    )  # fmt: skip


def _unanswered(alert: AlertSeen) -> str:
    if alert.responded:
        return "acknowledged before it was recorded when"
    return "not acknowledged yet" if alert.open else "ended with nobody acknowledging"


def _roll_back(seen: Seen) -> Measure:
    known = [(r.ended_at, began) for r in seen.rollbacks if (began := r.onset_at or r.alert_at) is not None]
    value, total, count = _mean([max(timedelta(), ended - began) for ended, began in known])
    return Measure(
        "time_to_roll_back",
        "mean time to roll back",
        "from the onset of the incident, where it is known, else from the alert, to the verified end of the run that answered it",
        Unit.SECONDS, value, total, count, "verified rollbacks", len(seen.rollbacks) - len(known), "they answered no alert",
    )  # fmt: skip


def _weeks(seen: Seen) -> float:
    return max((seen.until - seen.since) / WEEK, 1 / 7)


def _false_alerts(seen: Seen) -> Measure:
    judged = [a for a in seen.alerts if a.verdict is not None]
    noise = sum(a.verdict is Usefulness.NOISE for a in judged)
    known = bool(judged) or not seen.alerts
    return Measure(
        "false_alerts",
        "false alerts per week",
        "alerts with the verdict noise, by week; those without a verdict are neither false nor right",
        Unit.PER_WEEK, noise / _weeks(seen) if known else None, float(noise), _weeks(seen), "alerts with the verdict noise",
        len(seen.alerts) - len(judged), "nobody gave a verdict",
    )  # fmt: skip


def _verdicts(seen: Seen) -> Measure:
    judged = [a for a in seen.alerts if a.verdict is not None]
    useful = sum(a.verdict in (Usefulness.USEFUL, Usefulness.LATE) for a in judged)
    return Measure(
        "useful_alerts",
        "share of useful alerts",
        "alerts with the verdict useful or late among those that have a verdict",
        Unit.RATIO, _share(useful, len(judged)), float(useful), float(len(judged)), "alerts with a verdict",
        len(seen.alerts) - len(judged), "nobody gave a verdict",
    )  # fmt: skip


def _evaluated(seen: Seen) -> Measure:
    able = [r for r in seen.releases if r.evaluated is not None]
    hits = sum(r.evaluated is True for r in able)
    return Measure(
        "evaluated_releases",
        "share of releases with an automated evaluation",
        "releases that a suite's command or a source measured with nobody ingesting a file by hand, among the releases that "
        "were registered, of assets with a suite",
        Unit.RATIO, _share(hits, len(able)), float(hits), float(len(able)), "releases",
        len(seen.releases) - len(able), "no suite names their asset",
    )  # fmt: skip


def _before_impact(seen: Seen) -> Measure:
    caught = hit = 0
    for one in seen.incidents:
        if one.impact == "none":
            caught += 1
        elif one.impact and one.impact_at is not None and one.first_alert_at is not None:
            caught += one.first_alert_at < one.impact_at
            hit += one.first_alert_at >= one.impact_at
    return Measure(
        "caught_before_impact",
        "share of incidents caught before customer impact",
        "incidents without customer impact, or whose first alert came before it, among those whose impact was stated",
        Unit.RATIO, _share(caught, caught + hit), float(caught), float(caught + hit), "incidents",
        len(seen.incidents) - caught - hit, "nobody stated whether and when customers were affected",
    )  # fmt: skip


def _missed(seen: Seen) -> Measure:
    count = len(seen.missed)
    definition = "what somebody recorded that no alert reported; what nobody recorded is not known"
    return Measure("missed", "missed", definition, Unit.NUMBER, float(count), float(count), 1.0, "recorded by somebody")


def _reports(seen: Seen) -> Measure:
    reports, count = sum(a.reports for a in seen.alerts), len(seen.alerts)
    return Measure(
        "reports_per_alert",
        "reports per alert",
        "how often the condition of an alert was reported while it was open: each after the first called nobody again",
        Unit.NUMBER, _share(reports, count), float(reports), float(count), f"reports of {count} alerts" if count else "alerts",
    )  # fmt: skip


def _pages(seen: Seen) -> Iterable[Measure]:
    shifts = max(1.0, (seen.until - seen.since) / SHIFT)
    most = Counter[tuple[str, int]]((p.who, int((p.at - seen.since) / SHIFT)) for p in seen.pages)
    known = seen.noticed or not seen.alerts
    of = "pages"
    yield Measure(
        "pages_per_shift",
        "pages per shift",
        "messages to destinations that page, by shift of twelve hours, counted from the beginning of the span",
        Unit.NUMBER, len(seen.pages) / shifts if known else None, float(len(seen.pages)), shifts, of,
        0 if known else len(seen.alerts), "" if known else "nothing is recorded of who was notified",
    )  # fmt: skip
    worst = max(most.values(), default=0)
    yield Measure(
        "most_pages_in_a_shift",
        "most pages in one shift",
        "the most that one person, or one destination where no schedule names anybody, got within one shift of twelve hours",
        Unit.NUMBER, float(worst) if known else None, float(worst), 1.0,
    )  # fmt: skip


def _late(seen: Seen) -> Measure:
    known = [d for d in seen.deliveries if d.late is not None]
    late = sum(d.late is True for d in known)
    return Measure(
        "late_deliveries",
        "share of messages that were late",
        "messages that arrived more than a minute after they were due, or never, among those that were queued",
        Unit.RATIO, _share(late, len(known)), float(late), float(len(known)), "messages",
        len(seen.deliveries) - len(known), "they are on their way",
    )  # fmt: skip


def _vendors(seen: Seen) -> Iterable[Measure]:
    definition = "alerts that rest on what a vendor announced or changed; of one that no source reads nothing is known"
    for vendor, alerts in sorted(seen.vendors.items()):
        value = float(alerts) if alerts is not None else None
        yield Measure(
            "vendor_alerts", "alerts of a vendor", definition, Unit.NUMBER, value, value or 0.0, 1.0, about=vendor
        )


def _models(seen: Seen) -> Iterable[Measure]:
    definition = "alerts of a benchmark, safety, calibration, consistency or spread regression; of an asset that nothing measured none are known"
    found = Counter(a.asset for a in seen.alerts if a.signal_type in REGRESSIONS and a.asset)
    for asset in sorted({*seen.models, *found}):
        known = seen.models.get(asset, False) or asset in found
        value = float(found[asset]) if known else None
        yield Measure("regressions", "regressions", definition, Unit.NUMBER, value, value or 0.0, 1.0, about=asset)


def _capacity(seen: Seen) -> Iterable[Measure]:
    definition = "deployments with a rollback target whose certificate is whole and whose rollback was drilled, among all of the environment"
    for one in seen.capacity:
        share = _share(one.whole, one.deployments)
        yield Measure(
            "rollback_capacity", "rollback capacity", definition, Unit.RATIO, share, float(one.whole),
            float(one.deployments), "deployments", about=one.environment,
        )  # fmt: skip


def _series(seen: Seen) -> Iterable[Series]:
    yield Series("alerts_by_week", "alerts by week", _by_week(seen, [a.first_at for a in seen.alerts]))
    noise = [a.first_at for a in seen.alerts if a.verdict is Usefulness.NOISE]
    yield Series("noise_by_week", "alerts with the verdict noise by week", _by_week(seen, noise))
    order = Counter(a.priority for a in seen.alerts)
    yield Series(
        "alerts_by_priority", "alerts by priority", tuple((p.glyph, float(order[p])) for p in Priority if order[p])
    )


def _by_week(seen: Seen, moments: Iterable[datetime]) -> tuple[tuple[str, float], ...]:
    weeks = max(1, -(-(seen.until - seen.since) // WEEK))
    found = Counter(int((at - seen.since) / WEEK) for at in moments)
    return tuple((f"{seen.since + n * WEEK:%m-%d}", float(found[n])) for n in range(weeks))
