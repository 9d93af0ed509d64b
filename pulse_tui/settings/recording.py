"""Whether the board is recorded, and for how long that is kept."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.check import Seconds, convert
from pulse_tui.settings.document import Node

OFF = ("off", False)


class RecordingShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pictures of the board, for ``pulse-tui replay``: ``{keep: 14d}``, or ``off``."""

    keep: Seconds = Seconds(14 * 86_400)
    """For how long; what is older is dropped."""

    def __post_init__(self) -> None:
        if (self.keep or 3_600) < 3_600:  # None: what is no time is named as such
            raise ValueError("keep is less than an hour: write recording: off to record nothing")

    @property
    def kept(self) -> timedelta:
        """For how long."""
        return timedelta(seconds=self.keep)


def read_recording(node: Node | None, problems: list[Problem]) -> RecordingShape | None:
    """None where nothing is recorded; left out, two weeks are kept."""
    if node is None or node.value is None:
        return RecordingShape()
    if node.value in OFF:
        return None
    return convert(node, RecordingShape, problems, path="recording")
