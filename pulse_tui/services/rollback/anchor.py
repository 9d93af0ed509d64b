"""The head of the audit log, handed to the outside at every decision: a log that is rewritten contradicts it."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import PulseError
from pulse_tui.services.parts import SYSTEM, RollbackParts


def anchor_line(head: Anchor, now: datetime, what: str) -> str:
    """One line of ASCII: what a file or the system's log keeps."""
    text = f"audit {head.seq} {head.hash} {now:%Y-%m-%dT%H:%M:%SZ} {what}"
    return text.encode("ascii", "replace").decode()


def anchor(parts: RollbackParts, what: str) -> None:
    """Anchor the log as it is now. What was decided stands also when that fails; the log then says so."""
    now = parts.clock()
    with parts.store.read() as tx:
        head = tx.log.head()
    try:
        parts.outside.anchor(anchor_line(head, now, what))
    except PulseError as error:
        with parts.store.write() as tx:
            tx.log.append(now, SYSTEM, "anchor.failed", what, {"line": str(head.seq), "why": str(error)})
