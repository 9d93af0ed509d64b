"""What panes and screens ask for. Only the app answers: it turns each into one call of the desk."""

from __future__ import annotations

from textual.message import Message


class OpenAlert(Message):
    """Open the alert's screen."""

    def __init__(self, alert_id: str) -> None:
        """The alert's id."""
        super().__init__()
        self.alert_id = alert_id


class OpenAdvisory(Message):
    """Open the advisory's screen."""

    def __init__(self, advisory_id: str) -> None:
        """The advisory's id."""
        super().__init__()
        self.advisory_id = advisory_id


class OpenAsset(Message):
    """Open the asset's screen."""

    def __init__(self, asset_id: str) -> None:
        """The asset's id."""
        super().__init__()
        self.asset_id = asset_id


class OpenPlan(Message):
    """Open a plan that exists."""

    def __init__(self, plan_hash: str) -> None:
        """The plan's hash."""
        super().__init__()
        self.plan_hash = plan_hash


class OpenSources(Message):
    """Open the sources' screen."""


class OpenMessages(Message):
    """Open the log of messages."""


class OpenPalette(Message):
    """Open the command palette."""


class Acknowledge(Message):
    """Somebody looks at the alert."""

    def __init__(self, alert_id: str) -> None:
        """The alert's id."""
        super().__init__()
        self.alert_id = alert_id


class Silence(Message):
    """Silence the alert for some hours; the app asks how long and why."""

    def __init__(self, alert_id: str, title: str) -> None:
        """The alert's id and title."""
        super().__init__()
        self.alert_id, self.title = alert_id, title


class Resolve(Message):
    """Close the alert by hand; the app asks why."""

    def __init__(self, alert_id: str, title: str) -> None:
        """The alert's id and title."""
        super().__init__()
        self.alert_id, self.title = alert_id, title


class Waive(Message):
    """Record an exception; the app asks for how many days and why."""

    def __init__(self, alert_id: str, title: str) -> None:
        """The alert's id and title."""
        super().__init__()
        self.alert_id, self.title = alert_id, title


class Freeze(Message):
    """Freeze the asset, or lift its freeze when it is frozen; the app asks why."""

    def __init__(self, asset_id: str, frozen: bool) -> None:
        """``frozen``: it is frozen now."""
        super().__init__()
        self.asset_id, self.frozen = asset_id, frozen


class Propose(Message):
    """Make a rollback plan and open it."""

    def __init__(self, asset_id: str, environment: str, alert_id: str | None) -> None:
        """``alert_id``: the alert that asks for it, if one does."""
        super().__init__()
        self.asset_id, self.environment, self.alert_id = asset_id, environment, alert_id


class Approve(Message):
    """The operator approved exactly this plan in the dialog."""

    def __init__(self, plan_hash: str, reason: str, execute: bool) -> None:
        """``execute``: the button said that it also rolls back."""
        super().__init__()
        self.plan_hash, self.reason, self.execute = plan_hash, reason, execute


class Reject(Message):
    """The operator said no to this plan."""

    def __init__(self, plan_hash: str, reason: str) -> None:
        """Why not."""
        super().__init__()
        self.plan_hash, self.reason = plan_hash, reason


class Execute(Message):
    """Run an approved plan."""

    def __init__(self, plan_hash: str) -> None:
        """The plan's hash."""
        super().__init__()
        self.plan_hash = plan_hash


class Undo(Message):
    """Undo the run of a plan."""

    def __init__(self, plan_hash: str) -> None:
        """The plan's hash."""
        super().__init__()
        self.plan_hash = plan_hash


class Collect(Message):
    """Collect from one source, or from all."""

    def __init__(self, source: str | None = None) -> None:
        """None: all of them."""
        super().__init__()
        self.source = source


class Copy(Message):
    """Put text on the operator's clipboard."""

    def __init__(self, text: str) -> None:
        """The text."""
        super().__init__()
        self.text = text


class FollowAsset(Message):
    """The registry's cursor rests on another asset."""

    def __init__(self, asset_id: str) -> None:
        """The asset's id."""
        super().__init__()
        self.asset_id = asset_id


class Say(Message):
    """A sentence for the operator."""

    def __init__(self, text: str, *, bad: bool = False) -> None:
        """``bad``: something did not work."""
        super().__init__()
        self.text, self.bad = text, bad
