"""What an edit changed, in words: which date, price or number moved, and every word that went or came."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.note import Label, Note
from pulse_tui.domain.text import clean

WORDS = 4_000
"""Words of a text that are compared; what follows counts as one word."""
CELLS = 60_000
"""Pairs of words that are looked at for one stretch; of a longer one only the words that both have once are lined up."""
STRETCHES = 3
"""So many times as many are looked at for a whole text."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_TOKEN = re.compile(
    r"(?<![\w./-])(?:(?P<iso>20\d\d-[01]\d-[0-3]\d)(?![\w-])"
    rf"|(?P<date>{_MONTH}[ ]\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?[ ]20\d\d\b)?|\d{{1,2}}(?:st|nd|rd|th)?[ ]{_MONTH}\b(?:,?[ ]20\d\d\b)?|{_MONTH},?[ ]20\d\d\b)"
    r"|(?P<price>[$\u20ac\u00a3][ ]?\d[\d,]*(?:\.\d+)?)"
    r"|(?P<number>\d[\d,]*(?:\.\d+)?(?:[ ]?%|[kKmM]\b)?(?!\w|[./:-]\w)))"
    r"|(?P<word>\w+(?:[./:@'\u2019-]\w+)*)|(?P<mark>\S)"
)
_WAS = re.compile(r"\b(?:was|previously|formerly|originally|instead of|rather than)\b", re.IGNORECASE)
_KINDS = ("iso", "date", "price", "number")


class Op(StrEnum):
    """What happened to a stretch of words."""

    SAME = "same"
    GONE = "gone"
    CAME = "came"


class Stretch(NamedTuple):
    """Some words of the one text, of the other, or of both."""

    op: Op
    text: str


class Diff(NamedTuple):
    """``sentence``: what moved, empty when no date, price or number did; ``was`` and ``now``: these as written."""

    sentence: str
    was: str
    now: str
    words: tuple[Stretch, ...]


class Token(NamedTuple):
    """A word, a mark, or a date, price or number as one; ``value`` is equal however it is written."""

    text: str
    value: str
    kind: str
    start: int


def diff(before: Note, after: Note, labels: Sequence[Label] = ()) -> Diff:
    """What ``after`` says otherwise than ``before``; ``labels`` of the note name what a date is the date of."""
    old, new = tokens(_text(before)), tokens(_text(after))
    pairs = _matches([t.value for t in old], [t.value for t in new])
    noun = _noun(labels, _text(after))
    moves = [move for gone, came in _hunks(old, new, pairs) for move in _moves(gone, came, new)]
    moves = [_replaced(move, old, _text(after)) for move in moves]
    sentence = "; ".join(dict.fromkeys(_said(m, noun) for m in moves[:3]))
    more = f"; and {len(moves) - 3} more" if len(moves) > 3 else ""
    return Diff(
        clean(sentence + more, 400),
        clean(", ".join(m.was for m in moves[:3] if m.was), 200),
        clean(", ".join(m.now for m in moves[:3] if m.now), 200),
        tuple(_stretches(before, after, old, new, pairs)),
    )


def tokens(text: str) -> list[Token]:
    """The text as words, each date, price and number as one; at most :data:`WORDS` and the rest."""
    found = list[Token]()
    for match in _TOKEN.finditer(text):
        if len(found) == WORDS:
            rest = text[match.start() :]
            found.append(Token(rest, rest, "rest", match.start()))
            break
        kind = match.lastgroup or "mark"
        found.append(Token(match[0], _value(kind, match[0]), kind, match.start()))
    return found


def numbers(text: str) -> Counter[tuple[str, str]]:
    """Every date, price and number of the text with how often it is there."""
    return Counter((_group(t.kind), t.value) for t in tokens(text) if t.kind in _KINDS)


def _text(note: Note) -> str:
    return f"{note.title}\n{note.body}"


# --------------------------------------------------------------------------- what moved


class _Move(NamedTuple):
    kind: str
    was: str
    now: str
    unit: str


def _moves(gone: Sequence[Token], came: Sequence[Token], new: Sequence[Token]) -> Iterator[_Move]:
    for kind in ("date", "price", "number"):
        was = [t for t in gone if _group(t.kind) == kind]
        now = [t for t in came if _group(t.kind) == kind]
        left = Counter(t.value for t in now)
        kept = Counter[str]()
        for token in was:
            if left[token.value] > kept[token.value]:
                kept[token.value] += 1
        was, now = _without(was, kept), _without(now, kept)
        for index in range(max(len(was), len(now))):
            one = was[index] if index < len(was) else None
            two = now[index] if index < len(now) else None
            yield _Move(kind, one.text if one else "", two.text if two else "", _unit(two, new) if two else "")


def _replaced(move: _Move, old: Sequence[Token], text: str) -> _Move:
    """``2026-12-15 (was 2027-03-01)``: the old date stays, as what was."""
    dates = {t.value: t.text for t in old if _group(t.kind) == "date"}
    if move.kind == "date" and not move.was and len(dates) == 1 and _WAS.search(text):
        return move._replace(was=next(iter(dates.values())))
    return move


def _without(found: Sequence[Token], kept: Mapping[str, int]) -> list[Token]:
    left = Counter(kept)
    rest = list[Token]()
    for token in found:
        if left[token.value] > 0:
            left[token.value] -= 1
        else:
            rest.append(token)
    return rest


def _unit(token: Token, new: Sequence[Token]) -> str:
    """The words that follow a number: what it counts."""
    if token.kind != "number":
        return ""
    place = bisect_left(new, token.start, key=lambda t: t.start) + 1
    words = list[str]()
    for follower in new[place : place + 3]:
        if follower.kind != "word":
            break
        words.append(follower.text)
    return " ".join(words)


