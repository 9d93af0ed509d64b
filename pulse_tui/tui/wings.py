"""The tower's wings and, in their order, its panes: the one list that a new wing or a new pane is added to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pulse_tui.tui.advisories.wing import AdvisoriesWing
from pulse_tui.tui.alerts.incidents_wing import IncidentsWing
from pulse_tui.tui.alerts.letters_wing import LettersWing
from pulse_tui.tui.alerts.people_wing import PeopleWing
from pulse_tui.tui.alerts.wing import AlertsWing
from pulse_tui.tui.evals.wing import EvalsWing
from pulse_tui.tui.learning.wing import LearningWing
from pulse_tui.tui.past.wing import PastWing
from pulse_tui.tui.registry.wing import RegistryWing
from pulse_tui.tui.rollback.wing import RollbackWing
from pulse_tui.tui.sources.wing import SourcesWing
from pulse_tui.tui.vendors.wing import VendorsWing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.wing import Wing

WINGS: Sequence[Callable[[Context], Wing]] = (
    RegistryWing,
    EvalsWing,
    AdvisoriesWing,
    AlertsWing,
    IncidentsWing,
    LettersWing,
    PeopleWing,
    RollbackWing,
    VendorsWing,
    SourcesWing,
    LearningWing,
    PastWing,
)
"""A pane that leads (the registry) stands before those that follow it (the benchmarks)."""
