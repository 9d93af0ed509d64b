"""The second lock: what goes out to a screen, a terminal, a file or another program holds nothing that steers it.

Everything is cleaned where it enters; nothing is believed to have been. Nearly every text passes by one glance, so that
the expressions of :mod:`pulse_tui.domain.text`, which take 4 ms to compile, are needed only when one does not.
"""

from __future__ import annotations

import unicodedata
from typing import Any

LINE = 4_000
"""Most characters of a line of text that goes out."""

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Called printable letters and symbols, and drawn as nothing."""
_ordinary = set[str]()
"""The characters seen so far that are drawn as themselves: :func:`passes` compares sets."""


def passes(text: str) -> bool:
    """Whether the text, one line, is as :func:`pulse_tui.domain.text.clean` would leave its characters."""
    if not text.isprintable():
        return False
    if text.isascii():
        return True
    unknown = set(text) - _ordinary
    if not unknown:
        return True
    _ordinary.update(c for c in unknown if _is_ordinary(c))
    if unknown <= _ordinary:
        return True
    from pulse_tui.domain.text import is_clean  # noqa: PLC0415  see above

    return is_clean(text)


def _is_ordinary(character: str) -> bool:
    """It is printed, and neither a mark (a selector is one), a filler nor a part of a Hangul syllable."""
    if not character.isprintable() or character in _FILLERS or "\u1161" <= character <= "\u11ff":
        return False
    return not "\ud7b0" <= character <= "\ud7fb" and unicodedata.category(character) not in ("Mn", "Me")


def safe(text: str) -> str:
    """One line of text without anything that could steer a terminal; a line break becomes a space."""
    if passes(text):
        return text
    from pulse_tui.domain.text import clean  # noqa: PLC0415  see above

    return clean(text, 100_000)


def shown(text: str, limit: int = LINE) -> str:
    """Lines of text without anything that could steer a terminal; columns stay, a line ends at ``limit`` characters."""
    if passes(text) and len(text) <= limit:
        return text
    from pulse_tui.domain.text import strip  # noqa: PLC0415  see above

    lines = (line if passes(line) else strip(line.replace("\t", " ").replace("\r", " ")) for line in text.split("\n"))
    return "\n".join(line if len(line) <= limit else line[: limit - 1] + "…" for line in lines)


def sent(value: Any) -> Any:
    """A value for another program (a message's JSON) with every text in it locked, names of members too."""
    if isinstance(value, str):
        return shown(value, limit=20_000)
    if isinstance(value, dict):
        return {sent(k): sent(v) for k, v in value.items()}
    return [sent(v) for v in value] if isinstance(value, list | tuple) else value


def escaped(json: str) -> str:
    r"""JSON text in which every character that could steer a terminal stands as ``\uXXXX``: valid, and nothing is lost."""
    if passes(json):
        return json
    return "".join(c if c in "\n" or _is_ordinary(c) else _escape(c) for c in json)


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
