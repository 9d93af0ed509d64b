"""``pulse-tui policy``: coverage, replay, and a change that needs a second person, from the shell to what judges."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.policy_change import PolicyState
from pulse_tui.wiring import House
from tests.cli.conftest import Shell

RULES = """\
policy:
  changes: {{approvals: {approvals}}}
  rules:
    - id: slow
      owner: ml-team
      review: 2999-01-01
      on: [latency_breach]
      priority: P2
      actions: [freeze, notify]
      all:
        - asset.known
        - service.ratio > {limit}
      tests:
        - {{name: slow, facts: {{asset.known: true, service.ratio: 9.0}}, expect: fired}}
        - {{name: good, facts: {{asset.known: true, service.ratio: 0.5}}, expect: not_fired}}
"""


def write(shell: Shell, limit: str, approvals: int = 1) -> None:
    (shell.config / "policy.yaml").write_text(RULES.format(limit=limit, approvals=approvals))


def breach(shell: Shell, number: int, ratio: float) -> None:
    at = (datetime.now(UTC) - timedelta(minutes=30 - number)).isoformat()
    signal = {
        "id": f"s{number}", "source": "drop", "signal_type": "latency_breach",
        "asset_id": "my-bot", "environment": "canary", "severity": "high", "confidence": 1.0,
        "recommended_action": "review", "occurred_at": at, "observed_at": at, "title": f"p95 {ratio}",
        "evidence": {"metric": "p95_latency", "value": 1000 * ratio, "objective": 1000, "unit": "ms"},
        "fingerprint": f"p95-{number}",
    }  # fmt: skip
    path = shell.config / f"b{number}.jsonl"
    path.write_text(json.dumps(signal) + "\n")
    said = shell("ingest", "signals", path)
    assert said.code == 0, said


def digest(shell: Shell) -> str:
    return House(shell.config).written_policy.digest


def in_force(shell: Shell) -> str:
    return House(shell.config).policy.digest


@pytest.fixture
def strict(shell: Shell) -> Shell:
    """A policy whose changes need a second person, with two breaches judged by it."""
    write(shell, "1.15")
    breach(shell, 1, 1.2)
    breach(shell, 2, 1.05)
    return shell


def test_what_the_tests_do_not_try_is_named_and_fails_only_when_asked(strict: Shell) -> None:
    said = strict("policy", "test")
    assert said.code == 0
    assert "1 of 2 conditions were true in a test and false in another" in said.out
    assert "never false  slow: all[1]: asset.known" in said.out
    assert strict("policy", "test", "--strict").code == 1
    missing = strict("policy", "test", "--json").json()["coverage"]["missing"]
    assert missing == [
        {"rule": "slow", "part": "all", "number": 1, "condition": "asset.known", "missing": ["never false"]}
    ]


def test_a_change_waits_for_a_second_person_and_until_then_the_former_policy_judges(strict: Shell) -> None:
    former = in_force(strict)
    write(strict, "1.02")
    assert "2 rules fired" not in strict("status", by="ana").out
    waiting = strict("policy", "list")
    new = digest(strict)
    assert in_force(strict) == former != new
    assert f"{new[:12]}  proposed" in waiting.out
    assert "slow: all[2]: service.ratio > 1.15 -> service.ratio > 1.02" in waiting.out
    assert "1 condition would newly alert, 0 no longer; pages 0 -> 0; holds 1 -> 2" in waiting.out
    breach(strict, 3, 1.1)
    with House(strict.config).store.read() as tx:
        assert [a.version for a in tx.judgements.alerts()] == ["1.1.0"], "judged by the former policy"
    assert "waits for a second person (ana proposed it)" in strict("status").out
    assert "waits for a second person" in strict("doctor").out

    refused = strict("policy", "approve", new[:8], "--why", "fits", by="ana")
    assert refused.code == 1
    assert "ana proposed it: another person approves it" in refused.err
    assert strict("policy", "approve", new[:8], by="ben").code == 2, "a reason is asked for"
    done = strict("policy", "approve", new[:8], "--why", "fits the new objective", by="ben")
    assert done.code == 0, done
    assert "judged again: 2 rules fired newly" in done.out
    assert in_force(strict) == new
    assert "waits for a second person" not in strict("status").out
    listed: list[dict[str, Any]] = strict("policy", "list", "--json").json()
    assert [(v["state"], v["approved_by"]) for v in listed] == [("in force", "ben"), ("replaced", None)]
    log = [json.loads(line) for line in strict("audit", "export").out.splitlines()]
    told = {e["action"]: e for e in log if e["action"].startswith("policy.")}
    assert told["policy.proposed"]["actor"] == "ana"
    assert told["policy.approved"]["detail"] == {"proposed_by": "ana", "why": "fits the new objective"}
    assert told["policy.changed"]["detail"]["from"] == former


def test_a_change_that_is_rejected_stays_out_and_the_reason_is_shown(strict: Shell) -> None:
    former = in_force(strict)
    write(strict, "9.0")
    strict("policy", "list")
    new = digest(strict)
    assert strict("policy", "reject", new[:8], "--why", "too blunt", by="ben").code == 0
    assert in_force(strict) == former
    assert "was rejected by ben: too blunt; the former one stays in force" in strict("status").out
    again = strict("policy", "approve", new[:8], "--why", "x", by="cyd")
    assert again.code == 1
    assert "was rejected by ben" in again.err


def test_the_section_that_asks_for_a_second_person_is_not_taken_out_by_one(strict: Shell) -> None:
    former = in_force(strict)
    write(strict, "1.15", approvals=0)
    strict("policy", "list")
    assert in_force(strict) == former
    assert "changes.approvals: 1 -> 0" in strict("policy", "list").out


def test_files_that_go_back_to_what_is_in_force_propose_nothing(strict: Shell) -> None:
    write(strict, "1.3")
    strict("policy", "list")
    write(strict, "1.15")
    said = strict("policy", "list")
    assert "proposed" not in said.out
    assert "second person" not in strict("status").out


def test_without_that_section_a_change_is_in_force_at_once_and_audited(shell: Shell) -> None:
    write(shell, "1.15", approvals=0)
    breach(shell, 1, 1.1)
    write(shell, "1.05", approvals=0)
    said = shell("policy", "list")
    assert f"{digest(shell)[:12]}  in force" in said.out
    assert "effect: over 30 days (1 signal): 1 condition would newly alert" in said.out
    with House(shell.config).store.read() as tx:
        assert len(tx.judgements.alerts()) == 1, "what stands was judged again"


def test_replay_names_what_would_alert_and_what_would_not_and_changes_nothing(strict: Shell) -> None:
    other = strict.config.parent / "proposed.yaml"
    other.write_text(RULES.format(limit="1.02", approvals=0).replace("priority: P2", "priority: P1"))
    said = strict("policy", "replay", "--policy", other)
    assert said.code == 0
    assert "1 condition would newly alert, 0 no longer; pages 0 -> 2; holds 1 -> 2" in said.out
    assert "slow  my-bot canary  does not fire -> P1, holds  (1 signal)  p95 1.05" in said.out
    data = strict("policy", "replay", "--policy", other, "--json").json()
    assert (data["newly"], data["no_longer"], data["total"], data["signals"]) == (1, 0, 2, 2)
    assert "nothing differs" in strict("policy", "replay").out
    assert len(strict("policy", "list", "--json").json()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["approve"], "policy approve takes the digest of a policy"),
        (["check", "41c9"], "policy check takes no digest"),
        (["check", "--policy", "x"], "policy check takes no --policy"),
        (["replay", "--since", "soon"], "--since 'soon' is not a duration"),
        (["approve", "41c9ab", "--why", "x"], "no policy '41c9ab' waits for a second person"),
        (["replay", "--policy", "/nowhere/at/all.yaml"], "/nowhere/at/all.yaml"),
    ],
)
def test_wrong_use_names_what_to_do(strict: Shell, arguments: list[str], said: str) -> None:
    answer = strict("policy", *arguments)
    assert answer.code in (1, 2)
    assert said in answer.err


def test_any_decision_is_explained_by_its_id_or_that_of_its_signal(strict: Shell) -> None:
    with House(strict.config).store.read() as tx:
        fired, held = (tx.judgements.decisions(signal_id=name)[0] for name in ("s1", "s2"))
        alert = tx.judgements.alerts()[0]
    said = strict("explain", held.id[:10]).out
    assert "did not fire" in said
    assert "service.ratio > 1.15  false  (service.ratio = 1.05)" in said
    said = strict("explain", "s1").out
    assert "fired as P2: freeze, notify" in said
    assert "freeze: freeze on my-bot" in said
    assert f"alert {alert.id}, firing" in said
    assert strict("explain", fired.id, "--json").json()[0]["responses"][0]["did"] == "done"
    assert "WHAT CHANGED" in strict("explain", alert.id[:8]).out
    assert strict("explain", "nothing-like-it").code == 2
    write(strict, "1.02", approvals=1)
    strict("policy", "list")
    assert "judged by another policy" not in strict("explain", "s1").out
    strict("policy", "approve", digest(strict)[:8], "--why", "x", by="ben")
    assert "judged by another policy than the one in force now" in strict("explain", fired.id).out


def test_a_signal_that_no_rule_is_about_is_explained_too(shell: Shell) -> None:
    (shell.config / "policy.yaml").write_text(
        RULES.format(limit="1.15", approvals=0).replace("on: [latency_breach]", "on: [error_rate_breach]")
    )
    breach(shell, 1, 1.2)
    assert "p95 1.2: no rule is about a latency_breach, nothing was decided" in shell("explain", "s1").out


def test_what_a_phase_keeps_back_stands_in_explain_and_status(shell: Shell) -> None:
    text = RULES.format(limit="1.15", approvals=0).replace("policy:\n", "policy:\n  phase: visibility\n")
    (shell.config / "policy.yaml").write_text(text)
    breach(shell, 1, 1.2)
    assert "freeze: nothing done: the estate is in phase visibility: nothing is frozen" in shell("explain", "s1").out
    status = shell("status").out
    assert "phase visibility: people are notified" in status
    assert "frozen:" not in status
    assert "note policy phase: visibility" in shell("doctor").out


def test_a_process_that_judges_by_the_former_policy_takes_up_the_approved_one(strict: Shell) -> None:
    write(strict, "1.02")
    strict("policy", "list")
    running = House(strict.config)
    assert running.policy.digest != running.written_policy.digest
    assert running.changed() is None
    strict("policy", "approve", digest(strict)[:8], "--why", "x", by="ben")
    assert running.changed() is not None
    assert running.current().policy.digest == digest(strict)
    running.close()


def test_a_former_policy_that_cannot_be_loaded_any_more_gives_way_to_the_written_one(strict: Shell) -> None:
    """As after an upgrade that took a variable away: nothing would be judged by it."""
    with House(strict.config).store.write() as tx:
        (version,) = tx.policies.in_state(PolicyState.IN_FORCE)
        tx.policies.put(msgspec.structs.replace(version, text=version.text.replace("service.ratio", "service.gone")))
    write(strict, "1.02")
    assert in_force(strict) == digest(strict)
    said = strict("policy", "list").out
    assert f"{digest(strict)[:12]}  in force" in said
    assert "nobody approved it: this version of the program cannot load the policy that was in force" in said
