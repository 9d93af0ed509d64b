"""What a condition may cost. The engine bounds neither regular expressions nor what loops make of texts: one of 30 characters
can hold it for a minute and more. So what can grow is refused when it is loaded, and what a fact may hold is bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pulse_tui.domain.text import many

LENGTH = 2_000
"""Characters of one condition."""
LOOPS = 3
"""Loops over a list (``all``, ``exists``, ``exists_one``, ``filter``) in one condition, none within another."""
PATTERNS = 3
"""Uses of ``matches`` in one condition."""
PATTERN_COST = 400
"""Characters of a pattern, times the repetitions that it counts out."""
TEXT = 4_000
"""Characters of a text that is judged. What comes in is cut at 2,000."""
ENTRIES, LIST_TEXT = 1_000, 20_000
"""Entries and characters of a list that is judged."""
WORK = 200_000
"""Entries that a condition loops over, times the characters that it may read at each."""
PATTERN_WORK = 400
"""As how many characters a pattern counts for each entry."""


class Limit(NamedTuple):
    """What goes too far, at this offset of the expression."""

    offset: int
    what: str
    hint: str


_TOKENS = re.compile(
    r"""(?P<raw>[bB]?[rR][bB]?(?:'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|"[^"\n]*"))"""
    r"""|(?P<text>[bB]?(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))"""
    r"""|(?P<comment>//[^\n]*)|(?P<word>[A-Za-z_]\w*)""",
    re.DOTALL,
)
_LOOP = re.compile(r"\.\s*(all|exists|exists_one|filter|map)\s*\(")
_MATCHES = re.compile(r"\bmatches\s*\(")
_LITERAL_END = re.compile(r"\s*\)")
_COUNTED = re.compile(r"\{(\d+)?(?:,(\d*))?\}")
_ESCAPE = re.compile(r"\\.", re.DOTALL)


def bare(text: str) -> str:
    """The expression without its texts and comments, as long as it was: what is left is code."""
    return _TOKENS.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    if match["word"] is not None:
        return match[0]
    inside = " " * (len(match[0]) - 2)
    return f'"{inside}"' if match["comment"] is None else " " * len(match[0])


def too_long(text: str) -> Limit | None:
    """Before anything else is asked of the engine, which needs a second for what is long enough."""
    if len(text) <= LENGTH:
        return None
    what = f"a condition has at most {LENGTH:,} characters, this one has {len(text):,}"
    return Limit(0, what, "write several conditions, or let the source state it")


def limits(text: str) -> Iterator[Limit]:
    """Everything in a valid expression that could take too long."""
    code = bare(text)
    loops = list(_LOOP.finditer(code))
    for found in loops:
        if found[1] == "map":
            yield Limit(found.start(1), "map is not used in conditions: what it makes can grow", "use exists or filter")
    for found in loops[LOOPS:]:
        yield Limit(found.start(1), f"a condition has at most {many(LOOPS, 'loop')}", "write several conditions")
        break
    ends = 0
    for found in loops:
        if found.start() < ends:
            yield Limit(found.start(1), f"{found[1]} stands within another loop", "loops are not nested: take it apart")
        ends = max(ends, _closing(code, found.end()))
    patterns = list(_MATCHES.finditer(code))
    for found in patterns[PATTERNS:]:
        yield Limit(found.start(), f"a condition has at most {many(PATTERNS, 'pattern')}", "write several conditions")
        break
    for found in patterns:
        yield from _pattern(text, code, found)


def patterns(text: str) -> Iterator[tuple[int, str]]:
    """Offset and literal of each pattern of an expression within the limits."""
    code = bare(text)
    for found in _MATCHES.finditer(code):
        begin = _begin(code, found)
        literal = _TOKENS.match(text, begin)
        assert literal is not None
        yield begin, literal[0]


class Loops(NamedTuple):
    """What a condition that loops reads at each entry, besides the values of its variables."""

    entries: int
    """That are written in it."""
    read: int


def loops_in(text: str) -> Loops | None:
    """None where it does not loop."""
    code = bare(text)
    if _LOOP.search(code) is None:
        return None
    return Loops(code.count(",") + 1, len(text) + PATTERN_WORK * len(_MATCHES.findall(code)))


def _closing(code: str, start: int) -> int:
    """Where the parenthesis that is open at ``start`` is closed."""
    depth = 1
    for place in range(start, len(code)):
        depth += (code[place] == "(") - (code[place] == ")")
        if depth == 0:
            return place
    return len(code)


def _begin(code: str, found: re.Match[str]) -> int:
    """Where the pattern begins: as a function it has the text first, as a member only the pattern."""
    inside = code[found.end() : _closing(code, found.end())]
    begin = found.end() + inside.rfind(",") + 1
    return begin + len(code[begin:]) - len(code[begin:].lstrip())


def pattern_cost(pattern: str) -> int:
    """Its characters, times the repetitions that it counts out."""
    cost = len(pattern)
    for counted in _COUNTED.finditer(_ESCAPE.sub("xx", pattern)):
        cost *= max(int(counted[2] or 0), int(counted[1] or 0), 1)
    return cost


def _pattern(text: str, code: str, found: re.Match[str]) -> Iterator[Limit]:
    begin = _begin(code, found)
    literal = _TOKENS.match(text, begin)
    if literal is None or literal["word"] is not None or literal["comment"] is not None:
        yield Limit(found.start(), "matches takes a pattern that stands here in quotes", "write the pattern as a text")
        return
    if _LITERAL_END.match(text, literal.end()) is None:
        yield Limit(begin, "matches takes one pattern, not one that is put together", "write it as one text")
        return
    cost = pattern_cost(literal[0])
    if cost > PATTERN_COST:
        what = f"a pattern costs at most {PATTERN_COST} (its characters times what it repeats), this one {cost:,}"
        yield Limit(begin, what, "write a shorter one, or compare with contains or startsWith")


def unfit(variables: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, str]:
    """Why a value is not judged, by name: it is too large, or not of its type (the engine takes what it gets).

    ``kinds``: the type of each variable. No source of the program writes such ones.
    """
    out = {}
    for name, value in variables.items():
        check = _CHECKS.get(kinds.get(name, ""))
        if check is not None and (why := check(value)):
            out[name] = f"{name} {why}"
    return out


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return f"is of type string, not {type(value).__name__}"
    return f"has {len(value):,} characters, at most {TEXT:,} are judged" if len(value) > TEXT else ""


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"is of type double, not {type(value).__name__}"
    return "" if isinstance(value, int) or math.isfinite(value) else f"is no number ({value})"


def _whole(value: Any) -> str:
    return (
        "" if isinstance(value, int) and not isinstance(value, bool) else f"is of type int, not {type(value).__name__}"
    )


def _yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else f"is of type bool, not {type(value).__name__}"


def _list(value: Any) -> str:
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        return "is no list of texts"
    if len(value) > ENTRIES:
        return f"has {len(value):,} entries, at most {ENTRIES:,} are judged"
    size = sum(map(len, value))
    return f"has {size:,} characters in its entries, at most {LIST_TEXT:,} are judged" if size > LIST_TEXT else ""


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "string": _text,
    "double": _number,
    "int": _whole,
    "bool": _yes_or_no,
    "list<string>": _list,
}


def work(loops: Loops, names: tuple[str, ...], variables: Mapping[str, Any]) -> str:
    """Why a condition that loops is not judged on these values; empty when it is."""
    values = [variables.get(name) for name in names]
    lists = [v for v in values if isinstance(v, (list, tuple))]
    entries = loops.entries + sum(map(len, lists))
    read = loops.read + sum(len(v) for v in values if isinstance(v, str))
    read += max((len(t) for v in lists for t in v if isinstance(t, str)), default=0)
    if entries * read <= WORK:
        return ""
    return f"too much to compare: {entries:,} entries, {read:,} characters at each"
