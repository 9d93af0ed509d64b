"""What a vendor did that may be behind a regression, and the reverse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from pulse_tui.domain.evidence import NoteEvidence, ShiftEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.candidates import candidates, hurt
from tests.enrich.build import LATENCY, NOW, REGRESSION, signal

SINCE = NOW - timedelta(days=3)


def note(name: str, days: float, *labels: str, kind: SignalType = SignalType.VENDOR_NOTE, **more: Any) -> Signal:
    evidence = NoteEvidence(note=name, vendor="openai", labels=list(labels), models=["gpt-4.1"], **more)
    at = NOW - timedelta(days=days)
    return signal(kind, evidence, id=name, title=name, fingerprint=name, occurred_at=at, confidence=0.8)


def shift(days: float, metric: str = "refusals") -> Signal:
    evidence = ShiftEvidence(component="openai/gpt-4.1", metric=metric, before="1 %", after="9 %")
    at = NOW - timedelta(days=days)
    return signal(SignalType.SILENT_CHANGE, evidence, id="s", title="refusals", occurred_at=at, confidence=0.9)


def test_a_silent_change_is_surer_than_an_announced_one_and_that_surer_than_other_notes() -> None:
    others = [note("news", 1, "new_model"), note("temperature", 1, "behaviour_change"), shift(1)]
    found = candidates(REGRESSION, others, since=SINCE)
    assert [c.what for c in found] == ["refusals", "temperature", "news"]
    assert found[0].sure > found[1].sure > 2 * found[2].sure
    assert found[1].words(NOW) == '"temperature", 1d earlier: an announced change of behaviour (0.4)'


def test_what_lies_before_the_last_measurement_or_after_the_regression_is_no_candidate() -> None:
    assert candidates(REGRESSION, [note("old", 5, "behaviour_change")], since=SINCE) == []
    assert candidates(REGRESSION, [note("late", -1, "behaviour_change")], since=SINCE) == []


def test_a_note_counts_from_when_it_takes_effect() -> None:
    early = note("in time", 40, "behaviour_change", effective_at=NOW - timedelta(hours=2))
    assert len(candidates(REGRESSION, [early], since=SINCE)) == 1


def test_beside_a_release_of_ours_a_vendor_is_less_likely() -> None:
    others = [note("temperature", 1, "behaviour_change")]
    (alone,) = candidates(REGRESSION, others, since=SINCE)
    (beside,) = candidates(REGRESSION, others, since=SINCE, own_release=NOW - timedelta(hours=30))
    assert beside.sure < alone.sure / 2
    assert "a release of ours moved" in beside.why


def test_rate_limits_and_incidents_weigh_more_for_a_service_level() -> None:
    limit = note("limits", 1, "rate_limit", kind=SignalType.RATE_LIMIT_CHANGE)
    latency = msgspec.structs.replace(LATENCY, id="l", asset_id="support-bot")
    quality, service = (candidates(r, [limit], since=SINCE)[0].sure for r in (REGRESSION, latency))
    assert service > 2 * quality


def test_the_page_of_a_vendors_signal_names_the_regressions_after_it() -> None:
    change = note("temperature", 2, "behaviour_change")
    later = msgspec.structs.replace(REGRESSION, id="again", occurred_at=NOW + timedelta(hours=1))
    (found,) = hurt(change, [REGRESSION, later, shift(1)])
    assert (found.what, found.why) == ("accuracy fell", "measured after it")
    assert hurt(note("late", -1, "behaviour_change"), [REGRESSION]) == []
    assert hurt(note("long ago", 20, "behaviour_change"), [REGRESSION]) == []
