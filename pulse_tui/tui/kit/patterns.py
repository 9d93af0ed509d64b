"""Regular expressions of a filter: the part of the language that cannot hold the screen up, whatever stands in the rows.

Python's engine tries one way through a text after the other: ``(a+)+b`` takes it minutes, and no other key is read
meanwhile. So nothing repeats here but single characters, classes and ``.``; a pattern is cut at its gaps (``.*``, ``.+``) into
pieces of one repetition at most, which are looked for one behind the other. That finds the same texts, in a time that grows
with the square of their length (:data:`READ`) at the worst, and a :class:`Budget` bounds the sum over a table.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Collection
from typing import Final, NamedTuple

from pulse_tui.policy.limits import PATTERN_COST, pattern_cost
from pulse_tui.tui.kit.bad import BadFilter

PIECES: Final = 8
READ: Final = 160
"""Characters of a column that a pattern is compared with."""
BUDGET_S: Final = 0.03
"""Of processor time that a pattern may take for the rows of a table, beside what any filter takes there."""
ROW_S: Final = 4e-6
"""What a filter takes for a row as it is."""

_TOKENS: Final = re.compile(
    r"(?P<gap>\.[*+])|(?P<repeat>[*+?]|\{(?:[0-9]+,?[0-9]*|,[0-9]*)\})|(?P<group>[()])|(?P<or>\|)|(?P<back>\\[0-9])"
    r"|(?P<one>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\])",
    re.DOTALL,
)


_OF_A_TEXT: Final = {r"\A": "^", r"\Z": "$"}
"""A text is one column: what means its ends is looked for in several at once, a line each."""


class BadPattern(BadFilter):
    """A pattern that is none, or that could take too long; the message says what would do."""


class _Piece(NamedTuple):
    after: int
    """Characters of the gap before it, at least."""
    compiled: re.Pattern[str]
    begins: str


class Pattern(NamedTuple):
    """One that was found good."""

    alternatives: tuple[tuple[_Piece, ...], ...]
    begins: re.Pattern[str] | None
    """What every alternative begins with before anything repeats: what has none of it is soon seen not to match."""

    def found_in_any(self, texts: Collection[str]) -> bool:
        """Whether it is in one of several texts."""
        if self.begins is None:
            return any(map(self.found, texts))
        begin = self.begins.search
        return begin("\n".join(texts)) is not None and any(self.found(text) for text in texts if begin(text))

    def found(self, text: str) -> bool:
        """Whether one of its alternatives is in the text's beginning. Capitals count as small letters."""
        read = text if len(text) <= READ else f"{text[:READ]}…"  # $ does not hold where it was cut
        return any(_found(pieces, read) for pieces in self.alternatives)


def _found(pieces: tuple[_Piece, ...], text: str) -> bool:
    """The first place of each piece that ends earliest leaves the others the most room: if any way fits, this one does."""
    at = 0
    for after, compiled, _ in pieces:
        at += after
        match = compiled.search(text, at) if at <= len(text) else None
        if match is None:
            return False
        at = match.end()
    return True


def pattern(text: str) -> Pattern:
    """Read a pattern. Raises BadPattern."""
    if not text:
        raise BadPattern("an empty pattern finds everything: write for example /vllm.*cpu/")
    if (cost := pattern_cost(text)) > PATTERN_COST:
        raise BadPattern(
            f"a pattern costs at most {PATTERN_COST} (its characters times what it repeats), this one {cost:,}"
        )
    try:
        with warnings.catch_warnings(action="ignore"):  # of what a class may mean to a later engine: [[a], [a&&b]
            alternatives = tuple(_pieces(text))
            begins = [pieces[0].begins for pieces in alternatives]
            begin = re.compile("|".join(begins), re.IGNORECASE | re.MULTILINE) if all(begins) else None
    except (re.error, OverflowError) as error:
        raise BadPattern(f"{text} is no pattern: {error}") from None
    if sum(map(len, alternatives)) > PIECES:
        raise BadPattern(f"a pattern has at most {PIECES} pieces between its gaps and alternatives")
    return Pattern(alternatives, begin)


class _Reading:
    """A piece as it is read: what it looks for, and whether something in it repeats."""

    def __init__(self, after: int = 0) -> None:
        self.after, self.text, self.begins, self.ends_open, self.repeats = after, "", "", False, False
        self._last = ""

    def one(self, text: str) -> None:
        """One more character or class. What repeats at the end of a piece is as short as it can be, and costs nothing."""
        if self.ends_open and self.repeats:
            raise BadPattern("a pattern repeats once between two gaps (what ends there aside): write .* for the others")
        self.repeats, self.ends_open, self.text = self.repeats or self.ends_open, False, self.text + text
        self._last = text
        if not self.repeats:
            self.begins = self.text

    def repeat(self, text: str) -> None:
        if not self.repeats:
            self.begins = self.text.removesuffix(self._last)
        self.text, self.ends_open = f"{self.text}{text}?", True

    def made(self) -> _Piece:
        return _Piece(self.after, re.compile(self.text, re.IGNORECASE), self.begins)


def _pieces(text: str) -> list[tuple[_Piece, ...]]:
    made, at, before = [[_Reading()]], 0, ""
    while at < len(text):
        token = _TOKENS.match(text, at)
        if token is None:
            raise BadPattern(f"{text} ends in the middle of a character: \\\\ is a backslash")
        kind, at, word = str(token.lastgroup), token.end(), token[0]
        if kind == "group":
            raise BadPattern(
                f"a pattern has no groups: write each alternative whole, a.*b|a.*c; \\{word} is the character"
            )
        if kind == "back":
            raise BadPattern(f"{word} means a group, and a pattern has none")
        if kind == "or":
            made.append([_Reading()])
        elif kind == "gap":
            made[-1].append(_Reading(int(word == ".+")))
        elif kind == "one":
            made[-1][-1].one(_OF_A_TEXT.get(word, word))
        elif before != "one":
            raise BadPattern(f"{text}: nothing stands before {word} that could repeat; \\{word} is the character")
        else:
            made[-1][-1].repeat(word)
        before = kind
    return [tuple(piece.made() for piece in pieces) for pieces in made]


class Budget:
    """The processor time that a pattern takes for the rows of a table. Waiting for the processor costs nothing."""

    def __init__(self, rows: int) -> None:
        """It begins now."""
        self._end_s = time.thread_time() + BUDGET_S + rows * ROW_S
        self._look_s = time.perf_counter() + BUDGET_S  # a clock that costs less to read: it is never behind the other

    def check(self) -> None:
        """Raises BadPattern when it is spent."""
        if time.perf_counter() < self._look_s:
            return
        left_s = self._end_s - time.thread_time()
        if left_s < 0:
            raise BadPattern("this pattern takes too long on these rows: write out more of what you look for")
        self._look_s = time.perf_counter() + left_s
