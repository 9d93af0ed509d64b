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


def apart(text: str) -> tuple[str, str]:
    """(the text without the parts that name a successor, those parts, each on a line)."""
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
