"""What a vendor's signal means for its asset, and what several sources state of one end."""

from __future__ import annotations

from datetime import UTC, datetime

from pulse_tui.domain.estate import Endpoint
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.lifecycle import Stated
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.usage import Usage
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.enrich.vendors.impact import Around, ends, touched
from pulse_tui.enrich.vendors.sentences import note_lines
from tests.enrich.build import NOW, signal

DEC_5, DEC_15 = datetime(2026, 12, 5, tzinfo=UTC), datetime(2026, 12, 15, tzinfo=UTC)


def _told(kind: SignalType, title: str = "news", **more: object) -> Signal:
    evidence = NoteEvidence(note="n", vendor="openai", components=["openai/gpt-4.1"], models=["openai/gpt-4.1"], **more)  # type: ignore[arg-type]
    return signal(kind, evidence, title=title, severity=Severity.LOW, confidence=0.8)


def test_endpoints_and_customer_segments_are_named_the_critical_ones_of_production_first() -> None:
    around = Around(
        endpoints=[
            Endpoint(id="b", environment=Environment.CANARY, segments=("beta",)),
            Endpoint(
                id="z", environment=Environment.PRODUCTION, segments=("enterprise", "beta"), production_critical=True
            ),
            Endpoint(id="a", environment=Environment.PRODUCTION),
            Endpoint(id="drill", environment=Environment.REPLICA, segments=("nobody",)),
        ]
    )
    found = touched(_told(SignalType.VENDOR_NOTE), around).evidence
    assert found.endpoints == ["z (production, production-critical)", "a (production)", "b (canary)"]
    assert found.segments == ["enterprise", "beta"]
    assert "customers: enterprise, beta" in note_lines(found, NOW)


def test_a_limit_below_the_declared_peak_is_of_high_severity() -> None:
    usages = {"openai/gpt-4.1": Usage(rpm=600)}
    told = _told(SignalType.RATE_LIMIT_CHANGE, "gpt-4.1 is limited to 500 RPM")
    found = touched(told, Around(usages=usages))
    assert (found.severity, found.evidence.peak_share) == (Severity.HIGH, 1.2)
    unknown = touched(told, Around())
    assert (unknown.severity, unknown.evidence.peak_share) == (Severity.LOW, None)
    assert "no peak" in unknown.evidence.compared[0]


def test_two_sources_that_agree_make_an_end_surer() -> None:
    both = [Stated("page", DEC_5), Stated("models.dev", DEC_5)]
    found = touched(_told(SignalType.DEPRECATION), Around(stated=both))
    assert found.confidence == 0.9
    assert found.evidence.says == ["page and models.dev state the same: 2026-12-05"]
    assert found.evidence.effective_at == DEC_5


def test_where_sources_differ_the_nearest_date_counts_and_it_is_less_sure() -> None:
    found = touched(
        _told(SignalType.DEPRECATION, effective_at=DEC_15),
        Around(stated=[Stated("page", DEC_15), Stated("models.dev", DEC_5)]),
    )
    assert (found.evidence.effective_at, found.confidence) == (DEC_5, 0.6)
    assert found.evidence.says == [
        "models.dev states 2026-12-05, page states 2026-12-15: they differ, the nearest counts"
    ]


def test_not_sooner_than_is_no_date_and_what_is_no_longer_listed_has_not_ended() -> None:
    floor = Stated("page", DEC_5, floor=True)
    gone = Stated("list", DEC_5, listed=False)
    assert ends([floor, gone])[:2] == (DEC_5, True)
    assert ends([floor, gone]).says == ("list no longer lists it: that is no retirement",)
    assert ends([floor, Stated("other", DEC_15)])[:4] == (DEC_15, False, 1, False)
    assert ends([Stated("page", DEC_15, floor=True), Stated("other", DEC_5)]).differ
    assert ends([gone])[:2] == (None, False)


def test_a_month_agrees_with_each_of_its_days() -> None:
    month = Stated("list", datetime(2026, 12, 1, tzinfo=UTC), month_only=True)
    found = ends([month, Stated("page", DEC_15)])
    assert (found.agree, found.differ) == (2, False)
