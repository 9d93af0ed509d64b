"""The ``rollback`` section of a policy: which failures are deterministic, so that a pre-authorised rollback answers them
without waiting for votes, and how often that may happen. Pure.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.settings.check import Seconds

Text = Annotated[str, Meta(min_length=1)]


class AutomaticLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule whose alert may be answered, and only where ``when`` holds too."""

    rule: Text
    when: Text | None = None


class RollbackSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section as written. Without it nothing rolls back by itself."""

    automatic: tuple[Text | AutomaticLine, ...] = ()
    at_most: Annotated[int, Meta(ge=1, le=100)] = 2
    """Automatic runs of one asset within :attr:`per`."""
    at_most_everywhere: Annotated[int, Meta(ge=1, le=1_000)] = 4
    """Automatic runs of the whole estate within :attr:`per`."""
    per: Seconds = msgspec.field(default_factory=lambda: Seconds(86_400))
    fresh: Seconds = msgspec.field(default_factory=lambda: Seconds(3_600))
    """How long ago the failure may have been reported last: what is older is for a person to judge."""

    @property
    def lines(self) -> tuple[AutomaticLine, ...]:
        """Every entry in its long form."""
        return tuple(e if isinstance(e, AutomaticLine) else AutomaticLine(rule=e) for e in self.automatic)

    def canonical(self) -> list[Any]:
        """Everything that can change what is done, in a fixed order, for the policy's digest."""
        named = sorted((line.rule, line.when or "") for line in self.lines)
        return [named, self.at_most, self.at_most_everywhere, float(self.per), float(self.fresh)]
