"""A note's text in pieces: its sentences and bullets, each with the heading it stands under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pulse_tui.enrich.vendors.mentions import plain

LONGEST = 20_000
"""Characters of a note that are read."""
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}\)")
_MARKS = re.compile(r"\*\*|__|`+|~~|</?\w[^<>\n]{0,80}>")
_QUOTED = re.compile(r"(?<!\w)(?:'([\w./:@-]{1,80})'|\"([\w./:@-]{1,80})\")(?!\w)")
"""A name in quotes, as code without marks is written."""
_HEADING = re.compile(
    r"(?:^|(?<=\s))#{1,6}[ \t]+([^\n#]{1,80}?)[ \t]*(?=\n|\Z|[ \t][*\u2022-][ \t]|#)|^\*\*([^*\n]{1,80})\*\*:?[ \t]*$",
    re.MULTILINE,
)
_CUT = re.compile(
    r"\n\s*\n|(?<=[.!?:;])[ \t]*\n|\n(?=[ \t]*[*\u2022#>|+-])|(?<=[.!?])\s+(?=[\"'(\[A-Z0-9*-])|(?:^|"
    r"(?<=[\s.:]))[*\u2022\u25e6-][ \t]+(?=\S)|\s;\s|;\s+(?=\w[\w /-]{1,20}:\s)"
)

_UPDATE = re.compile(r"\b(investigating|identified|monitoring|resolved|completed) - (?=[A-Z])", re.IGNORECASE)
"""How status pages begin an update: no bullet."""


class Piece(NamedTuple):
    """A sentence or bullet, and the heading above it."""

    text: str
    section: str = ""

    @property
    def low(self) -> str:
        return self.text.lower()


def bare(text: str) -> str:
    """The text without the marks of Markdown: what is linked, bold or code stays as words."""
    return _unmarked(plain(text[:LONGEST]))


def _unmarked(text: str) -> str:
    return _QUOTED.sub(r"\1\2", _MARKS.sub("", _LINK.sub(r"\1", text)))


def pieces(text: str, section: str = "") -> Iterator[Piece]:
    """The sentences of a text, in order. Headings of Markdown are sections of what follows, and no sentences."""
    at, flat = 0, plain(text[:LONGEST])
    for heading in _HEADING.finditer(flat):
        yield from _cut(flat[at : heading.start()], section)
        section = bare(heading[1] or heading[2]).strip(" #:")
        at = heading.end()
    yield from _cut(flat[at:], section)


def _cut(text: str, section: str) -> Iterator[Piece]:
    for part in _CUT.split(_UPDATE.sub("\\1 \u2013 ", _unmarked(text))):
        if part and not part.isspace():
            yield Piece(" ".join(part.split()), section)
