"""What is asked about assets, releases and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from pulse_tui.tui.asks.base import Ask


@dataclass(eq=False)
class OfAsset(Ask):
    """About one asset."""

    asset_id: str


@dataclass(eq=False)
class OpenAsset(OfAsset):
    """Open the asset's page."""


@dataclass(eq=False)
class OpenHistory(OfAsset):
    """Open the asset's releases."""


@dataclass(eq=False)
class OpenTree(OfAsset):
    """Open what the asset depends on."""


@dataclass(eq=False)
class Freeze(OfAsset):
    """Freeze the asset, or lift its freeze when it is frozen; a form asks why."""


@dataclass(eq=False)
class OfRelease(OfAsset):
    """About one release."""

    version: str


@dataclass(eq=False)
class OpenRelease(OfRelease):
    """Open the release's page."""


@dataclass(eq=False)
class OpenGate(OfRelease):
    """Ask the gate about the release."""

    environment: str | None = None
    """Where it may go; None: a form asks."""


@dataclass(eq=False)
class MoveRelease(OfRelease):
    """Approve, quarantine or retire; a dialog asks for the version, typed, and why."""

    action: str
    """approve, quarantine or retire."""


@dataclass(eq=False)
class Promote(OfRelease):
    """Promote the release; a dialog asks for the version, typed, and why."""

    environment: str | None = None
    """Where it goes; None: a form asks first."""


@dataclass(eq=False)
class OpenDiff(OfAsset):
    """Compare two releases of an asset."""

    older: str
    newer: str
    """Versions, by their iteration."""


@dataclass(eq=False)
class OpenDependents(Ask):
    """Open who uses a component."""

    component_id: str | None = None
    """Its id or name; None: a form asks."""


@dataclass(eq=False)
class OpenCalendar(Ask):
    """Open the calendar of releases."""


@dataclass(eq=False)
class OpenInventory(Ask):
    """Open what the sources and the estate do not agree about."""


@dataclass(eq=False)
class OpenWorkflow(Ask):
    """Open a workflow in an environment."""

    key: str
    """``refunds/production``."""


@dataclass(eq=False)
class OpenReference(Ask):
    """Open what a line refers to: an asset or an advisory; else a page with the line itself."""

    ref: str
    title: str
    lines: tuple[tuple[str, str], ...]
    """(label, text) of the line itself."""
