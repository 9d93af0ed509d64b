"""The part of a note that names what to use instead: a successor is recommended, not retired."""

from __future__ import annotations

import re

_TO = re.compile(
    r"\b(?:migrat\w{1,6}|switch\w{0,4}|mov(?:e|es|ing)|upgrad\w{1,4}|transition\w{0,5})\b(?:[^.;\n]|\.(?=\S)){0,60}?\bto\b"
    r"|\b(?:replac(?:ed|ement|ements)|superseded|succeeded|successors?|alternatives?)\b"
    r"(?:\s+(?:by|with|is|are|will|be|models?|for|it))*\s*:?"
    r"|\bin favou?r of\b|\binstead,? (?:please )?use\b|\b(?:use|recommend)(?= (?:[^.;\n]|\.(?=\S)){2,60}\binstead\b)",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"[.!?;](?=\s|\Z)|\n|\||\b(?:before|as|since|because|when|which|after|by|prior|ahead|until|on|instead)\b",
    re.IGNORECASE,
)
_LONGEST = 160
"""Characters behind the words; a longer list of successors is cut there."""


_TABLE = re.compile(r"\brecommended replacements?\s+(?=20\d\d-\d\d-\d\d\b)", re.IGNORECASE)
"""The heading of a table whose cells stand one after the other: day, model, what else, successor."""
_ROW = re.compile(r"(20\d\d-\d\d-\d\d\s+\S{1,100})((?:\s+(?!20\d\d-\d\d-\d\d)\S{1,100}){1,8})")


def apart(text: str) -> tuple[str, str]:
    """(the text without the parts that name a successor, those parts, each on a line)."""
    table = _TABLE.search(text)
    if table is None:
        return _sentences(text)
    rest, parts = _sentences(text[: table.start()])
    cells = text[table.end() :]
    found = [parts, *(m[2].strip() for m in _ROW.finditer(cells))]
    return f"{rest}\n{_ROW.sub(lambda m: m[1] + chr(10), cells)}", "\n".join(p for p in found if p)


def rows(text: str) -> list[tuple[str, str]]:
    """(what ends, what it is replaced by) of such a table; empty where the text has none."""
    table = _TABLE.search(text)
    return [(m[1], m[2].strip()) for m in _ROW.finditer(text, table.end())] if table is not None else []


def _sentences(text: str) -> tuple[str, str]:
    rest, parts, at = list[str](), list[str](), 0
    for match in _TO.finditer(text):
        if match.start() < at:
            continue
        end = _ENDS.search(text, match.end(), match.end() + _LONGEST)
        stop = end.start() if end is not None else min(len(text), match.end() + _LONGEST)
        rest.append(text[at : match.end()])
        parts.append(text[match.end() : stop].strip())
        at = stop
    rest.append(text[at:])
    return "".join(rest), "\n".join(p for p in parts if p)
