"""The database: a file for each wing, and the transaction that spans them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.evals import Trend
from pulse_tui.domain.views.registry import CalendarRow, ReleaseRow
from pulse_tui.ports.storing.advisories import (
    Advisories,
    Coverages,
    Covered,
    Covering,
    Exploitations,
    Reports,
    Settled,
    Taken,
    Waivers,
)
from pulse_tui.ports.storing.alerts import Judgements
from pulse_tui.ports.storing.components import BillHead, Dependencies, Edge, Loadings, Users
from pulse_tui.ports.storing.decisions import Enforcements, Incidents, Learning, Notices, Policies, Silences
from pulse_tui.ports.storing.evals import Evals, RunHead
from pulse_tui.ports.storing.plumbing import Log, Plumbing
from pulse_tui.ports.storing.registry import EstateStore, Inventory, Whereabouts
from pulse_tui.ports.storing.rollback import Rollbacks
from pulse_tui.ports.storing.service import Frames, Members, Prunings
from pulse_tui.ports.storing.signals import Signals
from pulse_tui.ports.storing.vendors import Vendors


class Transaction(Protocol):
    """One unit of work: all of it lands, or nothing."""

    @property
    def signals(self) -> Signals: ...
    @property
    def estate(self) -> EstateStore: ...
    @property
    def dependencies(self) -> Dependencies: ...
    @property
    def loading(self) -> Loadings: ...
    @property
    def inventory(self) -> Inventory: ...
    @property
    def evals(self) -> Evals: ...
    @property
    def advisories(self) -> Advisories: ...
    @property
    def coverage(self) -> Coverages: ...
    @property
    def exploitation(self) -> Exploitations: ...
    @property
    def settled(self) -> Settled: ...
    @property
    def waivers(self) -> Waivers: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def vendors(self) -> Vendors: ...
    @property
    def judgements(self) -> Judgements: ...
    @property
    def incidents(self) -> Incidents: ...
    @property
    def silences(self) -> Silences: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def learning(self) -> Learning: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def enforcements(self) -> Enforcements: ...
    @property
    def rollbacks(self) -> Rollbacks: ...
    @property
    def log(self) -> Log: ...
    @property
    def plumbing(self) -> Plumbing: ...
    @property
    def frames(self) -> Frames: ...
    @property
    def members(self) -> Members: ...
    @property
    def pruned(self) -> Prunings: ...


class Store(Protocol):
    """The database. ``write`` takes the write lock at once; ``read`` sees one moment."""

    def write(self, *, quiet: bool = False) -> AbstractContextManager[Transaction]:
        """``quiet``: what is written stands on no board, and wakes nobody who looks at one."""
        ...

    def read(self) -> AbstractContextManager[Transaction]: ...
    def board(self, estate_name: str, asset: str | None, now: datetime) -> Board: ...
    def trends(self, asset: str) -> tuple[Trend, ...]: ...
    def history(self, asset: str) -> tuple[ReleaseRow, ...]:
        """An asset's releases as rows, newest iteration first."""
        ...

    def calendar(self, since: datetime, until: datetime) -> tuple[CalendarRow, ...]:
        """Releases, promotions, rollbacks and vendors' dates of all assets between two moments, newest first."""
        ...

    def change_mark(self) -> object:
        """A value that differs when anybody has written since it was last asked; cheap."""
        ...

    def close(self) -> None: ...


__all__ = [
    "Advisories",
    "BillHead",
    "Coverages",
    "Covered",
    "Covering",
    "Dependencies",
    "Edge",
    "Enforcements",
    "EstateStore",
    "Evals",
    "Exploitations",
    "Incidents",
    "Inventory",
    "Judgements",
    "Learning",
    "Log",
    "Notices",
    "Plumbing",
    "Policies",
    "Reports",
    "Rollbacks",
    "RunHead",
    "Signals",
    "Silences",
    "Store",
    "Taken",
    "Transaction",
    "Users",
    "Vendors",
    "Waivers",
    "Whereabouts",
]
