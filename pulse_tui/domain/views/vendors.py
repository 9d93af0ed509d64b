"""Read models of what vendors publish: rows ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us

DAY_US = 86_400_000_000
BACK_DATED_DAYS = 2
"""A note whose date lies more than so many days before it was first read was back-dated, or read late."""


def day(us: int) -> str:
    """``2026-06-09``."""
    return f"{from_us(us):%Y-%m-%d}"


class NoteRow(NamedTuple):
    """A note as the list shows it."""

    source: str
    key: str
    first_us: int
    """When it was first read, whatever date it bears."""
    vendor: str
    labels: tuple[str, ...]
    title: str
    whom: tuple[str, ...] = ()
    """Assets of ours that it reaches."""
    dated_us: int | None = None
    """The date that it bears; None: none."""
    mark: str = ""
    """``edited``, ``back again``, ``removed``; "" while it stands as it was first read."""
    review: bool = False
    """A person should look at it."""
    history: bool = False
    """It stood there when its source was read first."""
    ends_us: int | None = None
    """When what it announces takes effect."""
    floor: bool = False
    """``ends_us`` is the earliest date."""
    corrected: bool = False
    """Its labels are those that a person gave it."""

    @property
    def ident(self) -> str:
        """Of no other note."""
        return f"{self.source}\n{self.key}"

    @property
    def back_dated_days(self) -> int:
        """Days by which its date lies before its first reading; 0 for what stood there when its source was read first."""
        if self.history or self.dated_us is None:
            return 0
        days = (self.first_us - self.dated_us) // DAY_US
        return days if days > BACK_DATED_DAYS else 0

    @property
    def word(self) -> str:
        """How it stands, in words."""
        words = ("review" if self.review else "", self.mark, "history" if self.history else "")
        return ", ".join(word for word in words if word)


class Hunk(NamedTuple):
    """A place where a text was changed: the words that went and those that came, with a few around them."""

    deleted: str
    added: str


class NoteEdit(NamedTuple):
    """One thing that happened to a note."""

    at_us: int
    what: str
    """``first read``, ``edited``, ``removed``, ``back again``."""
    moved: tuple[str, ...] = ()
    """What it means, in words: ``retirement moved 2026-06-15 -> 2026-07-01``."""
    hunks: tuple[Hunk, ...] = ()


class NoteStory(NamedTuple):
    """The page of a note: the three questions first, then what is known of it."""

    row: NoteRow
    lines: tuple[tuple[str, str], ...]
    """(label, text)."""
    edits: tuple[NoteEdit, ...] = ()
    """Oldest first."""
    link: str = ""
    assets: tuple[str, ...] = ()
    """Those that it reaches, as far as they have a page."""
    alerts: tuple[str, ...] = ()
    """Ids of the open alerts that it led to, the most urgent first."""


class CorrectionRow(NamedTuple):
    """A correction by a person: a rule for notes of the same words, and a case that must go on being read so."""

    id: str
    vendor: str
    labels: tuple[str, ...]
    words: tuple[str, ...]
    """Notes of the vendor that hold all of them have these labels."""
    by: str
    at_us: int
    why: str
    source: str = ""
    key: str = ""
    title: str = ""


class Statement(NamedTuple):
    """What one source states of the end of a model."""

    source: str
    ends_us: int | None
    floor: bool = False
    month_only: bool = False
    stage: str = ""
    listed: bool = True
    """Whether the source still lists the model: of one that it lists no longer nothing follows."""
    successor: str = ""
    note: str = ""
    """The key of the note that states it."""

    @property
    def when(self) -> str:
        """``2026-07-01``, ``2026-07``, ``≥ 2026-07-01``; "no date" without one."""
        if self.ends_us is None:
            return "no date"
        text = day(self.ends_us)[:7] if self.month_only else day(self.ends_us)
        return f"≥ {text}" if self.floor else text


class ShutdownRow(NamedTuple):
    """A model in use on a platform, and when it ends there."""

    platform: str
    model: str
    """The exact id on the platform."""
    canonical: str
    assets: tuple[str, ...]
    statements: tuple[Statement, ...] = ()
    """Of this platform and exact id."""
    elsewhere: tuple[str, ...] = ()
    """What is stated of the same model on other platforms: no date of this one."""
    production: bool = False

    @property
    def key(self) -> str:
        """``azure/gpt-4.1``."""
        return f"{self.platform}/{self.model}"

    @property
    def settles(self) -> Statement | None:
        """What is counted with: the earliest date that is one, else the earliest floor."""
        dated = [s for s in self.statements if s.ends_us is not None]
        return min(dated, key=lambda s: (s.floor, s.ends_us or 0), default=None)

    @property
    def differ(self) -> bool:
        """Whether its sources state different dates. A floor differs only from a date that lies before it."""
        dates = {s.when for s in self.statements if s.ends_us is not None and not s.floor}
        first = min((s.ends_us for s in self.statements if s.ends_us is not None and not s.floor), default=None)
        late = first is not None and any(s.floor and (s.ends_us or 0) > first for s in self.statements)
        return len(dates) > 1 or late

    @property
    def successor(self) -> str:
        """The first that is named."""
        return next((s.successor for s in self.statements if s.successor), "")

    def days(self, now_us: int) -> int | None:
        """Days left, negative once it ended; None: no date is known."""
        settles = self.settles
        if settles is None or settles.ends_us is None:
            return None
        return (settles.ends_us - now_us) // DAY_US

    def state(self, now_us: int) -> str:
        """``ended``, ``ends``, ``not before``, ``no date``."""
        settles, days = self.settles, self.days(now_us)
        if settles is None or days is None:
            return "no date"
        if settles.floor:
            return "not before" if days >= 0 else "no date"
        return "ends" if days >= 0 else "ended"


class Shutdowns(NamedTuple):
    """The hosted models in use by when they end; those without a date last."""

    rows: tuple[ShutdownRow, ...]
    sources: tuple[str, ...] = ()
    """Who was asked: sources that state ends of models."""
    unmatched: int = 0
    """Components whose platform or id is not known well enough to ask for."""


class TempoLine(NamedTuple):
    """How fast labs release models now; 100 is the mean of the trailing year."""

    value: int
    windows: tuple[int, ...]
    """Releases of each four weeks of the year, the oldest first."""


class TrustRow(NamedTuple):
    """How far a source can be trusted now."""

    source: str
    state: str
    """``good``, ``late``, ``silent``, ``failing``, ``gone``, ``empty``, ``suspect``, ``learning``, ``never``."""
    reason: str = ""
    news_us: int | None = None
    """When it last brought anything new."""
    tempo_s: float | None = None
    """How often it is expected to bring anything; None: not known yet."""
    entries: int | None = None
    next_us: int | None = None
