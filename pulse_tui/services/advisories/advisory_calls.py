"""The calls of the desk about advisories and their waivers."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.views.advisories import AdvisoryStory, LedgerPage, WaiverRow
from pulse_tui.domain.words import Environment
from pulse_tui.services.advisories import waived, waivers
from pulse_tui.services.advisories.settle import settle_fix, unsettle
from pulse_tui.services.advisories.story import advisory_story, ledger_page
from pulse_tui.services.calls import Calls, place


class AdvisoryCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        return advisory_story(self._parts.judging, advisory_id, self._parts.clock())

    def ledger(self) -> LedgerPage:
        return ledger_page(self._store, self._parts.clock())

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
        where = place(environment) if environment else None
        parts = self.acting("waiver.add", asset_id, where or Environment.PRODUCTION)
        return waivers.waive_advisory(
            parts.judging,
            name,
            asset_id,
            component,
            status=status,
            justification=justification,
            why=why,
            owner=owner,
            until=until,
            environment=where,
            every_version=every_version,
            by=self.operator,
            now=parts.clock(),
        )

    def waivers(self, *, every: bool = False) -> tuple[WaiverRow, ...]:
        return waived.listed(self._store, self._parts.clock(), every=every)

    def waiver_story(self, ident: str) -> tuple[tuple[str, str], ...]:
        return waived.waiver_lines(self._store, ident, self._parts.clock())

    def end_waiver(self, ident: str, why: str) -> str:
        with self._store.read() as tx:
            found = tx.waivers.get(ident)
        where = found.environment if found is not None else None
        parts = self.acting("waiver.end", ident, where or Environment.PRODUCTION)
        return waivers.end_waiver(parts.judging, ident, self.operator, why, parts.clock())

    def settle_fix(self, advisory_id: str, package: str, version: str, why: str) -> str:
        parts = self.acting("advisory.settle", advisory_id, Environment.PRODUCTION)
        if not version:
            return unsettle(parts.judging, advisory_id, package, self.operator, why, parts.clock())
        return settle_fix(parts.judging, advisory_id, package, version, self.operator, why, parts.clock())
