"""``pulse-tui help [TOPIC]``: the documentation as plain text, from the package; a jump host has no browser."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pulse_tui.cli import pages
from pulse_tui.cli.main import COMMANDS, parser_of
from pulse_tui.cli.output import emit
from pulse_tui.cli.reading import plain
from pulse_tui.domain.errors import NotFound
from pulse_tui.settings.check import closest

DOCS = Path(__file__).parents[1] / "docs"
PIPED = 100
"""Columns where there is no terminal."""
_GENERATED: dict[str, Callable[[], str]] = {
    "commands": pages.commands_page,
    "keys": pages.keys_page,
    "sources": pages.sources_page,
    "service": pages.service_page,
}
"""What follows the written part of a page: made from the code, so that it cannot fall behind it."""


class Topic(NamedTuple):
    """A page: its name and what it is about in a line."""

    name: str
    about: str


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """A topic; without one the list."""
    parser.add_argument(
        "topic", nargs="?", metavar="TOPIC", help="a page, a kind of source, action or step, or a command"
    )
    parser.add_argument("--man", action="store_true", help="the manual page pulse-tui(1), for man -l or a man folder")
    parser.epilog = "Without a topic it lists the pages. Works without a configuration and without a network."


def run(options: argparse.Namespace, _name: str) -> int:
    """0; a topic that does not exist is wrong use and names the nearest."""
    if options.man:
        from pulse_tui.cli.manual import manual  # noqa: PLC0415  reads every parser

        emit(options, {"man": manual()}, manual().splitlines())
        return 0
    if options.topic is None:
        listed = topics()
        emit(options, listed, _listing(listed))
        return 0
    markdown = page(options.topic)
    text = plain(markdown, _width())
    emit(options, {"topic": options.topic, "markdown": markdown}, [text.rstrip("\n")])
    return 0


def topics() -> list[Topic]:
    """Every page, by name."""
    return [Topic(file.stem, _about(file.read_text(encoding="utf-8"))) for file in sorted(DOCS.glob("*.md"))]


def known_topics() -> list[str]:
    """What there is help on: pages, kinds and commands."""
    commands = [name for name, (_, about) in COMMANDS.items() if about]
    return [*(file.stem for file in sorted(DOCS.glob("*.md"))), *pages.all_kinds(), *commands]


def page(topic: str) -> str:
    """The Markdown of a page, a kind or a command. Raises NotFound with the nearest name."""
    word = topic.lower().removesuffix(".md")
    file = DOCS / f"{word}.md"
    if file.parent == DOCS and file.is_file():
        made = _GENERATED.get(word)
        return file.read_text(encoding="utf-8") + (f"\n{made()}" if made is not None else "")
    kinds = pages.kinds_named(word)
    if kinds:
        return "\n".join(pages.kind_page(family, word, level=1) for family in kinds)
    commands = [name for name, (_, about) in COMMANDS.items() if about]
    if word in commands:
        return f"# pulse-tui {word}\n\n```\n{parser_of(word).format_help()}```\n"
    near = closest(word, known_topics())
    todo = f"Did you mean {near!r}?" if near is not None else "See pulse-tui help for the topics"
    raise NotFound(f"there is no help on {topic!r}", todo=todo)


def _about(markdown: str) -> str:
    """The first paragraph's first sentence."""
    paragraph = next((p for p in markdown.split("\n\n")[1:] if p[:1].isalpha()), "")
    return plain(" ".join(paragraph.split()).split(". ")[0].rstrip("."), 1_000).replace("\n", " ").strip()


def _listing(listed: Sequence[Topic]) -> list[str]:
    width = max(len(t.name) for t in listed)
    lines = [f"  {t.name:<{width}}  {t.about}" for t in listed]
    return [
        "pulse-tui help TOPIC, where TOPIC is",
        *lines,
        "or a kind of source, action or step (pulse-tui help webhook), or a command (pulse-tui help gate).",
    ]


def _width() -> int:
    return shutil.get_terminal_size((PIPED, 24)).columns if sys.stdout.isatty() else PIPED
