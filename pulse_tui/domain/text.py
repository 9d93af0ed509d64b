"""Text from outside, made safe to keep and to draw.

A title of a CVE must not be able to write on an operator's terminal. Control
characters (C0, C1, DEL), escape sequences and bidirectional overrides are taken out
once, where the text enters; drawing then keeps markup off.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

#: Complete escape sequences first (CSI, OSC and friends with their payload), then what is left of
#: C0, DEL and C1, line and paragraph separators, and the bidi, zero-width and tag characters that can
#: reorder or hide what is shown (Trojan Source, CVE-2021-42574).
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x9d[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b."
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_SPACE = re.compile(r"[ \t\r\n\u00a0]+")
_PLAIN = re.compile(r"[ -~]*\Z")
_RAW = 8
"""So many times the limit of a text is looked at before it is cut: what folding and stripping may leave out."""
_MARKS = 4
"""Combining marks on one character: enough for every written language that stacks them."""


def clean(text: str, limit: int = 500) -> str:
    """One line of safe text.

    Escape sequences, control, bidi and zero-width characters are removed, white space is
    folded to single spaces, and the result is cut to ``limit`` characters (with an ellipsis).
    """
    text = text[: limit * _RAW]
    if not _PLAIN.match(text):
        text = _strip(text)
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_block(text: str, limit: int = 20_000) -> str:
    """Several lines of safe text: as :func:`clean`, but line breaks stay."""
    text = _strip(text[: limit * _RAW].replace("\r\n", "\n").replace("\r", "\n"))
    lines = (_SPACE.sub(" ", line).rstrip() for line in text.split("\n"))
    text = "\n".join(lines).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def utf8(data: bytes) -> bytes:
    """A text whose byte order mark is UTF-16, as UTF-8; anything else as it is.

    XML names its encoding itself, and stays.
    """
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or len(data) % 2:
        return data
    text = data.decode("utf-16", "replace")
    return data if text.lstrip().startswith("<?xml") else text.encode()


def looks_like(data: bytes) -> str:
    """What a file that was taken for JSON is instead, for a message: XML, HTML, YAML, a zip ...; empty when it may be JSON."""
    head = data[:4_096].removeprefix(codecs.BOM_UTF8).lstrip()
    for begin, what in _BEGINNINGS.items():
        if head.startswith(begin):
            return what
    if head.startswith(b"<"):
        return "HTML" if re.match(rb"<(!doctype\s+html|html)\b", head, re.IGNORECASE) else "XML"
    return "YAML" if _YAML.match(head) else ""


_BEGINNINGS = {b"PK\x03\x04": "a zip", b"\x1f\x8b": "gzip", b"%PDF": "PDF", b"SQLite format 3": "an SQLite database"}
_YAML = re.compile(rb"(#[^\n]*\n\s*)*(---(\s|$)|%YAML|- \S|[A-Za-z_][\w.-]*:(\s|$))")


def is_clean(text: str) -> bool:
    """True when :func:`clean` would remove no character for safety's sake."""
    return not _ESCAPES.search(text) and not _UNSAFE.search(text)


def address(url: str, limit: int = 300) -> str:
    """A URL as messages may show it: without user, password, query and fragment, where secrets hide."""
    head, sep, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition("://")
    if not sep:
        return clean(head, limit)
    authority, slash, path = rest.partition("/")
    return clean(f"{head}://{authority.rpartition('@')[2]}{slash}{path}", limit)


def _strip(text: str) -> str:
    text = _ESCAPES.sub("", text)
    text = _UNSAFE.sub("", text)
    # NFC is quadratic in a run of marks, with the interpreter lock held: runs are cut before. Stacked marks also smear
    # over neighbouring lines; ordinary accents are left alone.
    return unicodedata.normalize("NFC", _few_marks(text))


def _few_marks(text: str) -> str:
    """At most :data:`_MARKS` combining marks on one character."""
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MARKS:
            kept.append(character)
    return "".join(kept)
