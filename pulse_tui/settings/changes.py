"""The ``changes`` section: when changes may be made, when none may, and where an approved change request is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.words import Environment
from pulse_tui.settings.check import Seconds, convert
from pulse_tui.settings.document import Node


class WindowShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When changes may be made: once (``from``, ``until``), or again and again (``cron``, ``lasts``)."""

    starts: datetime | None = msgspec.field(default=None, name="from")
    until: datetime | None = None
    cron: str | None = None
    """When it opens: five fields of cron, in UTC."""
    lasts: Seconds | None = None
    """How long it is open then."""
    assets: tuple[str, ...] = ()
    """None: all."""
    environments: tuple[Environment, ...] = (Environment.PRODUCTION,)
    why: str = ""

    def __post_init__(self) -> None:
        once, again = (self.starts, self.until), (self.cron, self.lasts)
        if (None in once or any(again)) and (None in again or any(once)):
            raise ValueError("a window has from and until, or cron and lasts")
        if self.starts is not None and self.until is not None and self.until <= self.starts:
            raise ValueError("until is not after from")

    def covers(self, asset_id: str, environment: Environment) -> bool:
        """Whether it is one for this asset there."""
        return environment in self.environments and (not self.assets or asset_id in self.assets)


class EmbargoShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When nothing is promoted, whoever approved it: the days of the year that earn the money."""

    starts: datetime = msgspec.field(name="from")
    until: datetime
    why: Annotated[str, Meta(min_length=1)]
    assets: tuple[str, ...] = ()
    """None: all."""
    environments: tuple[Environment, ...] = (Environment.PRODUCTION,)

    def __post_init__(self) -> None:
        given: tuple[datetime | None, datetime | None] = (self.starts, self.until)  # None where one could not be read
        if None not in given and self.until <= self.starts:
            raise ValueError("until is not after from")

    def covers(self, asset_id: str, environment: Environment) -> bool:
        """Whether it is one for this asset there."""
        return environment in self.environments and (not self.assets or asset_id in self.assets)


class ChangesShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Change windows and embargoes. A rollback is held up by neither."""

    require: tuple[Environment, ...] = ()
    """Where a promotion needs an open window: a configured one, or that of an approved change request."""
    windows: tuple[WindowShape, ...] = ()
    embargoes: tuple[EmbargoShape, ...] = ()


def read_changes(node: Node | None, cron: Callable[[str], str | None], problems: list[Problem]) -> ChangesShape:
    """The section; ``cron`` says what is wrong with a schedule."""
    if node is None or node.value is None:
        return ChangesShape()
    found = convert(node, ChangesShape, problems, path="changes")
    if found is None:
        return ChangesShape()
    for index, window in enumerate(found.windows):
        if window.cron is not None and (wrong := cron(window.cron)):
            problems.append(Problem(str(node.mark), f"changes.windows[{index}].cron: {window.cron!r}: {wrong}"))
    return found
