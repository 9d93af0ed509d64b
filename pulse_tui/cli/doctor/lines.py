"""One line of the doctor: what was checked, whether it is in order, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pulse_tui.domain.errors import NoDatabase, PulseError
from pulse_tui.wiring import House


class Line(NamedTuple):
    """One thing checked. ``ok`` None: a remark, nothing is wrong. ``todo``: what it lacks is work to do, not a fault."""

    what: str
    ok: bool | None
    evidence: str
    todo: bool = False

    @property
    def wrong(self) -> bool:
        """Whether it is a fault, which the exit code has."""
        return self.ok is False and not self.todo

    @property
    def mark(self) -> str:
        """How it stands, in four cells."""
        if self.ok is None:
            return "note"
        return "ok  " if self.ok else "todo" if self.todo else "FAIL"


def checked(what: str, look: Callable[[House], str], house: House) -> Iterator[Line]:
    """What ``look`` finds, or why it cannot."""
    try:
        yield Line(what, True, look(house))
    except NoDatabase as error:
        yield Line(what, None, str(error))
    except PulseError as error:
        yield Line(what, False, str(error))
