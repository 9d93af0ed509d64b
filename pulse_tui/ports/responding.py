"""What a kind of response is: ``actions/<kind>.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.notice import ANY_USE, Use
from pulse_tui.domain.words import Environment
from pulse_tui.ports.running import Files, Processes
from pulse_tui.ports.world import Http


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A destination from the configuration: who it is for, and the options of its action kind."""

    id: str
    kind: str
    owners: tuple[str, ...] = ()
    options: Any = None
    wanted: tuple[Use, ...] = ()
    """What the configuration wants it for; none: all that its kind can be used for."""

    @property
    def uses(self) -> frozenset[Use]:
        """What it is used for (``USES`` of its kind's options, as far as the configuration wants it)."""
        able: frozenset[Use] = getattr(self.options, "USES", ANY_USE)
        return able.intersection(self.wanted) if self.wanted else able

    def serves(self, owner: str | None) -> bool:
        """Whether deliveries for this owner go here (no owners listed: all do)."""
        return not self.owners or owner in self.owners

    @property
    def keeps_tasks(self) -> bool:
        """Whether what goes here stays until somebody has done it (``KEEPS_TASKS`` of the kind's options)."""
        return bool(getattr(self.options, "KEEPS_TASKS", False))


class Target(NamedTuple):
    """A route that something goes to, and on whose behalf."""

    route: Route
    use: Use
    team: str | None = None
    role: str | None = None
    person: str | None = None
    """Who is on call there, where a schedule says so."""
    rung: int = 0
    """Of the ladder: 0 is the first."""
    why: str = ""
    """Why it goes there, where that is not where it should: nobody is on call, no route serves the owner."""


class Case(NamedTuple):
    """What an action responds to: something happened to an alert."""

    decision: Decision
    fact: Fact
    alert: Alert
    """As it is after the event."""
    event: AlertEvent
    routes: Sequence[Route]
    now: datetime
    why: str = ""
    """What happened, in words: who acknowledged it, why it was resolved or raised. Empty when it opened."""
    rule_owner: str | None = None
    """The team that owns the rule (safety, security ...): reviews go there."""
    rule_routes: tuple[str, ...] = ()
    """Ids of the routes that the rule names; none: every route that serves the owner."""
    address: Callable[[Use, str | None], Sequence[Target]] = lambda _use, _owner: ()
    """Whom something goes to when the event calls somebody: by what it is, and by the team that it is for."""
    advice: Callable[[], Sequence[str]] = tuple
    """What to do now, the first step first; worked out when a message is written."""
    together: Callable[[], Mapping[str, str]] = dict
    """The incident that the alert belongs to, and its likeliest causes, as a message has them; empty: it belongs to none."""
    call: str = ""
    """What distinguishes this call of somebody from others for the same alert and event; mostly nothing has to."""


class SendContext(NamedTuple):
    """What an action gets to deliver with."""

    http: Http
    base: Path
    """Relative paths in options start here (the configuration's folder)."""
    files: Files
    processes: Processes
    secret: Callable[[str], str]
    """Replaces ``${NAME}`` in a text by the environment's value; raises ConfigError when unset."""
    now: datetime
    first_receipt: str = ""
    """Of a message that follows: the receipt of the first of its thread, when that arrived (the ticket's key, a timestamp)."""


class Held(NamedTuple):
    """A hold, as a destination is asked about it."""

    key: str
    """Of the enforcement; the same as long as the hold stands."""
    hold: Hold
    commits: Sequence[str] = ()
    """Commits of the releases that it keeps back, as far as they are recorded."""
    lifted: bool = False
    """Whether it was asked to lift it since."""


class Seen(NamedTuple):
    """What a destination answers about a hold. ``held``: it enforces it now."""

    held: bool
    words: str


class Action(Protocol):
    """A kind of response: ``actions/<kind>.py``. ``respond`` is pure; ``deliver`` touches the world.

    It gets every event of the alerts whose rule names it, and of those that its routes were notified of when nobody
    acknowledged them in time. An event that means nothing to a kind has no effects.
    """

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of a route of this kind; an empty struct when the kind has no destination. ``USES`` of it says what such
        a route can be used for."""
        ...

    def respond(self, case: Case) -> Sequence[Effect]:
        """What to do about ``case.event``, as values. The same event of the same alert gives the same effects."""
        ...

    def deliver(self, delivery: Delivery, options: Any, context: SendContext) -> str:
        """Send one delivery; returns a receipt: what the provider calls it. Raises TargetError, ``permanent`` for what a repeat
        cannot change. ``PACE_S`` of its options is the pause that a provider wants between two messages, ``AT_ONCE`` how many may
        be under way."""
        ...


class Enforcer(Action, Protocol):
    """A kind of destination that enforces holds where deploys happen: ``USES`` of its options is ``enforce``.

    ``deliver`` gets payloads whose ``do`` is ``hold`` or ``lift``; both are safe to repeat, and what was never held is lifted
    without an error.
    """

    def takes(self, hold: Hold, options: Any) -> bool:
        """Whether it is asked to enforce this hold."""
        ...

    def seen(self, held: Held, options: Any, context: SendContext) -> Seen:
        """Read back what it enforces now. Raises TargetError when that cannot be read."""
        ...


class Waiting(NamedTuple):
    """A deploy that waits there for an answer of the gate."""

    key: str
    """Names it: the same deploy has the same one."""
    place: str
    """The environment as it is called there."""
    commit: str
    ref: str
    title: str
    link: str = ""


class Gatekeeper(Enforcer, Protocol):
    """One at which deploys wait for the gate. ``deliver`` gets payloads whose ``do`` is ``answer``, too."""

    def waiting(self, options: Any, context: SendContext) -> Sequence[Waiting]:
        """The deploys that wait now. Raises TargetError."""
        ...

    def meant(self, waits: Waiting, options: Any) -> Sequence[tuple[str, Environment, str]]:
        """(asset, environment, version or "") of what would be deployed; a version that is not known is looked up by commit."""
        ...
