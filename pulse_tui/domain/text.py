"""Text from outside, made safe to keep and to draw.

A title of a CVE must not be able to write on an operator's terminal. Control
characters (C0, C1, DEL), escape sequences, bidirectional overrides and what is drawn as nothing are
taken out once, where the text enters; drawing then keeps markup off. A *name* (a version, an asset) is
not cleaned, because it would become another one: it is refused (:func:`name_problem`).
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata

#: Complete escape sequences first (CSI, OSC and friends with their payload), then what is left of
#: C0, DEL and C1, line and paragraph separators, and the bidi, zero-width, filler and tag characters that can
#: reorder or hide what is shown (Trojan Source, CVE-2021-42574; two names that look the same).
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x9d[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b."
)
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
_SPACE = re.compile(r"[ \t\r\n]+")
_WIDE_SPACE = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
#: Whatever could be more marks in a row than allowed: a mark is no letter, but in Hangul.
_MARKED = re.compile(r"[^\w -~]{5}|[\u1161-\u11ff\ud7b0-\ud7fb]{5}")
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
        text = strip(text)
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_block(text: str, limit: int = 20_000) -> str:
    """Several lines of safe text: as :func:`clean`, but line breaks stay."""
    text = strip(text[: limit * _RAW].replace("\r\n", "\n").replace("\r", "\n"))
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
    if text.isascii() and text.isprintable():
        return True
    return not _ESCAPES.search(text) and not _UNSAFE.search(text) and len(_few_marks(text)) == len(text)


def name_problem(text: str, limit: int = 300) -> str:
    """Why ``text`` cannot be a name; empty when it can.

    A name that had to be cleaned or cut would be another name, perhaps one that is taken: it is refused instead. White
    space around it and the way its letters are composed make no other name.
    """
    if len(text) > limit:
        return f"the name {clean(text, 40)!r} has {len(text):,} characters, {limit} are allowed"
    if text.isascii() and text.isprintable():
        return ""
    if found := _UNSAFE.search(text):
        return f"the name {clean(text, 80)!r} has the character U+{ord(found[0]):04X}, which cannot be shown"
    return "" if is_clean(text) else f"the name {clean(text, 80)!r} has more than {_MARKS} marks on a character"


def as_name(text: str, limit: int = 300) -> str:
    """A name with its white space folded and its letters composed; what cannot be one stays as it is, to be refused."""
    return text if name_problem(text, limit) else clean(text, limit)


def distinct(text: str, limit: int = 300) -> str:
    """An opaque key, which nobody types, made safe without becoming another one: a digest stands behind what was cleaned."""
    if not name_problem(text, limit):
        return clean(text, limit)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{clean(text, limit - len(digest) - 1)}~{digest}"


def address(url: str, limit: int = 300) -> str:
    """A URL as messages may show it: without user, password, query and fragment, where secrets hide."""
    head, sep, rest = re.split(r"[?#]", url, maxsplit=1)[0].partition("://")
    if not sep:
        return clean(head, limit)
    authority, slash, path = rest.partition("/")
    return clean(f"{head}://{authority.rpartition('@')[2]}{slash}{path}", limit)


def many(count: int, noun: str, plural: str = "") -> str:
    """``1 record``, ``2 records``; ``plural`` where it is not the noun and an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def span_words(seconds: float) -> str:
    """``90 s``, ``10 min``, ``1 h``, ``2 d``: the largest unit that it is a whole number of."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def strip(text: str) -> str:
    """``text`` without what :func:`clean` takes out; white space stays."""
    text = _ESCAPES.sub("", text)
    text = _WIDE_SPACE.sub(" ", _UNSAFE.sub("", text))
    # NFC is quadratic in a run of marks, with the interpreter lock held: runs are cut before. Stacked marks also smear
    # over neighbouring lines; ordinary accents are left alone. Composing can take one mark apart into two.
    return _few_marks(unicodedata.normalize("NFC", _few_marks(text)))


def _few_marks(text: str) -> str:
    """At most :data:`_MARKS` combining marks on one character."""
    if not _MARKED.search(text):
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if _is_mark(character) else 0
        if run <= _MARKS:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    """Drawn on the character before it: marks, and the vowels and finals of Hangul written in parts."""
    if "\u1161" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb":
        return True
    return unicodedata.category(character) in ("Mn", "Me")
