"""What is asked about rollback plans."""

from __future__ import annotations

from dataclasses import dataclass

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class Propose(Ask):
    """Make a rollback plan and open it."""

    asset_id: str
    environment: str
    alert_id: str | None
    """The alert that asks for it, if one does."""


@dataclass(eq=False)
class OfPlan(Ask):
    """About one plan."""

    plan_hash: str


@dataclass(eq=False)
class OpenPlan(OfPlan):
    """Open a plan that exists."""


@dataclass(eq=False)
class Approve(OfPlan):
    """The operator approved exactly this plan in the dialog."""

    reason: str
    execute: bool
    """The button said that it also rolls back."""


@dataclass(eq=False)
class Reject(OfPlan):
    """The operator rejected this plan."""

    reason: str


@dataclass(eq=False)
class Execute(OfPlan):
    """Run an approved plan."""


@dataclass(eq=False)
class Undo(OfPlan):
    """Undo the run of a plan."""
