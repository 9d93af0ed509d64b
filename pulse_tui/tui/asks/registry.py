"""What the registry's pane and pages ask for. Only the app answers: it turns each into one call of the desk."""

from __future__ import annotations

from textual.message import Message


class OfAsset(Message):
    """About one asset."""

    def __init__(self, asset_id: str) -> None:
        """The asset's id."""
        super().__init__()
        self.asset_id = asset_id


class OpenHistory(OfAsset):
    """Open the asset's releases."""


class OpenTree(OfAsset):
    """Open what the asset depends on."""


class OfRelease(Message):
    """About one release."""

    def __init__(self, asset_id: str, version: str) -> None:
        """The asset's id and the release's version."""
        super().__init__()
        self.asset_id, self.version = asset_id, version


class OpenRelease(OfRelease):
    """Open the release's page."""


class OpenGate(OfRelease):
    """Ask the gate about the release; the app asks for which environment."""


class OpenDiff(Message):
    """Compare two releases of an asset."""

    def __init__(self, asset_id: str, older: str, newer: str) -> None:
        """Versions, by their iteration."""
        super().__init__()
        self.asset_id, self.older, self.newer = asset_id, older, newer


class OpenDependents(Message):
    """Open who uses a component."""

    def __init__(self, component_id: str) -> None:
        """Its id or name."""
        super().__init__()
        self.component_id = component_id


class FindDependents(Message):
    """Open who uses a component; the app asks for its name."""


class OpenCalendar(Message):
    """Open the calendar of releases."""


class OpenInventory(Message):
    """Open what the sources and the estate do not agree about."""


class OpenWorkflow(Message):
    """Open a workflow in an environment."""

    def __init__(self, key: str) -> None:
        """``refunds/production``."""
        super().__init__()
        self.key = key


class OpenReference(Message):
    """Open what a line refers to: an asset or an advisory; else a page with the line itself."""

    def __init__(self, ref: str, title: str, lines: tuple[tuple[str, str], ...]) -> None:
        """``lines``: (label, text) of the line itself."""
        super().__init__()
        self.ref, self.title, self.lines = ref, title, lines


class MoveRelease(OfRelease):
    """Approve, quarantine or retire; the app asks for the version, typed, and why."""

    def __init__(self, asset_id: str, version: str, deed: str) -> None:
        """``deed`` is approve, quarantine or retire."""
        super().__init__(asset_id, version)
        self.deed = deed


class Promote(OfRelease):
    """Promote the release; the app asks for where, then for the version, typed, and why."""

    def __init__(self, asset_id: str, version: str, environment: str | None = None) -> None:
        """``environment``: where, when that is known."""
        super().__init__(asset_id, version)
        self.environment = environment
