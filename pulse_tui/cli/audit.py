"""``pulse-tui audit``: is the chain whole, and the log as JSON Lines."""

from __future__ import annotations

import argparse
import sys

import msgspec

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.audit import GENESIS, broken_at


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """verify or export."""
    parser.add_argument("action", choices=["verify", "export"], help="is the chain whole? / print it as JSON Lines")
    parser.epilog = (
        "verify exits with 1 when the log was changed, or cut (by whoever did not also change the seal beside it and\n"
        "every approval)."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when the chain is whole to the line that was written last and every approval's head is in it, 1 when not."""
    with opened(options, read_only=True) as house, house.store.read() as tx:
        entries = tx.log.entries()
        seal = tx.log.sealed()
        votes = [v for plan, _ in tx.rollbacks.plans(limit=100_000) for v in tx.rollbacks.approvals(plan.hash)]
    if options.action == "export":
        for entry in entries:
            sys.stdout.write(msgspec.json.encode(entry).decode() + "\n")
        return 0
    known = {GENESIS, *(e.hash for e in entries)}
    broken = broken_at(entries)
    # A chain alone does not show that its end was cut off; the seal beside it and the heads inside the approvals can.
    cut = [v for v in votes if v.audit_head not in known]
    ends = (entries[-1].seq, entries[-1].hash) if entries else (0, GENESIS)
    short = seal is not None and seal != ends
    whole = broken is None and not cut and not short
    lines = [f"audit chain of {len(entries)} lines: " + ("whole" if whole else "BROKEN")]
    if broken is not None:
        lines.append(f"  line {broken[0]}: {broken[1]}")
    if short and seal is not None:
        lines.append(f"  it ends at line {ends[0]}, but line {seal[0]} was written last: lines were cut off")
    lines += [
        f"  the approval of {v.plan_hash[:12]} by {v.principal} names a head that is no longer there: lines were cut off"
        for v in cut
    ]
    data = {
        "lines": len(entries),
        "whole": whole,
        "broken_at": broken,
        "cut": [v.plan_hash for v in cut],
        "head": entries[-1].hash if entries else GENESIS,
    }
    emit(options, data, lines)
    return 0 if whole else 1
