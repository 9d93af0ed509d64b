"""What is refused is kept for an operator: without secrets, not more than can be read, and what is refused now always."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.text import is_clean
from pulse_tui.environment import redact, secret
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals import quarantine
from pulse_tui.services.signals.quarantine import keep_refused, prune_refused
from tests.fakes.nouns import NOW, later

SECRET = "corr3ct-horse-battery"


def bad(where: str, what: str = "wrong", source: str = "drop", raw: bytes = b"{}") -> Rejected:
    return Rejected(source=source, problem=Problem(where, what), raw=raw)


def keep(judge: JudgeParts, *rejected: Rejected, at: float = 0) -> None:
    with judge.store.write() as tx:
        keep_refused(tx, rejected, judge.outside, later(hours=at))


def kept(judge: JudgeParts) -> list[Rejected]:
    with judge.store.read() as tx:
        return [r for _, r in tx.signals.quarantined(100_000)][::-1]


def test_a_kept_record_holds_no_secret_however_it_is_spelt(judge: JudgeParts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", SECRET)
    assert secret("${HUB_TOKEN}") == SECRET
    judge = judge._replace(outside=judge.outside._replace(redact=redact))
    spelt = base64.b64encode(f"ana:{SECRET}".encode()).decode()
    raw = f'{{"a": "{SECRET}", "b": "x{spelt}", "dsn": "postgresql://ana:other@db/x"}}'.encode()
    keep(judge, bad(f"f:{SECRET}", f"no such {spelt}\x1b[2J", raw=raw))
    (found,) = kept(judge)
    whole = f"{found.problem}{found.raw.decode()}"
    assert SECRET not in whole
    assert spelt not in whole
    assert "other" not in whole
    assert "postgresql://***@db/x" in whole
    assert is_clean(str(found.problem))


def test_a_secret_that_the_cap_cuts_in_two_is_not_kept_in_half(judge: JudgeParts) -> None:
    pair = base64.b64encode(b"ana:" + b"s" * 300)
    keep(judge, bad("f", raw=b"." * (quarantine.RAW - 50) + b" " + pair))
    (found,) = kept(judge)
    assert len(found.raw) <= quarantine.RAW
    assert pair[:20] not in found.raw


def test_a_round_of_many_is_kept_up_to_its_cap_with_the_number_of_the_rest(judge: JudgeParts) -> None:
    raw = b"x" * 20_000
    keep(judge, *(bad(f"f:{n}", raw=raw) for n in range(200_000)))
    found = kept(judge)
    assert len(found) == quarantine.ONE_ROUND + 1
    assert str(found[-1].problem) == "the rest: 199,000 more records of this round are refused (Correct the first ones)"
    assert sum(len(r.raw) for r in found) <= quarantine.RAW_OF_ROUND
    assert found[0].raw == b"x" * quarantine.RAW


def test_what_is_refused_again_takes_the_place_of_the_earlier_one(judge: JudgeParts) -> None:
    for hour in range(4):
        keep(judge, bad("f:1", raw=b"%d" % hour), bad("f:2"), bad("f:1", source="other"), at=hour)
    assert [(r.source, r.problem.where, r.raw) for r in kept(judge)] == [
        ("drop", "f:1", b"3"), ("drop", "f:2", b"{}"), ("other", "f:1", b"{}"),
    ]  # fmt: skip


def test_housekeeping_takes_the_eldest_and_never_what_a_quiet_source_has_still_refused(
    judge: JudgeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "OF_SOURCE", 30)
    monkeypatch.setattr(quarantine, "IN_ALL", 60)
    monkeypatch.setattr(quarantine, "SPARED", 5)
    monkeypatch.setattr(quarantine, "AT_ONCE", 40)
    keep(judge, *(bad(f"q:{n}", source="quiet") for n in range(8)))
    for hour in range(3):
        keep(judge, *(bad(f"{hour}:{n}", source="loud") for n in range(25)), at=hour)
    assert prune_refused(judge.store, NOW + timedelta(hours=4)) == 40, "others wait for the rest"
    assert prune_refused(judge.store, NOW + timedelta(hours=4)) == 5
    assert prune_refused(judge.store, NOW + timedelta(hours=4)) == 0, "it is looked at once an hour"
    assert prune_refused(judge.store, NOW + timedelta(hours=5)) == 0
    found = kept(judge)
    assert len([r for r in found if r.source == "quiet"]) == 8
    assert [r.problem.where for r in found if r.source == "loud"][-25:] == [f"2:{n}" for n in range(25)]
    assert prune_refused(judge.store, NOW + timedelta(days=91)) == 28
    assert sorted(r.source for r in kept(judge)) == ["loud"] * 5 + ["quiet"] * 5
    with judge.store.read() as tx:
        assert [(r.source, r.records) for r in tx.signals.refused()] == [("loud", 5), ("quiet", 5)]
