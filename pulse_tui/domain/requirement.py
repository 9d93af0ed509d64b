"""What a release requires of another asset's release: ``>=3.1, <4`` of its version, ``prompt_format=chatml-2`` of its interface."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pulse_tui.domain.semver import Precedence, parse

PARTS = ("schema", "prompt_format", "tooling")
"""The parts of an interface that a requirement may name."""

_ORDERS: dict[str, Callable[[Precedence, Precedence], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_TERM = re.compile(
    r"(?P<part>[a-z_]+)\s*=(?!=)\s*(?P<value>.+)|(?P<sign>>=|<=|==|!=|>|<)?\s*(?P<version>[^\s=<>!][^\s]*)"
)


class Term(NamedTuple):
    """One condition: ``sign`` and a version, or a ``part`` of the interface and its value."""

    sign: str
    value: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.part.replace('_', ' ')} {self.value}" if self.part else f"{self.sign} {self.value}".lstrip("= ")

    def met(self, version: str, interface: object) -> bool | None:
        """None: it cannot be compared, since a part is not recorded or a version is not a semantic one."""
        if self.part:
            stated = getattr(interface, self.part)
            return stated == self.value if stated else None
        if self.sign in ("==", "!="):
            return (version == self.value) is (self.sign == "==")
        mine, bound = parse(version), parse(self.value)
        if mine is None or bound is None:
            return None
        return _ORDERS[self.sign](mine.precedence, bound.precedence)


def terms(text: str) -> Iterator[Term]:
    """The conditions of a requirement; a bare version is that version. Raises ValueError for what is none."""
    for piece in text.split(","):
        found = _TERM.fullmatch(piece.strip())
        if found is None or (found["part"] and found["part"] not in PARTS):
            raise ValueError(f"{piece.strip()!r} is no requirement: write >=3.1.0, ==3.1.0 or prompt_format=NAME")
        if found["part"]:
            yield Term("==", found["value"].strip(), found["part"])
            continue
        sign = found["sign"] or "=="
        if sign in _ORDERS and parse(found["version"]) is None:
            raise ValueError(f"{found['version']!r} is not a semantic version: only == and != compare other versions")
        yield Term(sign, found["version"])
