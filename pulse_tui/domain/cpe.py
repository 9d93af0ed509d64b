"""What NVD and CSAF name products by: CPE 2.3 names, and the configurations that are vulnerable."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from pulse_tui.domain.text import clean


class Operator(StrEnum):
    """How the parts of a configuration are joined."""

    AND = "AND"
    OR = "OR"


class CpeMatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """Versions of one product: those of ``criteria`` (a CPE 2.3 name) within the four bounds.

    ``vulnerable`` False: it is only what the vulnerable product must run on or with.
    """

    criteria: str
    vulnerable: bool = True
    start_including: str | None = None
    start_excluding: str | None = None
    end_including: str | None = None
    end_excluding: str | None = None


class CpeNode(msgspec.Struct, frozen=True, omit_defaults=True):
    """Matches joined by ``operator``; ``negate`` turns the answer around."""

    matches: tuple[CpeMatch, ...] = ()
    operator: Operator = Operator.OR
    negate: bool = False


class Configuration(msgspec.Struct, frozen=True, omit_defaults=True):
    """Nodes joined by ``operator``; an advisory is of a system that meets one of its configurations."""

    nodes: tuple[CpeNode, ...] = ()
    operator: Operator = Operator.OR
    negate: bool = False


LONGEST = 2_000
"""Characters of a CPE name that is read."""
ANY = "*"
NOT_APPLICABLE = "-"
_BOUND = re.compile(r"(?:[^:\\]|\\.)*")
_PARTS = frozenset("aho*-")
_QUOTED = re.compile(r"\\(.)")
_WILD = re.compile(r"(?<!\\)[*?]")
_PACKED = 5
"""Fields that CPE 2.2 packs into its edition, each behind a ``~``."""


class BadCpe(ValueError):
    """A text that is no CPE name; the message says why."""


class Cpe(NamedTuple):
    """A CPE name in its fields, lower case, as the formatted string of version 2.3 writes each: ``*`` is any, ``-`` not
    applicable, ``*`` and ``?`` at the ends are wildcards, a backslash makes a character mean itself.
    """

    part: str
    vendor: str
    product: str
    version: str = ANY
    update: str = ANY
    edition: str = ANY
    language: str = ANY
    sw_edition: str = ANY
    target_sw: str = ANY
    target_hw: str = ANY
    other: str = ANY

    @property
    def key(self) -> str:
        """``vendor:product`` without escapes: what it is looked up by."""
        return f"{plain(self.vendor)}:{plain(self.product)}"

    @property
    def words(self) -> str:
        """Vendor and product as tables show them."""
        return clean(f"{plain(self.vendor)} {plain(self.product)}".replace("_", " "), 120)


def plain(field: str) -> str:
    """A field without its escapes."""
    return _QUOTED.sub(r"\1", field) if "\\" in field else field


@lru_cache(16_384)
def parse_cpe(text: str) -> Cpe:
    """A CPE 2.3 formatted string, or a URI of CPE 2.2 (``cpe:/a:vendor:product:1.0``). Raises BadCpe."""
    if len(text) > LONGEST:
        raise BadCpe(f"it has {len(text):,} characters")
    low = text.strip().lower()
    fields = _formatted(low[8:]) if low.startswith("cpe:2.3:") else _uri(low[5:]) if low.startswith("cpe:/") else []
    if not fields:
        raise BadCpe("it begins neither with cpe:2.3: nor with cpe:/")
    found = Cpe(*fields)
    if found.part not in _PARTS or len(found.part) != 1:
        raise BadCpe(f"its part is {clean(found.part, 20)!r}: a (application), o (operating system) or h (hardware)")
    for name, value in zip(found._fields[1:3], found[1:3], strict=True):
        if value in ("", ANY, NOT_APPLICABLE):
            raise BadCpe(f"it names no {name}")
    return found


def _formatted(rest: str) -> list[str]:
    fields, at = [], 0
    while at <= len(rest):
        match = _BOUND.match(rest, at)
        assert match is not None
        fields.append(match[0])
        at = match.end() + 1
        if match.end() < len(rest) and rest[match.end()] != ":":
            raise BadCpe("a backslash at its end escapes nothing")
    if len(fields) != len(Cpe._fields):
        raise BadCpe(f"it has {len(fields)} fields, not {len(Cpe._fields)}")
    for name, value in zip(Cpe._fields, fields, strict=True):
        if not value:
            raise BadCpe(f"its {name} is empty: write * or -")
        inner = _WILD.search(value.strip("*?")) if value not in (ANY, NOT_APPLICABLE) else None
        if inner is not None:
            raise BadCpe(f"its {name} has a wildcard in the middle")
    return fields


def _uri(rest: str) -> list[str]:
    raw = rest.split(":")
    if len(raw) > 7:  # part, vendor, product, version, update, edition, language
        raise BadCpe(f"it has {len(raw)} fields, 7 at most in CPE 2.2")
    raw += [""] * (7 - len(raw))
    if raw[5].startswith("~"):
        packed = (raw[5].split("~") + [""] * _PACKED)[1 : 1 + _PACKED]
        raw = [*raw[:5], packed[0], raw[6], *packed[1:]]
    return [_bind(value) for value in raw] + [ANY] * (len(Cpe._fields) - len(raw))


def _bind(value: str) -> str:
    if value in ("", NOT_APPLICABLE):
        return value or ANY
    wild = value.replace("%01", "\0").replace("%02", "\1")
    text = re.sub(r"([^\w\x00\x01])", r"\\\1", unquote(wild))
    return text.replace("\0", "?").replace("\1", "*")


def formatted(part: str, vendor: str, product: str, version: str = ANY) -> str:
    """A CPE 2.3 name of plain texts."""
    named = [re.sub(r"([^\w])", r"\\\1", value.lower().replace(" ", "_")) for value in (vendor, product)]
    at = version if version in (ANY, NOT_APPLICABLE) else re.sub(r"([^\w.-])", r"\\\1", version.lower())
    return ":".join(["cpe:2.3", part, *named, at, *[ANY] * 7])


def covers(pattern: str, value: str) -> bool | None:
    """Whether a field of a criteria holds for that of a product (CPE Name Matching 2.3, section 6).

    None: the product does not state it (``*``), and the criteria asks for something.
    """
    if pattern in (ANY, value):
        return True
    if value == ANY:
        return None
    if NOT_APPLICABLE in (pattern, value):
        return False
    if _WILD.search(pattern):
        return _wild(pattern).fullmatch(plain(value)) is not None
    return plain(pattern) == plain(value)


@lru_cache(4_096)
def _wild(pattern: str) -> re.Pattern[str]:
    """``*`` at an end is any number of characters, each ``?`` there one or none."""
    out = []
    for one in re.findall(r"\\.|.", pattern, re.DOTALL):
        out.append(".*" if one == "*" else ".?" if one == "?" else re.escape(one[-1]))
    return re.compile("".join(out), re.DOTALL)


@lru_cache(16_384)
def product_name(name: str) -> str:
    """A vendor's product name as names are compared: lower case, marks and punctuation as one space."""
    return " ".join(re.findall(r"[^\W_]+", clean(name, 300).lower().replace("(r)", " ").replace("(tm)", " ")))
