"""The language of ``/``: words separated by spaces, all of which must hold.

``text`` is found in any column, ``!text`` in none, and ``column<op>value`` compares, with
``= != < <= > >=``, or asks for a part of a word (``owner:ml``). Priorities compare by their number (``prio<=P2`` is P1 and P2), severities by how bad they
are (``sev>=high``); an alert's severity word is that of its priority: critical P1, high P2, medium P3, low P4.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

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


class BadFilter(ValueError):
    """A filter that cannot be understood; the message says which word and what would be."""


class _Term(NamedTuple):
    negated: bool
    text: str


class _Compare(NamedTuple):
    name: str
    op: str
    value: str


class Filter(NamedTuple):
    """A parsed filter. An empty one lets everything through."""

    text: str = ""
    terms: tuple[_Term | _Compare, ...] = ()

    def matches(self, fields: Fields) -> bool:
        """Whether every word of the filter holds for a row."""
        return all(_holds(term, fields) for term in self.terms)


def parse(text: str, columns: tuple[str, ...]) -> Filter:
    """Read a filter for rows with these columns. Raises BadFilter."""
    terms: list[_Term | _Compare] = []
    for word in text.split():
        found = _TERM.match(word)
        if found is None or (found["op"] == ":" and not _near(found["name"], columns)):  # pkg:pypi is a text
            negated = word.startswith("!") and len(word) > 1
            terms.append(_Term(negated, (word[1:] if negated else word).casefold()))
            continue
        name = _named(found["name"], columns)
        if name not in columns and not (name == "sev" and "prio" in columns):
            near = _near(name, columns)
            raise BadFilter(f"no column {name!r} here; " + (f"did you mean {near}?" if near else _known(columns)))
        if not found["value"]:
            raise BadFilter(f"{word} compares with nothing: write for example {name}{found['op']}{_example(name)}")
        _check_value(name, found["op"], found["value"])
        value = found["value"].casefold()
        terms.append(_Compare(name, found["op"], "prod" if (name, value) == ("env", "production") else value))
    return Filter(" ".join(text.split()), tuple(terms))


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


def _holds(term: _Term | _Compare, fields: Fields) -> bool:
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
