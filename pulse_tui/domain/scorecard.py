"""How a vendor has behaved towards who runs its models: one line of the scorecard."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us
from pulse_tui.domain.text import many


class VendorScore(NamedTuple):
    """What is known of one vendor over a span. Counts are of what was read; of what nobody reads nothing is known."""

    vendor: str
    assets: tuple[str, ...]
    """Ours that use what it serves."""
    sources: tuple[str, ...]
    """The sources that read it; none: only its name is known."""
    notes: int
    labels: tuple[tuple[str, int], ...]
    """How many notes carry each label."""
    back_dated: int
    """Of the notes that came after the first reading: those dated more than two days before they could be read."""
    fresh: int
    """How many came after the first reading."""
    lead_days: tuple[int, ...]
    """Days from each announcement of an end to the end, the shortest first."""
    incidents: int
    price_moves: int
    limit_moves: int
    silent: int
    """Changes that nobody announced: found by a tripwire, or an alias that moved."""
    watched: bool
    """Whether a tripwire or a list of its models is read: without one no silent change can be found."""
    alerts: int
    open_alerts: int
    verdicts: tuple[tuple[str, int], ...]
    """Of the re-tests that its announcements asked for: how many ended in each verdict; ``open``: not yet."""
    concerns: tuple[str, ...] = ()
    """What makes it a risk to run on, in words, the worst first."""
    asked: bool = False
    """Whether a tripwire asks one of its models: lists alone show no other answer."""

    @property
    def shortest(self) -> int | None:
        """The shortest notice in days; None: no end was announced."""
        return self.lead_days[0] if self.lead_days else None

    @property
    def median(self) -> int | None:
        """The median notice in days."""
        return self.lead_days[len(self.lead_days) // 2] if self.lead_days else None

    def lines(self) -> list[str]:
        """What is known, one fact a line; what nobody reads is unknown, not zero."""
        used = [f"used by {', '.join(self.assets)}"] if self.assets else []
        if not self.sources and not self.watched:
            return [*(f"? {concern}" for concern in self.concerns or ("nothing is known of it",)), *used]
        lines = [*(f"▲ {concern}" for concern in self.concerns), *used]
        if self.lead_days:
            ends = many(len(self.lead_days), "announced end")
            lines.append(f"notice: {ends}, shortest {self.shortest} d, median {self.median} d")
        else:
            lines.append("notice: no end was announced with a date")
        if self.watched or self.assets:
            lines.append(f"changes without a note: {self._silent}")
        lines.append(f"incidents: {self.incidents}; price moves: {self.price_moves}; limit moves: {self.limit_moves}")
        labels = ", ".join(f"{count} {label.replace('_', ' ')}" for label, count in self.labels)
        late = f"; {self.back_dated} of {self.fresh} new ones back-dated" if self.back_dated else ""
        lines.append(f"notes: {self.notes}" + (f" ({labels}){late}" if labels else ""))
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts)
        lines.append(
            f"alerts: {self.alerts}, {self.open_alerts} open" + (f"; re-tests: {verdicts}" if verdicts else "")
        )
        return lines

    @property
    def _silent(self) -> str:
        if not self.watched:
            return "? unknown: no tripwire and no list of its models"
        return f"{self.silent} found" + ("" if self.asked else " by lists alone; ? no tripwire asks its models")


class Scorecard(NamedTuple):
    """All vendors, the riskiest to run on first."""

    since_us: int
    until_us: int
    vendors: tuple[VendorScore, ...]

    @property
    def span(self) -> str:
        """``2026-08-31 to 2026-11-29``."""
        return f"{from_us(self.since_us):%Y-%m-%d} to {from_us(self.until_us):%Y-%m-%d}"
