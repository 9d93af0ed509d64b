"""An operator settles which of two named fixes is right; what that ends, and when it lapses."""

from __future__ import annotations

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import ComponentKind, Environment, Severity
from pulse_tui.services.advisories.audits import answers
from pulse_tui.services.advisories.of_release import advisories_of
from pulse_tui.services.advisories.settle import settle_fix, unsettle
from pulse_tui.services.advisories.settled import fix_lines
from pulse_tui.services.advisories.story import advisory_story
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.clock import Clock
from tests.fakes.house import gate
from tests.fakes.nouns import NOW, changed
from tests.services.said import holds, standing


def record(ident: str, fixed: str) -> Advisory:
    return Advisory(
        id=ident,
        source="osv",
        modified=NOW,
        title="Remote code execution",
        aliases=("CVE-2026-3248",),
        severity=Severity.CRITICAL,
        affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed=fixed),)),),
    )


GHSA, PYSEC = record("GHSA-1", "0.9.2"), record("PYSEC-1", "0.9.1")
RULE = "critical-cve-exposed"


def take(judge: JudgeParts, clock: Clock, *items: Observation) -> None:
    clock.pass_(minutes=1)
    ingest(list(items), [], judge, clock())


def settle(judge: JudgeParts, clock: Clock, version: str = "0.9.1") -> str:
    clock.pass_(minutes=1)
    return settle_fix(judge, "GHSA-1", "VLLM", version, "ana", "0.9.1 carries the backport", clock())


def lines(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return list(fix_lines("CVE-2026-3248", tx.advisories.called("CVE-2026-3248"), tx).values())


def answer(judge: JudgeParts, clock: Clock) -> tuple[Audit, str]:
    vllm = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
    with judge.store.read() as tx:
        (found,) = answers(tx, [vllm], clock())
    return found.audit, found.reason


def settled_in(judge: JudgeParts) -> tuple[str, ...]:
    with judge.store.read() as tx:
        release = tx.estate.release("gateway", "1.9.3")
        assert release is not None
        return advisories_of(tx, judge, release, Environment.PRODUCTION).settled


def weaknesses(judge: JudgeParts) -> int:
    with judge.store.read() as tx:
        release = tx.estate.release("gateway", "1.9.3")
        assert release is not None
        return len(advisories_of(tx, judge, release, Environment.PRODUCTION).weaknesses)


@pytest.fixture
def both(judge: JudgeParts, clock: Clock) -> JudgeParts:
    take(judge, clock, GHSA, PYSEC, Coverage(source="osv", at=clock(), ecosystems=("PyPI",)))
    assert (standing(judge), weaknesses(judge)) == ([RULE], 1)
    return judge


def test_it_ends_what_the_stricter_record_alone_held_open(both: JudgeParts, clock: Clock) -> None:
    assert lines(both) == [
        "GHSA: 0.9.2 · PYSEC: 0.9.1; the strictest counts until it is settled:"
        " pulse-tui advisory settle CVE-2026-3248 vllm VERSION --why REASON"
    ]
    assert "1 alert(s) ended" in settle(both, clock)
    assert (standing(both), holds(both), weaknesses(both)) == ([], [], 0)
    assert settled_in(both) == ("CVE-2026-3248 on vllm 0.9.1: settled by ana: 0.9.1 carries the backport",)
    assert lines(both) == ["GHSA: 0.9.2 · PYSEC: 0.9.1; 0.9.1 is settled by ana: 0.9.1 carries the backport"]
    with both.store.read() as tx:
        assert tx.advisories.findings() == []
        (entry,) = [e for e in tx.log.entries(subject="CVE-2026-3248") if e.action == "advisory.settled"]
    assert (entry.actor, entry.detail["fixed"]) == ("ana", "0.9.1")
    page = advisory_story(both, "GHSA-1", clock()).lines
    assert any("0.9.1 is settled by ana: 0.9.1 carries the backport" in text for _, text in page)
    audit, why = answer(both, clock)
    assert audit is Audit.CLEAN
    assert why.startswith("CVE-2026-3248 is settled by ana: 0.9.1 carries the backport; ")


def test_what_is_older_than_the_settled_version_stays_matched(both: JudgeParts, clock: Clock) -> None:
    settle(both, clock, "0.9.1.post1")
    assert standing(both) == [RULE]


def test_a_later_bill_is_matched_by_what_was_settled(both: JudgeParts, clock: Clock) -> None:
    settle(both, clock)
    take(both, clock, bill(package("vllm", "0.9.1"), package("ray"), asset_id="gateway"))
    assert standing(both) == []


def test_it_lapses_when_any_record_of_the_group_states_other_versions(both: JudgeParts, clock: Clock) -> None:
    settle(both, clock)
    take(both, clock, changed(PYSEC, title="another title", modified=clock()))
    assert standing(both) == []
    take(both, clock, changed(record("PYSEC-1", "0.9.3"), modified=clock()))
    assert standing(both) == [RULE]
    assert settled_in(both) == ()
    assert "which lapsed: a record states other versions since" in lines(both)[0]
    with pytest.raises(Refused, match="the earliest fix that one names"):
        settle(both, clock)
    take(both, clock, changed(PYSEC, modified=clock()))
    settle(both, clock)
    assert standing(both) == []
    take(both, clock, changed(record("NVD/CVE-2026-3248", "0.9.4"), modified=clock()))
    assert (standing(both), weaknesses(both)) == ([RULE], 1)


def test_taken_back_the_strictest_counts_again(both: JudgeParts, clock: Clock) -> None:
    settle(both, clock)
    clock.pass_(minutes=1)
    unsettle(both, "CVE-2026-3248", "vllm", "bo", "the backport was not in it", clock())
    assert standing(both) == [RULE]
    with pytest.raises(Refused):
        unsettle(both, "CVE-2026-3248", "vllm", "bo", "again", clock())


def test_the_gate_states_who_settled_it(both: JudgeParts, clock: Clock) -> None:
    settle(both, clock)
    (line,) = [r for r in gate(both, "gateway", "1.9.3", Environment.PRODUCTION).reasons if "settled by" in r.detail]
    assert line.status == "accepted"


def test_of_malicious_code_nothing_is_settled(judge: JudgeParts, clock: Clock) -> None:
    take(judge, clock, changed(GHSA, id="MAL-2026-1", severity=None))
    with pytest.raises(Refused, match="malicious"):
        settle_fix(judge, "MAL-2026-1", "vllm", "0.9.1", "ana", "it is gone", clock())


def test_it_needs_a_reason_a_known_package_and_a_version_that_can_be_compared(both: JudgeParts, clock: Clock) -> None:
    for name, named, version, why, refusal in (
        ("GHSA-1", "vllm", "0.9.1", " ", WrongUse),
        ("GHSA-404", "vllm", "0.9.1", "why", NotFound),
        ("GHSA-1", "ray", "0.9.1", "why", Refused),
        ("GHSA-1", "vllm", "latest", "why", Refused),
        (
            "GHSA-1",
            "vllm",
            "0.9.1rc1",
            "why",
            Refused,
        ),  # before every fix that is named: that is a waiver without an end
        ("GHSA-1", "vllm", "0", "why", Refused),
    ):
        with pytest.raises(refusal):
            settle_fix(both, name, named, version, "ana", why, clock())
