"""The ``rollback`` section of a policy: which failures are deterministic, so that a pre-authorised rollback answers them
without waiting for votes, and how often that may happen. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.settings.check import Seconds

if TYPE_CHECKING:  # it imports the shapes of this file
    from pulse_tui.policy.conditions import Condition, Engine

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


class Automatic:
    """The section with its conditions compiled."""

    def __init__(
        self,
        section: RollbackSection | None = None,
        conditions: Mapping[str, Condition] | None = None,
        engine: Engine | None = None,
    ) -> None:
        """``conditions``: those of the rules that have one. None for the section: nothing is automatic."""
        self.section = section or RollbackSection()
        self._conditions = conditions or {}
        self._engine = engine

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules whose alerts may be answered."""
        return tuple(line.rule for line in self.section.lines)

    def when(self, rule_id: str) -> str:
        """The further condition of a rule, as written; empty without one."""
        condition = self._conditions.get(rule_id)
        return condition.text if condition is not None else ""

    def refusal(self, rule_id: str, variables: Mapping[str, Any]) -> str:
        """Why an alert of this rule, with what the policy saw, is not one that may be answered; empty when it is.

        What cannot be evaluated is no yes.
        """
        if rule_id not in self.rules:
            return f"policy does not name {rule_id} for automatic rollback"
        condition = self._conditions.get(rule_id)
        if condition is None:
            return ""
        assert self._engine is not None
        held, error = condition.holds(self._engine.activate(dict(variables)))
        if held is None:
            return f"whether {condition.text} holds is indeterminate: {error}"
        return "" if held else f"policy asks for {condition.text}, which does not hold"
