"""The ``maintenance`` section: windows that come again and again, in which nobody is called for what they match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Annotated
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.silence import LONGEST
from pulse_tui.domain.zones import is_zone
from pulse_tui.settings.check import Seconds, nearest
from pulse_tui.settings.document import Node
from pulse_tui.settings.lists import named, unique


class MaintenanceShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A window that comes again: nobody is called for what it matches while it lasts; rows, counts and the gate stay."""

    id: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$(?!\n)")]
    match: Annotated[str, Meta(min_length=1, max_length=2_000)]
    """An expression over the facts of policy, as in ``pulse-tui maintenance add --match``."""
    cron: str
    """When it begins: five fields of cron, on the wall clock of ``zone``."""
    lasts: Seconds = msgspec.field(name="for")
    """How long it lasts on that wall clock, at most 7 days."""
    why: Annotated[str, Meta(min_length=1, max_length=500)]
    zone: str = "UTC"
    """The time zone of ``cron``: Europe/Berlin."""
    all: bool = False
    """It covers P1 too, and what policy could give no priority."""


def read_maintenance(
    node: Node | None,
    cron: Callable[[str], str | None],
    expression: Callable[[str], str | None],
    problems: list[Problem],
) -> tuple[MaintenanceShape, ...]:
    """The windows, each id once. ``cron`` and ``expression`` say what is wrong with one."""
    shapes = unique(node, "maintenance", MaintenanceShape, problems)
    nodes = {named(child.get("id")): child for child in (node.elements() if node is not None else ())}
    for shape in shapes:
        problems.extend(_problems(shape, nodes[shape.id], cron, expression))
    return tuple(shapes)


def _problems(
    shape: MaintenanceShape,
    node: Node,
    cron: Callable[[str], str | None],
    expression: Callable[[str], str | None],
) -> Iterator[Problem]:
    where = f"maintenance {shape.id}"
    if wrong := cron(shape.cron):
        yield Problem(
            str(node.value["cron"].mark), f"{where}: {shape.cron!r}: {wrong}", "five fields, as in 0 22 * * 6"
        )
    if wrong := expression(shape.match):
        yield Problem(str(node.value["match"].mark), f"{where}: {wrong}", "the variables: pulse-tui schema facts")
    if not 0 < shape.lasts <= LONGEST.total_seconds():
        what = f"{where}: it lasts {timedelta(seconds=shape.lasts)}"
        yield Problem(str(node.value["for"].mark), what, "at most 7d")
    if not is_zone(shape.zone):
        what = f"{where}: there is no time zone {shape.zone!r}"
        yield Problem(str(node.value["zone"].mark), what, nearest(shape.zone, available_timezones()))
