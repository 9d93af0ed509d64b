"""Read models of messages: rows and pages ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us, iso


class LetterRow(NamedTuple):
    """A message to a destination."""

    key: str
    state: str
    """``queued``, ``sent``, ``dead``, ``folded`` or ``dropped``."""
    route: str
    kind: str
    event: str
    title: str
    attempts: int
    created_us: int
    next_us: int | None
    """Of one that is queued: when it is sent again. None: now."""
    error: str
    """What went wrong the last time."""
    receipt: str
    """What the destination answered."""
    alert: str

    @property
    def late(self) -> bool:
        """Whether it reached nobody that it should have reached."""
        return self.state == "dead" or (self.state == "queued" and self.attempts > 0)

    def line(self) -> str:
        """In one line, for the shell and to copy."""
        what = self.error if self.late else self.receipt
        tried = f", tried {self.attempts} times" if self.late else ""
        again = f", again {iso(from_us(self.next_us))}" if self.state == "queued" and self.next_us is not None else ""
        return (
            f"{self.state:<7} {self.key}  {self.kind} to {self.route}  {self.event}: {self.title}"
            f" ({iso(from_us(self.created_us))}{tried}{again})" + (f"  {what}" if what else "")
        )
