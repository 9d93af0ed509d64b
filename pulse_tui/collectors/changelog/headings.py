"""What a heading of a changelog is: of a day, of a version, of a kind of change, or the title of an entry."""

from __future__ import annotations

import re
from typing import NamedTuple

from pulse_tui.collectors._shared.days import Day, day_at_start, day_in

_VERSION = re.compile(
    r"\[?(?:version\s+|release\s+)?v?(\d{1,5}\.\d{1,6}(?:\.[\w+-]{1,40}){0,3}(?:[-+][\w.]{1,40})?)\]?(?![\w.])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s\-\u2013\u2014:(|,\u2022\u00b7/\[]*")
_SEPARATED = re.compile(r"\s*(?:[:|\u2013\u2014\u2022\u00b7]|-\s|\()")
_TRAILING = re.compile(r"\s*(?:[|\u2013\u2014\u2022\u00b7]|\s-\s)\s*\Z")
_CLOSING = " \t)]:-\u2013\u2014|\u2022\u00b7,"
_SECTIONS = frozenset(
    {
        "added", "additions", "announcement", "announcements", "api", "breaking", "breaking change", "breaking changes",
        "bug fix", "bug fixes", "bugfixes", "change", "changed", "changes", "chores", "deprecated", "deprecation",
        "deprecations", "docs", "documentation", "feature", "features", "fix", "fixed", "fixes", "general availability",
        "improved", "improvement", "improvements", "issue", "known issues", "libraries", "library", "model", "models",
        "new", "new feature", "new features", "new models", "other", "performance", "preview", "pricing", "refactors",
        "removed", "removals", "reverts", "security", "service announcement", "update", "updated", "updates",
        "what's changed", "what's new",
    }
)  # fmt: skip
_OPEN = re.compile(
    r"unreleased|upcoming|coming soon|planned|scheduled|announced|future|next release|head\b|main\b|nightly",
    re.IGNORECASE,
)


class Dated(NamedTuple):
    """A heading of a day or a version. ``title`` is what else it says: then all below it is one entry."""

    day: Day | None
    version: str = ""
    title: str = ""

    @property
    def shown(self) -> str:
        """As a section: ``1.2.0``, ``2026-06-03``, ``2026-06 (no day given)``."""
        if self.version:
            return self.version
        if self.day is None:
            return self.title.strip("[]")
        return f"{self.day.at:%Y-%m} (no day given)" if self.day.month_only else f"{self.day.at:%Y-%m-%d}"


def dated(text: str, year: int | None) -> Dated | None:
    """The day or version that a heading is of; None where it is of none. ``year`` is of the headings above it."""
    text = text.strip()
    if not text.startswith("20") or day_at_start(text, year) is None:
        version = _VERSION.match(text)
        if version is not None:
            return _of_version(text, version, year)
    bare = text.strip("[] ")
    day = day_at_start(bare, year)
    if day is not None:
        rest = bare[day.end :]
        if not rest.strip(_CLOSING):
            return Dated(day)
        if _SEPARATED.match(rest):
            return Dated(day, title=rest.strip(_CLOSING))
        if day.year and len(rest.split()) <= 4 and day.month_only:  # "June 2026 updates"
            return Dated(day)
        return None
    day = day_in(bare) if len(bare) <= 120 else None
    if day is not None and not bare[day.end :].strip(_CLOSING) and _TRAILING.search(bare[: day.start]):
        return Dated(day, title=bare[: day.start].strip(_CLOSING))
    return None


def _of_version(text: str, version: re.Match[str], year: int | None) -> Dated | None:
    rest = text[version.end() :]
    behind = _BETWEEN.match(rest)
    day = day_at_start(rest[behind.end() :] if behind is not None else rest, year)
    if day is None and rest.strip(_CLOSING) and not _SEPARATED.match(rest):
        return None  # "4.1 is here" is a title
    return Dated(day, version[1])


def is_section(text: str) -> bool:
    """Whether a heading says what kind of change stands below it, and is no title."""
    return text.strip(" :!").lower().replace("\u2019", "'") in _SECTIONS


def is_open(text: str) -> bool:
    """Whether a heading without a day stands for what has none yet: unreleased, upcoming."""
    return _OPEN.search(text) is not None
