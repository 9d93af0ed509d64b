"""Tell the owners through a generic webhook: what changed, what the risk is, what to do now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pulse_tui.actions._shared.case import no_route, queue, routes, seen_before
from pulse_tui.actions._shared.webhook import post
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages are posted. ``url`` and ``headers`` may hold secrets as ``${NAME}``."""

    url: str
    headers: dict[str, str] = {}
    timeout: Seconds = Seconds(10)
    """How long the receiver may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One message for each notify route of the owner, when the alert opens."""
    if (seen := seen_before(case, "the owner was notified")) is not None:
        return (seen,)
    chosen = routes(case, "notify", case.decision.owner)
    return queue(case, "notify", chosen) if chosen else (no_route("notify", case.decision.owner),)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """POST the message. Raises TargetError."""
    assert isinstance(options, Options)
    return post(delivery, options.url, options.headers, float(options.timeout), context)
