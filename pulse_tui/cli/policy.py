"""``pulse-tui policy``: check what is written, run the rules' own tests."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """check or test."""
    parser.add_argument(
        "action", choices=["check", "test"], help="does it load, which rules has it / run its own tests"
    )
    parser.epilog = "Exits with 1 when a rule's test fails, with 2 when the policy does not load."


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when it loads (check) and every test passes (test)."""
    from pulse_tui.policy.check import run_tests  # noqa: PLC0415

    with opened(options, read_only=True) as house:
        policy = house.policy
        results = run_tests(policy)
    failed = [r for r in results if not r.ok]
    untested = [rule.id for rule in policy.rules if not rule.tests]
    lines = [f"policy {policy.digest[:12]}: {len(policy.rules)} rules, {len(results)} tests, {len(failed)} failed"]
    lines += [f"  FAIL {r.rule_id} / {r.name}: {r.detail}" for r in failed]
    lines += [f"  note {rule}: has no test" for rule in untested]
    today = house.clock().date()
    late = [rule for rule in policy.rules if rule.overdue(today)]
    lines += [f"  LATE {r.id}: its review was due on {r.review} ({r.owner})" for r in late]
    if options.action == "check":
        lines += [f"  {rule.mode.value:<8} {rule.id} ({rule.owner}, review {rule.review})" for rule in policy.rules]
    data = {
        "digest": policy.digest,
        "rules": [r.id for r in policy.rules],
        "tests": len(results),
        "failed": failed,
        "untested": untested,
        "review_overdue": [r.id for r in late],
    }
    emit(options, data, lines)
    return 1 if failed else 0
