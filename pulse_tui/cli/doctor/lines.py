"""One line of the doctor: what was checked, whether it is in order, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pulse_tui.domain.errors import NoDatabase, PulseError
from pulse_tui.wiring import House


class Line(NamedTuple):
    """One thing checked. ``ok`` None: a remark, nothing is wrong."""

    what: str
    ok: bool | None
    evidence: str


def checked(what: str, look: Callable[[House], str], house: House) -> Iterator[Line]:
    """What ``look`` finds, or why it cannot."""
    try:
        yield Line(what, True, look(house))
    except NoDatabase as error:
        yield Line(what, None, str(error))
    except PulseError as error:
        yield Line(what, False, str(error))
