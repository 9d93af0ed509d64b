"""The language of ``/``: words separated by spaces, all of which must hold.

``text`` is found in any column, ``!text`` in none, and ``column<op>value`` compares, with
``= != < <= > >=``, or asks for a part of a word (``owner:ml``). Priorities compare by their number (``prio<=P2`` is P1 and P2), severities by how bad they
are (``sev>=high``); an alert's severity word is that of its priority: critical P1, high P2, medium P3, low P4.

``/vllm.*cpu/`` is a regular expression (:mod:`pulse_tui.tui.kit.patterns`), found in any column; a word that begins with a slash
is one, so that the table follows while it is typed. ``!/…/`` is found in none. ``!!`` lets through what wants attention.

Where rows have a moment, ``age<1h`` and ``age>2d`` compare how long ago it was (s, m, h, d, w), ``since=03:00`` and
``until=2026-11-28T03:00Z`` where it lies. A clock time is the last one that was, today's or yesterday's. Both are judged
by the present moment, not by the one at which they were typed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.tui.kit.bad import BadFilter

if TYPE_CHECKING:
    from pulse_tui.tui.kit.patterns import Budget, Pattern

Fields = Mapping[str, str]
"""A row's columns by the names a filter uses."""

_TERM = re.compile(r"(?P<name>[A-Za-z_]+)(?P<op>>=|<=|!=|=|>|<|:)(?P<value>.*)\Z")
_OPS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}
_PRIORITY: Final = {"p1": 1.0, "p2": 2.0, "?": 2.5, "unknown": 2.5, "p3": 3.0, "p4": 4.0, "note": 5.0}
_SEVERITY: Final = {"low": 0.0, "medium": 1.0, "high": 2.0, "critical": 3.0}
_SEVERITY_OF: Final = {"p1": "critical", "p2": "high", "p3": "medium", "p4": "low", "note": "low"}
_ALIASES: Final = {"priority": "prio", "severity": "sev", "environment": "env", "x": "count", "name": "id"}


AGE: Final = "age"
SINCE: Final = "since"
UNTIL: Final = "until"
_TIMES: Final = (AGE, SINCE, UNTIL)
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(?P<number>[0-9]{1,7}(?:\.[0-9]{1,3})?)(?P<unit>[smhdw])")
_CLOCK: Final = re.compile(r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?")
WANTED: Final = "!!"
"""The word that lets through what wants attention."""
AHEAD_US: Final = 300_000_000
"""A moment further ahead is still to come and has no age; nearer, a clock is wrong."""


class _Term(NamedTuple):
    negated: bool
    text: str


class _Match(NamedTuple):
    negated: bool
    pattern: Pattern


class _Wanted(NamedTuple):
    """What wants attention."""


class _Compare(NamedTuple):
    name: str
    op: str
    value: str


class _Age(NamedTuple):
    op: str
    us: int

    def at(self, now_us: int, zone: tzinfo) -> Callable[[int], bool]:
        del zone
        compare, us = _OPS[self.op], self.us
        return lambda moment_us: moment_us <= now_us + AHEAD_US and compare(max(0, now_us - moment_us), us)


class _Bound(NamedTuple):
    """From a moment on (``since``), or up to it."""

    since: bool
    moment: time | datetime
    """A clock time, or a moment; without a zone of its own it is of the operator's."""

    def at(self, now_us: int, zone: tzinfo) -> Callable[[int], bool]:
        bound = to_us(moment_of(self.moment, from_us(now_us), zone))
        return bound.__le__ if self.since else bound.__ge__


_Word: TypeAlias = "_Term | _Match | _Wanted | _Compare | _Age | _Bound"


class Filter(NamedTuple):
    """A parsed filter. An empty one lets everything through."""

    text: str = ""
    terms: tuple[_Word, ...] = ()

    @property
    def timed(self) -> tuple[_Age | _Bound, ...]:
        """The words about when: what they let through changes with time."""
        return tuple(term for term in self.terms if isinstance(term, _Age | _Bound))

    @property
    def wanted(self) -> bool:
        """Whether it lets through only what wants attention."""
        return any(isinstance(term, _Wanted) for term in self.terms)

    def budget(self, rows: int) -> Budget | None:
        """What it may take for so many rows from now on; None where it has no pattern."""
        if not any(isinstance(term, _Match) for term in self.terms):
            return None
        from pulse_tui.tui.kit.patterns import Budget  # noqa: PLC0415

        return Budget(rows)

    def matches(self, fields: Fields) -> bool:
        """Whether every word of the filter that is about the texts of a row holds for it."""
        return all(_holds(term, fields) for term in self.terms if isinstance(term, _Term | _Match | _Compare))

    def toggled(self, word: str) -> str:
        """Its text with this word, or without it where it has it."""
        words = self.text.split()
        return " ".join([each for each in words if each != word] if word in words else [*words, word])

    def judge(self, now_us: int, zone: tzinfo = UTC) -> Callable[[int | None], bool]:
        """Whether the words about when hold for a moment, at this one. For one that is not known none does."""
        checks = [term.at(now_us, zone) for term in self.timed]
        if not checks:
            return lambda _moment_us: True
        return lambda moment_us: moment_us is not None and all(check(moment_us) for check in checks)


def moment_of(at: time | datetime, now: datetime, zone: tzinfo) -> datetime:
    """The last such clock time before ``now`` in the zone, or the moment that it is."""
    if isinstance(at, datetime):
        return at if at.tzinfo is not None else at.replace(tzinfo=zone)
    here = now.astimezone(zone)
    found = datetime.combine(here.date(), at, zone)
    return found if found <= now else datetime.combine(here.date() - timedelta(days=1), at, zone)


def parse(text: str, columns: tuple[str, ...], *, moments: bool = False) -> Filter:
    """Read a filter for rows with these columns; ``moments``: each has one, too. Raises BadFilter."""
    terms: list[_Word] = []
    known = (*columns, *_TIMES) if moments else columns
    for word in text.split():
        if word == WANTED:
            terms.append(_Wanted())
            continue
        if word.removeprefix("!").startswith("/") and word not in ("/", "!/"):
            terms.append(_match(word))
            continue
        found = _TERM.match(word)
        if moments and found is not None and (name := found["name"].casefold()) in _TIMES and name not in columns:
            terms.append(_time(name, found["op"], found["value"], word))
            continue
        if found is None or (found["op"] == ":" and not _near(found["name"], columns)):  # pkg:pypi is a text
            negated = word.startswith("!") and len(word) > 1
            terms.append(_Term(negated, (word[1:] if negated else word).casefold()))
            continue
        name = _named(found["name"], columns)
        if name not in columns and not (name == "sev" and "prio" in columns):
            near = _near(name, known)
            raise BadFilter(f"no column {name!r} here; " + (f"did you mean {near}?" if near else _known(known)))
        if not found["value"]:
            raise BadFilter(f"{word} compares with nothing: write for example {name}{found['op']}{_example(name)}")
        _check_value(name, found["op"], found["value"])
        value = found["value"].casefold()
        terms.append(_Compare(name, found["op"], "prod" if (name, value) == ("env", "production") else value))
    return Filter(" ".join(text.split()), tuple(terms))


def _match(word: str) -> _Match:
    from pulse_tui.tui.kit.patterns import pattern  # noqa: PLC0415  nobody needs it before the first one

    text = word.removeprefix("!").removeprefix("/")
    if text.endswith("/") and not text.endswith("\\/"):
        text = text[:-1]
    return _Match(word.startswith("!"), pattern(text))


def _time(name: str, op: str, value: str, word: str) -> _Age | _Bound:
    if name == AGE:
        span = _SPAN.fullmatch(value.casefold())
        if op in ("=", "!=", ":") or span is None:
            raise BadFilter(f"{word} is no age; write age<1h or age>2d (s, m, h, d, w)")
        return _Age(op, int(float(span["number"]) * _UNITS[span["unit"]] * 1_000_000))
    at = _moment(value) if op in ("=", ":") else None
    if at is None:
        raise BadFilter(f"{word} is no time; write {name}=03:00 or {name}=2026-11-28T03:00Z")
    return _Bound(name == SINCE, at)


def _moment(value: str) -> time | datetime | None:
    """``03:00``, ``2026-11-28``, ``2026-11-28T03:00``, ``2026-11-28T03:00Z``; None for anything else."""
    try:
        if clock := _CLOCK.fullmatch(value):
            return time(int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0))
        at = datetime.fromisoformat(value.upper())
        if at.year < 1900 or at.year > 9000:  # no zone moves it out of the calendar
            return None
    except ValueError:
        return None
    return at


