"""The order cases of the ecosystems: ``orders/<name>.txt``, one chain a line.

``a < b = c`` orders every two of a line; ``! text`` is no version there; ``!`` alone is the empty text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).with_name("orders")
_SIGN = re.compile(r" (<|=|>) ")
_STEP = {"<": 1, "=": 0, ">": -1}

ECOSYSTEMS = {
    "debian": "debian", "alpine": "alpine", "rpm": "red hat", "maven": "maven", "rubygems": "rubygems", "nuget": "nuget",
    "composer": "packagist", "npm": "npm", "go": "go", "pypi": "pypi",
}  # fmt: skip
"""File and the ecosystem whose order it is."""


class Case(NamedTuple):
    """``sign`` is -1 where ``first`` is the older, 0 where they are equal."""

    first: str
    second: str
    sign: int


def lines(name: str) -> list[str]:
    """The lines of a file that are no remarks."""
    text = _FOLDER.joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def cases(name: str) -> list[Case]:
    """Every two versions of every chain. A chain goes up or down, not both."""
    out = []
    for line in lines(name):
        if line.startswith("!"):
            continue
        first, *rest = _SIGN.split(line)
        chain = [(first, 0)]
        for sign, text in zip(rest[::2], rest[1::2], strict=True):
            chain.append((text, chain[-1][1] + _STEP[sign]))
        out += [Case(a, b, (x > y) - (x < y)) for place, (a, x) in enumerate(chain) for b, y in chain[place + 1 :]]
    return out


def no_versions(name: str) -> list[str]:
    """Texts that must not be read."""
    return [line[2:] for line in lines(name) if line.startswith("!")]


def versions(name: str) -> list[str]:
    """Every version of a file."""
    return list(dict.fromkeys(text for case in cases(name) for text in (case.first, case.second)))
