"""What is asked about assets, releases and what they are made of."""

from __future__ import annotations

from pulse_tui.tui.asks.base import Ask, OpenPage


class OfAsset(Ask):
    """About one asset."""

    asset_id: str


class OpenAsset(OfAsset, OpenPage):
    """Open the asset's page."""


class OpenHistory(OfAsset, OpenPage):
    """Open the asset's releases."""


class OpenTree(OfAsset, OpenPage):
    """Open what the asset depends on."""


class Freeze(OfAsset):
    """Freeze the asset, or lift its freeze when it is frozen; a form asks why."""


class OfRelease(OfAsset):
    """About one release."""

    version: str


class OpenRelease(OfRelease, OpenPage):
    """Open the release's page."""


class OpenGate(OfRelease, OpenPage):
    """Ask the gate about the release."""

    environment: str | None = None
    """Where it may go; None: a form asks."""


class MoveRelease(OfRelease):
    """Approve, quarantine or retire; a dialog asks for the version, typed, and why."""

    action: str
    """approve, quarantine or retire."""


class Promote(OfRelease):
    """Promote the release; a dialog asks for the version, typed, and why."""

    environment: str | None = None
    """Where it goes; None: a form asks first."""


class OpenDiff(OfAsset, OpenPage):
    """Compare two releases of an asset."""

    older: str
    newer: str
    """Versions, by their iteration."""


class OpenDependents(OpenPage):
    """Open who uses a component."""

    component_id: str | None = None
    """Its id or name; None: a form asks."""


class OpenCalendar(OpenPage):
    """Open the calendar of releases."""


class OpenInventory(OpenPage):
    """Open what the sources and the estate do not agree about."""


class OpenWorkflow(OpenPage):
    """Open a workflow in an environment."""

    key: str
    """``refunds/production``."""


class OpenReference(OpenPage):
    """Open what a line refers to: an asset or an advisory; else a page with the line itself."""

    ref: str
    title: str
    lines: tuple[tuple[str, str], ...]
    """(label, text) of the line itself."""
