"""The style of words: a glyph, a word and a colour for every state, and the ASCII forms of every glyph.

Only the terminal's own sixteen colours are used: they follow the operator's palette (colour-blind palettes
too), cost a few bytes each, and with ``NO_COLOR`` nothing is lost because glyph and word stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

PLAIN: Final = Style()
BOLD: Final = Style(bold=True)
DIM: Final = Style(dim=True)
REVERSE: Final = Style(reverse=True)
UNDERLINE: Final = Style(underline=True)
GOOD: Final = Style(color="green")
WARN: Final = Style(color="yellow")
BAD: Final = Style(color="red", bold=True)
UNDECIDED: Final = Style(color="yellow", bold=True)
"""As loud as BAD: an undecided verdict holds a promotion like a failed one."""
HELD: Final = Style(color="magenta")
INFO: Final = Style(color="cyan")
ALARM: Final = Style(color="red", bold=True, reverse=True)
PROD: Final = Style(color="yellow", bold=True, reverse=True)
REPLAY: Final = Style(color="magenta", bold=True, reverse=True)
"""Of what is not live; nothing else is drawn so."""
FOCUS: Final = Style(color="cyan", bold=True)

_STATES: Final[Mapping[str, tuple[str, Style]]] = {
    "ok": ("●", GOOD),
    "risk": ("▲", WARN),
    "FAIL": ("✖", BAD),
    "frozen": ("■", HELD),
    "paused": ("‖", HELD),
    "blocked": ("■", HELD),
    "migrate": ("◆", WARN),
    "retest": ("◆", INFO),
    "watch": ("◆", INFO),
    "quarantined": ("✖", BAD),
    "unknown": ("?", WARN),
    "not declared": ("?", WARN),
    "stale": ("?", WARN),
    "conflict": ("?", WARN),
    "missing": ("?", WARN),
    # releases
    "draft": ("○", DIM),
    "evaluated": ("◆", INFO),
    "promoted": ("●", GOOD),
    "retired": ("○", DIM),
    # the gate
    "GO": ("●", GOOD),
    "BLOCKED": ("✖", BAD),
    # the inventory
    "undeclared": ("▲", WARN),
    "unseen": ("?", WARN),
    "unowned": ("▲", WARN),
    "disputed": ("✖", BAD),
    "suspect": ("?", WARN),
    "concern": ("?", WARN),
    # alerts
    "firing": ("▲", BAD),
    "acknowledged": ("✓", INFO),
    "suppressed": ("○", DIM),
    "resolved": ("●", GOOD),
    # advisories
    "open": ("▲", WARN),
    "waived": ("○", DIM),
    "note": ("·", DIM),
    "silenced": ("○", DIM),
    "settled": ("✓", DIM),
    "clean": ("●", GOOD),
    "matched": ("▲", WARN),
    "not audited": ("?", WARN),
    # verdicts
    "PASS": ("●", GOOD),
    "INCONCLUSIVE": ("◆", UNDECIDED),
    # a canary beside what serves with it
    "collecting": ("◆", INFO),
    "no difference found yet": ("◆", INFO),
    "begun": ("◆", INFO),
    "no series": ("?", WARN),
    "not read": ("?", WARN),
    "refused": ("■", UNDECIDED),
    "baseline": ("┄", INFO),
    # items of two runs
    "lost": ("✖", BAD),
    "won": ("●", GOOD),
    # sources
    "good": ("●", GOOD),
    "late": ("▲", WARN),
    "failing": ("✖", BAD),
    "never": ("?", DIM),
    "gone": ("✖", BAD),
    "empty": ("?", WARN),
    "silent": ("▲", WARN),
    # plans and runs
    "proposed": ("◆", INFO),
    "approved": ("✓", GOOD),
    "rejected": ("✖", BAD),
    "void": ("○", DIM),
    "used": ("●", GOOD),
    "running": ("▲", WARN),
    "verified": ("●", GOOD),
    "undone": ("✖", BAD),
    "abandoned": ("✖", BAD),
    "expired": ("○", DIM),
    "halted": ("✖", BAD),
}

_PRIORITIES: Final[Mapping[str, Style]] = {
    "P1": ALARM,
    "P2": BAD,
    "P3": WARN,
    "P4": INFO,
    "note": DIM,
    "?": WARN,
}


def state(word: str) -> tuple[str, Style]:
    """``● ok`` and its style. A word nobody foresaw is shown as it stands, with a question mark."""
    glyph, style = _STATES.get(word) or _STATES.get(word.partition(" ")[0], ("?", WARN))
    return f"{glyph} {word}", style


def priority(word: str) -> tuple[str, Style]:
    """``P1`` and its style; an unknown priority is drawn as ``?`` and never dropped."""
    short = "?" if word == "unknown" else word
    return short, _PRIORITIES.get(short, WARN)


_ASCII: Final = str.maketrans(
    {
        "─": "-", "━": "-", "┄": "-", "┈": "-", "╌": "-", "│": "|", "┃": "|", "┤": "|", "├": "|", "┼": "+",
        "┌": "+", "┐": "+", "└": "+", "┘": "+", "┍": "+", "┑": "+", "┏": "+", "┓": "+", "┗": "+", "┛": "+", "┬": "+", "┴": "+",
        "›": ">", "»": ">", "↑": "^", "↓": "v", "●": "o", "▲": "!", "✖": "X", "■": "#", "‖": "=", "◆": "*", "✓": "v", "○": "-", "•": "o", "▒": ":",
        "▌": ">", "█": "#", "…": "~", "·": ".", "→": ">", "−": "-", "–": "-", "—": "-", "×": "x", "≥": ">", "≤": "<",
        "“": '"', "”": '"', "‘": "'", "’": "'", "▏": "|", "▶": ">", "⧗": "%", "┊": "|", "◂": "<", "▸": ">", "✎": "&", "▁": "_", "▂": ".", "▃": "-", "▄": "-", "▅": "=", "▆": "+", "▇": "+",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """The same number of cells in ASCII; what has no likeness becomes ``?``."""
    if text.isascii():
        return text
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


class AsciiFilter(LineFilter):
    """Draws every widget in ASCII, for terminals and locales without UTF-8."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii()
            else Segment(to_ascii(segment.text).ljust(segment.cell_length, "?"), segment.style, segment.control)
            for segment in segments
        ]


def wants_ascii(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Whether to draw in ASCII: ``PULSE_ASCII=1``, an output that is not UTF-8, or a locale that says so."""
    if environment.get("PULSE_ASCII", "") not in ("", "0"):
        return True
    if encoding is not None and "utf" not in encoding.lower():
        return True
    locale: Sequence[str] = [environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    first = next((value for value in locale if value), "")
    return bool(first) and "utf" not in first.lower()
