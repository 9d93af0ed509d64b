"""Days as pages write them: ``2026-06-03``, ``June 3rd, 2026``, ``3 Jun 2026``, ``June 2026``, ``Jun 3`` of a year that is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<{0}>[0-3]?\d)(?:st|nd|rd|th)?\b"
_YEAR = r"(?P<{0}>20\d\d)\b"
_FORMS = (
    r"(?P<iso>20\d\d[-/.][01]?\d[-/.][0-3]?\d)(?![\w-])",
    r"(?P<isom>20\d\d-[01]\d)(?![\w-])",
    r"(?P<us>[01]?\d/[0-3]?\d/20\d\d)(?![\w/])",
    rf"\b{_MONTH.format('m1')}\s{{0,3}}{_DAY.format('d1')}(?:,?\s{{0,3}}{_YEAR.format('y1')})?",
    rf"\b{_DAY.format('d2')}\s{{1,3}}(?:of\s)?{_MONTH.format('m2')}(?:,?\s{{0,3}}{_YEAR.format('y2')})?",
    rf"\b{_MONTH.format('m3')},?\s{{0,3}}{_YEAR.format('y3')}",
    rf"\b{_MONTH.format('m4')}(?=\s*\Z)",
)
_DATE = re.compile("|".join(f"(?:{form})" for form in _FORMS), re.IGNORECASE)
_BARE_YEAR = re.compile(r"\s*(20\d\d)\s*\Z")
_PREFIX = re.compile(
    r"\s*(?:(?:date|release[sd]?|updated?|week of|on)\b:?\s*|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?",
    re.IGNORECASE,
)
_HYPHENS = re.compile("[\u2010\u2011\u2212\ufe63\uff0d]")
_FLOOR = re.compile(
    r"\b(?:(?:not?|no) (?:sooner|earlier|before)\b|not? before\b|earliest\b|at the earliest\b|or later\b|on or after\b|after\b)",
    re.IGNORECASE,
)


class Day(NamedTuple):
    """A day that stands in a text, and where."""

    at: datetime
    """Midnight UTC; of a month its first day."""
    month_only: bool
    start: int
    end: int
    year: bool = True
    """The text names the year itself."""


def plain_dashes(text: str) -> str:
    """The text with every hyphen that is not drawn differently as ``-``; as long as before."""
    return _HYPHENS.sub("-", text)


def day_in(text: str, year: int | None = None, at: int = 0) -> Day | None:
    """The first day in the text from ``at`` on; one without a year is of ``year``, and none where that is not known."""
    flat = plain_dashes(text)
    for match in _DATE.finditer(flat, at):
        if (found := _read(match, year)) is not None:
            return found
    return None


def day_at_start(text: str, year: int | None = None) -> Day | None:
    """The day that the text begins with, behind a weekday, ``Date:`` or ``Week of``."""
    flat = plain_dashes(text)
    prefix = _PREFIX.match(flat)
    begin = prefix.end() if prefix is not None else 0
    match = _DATE.match(flat, begin)
    return _read(match, year) if match is not None else None


def year_alone(text: str) -> int | None:
    """2026 of a text that is just that."""
    match = _BARE_YEAR.match(text)
    return int(match[1]) if match is not None else None


def is_floor(text: str) -> bool:
    """Whether the day in the text is the earliest one: "not sooner than", "or later"."""
    return _FLOOR.search(text) is not None


def _read(match: re.Match[str], year: int | None) -> Day | None:
    start, end = match.span()
    own = match["y1"] or match["y2"] or match["y3"]
    try:
        if match["iso"] or match["isom"]:
            parts = [int(part) for part in re.split("[-/.]", match["iso"] or match["isom"])]
            return Day(_moment(*parts), match["iso"] is None, start, end)
        if match["us"]:
            month, day, whole = (int(part) for part in match["us"].split("/"))
            month, day = (day, month) if month > 12 else (month, day)
            return Day(_moment(whole, month, day), month_only=False, start=start, end=end)
        of = int(own) if own else year
        if of is None:
            return None
        month = _MONTHS.index((match["m1"] or match["m2"] or match["m3"] or match["m4"])[:3].lower()) + 1
        number = match["d1"] or match["d2"]
        return Day(_moment(of, month, int(number or 1)), number is None, start, end, bool(own))
    except ValueError:  # 31 November
        return None


def _moment(year: int, month: int, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)
