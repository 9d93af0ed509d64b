"""What the board was at a moment, as it is kept: a whole board, or what differs from the frame before."""

from __future__ import annotations

from datetime import datetime

import msgspec

FORMAT = "pulse.frame/1"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One picture of the board."""

    at: datetime
    whole: bool
    """It can be read without the frames before it."""
    body: bytes
    """Packed; what is in it is the business of who packs it."""
    format: str = FORMAT
    seq: int = 0
    """Its number, given by the database."""
