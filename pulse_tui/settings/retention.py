"""The ``retention`` section: how long each class of what is stored is kept."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.pruned import Kept
from pulse_tui.settings.check import Seconds, convert, seconds
from pulse_tui.settings.document import Node

DAY = 86_400.0


class RetentionShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is stored is kept; ``null`` keeps a class for ever. What is still needed stays, however old it is."""

    signals: Seconds | None = Seconds(90 * DAY)
    """Signals as they came in. What an alert, a hold or an open incident rests on stays, the last one of each dated
    condition, and every version event."""
    items: Seconds | None = Seconds(30 * DAY)
    """Results of single items of benchmark runs; scores and verdicts stay. Of baselines, of what serves and of the newest
    run everything stays."""
    deliveries: Seconds | None = Seconds(30 * DAY)
    """Messages that arrived, or were dropped, of alerts that are closed."""
    quarantine: Seconds | None = Seconds(90 * DAY)
    """Records that were refused; the newest of each source stay."""
    decisions: Seconds | None = None
    """Decisions of rules that did not fire, on signals on which none did. At least as long as the signals."""

    def of(self, kind: Kept) -> float | None:
        """Seconds; None: never."""
        value = getattr(self, kind.value, None)
        return float(value) if value is not None else None


def read_retention(node: Node | None, problems: list[Problem]) -> RetentionShape:
    """The section, with what is wrong with it at its place."""
    if node is None or node.value is None:
        return RetentionShape()
    before = len(problems)
    for key, child in node.items() if isinstance(node.value, dict) else ():
        where = f"retention.{key}"
        if key == Kept.AUDIT.value:
            what = f"{where}: the audit log is never pruned: each line proves the one before it"
            problems.append(Problem(str(node.key_marks[key]), what, "take the key out"))
        elif key == Kept.FRAMES.value:
            problems.append(Problem(str(node.key_marks[key]), f"{where}: not kept by this", "recording: {keep: 14d}"))
        elif isinstance(child.value, (str, int, float)) and (kept := seconds(child.value)) is not None and kept < DAY:
            what = f"{where}: {child.value!r} would keep nothing" if kept <= 0 else f"{where}: less than a day"
            problems.append(Problem(str(child.mark), what, "write a time such as 90d, or null: for ever"))
    made = None if len(problems) > before else convert(node, RetentionShape, problems, path="retention")
    if made is None:
        return RetentionShape()
    signals, decisions = made.of(Kept.SIGNALS), made.of(Kept.DECISIONS)
    if decisions is not None and (signals is None or decisions < signals):
        what = "retention.decisions: shorter than signals: a signal that comes once more is known by its decisions"
        problems.append(Problem(str(node.mark), what, "keep decisions at least as long as signals"))
    return made
