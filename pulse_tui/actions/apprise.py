"""Any of the 160 services that apprise knows, as an optional extra: ``pip install 'pulse_tui[apprise]'``.

It answers yes or no, and nothing else: a failure is tried again, and what the provider calls the message is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import defanged, message
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext

INSTALL = "pip install 'pulse_tui[apprise]'"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The service, as apprise writes its address. It holds tokens: ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.PAGE})
    AT_ONCE: ClassVar[int] = 1

    url: str
    """One service; a route each, so that one that fails does not repeat the others."""


def respond(case: Case) -> Sequence[Effect]:
    """One message for each such route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="apprise")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Hand it to apprise. Raises TargetError."""
    assert isinstance(options, Options)
    try:
        import apprise  # noqa: PLC0415  optional, and 300 ms
    except ImportError:
        what = "routes of kind apprise need a package that is not installed"
        raise TargetError(what, ambiguous=False, todo=INSTALL) from None
    said = message(delivery, title=240)
    service = apprise.Apprise()
    if not service.add(context.secret(options.url)):
        what = f"apprise does not know the service of {clean(options.url.partition('://')[0], 40)}://"
        raise TargetError(what, ambiguous=False, permanent=True, todo="Correct the route's url; see apprise's list")
    arrived = service.notify(title=said.title, body=defanged(said.text(2_000)), body_format=apprise.NotifyFormat.TEXT)
    if not arrived:
        what = f"apprise could not deliver to {clean(options.url.partition('://')[0], 40)}://"
        raise TargetError(what, ambiguous=True, todo="It is sent again; it says no more than that")
    return "accepted by apprise"
