"""The desk as the tower uses it: each action is noted with the command line that does the same, and with how it ended."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from pulse_tui.domain.errors import PulseError

if TYPE_CHECKING:
    from pulse_tui.ports.tower import Desk

Note = Callable[[str, str, bool, str], None]
"""(command line, how it ended, whether that is bad, what the command does otherwise)."""


class _Noting:
    """Passes every call on."""

    def __init__(self, desk: Desk, note: Note, entrance: Sequence[str]) -> None:
        self._desk, self._note, self._entrance = desk, note, entrance

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._desk, name)
        if name.startswith("_") or not callable(found):
            return found
        from pulse_tui.tui.noting.acts import ACTS  # noqa: PLC0415  not before the first frame

        if name not in ACTS:
            return found

        from pulse_tui.ports.tower import Desk  # noqa: PLC0415

        signature = inspect.signature(getattr(Desk, name))  # a desk that refuses everything takes anything

        def act(*args: Any, **named: Any) -> Any:
            given = signature.bind(self, *args, **named).arguments
            try:
                done = found(*args, **named)
            except PulseError as error:
                self._noted(name, given, None, str(error), bad=True)
                raise
            self._noted(name, given, done, _words(done), bad=False)
            return done

        return act

    def _noted(self, name: str, given: dict[str, Any], done: Any, text: str, *, bad: bool) -> None:
        """A line that cannot be made never stands in the way of the action itself."""
        from pulse_tui.tui.noting.acts import ACTS, typed  # noqa: PLC0415

        try:
            command = typed(name, given, done, self._desk, self._entrance)
        except PulseError as error:
            command, note = "", f"no command line could be made: {error}"
        else:
            note = ACTS[name].note
        self._note(command or name, text, bad, note)


def _words(done: Any) -> str:
    """A sentence as it is; of a plan or a pre-authorisation how it stands."""
    if isinstance(done, str):
        return done
    run = getattr(done, "run", None)
    return str(getattr(run, "headline", "") or getattr(done, "headline", "") or "done")


def noting(desk: Desk, note: Note, entrance: Sequence[str] = ()) -> Desk:
    """The same desk; ``note`` is called in the thread of each action, after it; ``entrance``: the options that reach the estate."""
    return cast("Desk", _Noting(desk, note, entrance))
