"""Read models of the advisories: rows ready to draw."""

from __future__ import annotations

from typing import NamedTuple

UNNAMED = "not-audited"
"""The id of the row that stands for all components that no advisory can name."""


class AdvisoryRow(NamedTuple):
    """An advisory as pane 3 shows it."""

    id: str
    name: str
    priority: str
    component: str
    hits: int
    production_hits: int
    state: str
    title: str
    provider: str = ""
    """The component's own id, as its provider writes it; empty when it has no other."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.id}/{self.component}"


class AdvisoryStory(NamedTuple):
    """The page of an advisory: the three questions first, then what is recorded."""

    lines: tuple[tuple[str, str], ...]
    """(label, text)."""
    alert: str = ""
    """The id of its most urgent open alert; empty when none is open."""
    asset: str = ""
    """What it reaches, of several the most urgent; empty when it reaches nothing."""
