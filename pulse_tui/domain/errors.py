"""One tree of errors. They are wrapped at the rim and caught at an entrance.

Every message says what went wrong, which thing (file:line, key, id) and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pulse_tui.domain.lock import shown


class PulseError(Exception):
    """The root. ``str(error)`` is a whole sentence for an operator."""

    exit_code = 2

    def __init__(self, what: str, *, todo: str = "") -> None:
        """``what`` names the thing; ``todo`` says what to do about it. Both may quote what came from outside."""
        self.what = what = shown(what)
        self.todo = todo = shown(todo)
        super().__init__(f"{what}. {todo}" if todo else what)


class ResultOf(NamedTuple):
    """Whose result could not be used, as far as that is known without reading it."""

    asset_id: str
    version: str
    suite: str = ""
    """Empty: of which suite is not known."""


class Problem(NamedTuple):
    """One problem at one location of a configuration or a record."""

    where: str
    what: str
    hint: str = ""
    warning: bool = False
    """It was read all the same: a warning, shown, and no reason to stop."""
    standing: bool = False
    """A warning that stands for as long as the estate is run so: ``doctor`` and the pages it is about repeat it, not every command."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(PulseError):
    """The configuration cannot be used; carries every problem of every file at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """``problems`` in the order of files and lines."""
        self.problems = tuple(problems)
        head = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{head} in the configuration:\n" + "\n".join(f"  {p}" for p in problems))


class WrongUse(PulseError):
    """The command or call cannot be understood."""


class NotFound(PulseError):
    """Something that was named does not exist."""

    exit_code = 2


class Refused(PulseError):
    """An action that is not allowed now, with every reason."""

    exit_code = 1

    def __init__(self, what: str, reasons: Sequence[str] = (), *, todo: str = "") -> None:
        """``reasons`` are shown one a line."""
        self.reasons = tuple(reasons)
        super().__init__(what + ("".join(f"\n  - {r}" for r in reasons)), todo=todo)


class Replayed(Refused):
    """A message that was accepted before: sent again by its sender, or replayed by an eavesdropper."""


class SourceError(PulseError):
    """A source could not be read this time: unreachable, an error response, or malformed content."""

    exit_code = 1
    status: int | None = None
    """Of the answer that could not be used; None when there was no answer."""

    def __init__(self, what: str, *, todo: str = "", retry_after: float | None = None, sent: bool = False) -> None:
        """``retry_after`` in seconds when the server asked for a pause; ``sent`` when the request may have arrived."""
        self.retry_after = retry_after
        self.sent = sent
        self.about: tuple[ResultOf, ...] = ()
        """Set by who knows it: whose result is refused; several where file and folder name another release each."""
        self.gone = False
        """The one file of the source was deleted: its folder is there, and it is not."""
        self.missing = False
        """Its address answers that there is nothing (any more)."""
        self.unread: tuple[tuple[str, str | None, str], ...] = ()
        """(asset, version, document) of the bill that the one file of the source should be."""
        super().__init__(what, todo=todo)


class TooMuch(SourceError):
    """A file that would take more time or memory than one may: what it is was recognised, and it is not read."""


class Nameless(SourceError):
    """A result that names no asset and version: it can be read once they are given."""


class TargetError(PulseError):
    """A deployment target did not answer as it must. ``ambiguous``: the write may have happened."""

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        ambiguous: bool,
        todo: str = "",
        permanent: bool = False,
        limited: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """An ambiguous error is settled by reading the target back.

        Of a message: ``permanent`` when a repeat can only fail in the same way, ``limited`` when the destination takes
        no more for now, ``retry_after_s`` when it says for how long.
        """
        self.ambiguous = ambiguous
        self.permanent = permanent
        self.limited = limited
        self.retry_after_s = retry_after_s
        super().__init__(what, todo=todo)


class NoAgent(PulseError):
    """No SSH agent answers, or it holds no key that could sign."""

    exit_code = 1


class NotSigned(PulseError):
    """The agent was asked to sign and did not: it refused, broke off, was too slow, or signed something else."""

    exit_code = 1


class HalfDone(PulseError):
    """A rollback stopped half-way and could not record it; names the run and the commands that bring it to an end."""

    exit_code = 1


class StorageError(PulseError):
    """The database cannot be used: locked, read-only, damaged, or from a newer version."""

    exit_code = 2


class Busy(StorageError):
    """Somebody else writes for so long that this could not: it may work in a moment."""


class NoDatabase(StorageError):
    """There is no database yet at the place that is configured."""
