"""Versions as bulletins write them: ``vers:`` ranges, comparisons, and plain words such as "all versions prior to 2.1"."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from pulse_tui.domain.advisory import VersionRange
from pulse_tui.domain.natural import natural
from pulse_tui.domain.text import clean

ALL = VersionRange(introduced="0")
_VERSION = r"(?:[vr]|version |release )?([0-9][\w.+~:()-]*)"
_VERS = re.compile(r"vers:[a-z0-9.+-]+/(.+)", re.IGNORECASE)
_COMPARED = re.compile(r"(<=|>=|<|>|!=|==?|≤|≥)\s*" + _VERSION)
_ASIDE = re.compile(r"\([^()]*[a-z]{3}[^()]*\)")
"""A remark in brackets; not those of ``15.2(4)M7``."""
_UPDATE = re.compile(r"(?<=[0-9])\s+(update|upd|sp|hf|hotfix|patch|build|rev)\s*(?=[0-9])")
_LINE = re.compile(r"([0-9]+(?:\.[0-9]+)*)\.[x*]")
"""``1.2.x``: every version of a line."""
_UNSURE = re.compile(r"\.[x*]")
_NOISE = re.compile(r"\b(?:all|any|every|the|driver|software|firmware|product|releases?|versions?|of|branch)\b|[:,]")
_EVERY = re.compile(r"(?:all|any|every)?\s*(?:\w+ )?(?:versions?|releases?)?|\*|-")
_BEFORE = re.compile(
    rf"(?:(?:prior|previous|earlier|older|lower) (?:to|than)|before|below|up to but not including|until)\s+{_VERSION}"
)
_UP_TO = re.compile(
    rf"(?:up to and including|prior to and including|up to|through|thru|until and including|to)\s+{_VERSION}"
)
_AND_OLDER = re.compile(rf"{_VERSION}\s*(?:and|or|&)\s*(?:prior|earlier|before|below|older|lower|previous)\w*")
_AND_NEWER = re.compile(rf"(?:from\s+)?{_VERSION}\s*(?:and|or|&)\s*(?:later|newer|above|higher|up)\w*")
_BETWEEN = re.compile(
    rf"(?:from|between)?\s*{_VERSION}\s*(?:(?P<open>up to but not including|prior to|before|to before)|up to and including|up to|through|thru|to|and|-|–)\s*{_VERSION}"
)


class Spans(NamedTuple):
    """Versions one by one and as ranges. A text that says neither is a range whose beginning cannot be read: whoever
    matches it finds what could not be compared, and the text.
    """

    versions: tuple[str, ...] = ()
    ranges: tuple[VersionRange, ...] = ()


def unread(text: str) -> Spans:
    """What is not known, with its reason in words."""
    words = clean(text, 120) or "not stated"
    return Spans(ranges=(VersionRange(introduced=words if natural(words) is None else f"in words: {words}"),))


def spans(text: str, *names: str) -> Spans:
    """The versions that a text means; ``names`` of the product may stand in it (prior to NSIGHT Graphics 2025.5)."""
    text = clean(text, 500).strip()
    for name in sorted(filter(None, names), key=len, reverse=True):
        bare = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
        text = " ".join(bare.split()) or text
    if (vers := _VERS.fullmatch(text)) is not None:
        return _vers(vers[1]) or unread(text)
    low = _UPDATE.sub(r"-\1", text.lower())
    if _COMPARED.search(low):
        return _compared(low) or unread(text)
    return _words(low) or unread(text)


def _vers(constraints: str) -> Spans | None:
    """``>=1.0|<2.0|3.1`` (https://github.com/package-url/vers-spec); None for one that excludes versions."""
    if constraints == "*":
        return Spans(ranges=(ALL,))
    found = []
    for part in constraints.split("|"):
        match = re.fullmatch(r"(<=|>=|<|>|!=|=|)(.+)", unquote(part).strip())
        if match is None or match[1] == "!=":
            return None
        found.append((match[1] or "=", match[2].strip()))
    return _joined(found)


def _compared(low: str) -> Spans | None:
    found = [({"≤": "<=", "≥": ">=", "==": "="}.get(m[1], m[1]), m[2]) for m in _COMPARED.finditer(low)]
    rest = _NOISE.sub(" ", _COMPARED.sub(" ", low))
    if any(how == "!=" for how, _ in found) or not re.fullmatch(r"[\s|&,;]*(?:and)?[\s|&,;]*", rest):
        return None
    return _joined(found)


def _joined(found: list[tuple[str, str]]) -> Spans | None:
    """Lower bounds with the upper bounds that follow them."""
    versions: list[str] = []
    ranges: list[VersionRange] = []
    start: str | None = None
    for how, version in found:
        if natural(version) is None or _UNSURE.search(version) or how == ">":
            return None  # ranges have no open beginning
        if how == "=":
            versions.append(version)
        elif how == ">=":
            if start is not None:
                return None
            start = version
        else:
            end = {"fixed": version} if how == "<" else {"last_affected": version}
            ranges.append(VersionRange(introduced=start or "0", **end))
            start = None
    if start is not None:
        ranges.append(VersionRange(introduced=start))
    return Spans(tuple(versions), tuple(ranges)) if versions or ranges else None


def _words(low: str) -> Spans | None:
    if _EVERY.fullmatch(low) and natural(low) is None:
        return Spans(ranges=(ALL,)) if low else None
    bare = " ".join(_ASIDE.sub(" ", low).split())
    if bare != low and natural(bare) is not None:  # 535.216.01(All versions up to and including vGPU 16.8)
        aside = " ".join(_ASIDE.findall(low))
        if re.search(r"including|prior|earlier|up to", aside):
            return Spans(ranges=(VersionRange(introduced="0", last_affected=bare),))
        return Spans(versions=(bare,))
    rest = " ".join(_NOISE.sub(" ", bare).split())
    for pattern, make in _FORMS:
        if (match := pattern.fullmatch(rest)) is not None and not _UNSURE.search(rest):
            return make(match)
    plain = rest.removeprefix("v")
    if (line := _LINE.fullmatch(plain)) is not None:
        head, dot, last = line[1].rpartition(".")
        return Spans(ranges=(VersionRange(introduced=line[1], fixed=f"{head}{dot}{int(last) + 1}"),))
    return Spans(versions=(plain,)) if natural(plain) is not None and not re.search(r"\s", plain) else None


def _between(match: re.Match[str]) -> Spans | None:
    first, last = natural(match[1]), natural(match[3])
    if first is None or last is None or first > last:
        return None
    end = {"fixed": match[3]} if match["open"] else {"last_affected": match[3]}
    return Spans(ranges=(VersionRange(introduced=match[1], **end),))


_FORMS = (
    (_AND_OLDER, lambda m: Spans(ranges=(VersionRange(introduced="0", last_affected=m[1]),))),
    (_AND_NEWER, lambda m: Spans(ranges=(VersionRange(introduced=m[1]),))),
    (_BEFORE, lambda m: Spans(ranges=(VersionRange(introduced="0", fixed=m[1]),))),
    (_UP_TO, lambda m: Spans(ranges=(VersionRange(introduced="0", last_affected=m[1]),))),
    (_BETWEEN, _between),
)
