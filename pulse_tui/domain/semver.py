"""Semantic versions 2.0.0: which texts are valid, and their order (https://semver.org).

The only definition in the product. The ``semver`` library 3.1 gives the same order and sorts 12,000 versions in 400 ms where
tuples take 16: matching sorts the breakpoints of every advisory.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_LENGTH = 255
"""A longer text is refused: the standard sets no limit, its FAQ suggests this one."""

_NUMBER = r"(0|[1-9][0-9]*)"
_PRERELEASE_ID = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    rf"(?:-({_PRERELEASE_ID}(?:\.{_PRERELEASE_ID})*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)

_Identifier = tuple[bool, int, str]
Precedence = tuple[int, int, int, bool, tuple[_Identifier, ...]]


class SemVer(NamedTuple):
    """A semantic version in its parts. Compare by :attr:`precedence`, not as tuples."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    @property
    def precedence(self) -> Precedence:
        """A sort key; equal for versions that differ in build metadata only."""
        ids = tuple((True, 0, i) if not i.isdecimal() else (False, int(i), "") for i in self.prerelease)
        return self.major, self.minor, self.patch, not self.prerelease, ids

    @property
    def line(self) -> str:
        """``3.8`` of 3.8.1: the line of releases it belongs to."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        """As it was written."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += "-" + ".".join(self.prerelease)
        return text + "+" + ".".join(self.build) if self.build else text


def parse(text: str) -> SemVer | None:
    """The version, or None when ``text`` is not a semantic version: ``v1.2.3``, ``1.2`` and ``1.2.3rc1`` are not."""
    found = _SEMVER.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        return None
    major, minor, patch, prerelease, build = found.groups()
    return SemVer(
        int(major), int(minor), int(patch),
        tuple(prerelease.split(".")) if prerelease else (),
        tuple(build.split(".")) if build else (),
    )  # fmt: skip


def line(text: str) -> str:
    """``3.8`` of ``3.8.1``; empty when ``text`` is not a semantic version."""
    version = parse(text)
    return version.line if version is not None else ""
