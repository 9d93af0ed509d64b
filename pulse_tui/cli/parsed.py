"""Every command with its options and arguments as values, read from the parsers: what completion and the manual are made of."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pulse_tui.cli.main import COMMANDS, parser_of, tower_parser

_FILES = {"FILE", "PATH", "FOLDER", "DIR", "FILE.tar"}
_PLAIN = re.compile(r"[\w:.@%+,/-]+\Z")


class Option(NamedTuple):
    """One option."""

    flags: Sequence[str]
    value: str
    """What stands behind it, in capitals; empty where nothing does."""
    choices: Sequence[str]
    about: str

    @property
    def file(self) -> bool:
        """Whether its value is the name of a file or folder."""
        return self.value in _FILES


class Argument(NamedTuple):
    """One argument by its place."""

    name: str
    choices: Sequence[str]
    about: str
    many: bool
    optional: bool

    @property
    def file(self) -> bool:
        """Whether it is the name of a file or folder."""
        return self.name in _FILES


class Command(NamedTuple):
    """A command; the tower has no name."""

    name: str
    about: str
    options: Sequence[Option]
    arguments: Sequence[Argument]
    more: str
    """What its help says at the end."""


def tower() -> Command:
    """``pulse-tui`` without a command."""
    return _read("", tower_parser())


def commands() -> Iterator[Command]:
    """Each that is shown, in the order of the help."""
    for name, (_, about) in COMMANDS.items():
        if about:
            yield _read(name, parser_of(name))


def _read(name: str, parser: argparse.ArgumentParser) -> Command:
    options, arguments = list[Option](), list[Argument]()
    for action in parser._actions:  # argparse has no other way to ask
        about = "" if action.help in (None, argparse.SUPPRESS) else str(action.help) % {"default": action.default}
        choices = [str(c) for c in action.choices or () if _PLAIN.match(str(c))]
        valued = action.nargs != 0
        called = action.metavar if isinstance(action.metavar, str) else action.dest
        if action.option_strings:
            if action.help is not argparse.SUPPRESS:
                options.append(Option(action.option_strings, called.upper() if valued else "", choices, about))
        elif action.help is not argparse.SUPPRESS or choices:
            many = action.nargs in ("*", "+")
            arguments.append(Argument(called, choices, about, many, action.nargs in ("?", "*")))
    about = COMMANDS[name][1] if name else str(parser.description)
    return Command(name, about, options, arguments, parser.epilog or "")
