"""Pruning by hand: everything that is due, in pieces that hold up nobody."""

from __future__ import annotations

import argparse
import time

from pulse_tui.cli.output import emit
from pulse_tui.domain.moments import iso
from pulse_tui.domain.pruned import Kept
from pulse_tui.process import operator_name
from pulse_tui.rounds.work import PRUNE_MOST_S
from pulse_tui.services.pruning import CLASSES, Done, Pace, prune
from pulse_tui.wiring import House


def prune_all(options: argparse.Namespace, house: House) -> int:
    """0: everything that is old went, or is listed with ``--dry-run``."""
    kinds = [Kept(options.of)] if options.of is not None else [*CLASSES, Kept.AUDIT]
    pace = Pace(time.monotonic, time.sleep, PRUNE_MOST_S[house.store.is_sqlite])
    dry = bool(options.dry_run)
    done = [
        prune(house.store, house.settings.retention, kind, operator_name(), house.clock, pace, dry=dry)
        for kind in kinds
    ]
    lines = [_words(one, dry=dry) for one in done]
    if not dry and any(one.rows for one in done):
        lines.append("the space is used again by what comes; pulse-tui db compact gives it back to the disk")
    data = [
        {
            "class": one.kind.value,
            "before": iso(one.before) if one.before is not None else None,
            "rows": one.rows,
            "needed": one.kept,
            "longest_ms": round(one.longest_s * 1_000, 1),
        }
        for one in done
    ]
    emit(options, {"dry_run": dry, "classes": data}, lines)
    return 0


def _words(one: Done, *, dry: bool) -> str:
    if one.kind is Kept.FRAMES:
        return "frames: pruned by their recorder (recording: {keep: 14d})"
    if one.kind is Kept.QUARANTINE and dry:
        return "quarantine: pruned by the hour, the newest of each source stay"
    return one.words(dry=dry)
