"""What is asked about incidents."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenIncidents(OpenPage):
    """Open the list of incidents."""


class OpenIncident(OpenPage):
    """Open the page of one: by its id, or by an alert of it."""

    name: str


class OfIncident(Ask):
    """About one incident; ``title`` stands in the dialog."""

    name: str
    title: str


class ConfirmCause(OfIncident):
    """One more key chooses among ``causes``, the words of each in their order."""

    causes: tuple[str, ...]


class SplitAlert(OfIncident):
    """One more key chooses among ``alerts``: (id, words)."""

    alerts: tuple[tuple[str, str], ...]


class MergeIncident(OfIncident):
    """One more key chooses the open incident that it becomes part of."""


class UndoIncident(Ask):
    """Take the last act on it back."""

    opens = False

    name: str


class StateOnset(OfIncident):
    """A form asks when it began."""


class StateImpact(OfIncident):
    """A form asks whether customers were affected, and since when."""


class ResolveIncident(OfIncident):
    """A form asks why it ended, and what helped."""