def _said(move: _Move, noun: str) -> str:
    if move.kind == "date":
        name = noun or "date"
        if move.was and move.now:
            return f"{name} moved {move.was} -> {move.now}"
        return f"{name} set for {move.now}" if move.now else f"{name} {move.was} taken out"
    name = "price" if move.kind == "price" else "number"
    unit = f" {move.unit}" if move.unit else ""
    if move.was and move.now:
        return f"{name} {move.was} -> {move.now}{unit}"
    return f"{name} {move.now}{unit} came in" if move.now else f"{name} {move.was} taken out"


def _noun(labels: Sequence[Label], text: str) -> str:
    if Label.DEPRECATION not in labels:
        return "price change" if Label.PRICING in labels else ""
    low = text.lower()
    words = {"retire": "retirement", "shut": "shutdown", "sunset": "sunset", "deprecat": "deprecation"}
    found = [(low.find(stem), noun) for stem, noun in words.items() if stem in low and stem != "deprecat"]
    return min(found)[1] if found else "retirement"


def _group(kind: str) -> str:
    return "date" if kind == "iso" else kind


def _value(kind: str, text: str) -> str:
    if kind == "iso":
        return f"{text[:4]}-{text[5:7]}-{text[8:]}"
    if kind == "date":
        return _day(text)
    if kind in ("price", "number"):
        bare = text.replace(",", "").replace(" ", "")
        return bare.rstrip("0").rstrip(".") if "." in bare else bare
    return text


def _day(text: str) -> str:
    low = text.lower()
    month = next(n for n, name in enumerate(_MONTHS, 1) if name in low)
    digits = re.findall(r"\d+", low)
    year = next((d for d in digits if len(d) == 4), "")
    day = next((d for d in digits if len(d) < 4), "")
    return f"{year}-{month:02}-{int(day):02}" if day else f"{year}-{month:02}"


# --------------------------------------------------------------------------- word by word


def _hunks(
    old: Sequence[Token], new: Sequence[Token], pairs: Sequence[tuple[int, int]]
) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """The words between those that stayed: (gone, came)."""
    at_old = at_new = 0
    for i, j in [*pairs, (len(old), len(new))]:
        if i > at_old or j > at_new:
            yield old[at_old:i], new[at_new:j]
        at_old, at_new = i + 1, j + 1


def _stretches(
    before: Note, after: Note, old: Sequence[Token], new: Sequence[Token], pairs: Sequence[tuple[int, int]]
) -> Iterator[Stretch]:
    one, two = _text(before), _text(after)
    at_old = at_new = begun = 0
    for i, j in [*pairs, (len(old), len(new))]:
        if i > at_old or j > at_new:
            if begun < at_new:
                yield Stretch(Op.SAME, _span(two, new, begun, at_new))
            if i > at_old:
                yield Stretch(Op.GONE, _span(one, old, at_old, i))
            if j > at_new:
                yield Stretch(Op.CAME, _span(two, new, at_new, j))
            begun = j
        at_old, at_new = i + 1, j + 1
    if begun < len(new):
        yield Stretch(Op.SAME, _span(two, new, begun, len(new)))


def _span(text: str, found: Sequence[Token], start: int, end: int) -> str:
    last = found[end - 1]
    return text[found[start].start : last.start + len(last.text)]


def _matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the words that stayed, in order. Common ends first, then the words that each has once, then all of a
    short stretch: the time is about that of the lengths, at most :data:`CELLS` for a stretch."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    found = [(n, n) for n in range(head)]
    found += _middle(old, new, head, len(old) - tail, head, len(new) - tail)
    found += [(len(old) - n, len(new) - n) for n in range(tail, 0, -1)]
    return found


def _middle(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    if a >= b or c >= d:
        return []
    if (b - a) * (d - c) <= CELLS:
        return _longest(old, new, a, b, c, d)
    found = list[tuple[int, int]]()
    at_old, at_new, left = a, c, CELLS * STRETCHES
    for i, j in [*_once(old, new, a, b, c, d), (b, d)]:
        cells = (i - at_old) * (j - at_new)
        if cells <= min(CELLS, left):
            left -= cells
            found += _longest(old, new, at_old, i, at_new, j)
        if i < b:
            found.append((i, j))
        at_old, at_new = i + 1, j + 1
    return found


def _once(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """Words that each stretch has once, as far as they stand in the same order: the longest rising run."""
    mine, theirs = Counter(old[a:b]), Counter(new[c:d])
    place = {new[j]: j for j in range(c, d) if theirs[new[j]] == 1}
    pairs = [(i, place[old[i]]) for i in range(a, b) if mine[old[i]] == 1 and old[i] in place]
    tops, last = list[int](), list[int]()
    back = [-1] * len(pairs)
    for n, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        back[n] = last[at - 1] if at else -1
        tops[at : at + 1] = [j]
        last[at : at + 1] = [n]
    run = list[tuple[int, int]]()
    n = last[-1] if last else -1
    while n >= 0:
        run.append(pairs[n])
        n = back[n]
    return run[::-1]


def _longest(old: Sequence[str], new: Sequence[str], a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
    """The longest common run of words of two short stretches."""
    wide = d - c
    rows = [[0] * (wide + 1)]
    for i in range(b - 1, a - 1, -1):
        below, word = rows[-1], old[i]
        row = [0] * (wide + 1)
        for j in range(wide - 1, -1, -1):
            row[j] = below[j + 1] + 1 if word == new[c + j] else max(below[j], row[j + 1])
        rows.append(row)
    rows.reverse()
    found, i, j = list[tuple[int, int]](), 0, 0
    while i < b - a and j < wide:
        if old[a + i] == new[c + j]:
            found.append((a + i, c + j))
            i, j = i + 1, j + 1
        elif rows[i + 1][j] >= rows[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
