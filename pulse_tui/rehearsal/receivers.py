"""What messages are sent to in a rehearsal: destinations that are up or down, and a network that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.source import Cursor
from pulse_tui.ports import Action, Answer, Case, Fetched, Http, SendContext


class Receivers:
    """Which destinations do not answer now. All do until the scenario says otherwise."""

    def __init__(self) -> None:
        """Everything is up."""
        self.down: set[str] = set()

    def take(self, delivery: Delivery) -> str:
        """The receipt of a message that arrived. Raises TargetError while its route is down."""
        if delivery.route in self.down:
            raise TargetError(f"{delivery.route} does not answer", ambiguous=False, todo="It is down in the scenario")
        return "taken in a rehearsal"


class RehearsedActions(Mapping[str, Action]):
    """Every kind of action as it is, but for the sending: nothing leaves this process, no file is written."""

    def __init__(self, real: Mapping[str, Action], receivers: Receivers) -> None:
        """``real``: the kinds that are installed."""
        self._real = real
        self._receivers = receivers

    def __getitem__(self, kind: str) -> Action:
        return _Rehearsed(self._real[kind], self._receivers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._real)

    def __len__(self) -> int:
        return len(self._real)


class _Rehearsed:
    """One kind."""

    def __init__(self, real: Action, receivers: Receivers) -> None:
        self._real = real
        self._receivers = receivers

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  as the kind calls it
        return self._real.Options

    def respond(self, case: Case) -> Sequence[Effect]:
        """As the kind does."""
        return self._real.respond(case)

    def deliver(self, delivery: Delivery, options: Any, context: SendContext) -> str:
        """To the receiver of the scenario. Raises TargetError."""
        del options, context
        return self._receivers.take(delivery)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class NoNetwork:
    """Implements :class:`pulse_tui.ports.Http` without a network: every call is refused."""

    def within(self, seconds: float) -> Http:
        """Itself: nothing takes time."""
        del seconds
        return self

    def upto(self, cap: int) -> Http:
        """Itself: there are no bodies."""
        del cap
        return self

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        """Raises SourceError."""
        del cursor, headers, elsewhere
        _refuse(url)

    def get_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        named_by: str | None = None,
    ) -> Any:
        """Raises SourceError."""
        del params, headers, named_by
        _refuse(url)

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Raises SourceError."""
        del method, params, headers, json, content, timeout_s
        _refuse(url)

    def close(self) -> None:
        """Nothing is open."""


def _refuse(url: str) -> NoReturn:
    raise SourceError(f"{url}: a rehearsal uses no network", todo="Play it with what the configuration holds itself")
