"""The operator's own preferences of the tower: ``tower.yaml`` in the user's configuration folder. Nothing of an estate."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import msgspec

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.settings.check import convert, failed, nearest
from pulse_tui.settings.document import Node, read
from pulse_tui.settings.shapes import Section

FILE = "tower.yaml"

Keys = str | tuple[str, ...]


class BellWhen(StrEnum):
    """When the terminal's bell rings."""

    OFF = "off"
    P1 = "p1"


class LinksWhen(StrEnum):
    """When addresses are written so that the terminal can follow them."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class ContextShape(Section, frozen=True, kw_only=True):
    """An estate that ``:ctx`` goes to."""

    config: str | None = None
    """Its configuration; a relative path starts at the folder of this file."""
    database: str | None = None
    """Instead of the configuration's own."""


class TowerShape(Section, frozen=True, kw_only=True):
    """What the file may hold."""

    keys: dict[str, Keys | dict[str, Keys]] = msgspec.field(default_factory=dict)
    """Action to key or keys, everywhere; or screen to such a table: ``pulse-tui help keys`` has the names of both."""
    contexts: dict[str, str | ContextShape] = msgspec.field(default_factory=dict)
    """Name of an estate to its configuration, for ``:ctx``."""
    time_zone: str = ""
    """Of the operator's own clock, as in ``Europe/Berlin``: shown beside UTC. Without it ``$TZ`` counts."""
    bell: BellWhen = BellWhen.OFF
    """``p1``: the terminal's bell rings once for a new P1."""
    links: LinksWhen = LinksWhen.AUTO
    """Whether addresses can be followed (OSC 8); ``auto``: where the terminal is known to."""


class KeyChoice(NamedTuple):
    """An action has these keys and no others."""

    screen: str
    """Empty: every screen that has the action."""
    action: str
    keys: tuple[str, ...]
    where: str
    """file:line."""


class Estate(NamedTuple):
    """One that ``:ctx`` goes to."""

    name: str
    config: Path | None
    database: str | None = None


class Preferences(NamedTuple):
    """What an operator chose; the defaults are those of a tower without the file."""

    keys: tuple[KeyChoice, ...] = ()
    contexts: tuple[Estate, ...] = ()
    """In the order of the file."""
    time_zone: str = ""
    bell: BellWhen = BellWhen.OFF
    links: LinksWhen = LinksWhen.AUTO


def read_preferences(path: Path) -> Preferences:
    """Read the file. Raises ConfigError with every problem and its line; a file that is empty or not there has none."""
    if not path.exists():
        return Preferences()
    node, problems = read(path)
    shape = convert(node, TowerShape, problems) if node is not None else None
    if failed(problems):
        raise ConfigError(problems)
    if node is None or shape is None:
        return Preferences()
    keys = tuple(_choices(node.get("keys")))
    contexts = tuple(_estates(shape, node, path.parent, problems))
    problems.extend(_unknown_zone(shape, node))
    if problems:
        raise ConfigError(problems)
    return Preferences(keys, contexts, shape.time_zone, shape.bell, shape.links)


def _unknown_zone(shape: TowerShape, node: Node) -> Iterator[Problem]:
    """A zone that this machine does not know, with the nearest that it does."""
    if not shape.time_zone:
        return
    from zoneinfo import available_timezones  # noqa: PLC0415  100 ms where the machine has no list of its own

    known = available_timezones()
    if shape.time_zone not in known:
        place = node.get("time_zone")
        what = f"time_zone: {shape.time_zone!r} is no time zone that this machine knows"
        yield Problem(str(place.mark) if place is not None else "", what, nearest(shape.time_zone, known))


def _choices(node: Node | None) -> Iterator[KeyChoice]:
    for name, value in node.items() if node is not None else ():
        inner = value.items() if isinstance(value.value, dict) else ((name, value),)
        screen = name if isinstance(value.value, dict) else ""
        for action, keys in inner:
            given = tuple(keys.elements()) if isinstance(keys.value, list) else (keys,)
            yield KeyChoice(screen, action, tuple(each.text or "" for each in given), str(keys.mark))


def _estates(shape: TowerShape, node: Node, folder: Path, problems: list[Problem]) -> Iterator[Estate]:
    places = node.get("contexts")
    for name, given in shape.contexts.items():
        written = ContextShape(config=given) if isinstance(given, str) else given
        if written.config is None and written.database is None:
            place = places.get(name) if places is not None else None
            where = str(place.mark) if place is not None else str(folder)
            problems.append(Problem(where, f"contexts.{name}: it names no estate", "config: FOLDER, or database: URL"))
            continue
        config = folder / Path(written.config).expanduser() if written.config is not None else None
        yield Estate(name, config, written.database)
