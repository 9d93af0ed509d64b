"""What the calls of the desk have in common, whichever wing they are of."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.rollback import AuthorisationLine, PlanLine
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Store
from pulse_tui.services.parts import RollbackParts
from pulse_tui.settings.check import nearest


class Calls(ABC):
    """What the calls of every wing stand on. The desk is made of them all, and answers here what one wing asks of another."""

    operator: str
    _store: Store
    _parts: RollbackParts

    @abstractmethod
    def acting(self, what: str, subject: str, environment: Environment | None = None) -> RollbackParts:
        """Parts for one action of this operator, under the configuration as it is now.

        Raises Refused, and records it, when the operators' file does not let this operator act there or the configuration is
        not valid. ``environment`` None: it is of none, and any operator may.
        """

    @abstractmethod
    def board(self, asset: str | None = None) -> Board:
        """The board (of one asset) as it stands."""

    @abstractmethod
    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        """The rollback plans (of one asset), newest first."""

    @abstractmethod
    def authorisations(self, asset_id: str | None = None) -> tuple[AuthorisationLine, ...]:
        """The pre-authorisations (of one asset), newest first."""


def place(environment: str) -> Environment:
    """The environment of this name. Raises WrongUse with the nearest name."""
    names = {e.value: e for e in Environment}
    if environment not in names:
        raise WrongUse(f"there is no environment {environment!r}", todo=nearest(environment, names))
    return names[environment]
