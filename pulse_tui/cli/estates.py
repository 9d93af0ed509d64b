"""The operator's own file, and the estates that a tower can go to: those it names, and those that were opened before."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pulse_tui.domain.errors import ConfigError, NotFound, Problem, PulseError
from pulse_tui.domain.lock import shown

if TYPE_CHECKING:
    from pulse_tui.settings.tower import Preferences
    from pulse_tui.tui.context import EstateLine

KEPT = 20
"""Estates that are remembered."""


class Place(NamedTuple):
    """Where an estate is."""

    config: Path | None
    database: str | None

    @property
    def words(self) -> str:
        """As a list shows it; a database address can hold a password, and is named by its kind."""
        parts = [str(self.config)] if self.config is not None else []
        parts += [f"database {self.database.partition(':')[0]}"] if self.database is not None else []
        return ", ".join(parts) or "without a configuration"


def preferences(folder: Path) -> Preferences | None:
    """What the operator's file says; None where there is none. Raises ConfigError with every problem of it."""
    file = folder / "tower.yaml"
    if not file.exists():
        return None
    from pulse_tui.settings.tower import read_preferences  # noqa: PLC0415  only where the file is

    found = read_preferences(file)
    if found.keys:
        from pulse_tui.tui.common.screens import screens  # noqa: PLC0415  imports every screen
        from pulse_tui.tui.kit.keymap import wrong  # noqa: PLC0415

        if problems := wrong(found.keys, screens()):
            raise ConfigError([Problem(each.where, f"keys: {each.what}", each.hint) for each in problems])
    return found


def remember(file: Path, place: Place) -> None:
    """It was opened: the newest first. What cannot be written is not remembered."""
    kept = [place, *(each for each in _remembered(file) if each != place)][:KEPT]
    raw = [{"config": str(p.config) if p.config is not None else None, "database": p.database} for p in kept]
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as written:
            json.dump(raw, written, indent=1)
        beside.replace(file)
    except OSError:
        return


def _remembered(file: Path) -> list[Place]:
    try:
        raw = json.loads(file.read_bytes())
        return [Place(Path(e["config"]) if e["config"] else None, e["database"]) for e in raw]
    except (OSError, ValueError, TypeError, KeyError):
        return []


class Estates:
    """Those that the tower of ``here`` can go to. Implements :class:`pulse_tui.tui.context.Estates`; its calls block."""

    def __init__(
        self,
        here: Place,
        named: Sequence[tuple[str, Place]],
        file: Path,
        probe: Callable[[Place], None],
    ) -> None:
        """``named`` by the operator's file, ``file`` remembers the others, ``probe`` opens one and raises."""
        self.here = here
        self.chosen: Place | None = None
        """Where the operator wants to go."""
        self.leave: Callable[[], None] = lambda: None
        """Ends the tower."""
        self._named, self._file, self._probe = tuple(named), file, probe

    def _places(self) -> Iterator[tuple[str, Place]]:
        yield from self._named
        seen = {_key(place) for _, place in self._named}
        for place in (self.here, *_remembered(self._file)):
            if _key(place) not in seen and (place == self.here or place.database or _there(place.config)):
                seen.add(_key(place))
                yield "", place

    def known(self) -> tuple[EstateLine, ...]:
        """All of them, each under a name of its own."""
        from pulse_tui.settings.peek import peek  # noqa: PLC0415
        from pulse_tui.tui.context import EstateLine  # noqa: PLC0415  the tower has it by now

        found: dict[str, EstateLine] = {}
        for given, place in self._places():
            name, problem = given, ""
            if place.config is not None and not _there(place.config):
                problem = "there is no such configuration"
            name = name or (peek(place.config)[0] if place.config is not None and not problem else "pulse")
            name = shown(name, 60)
            if name in found:
                name = f"{name} {place.config.name if place.config is not None else len(found)}"
            found.setdefault(name, EstateLine(name, shown(place.words, 200), _key(place) == _key(self.here), problem))
        return tuple(found.values())

    def check(self, name: str) -> None:
        """Whether it can be opened. Raises NotFound with the nearest name, or the estate's first problem."""
        self._probe(self._place(name))

    def go(self, name: str) -> None:
        """Leave the tower for it."""
        self.chosen = self._place(name)
        self.leave()

    def _place(self, name: str) -> Place:
        from pulse_tui.settings.check import nearest  # noqa: PLC0415

        names = [each.name for each in self.known()]
        if name not in names:
            raise NotFound(f"no estate is known as {name!r}", todo=nearest(name, names))
        return [place for _, place in self._places()][names.index(name)]


def _there(config: Path | None) -> bool:
    try:
        return config is not None and config.exists()
    except OSError:
        return True  # it may not be read, which whoever opens it reports


def _key(place: Place) -> tuple[Path | None, str | None]:
    return place.config.resolve() if place.config is not None else None, place.database


def first_problem(error: PulseError) -> str:
    """One sentence of an error that may have many."""
    if isinstance(error, ConfigError):
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return f"{error.problems[0]}{more}"
    return str(error)
