"""A few of the composed nights; all of them are played by ``python -m tests.bench nights``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.nights import outcome, play
from tests.fakes.nights import Night, nights

EVERY = {night.name: night for night in nights()}
SOME = ["gateway_config-0", "vendor_outage_despite_deploy-1", "two_in_one_minute-0", "canary_only-1"]


@pytest.mark.parametrize("name", SOME)
def test_the_right_cause_is_named_or_unknown_is_stated(name: str, tmp_path: Path) -> None:
    night: Night = EVERY[name]
    assert outcome(night, play(night, tmp_path)) == "right"


def test_there_are_nights_of_many_families_and_half_are_held_out() -> None:
    assert len(EVERY) >= 40
    assert sum(night.held_out for night in EVERY.values()) * 2 == len(EVERY)
    assert sum(not night.causes for night in EVERY.values()) >= 10
