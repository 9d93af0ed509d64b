"""``pulse-tui help --man``: the manual page pulse-tui(1), made of the same parsers as the page of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pulse_tui import __version__
from pulse_tui.cli.main import EPILOG
from pulse_tui.cli.parsed import Argument, Command, Option, commands, tower

_CHANGELOG = Path(__file__).parents[1] / "docs" / "changelog.md"
_ENVIRONMENT = {
    "PULSE_CONFIG": "the configuration, where --config names none",
    "PULSE_OPERATOR": "who acts; else the user of the process",
    "XDG_CONFIG_HOME, XDG_STATE_HOME": "where a user's own configuration, database and session are",
    "NO_COLOR": "no colours",
    "NOTIFY_SOCKET, WATCHDOG_USEC": "set by systemd: where the agent reports that it is ready, and how often that it lives",
}
_FILES = {
    "~/.config/pulse-tui": "the configuration: YAML files",
    "~/.local/state/pulse-tui/pulse.db": "the embedded database, where the configuration names none",
}
_EXIT = {
    "0": "yes",
    "1": "no: blocked, failed, not audited, something waits",
    "2": "wrong use, or a configuration that is not valid",
    "3": "an internal error",
}


def manual() -> str:
    """In man(7), which man, groff and mandoc read; letters beyond ASCII by their numbers."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    base = tower()
    yield f'.TH PULSE-TUI 1 "{_released()}" "pulse-tui {__version__}" "User Commands"'
    yield ".SH NAME"
    yield rf"pulse\-tui \- {_text(_lowered(base.about.rstrip('.')))}"
    yield ".SH SYNOPSIS"
    yield r".B pulse\-tui"
    yield _text("[--read-only] [--config PATH] [--database URL]")
    yield ".br"
    yield r".B pulse\-tui"
    yield r"\fICOMMAND\fR " + _text("[OPTIONS] [ARGUMENTS]")
    yield ".SH DESCRIPTION"
    yield _text("Without a command it opens the tower, which needs a terminal.")
    yield _text("All commands that read take --json; without --config they take the configuration that is found first.")
    yield ".SH OPTIONS"
    for option in base.options:
        yield from _option(option)
    yield ".SH COMMANDS"
    for command in commands():
        yield from _command(command)
    for title, entries in (("EXIT STATUS", _EXIT), ("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        yield f".SH {title}"
        for name, about in entries.items():
            yield from (".TP", rf"\fB{_text(name)}\fR", _text(about))
    yield ".SH NOTES"
    yield from _kept(EPILOG)
    yield ".SH SEE ALSO"
    yield r"\fBpulse\-tui help\fR " + _text("lists the documentation that is shipped with the program.")


def _released() -> str:
    """When this version came out, as the changelog has it."""
    found = re.search(rf"^## {re.escape(__version__)} \(([\d-]+)\)", _CHANGELOG.read_text("utf-8"), re.M)
    return found[1] if found else ""


def _command(command: Command) -> Iterator[str]:
    yield rf".SS pulse\-tui {_text(command.name)}"
    yield _text(command.about[:1].upper() + command.about[1:] + ("" if command.about.endswith("?") else "."))
    for argument in command.arguments:
        yield from _argument(argument)
    for option in command.options:
        if "--help" not in option.flags:
            yield from _option(option)
    if command.more:
        yield ".PP"
        yield from _kept(command.more)


def _argument(argument: Argument) -> Iterator[str]:
    yield ".TP"
    yield rf"\fI{_text(argument.name)}\fR"
    choices = f"{', '.join(argument.choices)}. " if argument.choices else ""
    yield _text(f"{choices}{argument.about}".strip() or argument.name)


def _option(option: Option) -> Iterator[str]:
    yield ".TP"
    value = rf" \fI{_text(option.value)}\fR" if option.value and not option.choices else ""
    if option.choices:
        value = " " + _text("|".join(option.choices))
    yield ", ".join(rf"\fB{_text(flag)}\fR" for flag in option.flags) + value
    yield _text(option.about or "see above")


def _kept(text: str) -> Iterator[str]:
    """Lines that stay lines."""
    yield ".nf"
    yield from (_text(line) if line.strip() else "" for line in text.strip("\n").split("\n"))
    yield ".fi"


def _text(text: str) -> str:
    """Nothing in it is a request, an escape or beyond ASCII."""
    safe = (
        text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("`", "\\(ga")
        .replace("^", "\\(ha")
        .replace("~", "\\(ti")
    )
    safe = re.sub(r"[^\x00-\x7e]", lambda found: f"\\[u{ord(found[0]):04X}]", " ".join(safe.split("\n")))
    return "\\&" + safe if safe[:1] in (".", "'", " ") else safe


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
