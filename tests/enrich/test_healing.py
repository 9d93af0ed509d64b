"""Each alert says whether it ends by itself or needs somebody."""

from __future__ import annotations

import pytest

from pulse_tui.domain.evidence import UNDELIVERED
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.healing import HAND, HEALS, healing
from tests.fakes.nouns import evidence, signal


@pytest.mark.parametrize("kind", list(SignalType))
def test_every_kind_says_what_ends_it(kind: SignalType) -> None:
    said = healing(signal(1, kind, evidence=evidence(kind)))
    assert said.startswith((f"{HEALS}: ", f"{HAND}: "))


def test_a_breach_heals_itself_and_a_vulnerability_does_not() -> None:
    assert healing(signal(1, SignalType.LATENCY_BREACH)).startswith(HEALS)
    assert healing(signal(1, SignalType.CVE, evidence=evidence(SignalType.CVE))).startswith(HAND)


def test_a_source_that_is_back_heals_itself_and_a_lost_message_does_not() -> None:
    lost = evidence(SignalType.SOURCE_HEALTH, state=UNDELIVERED)
    assert healing(signal(1, SignalType.SOURCE_HEALTH, evidence=lost)).startswith(HAND)
    assert healing(signal(1, SignalType.SOURCE_HEALTH, evidence=evidence(SignalType.SOURCE_HEALTH))).startswith(HEALS)
