"""Notify the owners through a generic webhook: what changed, what the risk is, what to do now.

Every message carries ``event`` and ``thread``: a pager opens an incident under the thread when it is ``opened`` or
``raised``, and resolves the same one when it is ``resolved``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.webhook import post
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.notice import Use
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages are posted. ``url`` and ``headers`` may hold secrets as ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.PAGE})

    url: str
    headers: dict[str, str] = {}
    timeout: Seconds = Seconds(10)
    """How long the receiver may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One message for each notify route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """POST the message. Raises TargetError."""
    assert isinstance(options, Options)
    return post(delivery, options.url, options.headers, float(options.timeout), context)
