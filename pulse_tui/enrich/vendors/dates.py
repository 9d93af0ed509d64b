"""The date on which an announcement takes effect, when its text names one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = re.compile(
    # An ISO date inside a model's name (gpt-4o-2024-08-06) is not a date.
    r"(?<![\w./-])(?P<iso>20\d\d-[01]\d-[0-3]\d)(?![\w-])"
    r"|\b" + _MONTH.format("m1") + r"\s+(?P<d1>[0-3]?\d)(?:st|nd|rd|th)?\b(?:,?\s+(?P<y1>20\d\d)\b)?"
    r"|\b(?P<d2>[0-3]?\d)(?:st|nd|rd|th)?\s+" + _MONTH.format("m2") + r"\s+(?P<y2>20\d\d)\b"
    r"|\b" + _MONTH.format("m3") + r",?\s+(?P<y3>20\d\d)\b",
    re.IGNORECASE,
)
#: A date of an earlier announcement, not of what comes.
_PAST = re.compile(
    r"\A,?\s*(?:\(?\d|we\s+(?:notified|announced|released|introduced|launched)|(?:was|were)\s+(?:notified|announced|released))",
    re.IGNORECASE,
)
_FILL = r"(?:\W*\b(?:set|scheduled|planned|announced|shutdown|retirement|date|end|for|on|as|of|to|be)\b){0,4}\W*\Z"
#: A date that the text itself replaces by another: "2027-06-01 (was 2026-12-05)".
_REPLACED = re.compile(
    rf"\b(?:previously|formerly|originally|instead\s+of|rather\s+than){_FILL}|\b(?:was|not)\W*\Z", re.IGNORECASE
)
#: The same when its own sentence moves it: "announced for 5 December 2026, is postponed to 1 June 2027".
_BEFORE_A_MOVE = re.compile(rf"\b(?:was|announced|planned|scheduled|set|earlier|old|from|date){_FILL}", re.IGNORECASE)
_MOVE = re.compile(
    r"\b(?:postpon(?:e|es|ed|ing)|delay(?:s|ed|ing)?|extend(?:s|ed|ing)?|mov(?:e|es|ed|ing)|changed"
    r"|push(?:es|ed|ing)?|br(?:ing|ings|inging|ought)|reschedul(?:e|es|ed|ing)|revis(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)
_NOT_SOONER = re.compile(
    r"\b(?:no(?:t)? (?:\w+ )?(?:sooner|earlier|before)(?: than)?|earliest(?: \w+){0,3}|at least until|until at least|at the earliest)(?: on)?\W*\Z",
    re.IGNORECASE,
)
_OR_LATER = re.compile(r"\W{0,2}(?:or later|at the earliest|at the soonest|\(earliest\))", re.IGNORECASE)
"""A date before or behind which these stand is the earliest one."""
_SENTENCE = 500
"""Characters before and behind a date in which its sentence begins and ends."""
_STOP = re.compile(r"[.;!?](?=\s)|\n")


class Effect(NamedTuple):
    """When something takes effect."""

    at: datetime
    """Midnight UTC; a month stands for its first day."""
    floor: bool = False
    """Not sooner than then, and perhaps later."""


def effective_at(text: str, published: datetime) -> datetime | None:
    """As :func:`effect`, the date alone."""
    found = effect(text, published)
    return found.at if found else None


def effect(text: str, published: datetime) -> Effect | None:
    """The earliest date named in ``text`` that is not before ``published``, else the earliest named.

    A date that the text replaces by another does not count. A day without a year is in the year after ``published`` in
    which it comes next. None when no date is named.
    """
    day = published.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    dates = list(_dates(text, day))
    current = [d for d, replaced in dates if not replaced]
    found = sorted(current or [d for d, _ in dates])
    return next((date for date in found if date.at >= day), found[0] if found else None)


def _dates(text: str, day: datetime) -> Iterator[tuple[Effect, bool]]:
    """Each date, and whether the text replaces it by another."""
    for match in _DATE.finditer(text):
        if _PAST.match(text[match.end() : match.end() + 40]):
            continue
        moment = _read(match, day)
        if moment is not None:
            yield Effect(moment, _is_floor(text, match)), _replaced(text, match)


def _is_floor(text: str, match: re.Match[str]) -> bool:
    before = _NOT_SOONER.search(text, max(0, match.start() - 60), match.start())
    return before is not None or _OR_LATER.match(text, match.end()) is not None


def _replaced(text: str, match: re.Match[str]) -> bool:
    low, high = max(0, match.start() - _SENTENCE), min(len(text), match.end() + _SENTENCE)
    start = max((m.end() for m in _STOP.finditer(text, low, match.start())), default=low)
    if _REPLACED.search(text, start, match.start()):
        return True
    stop = _STOP.search(text, match.end(), high)
    end = stop.start() if stop else high
    others = [m for m in _DATE.finditer(text, start, end) if m.start() != match.start()]
    moves = _MOVE.search(text, start, end)
    return bool(others and moves and _BEFORE_A_MOVE.search(text, start, match.start()))


def _read(match: re.Match[str], day: datetime) -> datetime | None:
    try:
        if match["iso"]:
            return datetime.fromisoformat(match["iso"]).replace(tzinfo=UTC)
        month = _number(match["m1"] or match["m2"] or match["m3"])
        number = int(match["d1"] or match["d2"] or 1)
        year = match["y1"] or match["y2"] or match["y3"]
        if year:
            return datetime(int(year), month, number, tzinfo=UTC)
        moment = datetime(day.year, month, number, tzinfo=UTC)
        return moment if moment >= day else moment.replace(year=day.year + 1)
    except ValueError:  # 31 November
        return None


def _number(word: str) -> int:
    return _MONTHS.index(word.lower()[:3]) + 1