def _named(word: str, columns: tuple[str, ...]) -> str:
    name = word.casefold()
    return name if name in columns else _ALIASES.get(name, name)


def _near(word: str, columns: tuple[str, ...]) -> str:
    """The column that is meant, or the nearest; empty when none is near."""
    name = _named(word, columns)
    if name in columns:
        return name
    import difflib  # noqa: PLC0415  only for who mistyped

    return next(iter(difflib.get_close_matches(name, columns, 1)), "")


def _known(columns: tuple[str, ...]) -> str:
    return "there are " + ", ".join(columns)


def _example(name: str) -> str:
    return {"prio": "P2", "sev": "high", "env": "prod"}.get(name, "value")


def _check_value(name: str, op: str, value: str) -> None:
    scale = {"prio": _PRIORITY, "sev": _SEVERITY}.get(name)
    if scale is not None and (op == ":" or value.casefold() not in scale):
        words = ", ".join(["P1", "P2", "P3", "P4", "note", "?"] if name == "prio" else _SEVERITY)
        raise BadFilter(f"{name} has no value {value!r}; it has {words}")
    if scale is None and op not in ("=", "!=", ":") and not value.isdigit():
        raise BadFilter(f"{name}{op} wants a number, not {value!r}")


def _holds(term: _Term | _Match | _Compare, fields: Fields) -> bool:
    if isinstance(term, _Match):
        return term.pattern.found_in_any(fields.values()) is not term.negated
    if isinstance(term, _Term):
        return any(term.text in value.casefold() for value in fields.values()) is not term.negated
    if term.name in ("prio", "sev"):
        return _rank_holds(term, fields)
    have = fields.get(term.name, "").casefold()
    if term.op == ":":
        return term.value in have
    if term.op in ("=", "!="):
        return (have == term.value) is (term.op == "=")
    return have.isdigit() and _OPS[term.op](float(have), float(term.value))


def _rank_holds(term: _Compare, fields: Fields) -> bool:
    if term.name == "prio":
        have, scale = fields.get("prio", "").casefold(), _PRIORITY
    else:
        own = fields.get("sev", "").casefold()
        have, scale = own or _SEVERITY_OF.get(fields.get("prio", "").casefold(), ""), _SEVERITY
    return have in scale and _OPS[term.op](scale[have], scale[term.value])
