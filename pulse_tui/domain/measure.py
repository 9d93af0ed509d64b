"""A measure of how a team does: its definition, what it was computed from, and how much could not be counted."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.moments import from_us


class Unit(StrEnum):
    """What a value is in."""

    SECONDS = "seconds"
    RATIO = "ratio"
    """0 to 1; ``reports per alert`` is a plain number."""
    PER_WEEK = "per week"
    NUMBER = ""


class Measure(NamedTuple):
    """One measure. What is not known is None and never 0."""

    id: str
    """``time_to_detect``."""
    what: str
    """Its name in words: ``mean time to detect``."""
    definition: str
    unit: Unit
    value: float | None
    """None: nothing that it could be computed from is known."""
    numerator: float = 0.0
    denominator: float = 0.0
    """What it was computed from: the value is numerator / denominator, except where the unit is a count."""
    of: str = ""
    """What the denominator counts, in words: ``incidents``."""
    left_out: int = 0
    """So many are in neither, because something of them is not known."""
    left_why: str = ""
    about: str = ""
    """What one of a family is about: a vendor, an asset, an environment; empty for a single one."""

    @property
    def shown(self) -> str:
        """The value in words; ``? unknown`` when it is not known."""
        if self.value is None:
            return "? unknown"
        if self.unit is Unit.SECONDS:
            return lasting(self.value)
        if self.unit is Unit.RATIO:
            return f"{self.value:.0%}"
        number = f"{self.value:,.0f}" if self.value == int(self.value) else f"{self.value:,.1f}"
        return f"{number} {self.unit.value}".rstrip()

    @property
    def base(self) -> str:
        """What it was computed from, and what was left out of it, in words."""
        if not self.of:
            counted = ""
        elif self.value is None and not self.denominator:
            counted = "" if self.left_out else f"no {self.of} in these days"
        elif self.unit is Unit.RATIO:
            counted = f"{self.numerator:g} of {self.denominator:g} {self.of}"
        elif self.unit is Unit.SECONDS:
            counted = f"mean of {self.denominator:g} {self.of}"
        else:
            counted = f"{self.numerator:g} {self.of}"
        left = f"{self.left_out} left out: {self.left_why}" if self.left_out else ""
        return "; ".join(part for part in (counted, left) if part)

    @property
    def line(self) -> str:
        """``mean time to detect: 12 min (mean of 4 incidents; 2 left out: their onset is not known)``."""
        name = f"{self.what}, {self.about}" if self.about else self.what
        return f"{name}: {self.shown}" + (f" ({self.base})" if self.base else "")


def lasting(seconds: float) -> str:
    """``12 s``, ``3.5 min``, ``4.2 h``, ``6.1 d``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"


class Series(NamedTuple):
    """A number for each week, or for each name: what a chart draws."""

    id: str
    what: str
    points: tuple[tuple[str, float], ...]
    """(label, value), in the order in which they are drawn."""


class Measures(NamedTuple):
    """All measures of a span of whole days."""

    since_us: int
    until_us: int
    """The end of the day on which it was asked for: two answers of one day over the same data are the same."""
    every: tuple[Measure, ...]
    series: tuple[Series, ...] = ()

    @property
    def span(self) -> str:
        """``2026-08-31 to 2026-11-29``: the first and the last day."""
        return f"{from_us(self.since_us):%Y-%m-%d} to {from_us(self.until_us - 1):%Y-%m-%d}"

    def named(self, *ids: str) -> tuple[Measure, ...]:
        """Those of these names, in their order; of a family all."""
        return tuple(m for ident in ids for m in self.every if m.id == ident)

    def one(self, ident: str) -> Measure:
        """A single one. Raises KeyError."""
        found = next((m for m in self.every if m.id == ident), None)
        if found is None:
            raise KeyError(ident)
        return found
