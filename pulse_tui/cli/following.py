"""A tower or agent follows its configuration: a change is checked, then applied; while it is bad the old one stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from pulse_tui.domain.errors import ConfigError

FOLLOW_S = 2.0
"""Seconds between two looks at the files' sizes and times."""


class Followed(Protocol):
    """The tower or the agent, as far as this needs it."""

    @property
    def at_rest(self) -> bool:
        """Whether the operator is at the panes and nothing is under way."""
        ...

    def report(self, text: str, *, bad: bool = False) -> None:
        """A sentence for the operator."""
        ...


async def follow(
    tower: Followed,
    changed: Callable[[], object | None],
    check: Callable[[], None],
    apply: Callable[[], None],
    every_s: float = FOLLOW_S,
    meanwhile: str = "the old one stays",
) -> None:
    """Until the configuration was changed to one that is valid, and applied.

    ``meanwhile`` says what holds while it is not valid; ``changed`` gives what distinguishes the changed files, None while they are as they were read; ``check`` raises
    ConfigError; ``apply`` starts again with it, which in a tower waits until the operator has finished what is open.
    """
    seen: object | None = None
    valid = False
    while True:
        await asyncio.sleep(every_s)
        stamp = changed()
        if stamp is None:
            seen = None
        elif stamp != seen:
            seen = stamp
            valid = await _check(tower, check, meanwhile)
        if stamp is not None and valid and tower.at_rest:
            apply()
            return


async def _check(tower: Followed, check: Callable[[], None], meanwhile: str) -> bool:
    try:
        await asyncio.to_thread(check)
    except ConfigError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        first = f"{error.problems[0]}{more}"
        tower.report(f"the configuration changed and is not valid; {meanwhile}: {first}", bad=True)
        return False
    if not tower.at_rest:
        tower.report("the configuration changed; it is applied when what is open is closed")
    return True
