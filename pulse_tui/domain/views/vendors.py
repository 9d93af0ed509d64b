"""Read models of what vendors publish: rows ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.moments import from_us

DAY_US = 86_400_000_000
LISTED = 500
"""Notes of a list, the newest first: each is looked through for everything that is in use."""
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


_URGENCY = ("ended", "ends", "deprecated", "no date", "not before", "served")


class ShutdownRow(NamedTuple):
    """A model in use on a platform, and when it ends there."""

    platform: str
    model: str
    """The exact id on the platform."""
    canonical: str
    assets: tuple[str, ...]
    date_us: int | None = None
    """The earliest that is stated; None: nobody states one."""
    month_only: bool = False
    floor_us: int | None = None
    """Not sooner than."""
    stage: str = ""
    """The gravest that is stated."""
    successor: str = ""
    differ: bool = False
    """Its sources state different dates, or some call it ended and others active."""
    how: str = ""
    """What the statements are of, where that is not exactly this id."""
    statements: tuple[Statement, ...] = ()
    elsewhere: tuple[str, ...] = ()
    """What is stated of the same model on other platforms: no date of this one."""
    production: bool = False

    @property
    def key(self) -> str:
        """``azure/gpt-4.1``."""
        return f"{self.platform}/{self.model}"

    @property
    def when(self) -> str:
        """``2026-07-01``, ``2026-07``, ``≥ 2026-07-01``, ``unknown``."""
        if self.date_us is not None:
            return day(self.date_us)[:7] if self.month_only else day(self.date_us)
        return f"≥ {day(self.floor_us)}" if self.floor_us is not None else "unknown"

    def days(self, now_us: int) -> int | None:
        """Days left by the calendar, negative once it ended, to the earliest date where no date is known; else None."""
        end = self.date_us if self.date_us is not None else self.floor_us
        return None if end is None else (from_us(end).date() - from_us(now_us).date()).days

    def state(self, now_us: int) -> str:
        """``ended``, ``ends``, ``deprecated`` (without a date), ``not before``, ``served`` (no end is announced),
        ``no date`` (nobody says anything that helps)."""
        days = self.days(now_us)
        if self.date_us is not None and days is not None:
            return "ends" if days >= 0 else "ended"
        if self.stage == "retired":
            return "ended"
        if self.stage == "deprecated":
            return "deprecated"
        if self.floor_us is not None and days is not None and days >= 0:
            return "not before"
        return "served" if self.stage in ("active", "preview") else "no date"

    def rank(self, now_us: int) -> int:
        """The most pressing first; what nobody knows anything of stands before what is known to be served."""
        return _URGENCY.index(self.state(now_us))


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
