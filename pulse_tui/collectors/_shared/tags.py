"""Tags of a repository, read as versions."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from pulse_tui.domain.text import as_name

_LEADING_V = re.compile(r"[vV](?=\d)")
_WILD = re.compile(r"[*?\[]")
_DIGITS = re.compile(r"\d+|\D+")


def version_of(tag: str, pattern: str = "*") -> str:
    """The version that a tag names: ``v3.8.1``, ``support-bot/v3.8.1`` and ``release-3.8.1`` are all 3.8.1.

    The pattern's text before its first wildcard is left out when a number follows, then all up to the last
    slash, then a "v" before a number. A tag without a number is kept as it is.
    """
    fixed = _WILD.split(pattern, maxsplit=1)[0]
    rest = tag.removeprefix(fixed)
    if fixed and not fixed[-1].isalnum() and fixed[-1] != "." and rest[:1].isdigit():
        tag = rest
    return as_name(_LEADING_V.sub("", tag.rpartition("/")[2], count=1))


def matches(tag: str, pattern: str) -> bool:
    """Whether a whole tag fits a shell pattern, to the letter."""
    return fnmatchcase(tag, pattern)


Rank = tuple[tuple[tuple[bool, int, str], ...], bool, str]


def order(version: str) -> Rank:
    """A sort key in which 3.10 comes after 3.9, a pre-release before its release, and anything has a place."""
    core, _, pre = version.partition("-")
    parts = [(part.isdecimal(), int(part[:18]) if part.isdecimal() else 0, part) for part in _DIGITS.findall(core)]
    return tuple(parts), not pre, pre


def name_versions(tags: list[str], pattern: str = "*") -> dict[str, str]:
    """Each tag with its version. Where two name the same (``v1.0`` and ``1.0``) the later keeps its whole name."""
    named: dict[str, str] = {}
    taken: set[str] = set()
    for tag in sorted(tags):
        version = version_of(tag, pattern)
        if version in taken or not version:
            version = as_name(tag)
        if version and version not in taken:
            taken.add(version)
            named[tag] = version
    return named
