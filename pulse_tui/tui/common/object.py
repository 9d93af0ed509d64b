"""A thing as YAML or JSON: exactly what its command prints with ``--json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, NamedTuple

from textual.binding import BindingType

from pulse_tui.domain.lock import shown
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.asks.common import Copy
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

MOST_LINES = 5_000
"""Lines that are laid out for the screen; a copy has all of them."""
_HASHED: Final = (RefKind.PLAN, RefKind.AUTHORISATION)
"""Their names are hashes: the beginning is enough."""
PIECE = 100
"""Items of a list that are written at once."""
LONG = 100_000
"""Most characters of a line."""


class Forms(NamedTuple):
    """The same data written twice. Nothing in it steers a terminal."""

    yaml: str
    json: str


def forms(data: Any) -> Forms:
    """Plain data as YAML and as JSON. A large object takes its time: called in a thread.

    Keys stand in the order of their names, as ``--json`` prints them.
    """
    import msgspec  # noqa: PLC0415  nobody needs it before the first x

    builtins = msgspec.to_builtins(data, order="sorted")
    as_json = msgspec.json.format(msgspec.json.encode(builtins, order="sorted"), indent=2).decode()
    return Forms(shown("".join(_yaml(builtins)).rstrip("\n"), LONG), shown(as_json, LONG))


def _yaml(data: Any) -> Iterator[str]:
    """The document in pieces: the writer holds the interpreter while it writes one, and the screen waits meanwhile."""
    if isinstance(data, dict) and data:
        for name in sorted(data):
            value = data[name]
            if isinstance(value, list) and len(value) > PIECE:
                yield _dump({name: value[:PIECE]})
                yield from _yaml(value[PIECE:])
            else:
                yield _dump({name: value})
    elif isinstance(data, list) and len(data) > PIECE:
        for at in range(0, len(data), PIECE):
            yield _dump(data[at : at + PIECE])
    else:
        yield _dump(data)


def _dump(data: Any) -> str:
    import yaml  # noqa: PLC0415

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text = yaml.dump(data, Dumper=dumper, sort_keys=True, allow_unicode=True, width=LONG, default_flow_style=False)
    return str(text)


def _blocks(text: str) -> list[Block]:
    lines = text.split("\n")
    more = len(lines) - MOST_LINES
    left = (f"… {more:,} more lines: y copies all of them",) if more > 0 else ()
    return [Block("", (*lines[:MOST_LINES], *left))]


class ObjectScreen(PageScreen):
    """The data of one thing; the page behind it says what it means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("t", "form", "YAML/JSON", "show it as JSON, or as YAML again", show=True),
        bind("y", "copy", "copy", "copy all of it, as it is shown: YAML or JSON", show=True),
        bind("slash", "search", "search", "search in it; the words as they stand, capitals or not", show=True),
        *[key for key in PageScreen.PAGE_KEYS if getattr(key, "action", "") not in ("copy", "search")],
    ]

    def __init__(self, head: Head, ref: Ref, written: Forms, command: str) -> None:
        """``command``: what prints the same; empty where none does."""
        self.about, self.written, self.command, self.as_json = ref, written, command, False
        super().__init__(head, self._title(), _blocks(written.yaml))
        self.document.local = False  # the data is shown as it is

    def ref(self) -> Ref:
        return self.about

    def _title(self) -> list[Span]:
        name = self.about.id[:12] if self.about.kind in _HASHED else self.about.id
        command = f"   {self.command} --json" if self.command else "   no command prints this alone"
        return [
            (" JSON  " if self.as_json else " YAML  ", styles.DIM),
            (safe(f"{self.about.kind.value} {name}"), styles.BOLD),
            (safe(command), styles.DIM),
        ]

    @property
    def text(self) -> str:
        """What is shown, whole."""
        return self.written.json if self.as_json else self.written.yaml

    def show_forms(self, written: Forms) -> None:
        """The thing with news."""
        self.written = written
        self.show_page(self._title(), _blocks(self.text))

    def applies(self, action: str) -> bool:
        return action != "object"

    def not_found(self, words: str) -> str:
        if words.casefold() in self.text.casefold():
            return f"{words!r} is only in the lines that are left out here: y copies all, ctrl-s writes them to a file"
        return super().not_found(words)

    def whole(self) -> tuple[str, str]:
        return f"{self.about.kind.value} {self.about.id[:40]}", self.text + "\n"

    def action_form(self) -> None:
        self.as_json = not self.as_json
        self.show_forms(self.written)

    def action_copy(self) -> None:
        self.post_message(Copy(self.text))
