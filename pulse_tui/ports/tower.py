"""What the tower can ask for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from pulse_tui.domain.ref import Link, Ref
from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.trust import Trust
from pulse_tui.domain.views.advisories import AdvisoryStory, LedgerPage, Radius, WaiverRow
from pulse_tui.domain.views.alerts import AlertStory, QuietRow
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.evals import BenchStory, Flips, Trend
from pulse_tui.domain.views.past import Landing
from pulse_tui.domain.views.registry import (
    CalendarRow,
    Dependents,
    GateStory,
    InventoryRow,
    ReleaseRow,
    ReleaseStory,
    Tree,
)
from pulse_tui.domain.views.rollback import AuthorisationLine, DrillLine, PlanLine, PlanStory, ReviewRow
from pulse_tui.domain.views.vendors import CorrectionRow, NoteRow, NoteStory, Shutdowns, TempoLine
from pulse_tui.ports.delivery import DeliveryDesk
from pulse_tui.ports.incidents import IncidentDesk
from pulse_tui.ports.learning import LearningDesk
from pulse_tui.ports.people import PeopleDesk
from pulse_tui.ports.silences import SilenceDesk


class Desk(DeliveryDesk, IncidentDesk, LearningDesk, PeopleDesk, SilenceDesk, Protocol):
    """What the tower can ask for. Every call may block: the app calls it in a thread.

    Deeds raise :class:`~pulse_tui.domain.errors.Refused` with the reasons; any
    :class:`~pulse_tui.domain.errors.PulseError` is shown to the operator as it stands.
    """

    estate_name: str
    operator: str
    read_only: bool

    def board(self, asset: str | None = None) -> Board: ...
    def trends(self, asset: str) -> tuple[Trend, ...]: ...
    def change_mark(self) -> object: ...
    def story(self, alert_id: str) -> AlertStory: ...
    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        """An advisory, what it reaches, and what its alerts advise."""
        ...

    def ledger(self) -> LedgerPage:
        """What of everything that serves is matched, clean or not audited; how new each feed is."""
        ...

    def radius(self, advisory_id: str) -> Radius:
        """Everything that a vulnerability can hurt. Raises NotFound."""
        ...

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        """(label, text) lines about an asset: deployments, releases, holds, dependencies."""
        ...

    def history(self, asset_id: str) -> tuple[ReleaseRow, ...]:
        """The asset's releases, newest iteration first."""
        ...

    def release_story(self, asset_id: str, version: str) -> ReleaseStory: ...
    def release_diff(self, asset_id: str, older: str, newer: str) -> tuple[tuple[str, str], ...]:
        """(label, text) lines: lineage, dependencies, verdicts, cost, interface, provenance."""
        ...

    def tree(self, asset_id: str) -> Tree: ...
    def dependents(self, component_id: str) -> Dependents:
        """Who uses a component, by its id or name. Raises NotFound."""
        ...

    def calendar(self) -> tuple[CalendarRow, ...]:
        """The last 90 days and the next 180, newest first."""
        ...

    def inventory(self) -> tuple[InventoryRow, ...]: ...
    def gate_story(self, asset_id: str, version: str, environment: str) -> GateStory: ...
    def related(self, ref: Ref) -> tuple[Link, ...]:
        """What leads on from it, each once, the nearest first. Raises NotFound where it is gone."""
        ...

    def bench(self, asset_id: str, suite: str, run_id: str | None = None) -> BenchStory:
        """A run of a suite against its baseline; the newest one when none is named, and a named one also without asset
        and suite. Raises NotFound."""
        ...

    def flips(self, run_id: str, task: str, metric: str) -> Flips:
        """Which items the run answered otherwise than its baseline. Raises NotFound."""
        ...

    def pin_baseline(self, run_id: str, why: str) -> str:
        """The run is what later ones are compared with; returns a sentence. Raises Refused, NotFound."""
        ...

    def accept_risk(self, run_id: str, environment: str, gate: str, days: int, why: str) -> str:
        """Lift the hold of an undecided verdict for some days. Raises Refused for a FAIL, NotFound."""
        ...

    def move_release(self, asset_id: str, version: str, action: str, why: str) -> str:
        """``action`` is approve, quarantine or retire; returns a sentence. Raises Refused with the reasons."""
        ...

    def promote(self, asset_id: str, version: str, environment: str, why: str) -> str:
        """Record that the release goes to the environment; the gate must be open. Raises Refused with its reasons."""
        ...

    def source_problems(self) -> tuple[str, ...]: ...
    def trust(self) -> tuple[Trust, ...]:
        """How far each source can be trusted now, the least trusted first."""
        ...

    def acknowledge(self, alert_id: str) -> str:
        """Returns a sentence that says what was done (as do the other actions)."""
        ...

    def resolve(self, alert_id: str, why: str) -> str: ...
    def silence(self, alert_id: str, hours: float, why: str) -> str: ...
    def waive(self, alert_id: str, days: int, why: str) -> str: ...
    def waive_advisory(
        self,
        name: str,
        asset_id: str,
        component: str = "",
        *,
        why: str,
        status: str = "affected",
        justification: str = "",
        owner: str = "",
        until: datetime | None = None,
        environment: str = "",
        every_version: bool = False,
    ) -> str:
        """Waive an advisory (any id of it) for a component of an asset, "" for each that it reaches there.

        The component is a label, a name or a package URL; status and justification are words of VEX. Raises Refused for
        an exception that does not say why, for whom or until when, WrongUse, NotFound.
        """
        ...

    def waivers(self, *, every: bool = False) -> tuple[WaiverRow, ...]:
        """Those that stand, what ends first on top; ``every``: those that ended too."""
        ...

    def waiver_story(self, ident: str) -> tuple[tuple[str, str], ...]:
        """(label, text) of all that is known of one. Raises NotFound."""
        ...

    def end_waiver(self, ident: str, why: str) -> str:
        """What it covered fires again. Raises NotFound, Refused when it has ended."""
        ...

    def quiet(self) -> tuple[QuietRow, ...]:
        """Everything that is muted, waived or held, with until when, by whom and why."""
        ...

    def unmute(self, alert_id: str, why: str) -> str:
        """Take an acknowledgement, a silence or a waiver back. Raises Refused when nothing mutes it."""
        ...

    def settle_fix(self, advisory_id: str, package: str, version: str, why: str) -> str:
        """Which of several named fixes of a package is right; ``version`` "": what was settled is taken back."""
        ...

    def state_loaded(self, asset_id: str, component: str, answer: str, why: str) -> str:
        """Whether a component is loaded when the asset runs: yes, no or unknown."""
        ...

    def notes(self, *, source: str | None = None, review: bool = False) -> tuple[NoteRow, ...]:
        """What vendors published, the newest first; ``review``: only what a person should look at."""
        ...

    def note_story(self, source: str, key: str) -> NoteStory:
        """Everything that is known of a note. Raises NotFound."""
        ...

    def correct_note(self, source: str, key: str, labels: Sequence[str], why: str) -> str:
        """Give a note its right labels: notes of the same words follow. Raises NotFound, WrongUse, Refused."""
        ...

    def corrections(self) -> tuple[CorrectionRow, ...]:
        """The newest first."""
        ...

    def withdraw_correction(self, rule_id: str, why: str) -> str:
        """Notes are read as if nobody had corrected that one. Raises NotFound."""
        ...

    def tempo(self) -> TempoLine | None:
        """The tempo index; None where no catalogue of release dates is read. Costs nothing while nothing changes."""
        ...

    def shutdowns(self) -> Shutdowns:
        """When the hosted models in use end, over all that state it."""
        ...

    def scorecard(self) -> Scorecard:
        """Vendors compared by operational risk, over the last 90 days."""
        ...

    def freeze(self, asset_id: str | None, why: str) -> str: ...
    def holds(self, asset_id: str | None) -> tuple[tuple[str, str], ...]:
        """(id, words) of every hold that stands on the asset, or on everything."""
        ...

    def lift(self, hold_id: str, why: str) -> str:
        """Lift one hold. Raises NotFound."""
        ...

    def review_hold(self, hold_id: str, until: datetime, why: str) -> str:
        """A freeze stands and lets releases pass until then. Raises NotFound, Refused for another kind of hold."""
        ...

    def hold_story(self, hold_id: str) -> tuple[tuple[str, str], ...]:
        """(label, text) of all that is known of a hold. Raises NotFound."""
        ...

    def override_freeze(self, asset_id: str, version: str, environment: str, why: str) -> str:
        """An emergency: this release passes the freezes there for a day, and that is reviewed. Raises Refused."""
        ...

    def review_override(self, asset_id: str, version: str, environment: str, why: str) -> str:
        """Another operator records what was found of an emergency, which ends it. Raises Refused."""
        ...

    def propose(self, asset_id: str, environment: str, alert_id: str | None, *, checked: bool = True) -> PlanStory: ...
    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        """How it stands; ``checked`` asks its targets too, which may take as long as they let one wait."""
        ...

    def approve(self, plan_hash: str, reason: str, *, break_glass: bool = False) -> PlanStory:
        """It may wait for the operator's agent, and for the touch of a key. ``break_glass``: they approve alone."""
        ...

    def reviews(self) -> tuple[ReviewRow, ...]:
        """Runs that one person approved alone and nobody has reviewed, the oldest first."""
        ...

    def review(self, run_id: str, why: str) -> str:
        """Record what the operator found of such a run; returns a sentence. Raises Refused, NotFound."""
        ...

    def reject(self, plan_hash: str, reason: str) -> PlanStory: ...
    def execute(self, plan_hash: str) -> PlanStory: ...
    def undo(self, plan_hash: str, *, checked: bool = True) -> PlanStory: ...
    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        """The rollback plans (of one asset), newest first, with how each stands and who waits for whom."""
        ...

    def authorisations(self, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
        """The pre-authorisations (of one asset), newest first."""
        ...

    def authorise(self, asset_id: str, environment: str, trigger: str, lasts: timedelta, why: str) -> AuthorisationLine:
        """Ask for one. Raises Refused with what is missing."""
        ...

    def vote(self, name: str, how: str, why: str) -> AuthorisationLine:
        """``approve``, ``reject`` or ``revoke`` one. Raises Refused, NotFound."""
        ...

    def drills(self, asset_id: str | None = None) -> tuple[DrillLine, ...]:
        """The drills that were held (of one asset), newest first."""
        ...

    def resume(self, run_id: str) -> PlanStory:
        """Go on with a run that stopped half-way. Raises Refused while its process is alive."""
        ...

    def put_back(self, run_id: str) -> PlanStory:
        """Undo what a run moved that stopped half-way. Raises Refused as :meth:`resume` does."""
        ...

    def route(
        self,
        asset_id: str,
        environment: str,
        purpose: str = "",
        traffic: float | None = None,
        why: str = "",
        *,
        checked: bool = True,
    ) -> PlanStory:
        """The plan to ``pause``, ``shift`` (``traffic`` percent) or ``resume`` there; left out: resume what is held, else pause."""
        ...

    def drill(self, asset_id: str, environment: str, trigger: str = "") -> PlanStory:
        """Rehearse the rollback of the asset there on its replica, there and back; who asks approves it.

        Raises Refused or NotFound where it cannot be held; where more must approve it, the plan waits for them.
        """
        ...

    def halt(self, run_id: str) -> str:
        """Ask whoever carries the run out to stop before its next step; returns a sentence. Raises Refused, NotFound."""
        ...

    def past(self, moment: datetime) -> PastDesk:
        """The desk as it was. Raises NotFound where nothing is on record of then, FrameError."""
        ...

    def described(self, ref: Ref) -> Any:
        """A thing as plain data: what its command prints with ``--json``. Raises NotFound."""
        ...

    def close(self) -> None: ...


class PastDesk(Desk, Protocol):
    """The desk as of a moment. Every action is refused; what is not on record says so, and is never taken from today."""

    def landed(self) -> Landing:
        """Where it stands."""
        ...

    def go(self, moment: datetime) -> Landing:
        """To another moment. Raises NotFound before the first one on record, FrameError; then it stays where it was."""
        ...

    def step(self, by: int) -> Landing:
        """To the change before (-1) or after (1). Raises NotFound where there is none on record."""
        ...
