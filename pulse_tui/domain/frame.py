"""What the board was at a moment, as it is kept: a whole board, or what differs from the frame before."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.errors import PulseError

FORMAT = "pulse.frame/1"
NEWS = b"!"
"""How the body of a frame begins that something changed in; any other beginning is a sign of life."""


class FrameError(PulseError):
    """A frame that cannot be read: damaged, cut, or of another version of the program."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of the board."""

    at: datetime
    whole: bool
    """It can be read without the frames before it."""
    body: bytes
    """Packed; what is in it is the business of who packs it."""
    format: str = FORMAT
    seq: int = 0
    """Its number, given by the database; of a file, its place."""

    @property
    def news(self) -> bool:
        """Whether something changed, or the recording began: where who steps through it stops."""
        return self.body.startswith(NEWS)


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording takes."""

    frames: int
    bytes: int
