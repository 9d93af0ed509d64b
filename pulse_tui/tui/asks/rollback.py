"""What is asked about rollback plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.tui.asks.base import Ask, OpenPage

if TYPE_CHECKING:
    from pulse_tui.domain.views.rollback import AuthorisationLine


class Propose(Ask):
    """Make a rollback plan and open it."""

    asset_id: str
    environment: str
    alert_id: str | None
    """The alert that asks for it, if one does."""


class OfPlan(Ask):
    """About one plan."""

    plan_hash: str


class OpenPlan(OfPlan, OpenPage):
    """Open a plan that exists."""


class Approve(OfPlan):
    """The operator approved exactly this plan in the dialog."""

    opens = False

    reason: str
    execute: bool
    """The button named the rollback too."""
    break_glass: bool = False
    """They approve it alone."""


class Review(Ask):
    """What the operator found of a run that another one approved alone."""

    opens = False

    run_id: str
    plan_hash: str
    why: str


class Reject(OfPlan):
    """The operator rejected this plan."""

    opens = False

    reason: str


class Execute(OfPlan):
    """Run an approved plan."""

    opens = False


class Undo(OfPlan):
    """Undo the run of a plan."""


class OpenPlans(OpenPage):
    """Open the list of plans and their runs."""


class OpenDrills(OpenPage):
    """Open the list of the drills that were held."""


class Drill(Ask):
    """Rehearse the rollback of an asset on its replica."""

    asset_id: str
    environment: str
    """Whose rollback is rehearsed; the replica is what moves."""


class Route(Ask):
    """Plan to pause a rollout, or to resume one that is held."""

    asset_id: str
    environment: str


class OpenAuthorisations(OpenPage):
    """Open the list of pre-authorisations."""


class Authorise(Ask):
    """Ask for a pre-authorisation of what a drill rehearsed."""

    asset_id: str
    trigger: str


class VoteOnAuthorisation(Ask):
    """Approve, reject or revoke one."""

    line: AuthorisationLine
    how: str


class OfRun(Ask):
    """About the run of a plan."""

    opens = False

    run_id: str
    plan_hash: str


class Resume(OfRun):
    """Go on with it where it stopped half-way."""


class PutBack(OfRun):
    """Undo what it moved."""


class Halt(OfRun):
    """Stop it before its next step."""
