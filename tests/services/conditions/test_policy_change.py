"""Another policy: it is written down, and what stands is judged again under it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Severity
from pulse_tui.policy.judge import Policy
from pulse_tui.services.conditions.policy_change import take_policy
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import bundled
from tests.fakes.nouns import CANARY, NOW, later, signal
from tests.policy.build import load
from tests.services.said import alerts, standing

CVE = Advisory(
    id="GHSA-a",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)
SHIPPED = (bundled("config") / "policy.yaml").read_text(encoding="utf-8")
CRITICAL = "    - id: critical-cve-exposed\n"


def policy(before: str = "", after: str = "") -> Policy:
    """The policy that ships, with one text in the place of another."""
    assert before in SHIPPED
    return load(SHIPPED.replace(before, after, 1))


def observing() -> Policy:
    return policy(CRITICAL, f"{CRITICAL}      mode: observe\n")


def take(judge: JudgeParts, *items: Observation) -> None:
    ingest(list(items), [], judge, NOW)


def test_a_rule_that_is_enforced_acts_on_what_stands_already(judge: JudgeParts) -> None:
    before = judge._replace(policy=observing())
    take_policy(before, NOW)
    take(before, CVE)
    assert "critical-cve-exposed" not in standing(judge)
    after = judge._replace(policy=policy())
    assert take_policy(after, later(hours=1)) == 1
    assert "critical-cve-exposed" in standing(judge)
    (opened,) = [a for a in alerts(judge) if a.rule_id == "critical-cve-exposed"]
    assert opened.first_at == later(hours=1), "its clock starts when it was judged"


def test_a_rule_that_only_observes_now_keeps_no_alert(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    take(judge, CVE)
    take_policy(judge._replace(policy=observing()), later(hours=1))
    assert "critical-cve-exposed" not in standing(judge)


def test_a_threshold_that_is_raised_ends_what_it_no_longer_asks_for(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    take(judge, signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2"))
    assert standing(judge) == ["latency-breach-canary"]
    raised = policy("service.ratio > 1.15", "service.ratio > 1.50")
    take_policy(judge._replace(policy=raised), later(hours=1))
    assert standing(judge) == []


def test_what_a_policy_ended_stands_again_under_one_that_asks_for_it(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    take(judge, signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2"))
    raised = policy("service.ratio > 1.15", "service.ratio > 1.50")
    take_policy(judge._replace(policy=raised), later(hours=1))
    assert alerts(judge)[0].resolved_why == "rule latency-breach-canary no longer asks for it"
    take_policy(judge, later(hours=2))
    assert standing(judge) == ["latency-breach-canary"]


def test_a_rule_that_is_renamed_goes_on_with_what_stands(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    take(judge, CVE)
    renamed = policy("id: critical-cve-exposed", "id: critical-cve-reachable")
    take_policy(judge._replace(policy=renamed), later(hours=1))
    assert "critical-cve-reachable" in standing(judge)
    assert "critical-cve-exposed" not in standing(judge)


def test_the_same_again_is_no_second_occurrence(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    take(judge, CVE)
    changed = policy("review: 2027", "review: 2028")
    assert take_policy(judge._replace(policy=changed), later(hours=1)) == 0
    assert {a.count for a in alerts(judge)} == {1}


@pytest.mark.parametrize("resolved", [True, False])
def test_what_has_ended_is_not_opened_again(judge: JudgeParts, resolved: bool) -> None:
    take_policy(judge, NOW)
    bad = signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    take(judge, bad)
    with judge.store.write() as tx:
        if resolved:
            (open_,) = alerts(judge)
            tx.judgements.put_alert(open_.resolve(later(minutes=5), "an operator says so"))
        else:
            tx.estate.undeploy("support-bot", CANARY, later(minutes=5))
            judge.reassess(tx, judge, later(minutes=5), ["support-bot"])
    changed = policy("service.ratio > 1.15", "service.ratio > 1.10")
    take_policy(judge._replace(policy=changed), later(hours=1))
    assert standing(judge) == []


def test_a_change_is_in_the_audit_log_once(judge: JudgeParts) -> None:
    take_policy(judge, NOW)
    changed = judge._replace(policy=policy("service.ratio > 1.15", "service.ratio > 1.10"))
    assert take_policy(changed, later(hours=1)) is not None
    assert take_policy(changed, later(hours=2)) is None
    with judge.store.read() as tx:
        (line,) = [e for e in tx.log.entries() if e.action == "policy.changed"]
    assert (line.detail["from"], line.detail["to"]) == (judge.policy.digest, changed.policy.digest)
    assert line.detail["changed"] == "latency-breach-canary: all[4]: service.ratio > 1.15 -> service.ratio > 1.10"


def test_a_rule_whose_review_is_past_is_named() -> None:
    rule = policy().rule("critical-cve-exposed")
    assert rule is not None
    assert not rule.overdue(rule.review)
    assert rule.overdue(rule.review + timedelta(days=1))
