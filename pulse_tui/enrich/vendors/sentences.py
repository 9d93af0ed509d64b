"""A vendor's note in sentences, for the page of its alert, tickets and messages. Pure."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.countdown import days_left
from pulse_tui.domain.evidence import NoteEvidence


def note_lines(evidence: NoteEvidence, now: datetime) -> list[str]:
    """What it says of what, when, where, whom it touches, how its numbers compare, and what others state."""
    labels = ", ".join(label.replace("_", " ") for label in evidence.labels) or "unlabelled"
    models = f" about {', '.join(evidence.models)}" if evidence.models else ""
    family = " (by its family: it does not name the very snapshot)" if evidence.by_family else ""
    phrase = f': "{evidence.phrase}"' if evidence.phrase else ""
    lines = [f"{evidence.vendor}: {labels}{models}{family}{phrase}"]
    if evidence.effective_at is not None:
        lines.append(_when(evidence, now))
    if evidence.elsewhere is not None:
        lines.append(_elsewhere(evidence, evidence.elsewhere))
    if evidence.was or evidence.now:
        lines.append(f"{evidence.was or 'nothing'} -> {evidence.now or 'nothing'}")
    if evidence.successor:
        lines.append(f"recommended instead: {evidence.successor}")
    lines += evidence.compared
    if evidence.endpoints:
        lines.append(f"touches {', '.join(evidence.endpoints)}")
    if evidence.segments:
        lines.append(f"customers: {', '.join(evidence.segments)}")
    return [*lines, *evidence.says]


def _elsewhere(evidence: NoteEvidence, platform: str) -> str:
    ours = ", ".join(dict.fromkeys(c.partition("/")[0] for c in evidence.components))
    when = f", where it takes effect on {evidence.elsewhere_at:%Y-%m-%d}" if evidence.elsewhere_at is not None else ""
    line = f"{evidence.vendor} speaks of its own platform {platform}{when}"
    if evidence.effective_at is not None:
        return f"{line}: that is no date of {ours}"
    return f"{line}; of {ours} nothing is known: look it up there"


def _when(evidence: NoteEvidence, now: datetime) -> str:
    assert evidence.effective_at is not None
    day, left = f"{evidence.effective_at:%Y-%m-%d}", days_left(evidence.effective_at, now)
    where = f" on {evidence.platform}" if evidence.platform else ""
    if evidence.floor:
        return f"not sooner than {day}{where}: that is the earliest day, no date of an end is stated"
    if left < 0:
        return f"took effect on {day}{where}, {-left} days ago"
    return f"takes effect on {day}{where}, {f'{left} days left' if left else 'today'}"
