"""``pulse-tui policy check`` and ``test``: of what is written, in force or not."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.text import many

if TYPE_CHECKING:
    from pulse_tui.policy.coverage import Covered


def run(options: argparse.Namespace) -> int:
    """0 when it loads (check) and every test passes (test)."""
    from pulse_tui.policy.check import run_tests  # noqa: PLC0415
    from pulse_tui.policy.coverage import coverage  # noqa: PLC0415

    with opened(options, read_only=True) as house:
        policy = house.written_policy
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
        lines.insert(
            1, f"  phase {policy.phase.value}" + (", a change needs a second person" if policy.approvals else "")
        )
        lines += [f"  {rule.mode.value:<8} {rule.id} ({rule.owner}, review {rule.review})" for rule in policy.rules]
    data = {
        "digest": policy.digest,
        "phase": policy.phase,
        "rules": [r.id for r in policy.rules],
        "tests": len(results),
        "failed": failed,
        "untested": untested,
        "review_overdue": [r.id for r in late],
    }
    half: list[Covered] = []
    if options.action == "test":
        covered = coverage(policy)
        half = [c for c in covered if c.missing]
        lines += _coverage(covered, half)
        data["coverage"] = {
            "conditions": len(covered),
            "tried": len(covered) - len(half),
            "missing": [
                {"rule": c.rule_id, "part": c.part, "number": c.number, "condition": c.text, "missing": c.missing}
                for c in half
            ],
        }
    emit(options, data, lines)
    return 1 if failed or (options.strict and half) else 0


def _coverage(covered: list[Covered], half: list[Covered]) -> list[str]:
    tried = len(covered) - len(half)
    lines = [f"{tried} of {many(len(covered), 'condition')} were true in a test and false in another"]
    return lines + [f"  {' and '.join(c.missing)}  {c.place}: {c.text}" for c in half]
