"""``pulse-tui policy list``, ``approve`` and ``reject``: changes of policy and who decided on them."""

from __future__ import annotations

import argparse

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.moments import iso
from pulse_tui.domain.policy_change import PolicyVersion

SHOWN = 12
"""Differences of one change that are shown; --json has all that are kept."""


def run(options: argparse.Namespace) -> int:
    """0 done, 1 refused."""
    from pulse_tui.services.conditions import policy_approval  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        if options.action == "list":
            with house.store.read() as tx:
                versions = tx.policies.all(100)
            rows = [{k: v for k, v in _plain(version).items() if k != "text"} for version in versions]
            emit(options, rows, [line for version in versions for line in _lines(version)])
            return 0
        desk = house.desk()
        parts = desk.acting(f"policy.{options.action}", options.digest).judging
        decide = policy_approval.approve if options.action == "approve" else policy_approval.reject
        done = decide(parts, options.digest, desk.operator, options.why, house.clock())
    emit(options, {"done": done}, [done])
    return 0


def _plain(version: PolicyVersion) -> dict[str, object]:
    return {name: getattr(version, name) for name in version.__struct_fields__}


def _lines(version: PolicyVersion) -> list[str]:
    lines = [f"{version.digest[:12]}  {version.state.value:<8}  {iso(version.seen_at)}  read by {version.by}"]
    if version.approved_by is not None and version.approved_at is not None:
        lines.append(f"  approved by {version.approved_by} {iso(version.approved_at)}: {version.why}")
    elif version.why and version.rejected_by is None:
        lines.append(f"  {version.why}")
    if version.rejected_by is not None and version.rejected_at is not None:
        lines.append(f"  rejected by {version.rejected_by} {iso(version.rejected_at)}: {version.why}")
    lines += [f"  {line}" for line in version.changed[:SHOWN]]
    more = len(version.changed) - SHOWN
    lines += [f"  and {more} more"] if more > 0 else []
    return [*lines, *([f"  effect: {version.effect}"] if version.effect else [])]
