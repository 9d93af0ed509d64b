"""How full the disk of the database is."""

from __future__ import annotations

from typing import NamedTuple

SCARCE = 0.9
"""The share from which on it is shown."""
PLENTY = 50 * 2**30
"""Bytes: who has as many free need not hurry, whatever share of a large disk that is."""


FULL = 2**20
"""Bytes: with fewer free nothing can be counted on to be stored."""


class Room(NamedTuple):
    """Of one file system."""

    free: int
    """Bytes that this account may still write."""
    used: float
    """The share that is taken, 0 to 1."""
    nodes_used: float = 0.0
    """The share of its inodes: without one no file can be made, however many bytes are free."""

    @property
    def scarce(self) -> bool:
        """Whether somebody has to see to it."""
        return (self.used >= SCARCE and self.free < PLENTY) or self.nodes_used >= SCARCE

    @property
    def full(self) -> bool:
        """Whether nothing can be stored any more."""
        return self.free < FULL or self.nodes_used >= 1.0

    def words(self) -> str:
        """``disk 93 % full, 412 MB free``; empty while there is room enough."""
        if not self.scarce:
            return ""
        if self.nodes_used > self.used:
            return f"disk has {_percent(self.nodes_used)} % of its inodes in use"
        return f"disk {_percent(self.used)} % full, {self.free // 2**20:,} MB free"


def _percent(share: float) -> int:
    return int(share * 100)  # 99.9 % is not full yet
