"""The calls of the desk about pre-authorisations."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.views.rollback import AuthorisationLine
from pulse_tui.services.calls import Calls, place
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import authorise


class AuthorisationCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def authorisations(self, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
        """The pre-authorisations (of one asset), newest first."""
        return authorise.listed(self._parts, asset_id)

    def is_authorisation(self, name: str) -> bool:
        """Whether this names a pre-authorisation."""
        with self._store.read() as tx:
            try:
                authorise.find(tx, self._parts, name)
            except NotFound:
                return False
        return True

    def authorise(self, asset_id: str, environment: str, trigger: str, lasts: timedelta, why: str) -> AuthorisationLine:
        """Ask for a pre-authorisation. Raises Refused with what is missing."""
        where = place(environment)
        parts = self.acting("rollback.authorise", f"{asset_id}/{environment}", where)
        asked = authorise.propose(parts, asset_id, where, trigger, lasts, by=self.operator, why=why)
        return self._authorisation(asked.hash)

    def vote(self, name: str, how: str, why: str) -> AuthorisationLine:
        """``approve``, ``reject`` or ``revoke`` a pre-authorisation. Raises Refused, NotFound."""
        _VOTES[how](self.on_authorisation(f"rollback.{how}", name), name, self.operator, why)
        return self._authorisation(name)

    def on_authorisation(self, what: str, name: str) -> RollbackParts:
        """:meth:`acting` where a pre-authorisation is for. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            asked = authorise.find(tx, self._parts, name).asked
        return self.acting(what, f"{asked.asset_id}/{asked.environment.value}", asked.environment)

    def _authorisation(self, name: str) -> AuthorisationLine:
        with self._store.read() as tx:
            return authorise.line(authorise.find(tx, self._parts, name), self._parts.clock())


_VOTES = {"approve": authorise.approve, "reject": authorise.reject, "revoke": authorise.revoke}
