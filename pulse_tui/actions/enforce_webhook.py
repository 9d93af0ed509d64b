"""Holds enforced by anything that takes a webhook: a POST when one is placed and when it is lifted, a GET to read it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from pulse_tui.actions._shared.enforcing import Do, asked, within
from pulse_tui.actions._shared.rest import call
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, Held, Seen, SendContext
from pulse_tui.settings.check import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where holds are posted: ``{"do": "hold" | "lift", "key", "hold", "kind", "asset", "environment", "version", "why" …}``. Secrets
    in addresses and headers as ``${NAME}``.
    """

    USES: ClassVar[frozenset[Use]] = frozenset({Use.ENFORCE})

    url: str
    """Takes the POST."""
    read_url: str = ""
    """Answers a GET with ``{"held": true | false, "words": "…"}``; ``{key}`` in it is replaced by the hold's key. Left out: nobody
    knows what is enforced there, and it is shown so."""
    headers: dict[str, str] = {}
    """Sent with every request."""
    assets: tuple[str, ...] = ()
    """Whose holds; none: all."""
    holds: tuple[HoldKind, ...] = tuple(HoldKind)
    """Which kinds of holds."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""


def respond(case: Case) -> Sequence[Effect]:
    """Nothing: holds come here by themselves, whatever placed them."""
    del case
    return ()


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """POST it. Raises TargetError."""
    assert isinstance(options, Options)
    given = asked(delivery)
    if given.do is Do.ANSWER:
        raise TargetError("no deploy waits at a webhook", ambiguous=False, permanent=True)
    headers = {**options.headers, "Idempotency-Key": delivery.key}
    body = {**delivery.payload, "key": given.key}
    reply = call(context, "POST", options.url, headers=headers, json=body, timeout_s=float(options.timeout))
    return f"{reply.status} to {given.do.value}"


def takes(hold: Hold, options: Any) -> bool:
    """Whether it is of its assets, and of a kind that is enforced here."""
    assert isinstance(options, Options)
    return within(hold, options.assets, options.holds)


def seen(held: Held, options: Any, context: SendContext) -> Seen:
    """What ``read_url`` answers. Raises TargetError."""
    assert isinstance(options, Options)
    if not options.read_url:
        raise TargetError("it has no read_url: what is enforced there is not known", ambiguous=False)
    url = options.read_url.replace("{key}", quote(held.key, safe=""))
    reply = call(context, "GET", url, headers=options.headers, timeout_s=float(options.timeout), needs_body=True)
    found = reply.members()
    if not isinstance(found.get("held"), bool):
        raise TargetError(f"{reply.shown} answers without held: true or false", ambiguous=False)
    return Seen(found["held"], clean(str(found.get("words") or ""), 200))
