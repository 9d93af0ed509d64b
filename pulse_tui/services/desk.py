"""The tower's side of the services: every call the screens can make, through the same functions as the commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.health import Health
from pulse_tui.domain.ref import Link, Ref
from pulse_tui.domain.text import many
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.words import URGENT, Environment
from pulse_tui.ports.tower import PastDesk
from pulse_tui.services import objects
from pulse_tui.services.advisories.advisory_calls import AdvisoryCalls
from pulse_tui.services.alerts import outbox
from pulse_tui.services.alerts.alert_calls import AlertCalls
from pulse_tui.services.alerts.delivery_calls import DeliveryCalls
from pulse_tui.services.alerts.hold_calls import HoldCalls
from pulse_tui.services.alerts.incident_calls import IncidentCalls
from pulse_tui.services.alerts.people_calls import PeopleCalls
from pulse_tui.services.alerts.silence_calls import SilenceCalls
from pulse_tui.services.components.component_calls import ComponentCalls
from pulse_tui.services.evals.eval_calls import EvalCalls
from pulse_tui.services.learning.learning_calls import LearningCalls
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.past.replay import of_store
from pulse_tui.services.promotion import decide as release
from pulse_tui.services.promotion.release_calls import ReleaseCalls
from pulse_tui.services.registry.registry_calls import RegistryCalls
from pulse_tui.services.related import related
from pulse_tui.services.rollback.authorisation_calls import AuthorisationCalls
from pulse_tui.services.rollback.plan_calls import PlanCalls
from pulse_tui.services.vendors.reached import NoteMemory
from pulse_tui.services.vendors.tempo_line import TempoReader
from pulse_tui.services.vendors.vendor_calls import VendorCalls
from pulse_tui.settings.references import Outlet, unpaged


class ServiceDesk(
    AdvisoryCalls,
    AlertCalls,
    AuthorisationCalls,
    ComponentCalls,
    DeliveryCalls,
    EvalCalls,
    HoldCalls,
    IncidentCalls,
    LearningCalls,
    PeopleCalls,
    PlanCalls,
    RegistryCalls,
    ReleaseCalls,
    SilenceCalls,
    VendorCalls,
):
    """Implements :class:`pulse_tui.ports.Desk`. Calls block; the app runs them in threads."""

    def __init__(
        self,
        parts: RollbackParts,
        *,
        estate_name: str,
        operator: str,
        holder: str,
        acknowledge_for: float,
        read_only: bool,
        current: Callable[[], RollbackParts] | None = None,
    ) -> None:
        """``operator`` is who acts; ``holder`` names this process for leases; ``current`` gives the parts of one action, of the
        configuration as it is then, and raises Refused while that cannot be had. Reading goes on with ``parts``.
        """
        self.estate_name = estate_name
        self.operator = operator
        self.read_only = read_only
        self._parts = parts
        self._current = current if current is not None else lambda: parts
        self._store = parts.store
        self._tempo = TempoReader(parts.store)
        self._notes = NoteMemory()
        self._holder = holder
        self._acknowledge_for = acknowledge_for

    def board(self, asset: str | None = None) -> Board:
        return self._store.board(self.estate_name, asset, self._parts.clock())

    def change_mark(self) -> object:
        return self._store.change_mark()

    def related(self, ref: Ref) -> tuple[Link, ...]:
        return related(self._store, ref)

    def source_problems(self) -> tuple[str, ...]:
        with self._store.read() as tx:
            now = self._parts.clock()
            sources = list(tx.plumbing.sources().values())
            failing = [s for s in sources if s.health(now) is Health.FAILING]
            suspect = [s for s in sources if s.health(now) is Health.SUSPECT]
            unsent = outbox.undelivered_lines(tx, now)
            refused = tx.signals.quarantined(20)
            firing = tx.judgements.alerts([AlertState.FIRING], 100_000)
        judging = self._parts.judging
        routes = [Outlet(r.id, r.kind, r.owners, r.uses) for r in judging.routes]
        owners = sorted({a.owner or "" for a in firing if a.priority in URGENT})
        lines = [f"source {s.id} failed {many(s.failures, 'time')}: {s.reason}" for s in failing]
        lines += [f"source {s.id} is suspect: {s.reason}" for s in suspect]
        lines += unsent
        lines += [
            f"nobody is paged for {owner or 'what has no owner'}: {why}"
            for owner in owners
            if (why := unpaged(routes, owner, judging.oncall))
        ]
        lines += [f"refused from {r.source}: {r.problem}" for _, r in refused]
        return tuple(lines)

    def past(self, moment: datetime) -> PastDesk:
        return of_store(self._store, moment, self._parts.clock())

    def described(self, ref: Ref) -> Any:
        return objects.described(self, ref)

    def close(self) -> None:
        self._store.close()

    def acting(self, what: str, subject: str, environment: Environment | None = None) -> RollbackParts:
        if self.read_only:
            raise Refused("this tower is read-only", todo="Start it without --read-only to act")
        try:
            parts = self._current()
            release.may(parts, self.operator, environment, what)
        except Refused as error:
            with self._store.write() as tx:
                detail = {"what": what, "why": str(error)}
                tx.log.append(self._parts.clock(), self.operator, "action.refused", subject, detail)
            raise
        return parts
