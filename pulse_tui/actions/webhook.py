"""A signed webhook, as Standard Webhooks writes it: a receiver can prove who sent it, and that nothing was changed.

``webhook-id`` is the delivery's key: a receiver that keeps it takes each message once. The secret is ``whsec_`` and base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.rest import call
from pulse_tui.actions._shared.webhook import body_of, receipt
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.lock import sent
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Use
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

SHORTEST = 16
"""Bytes of a secret, at least."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages are posted, and what they are signed with. ``url``, ``secret`` and ``headers`` may hold ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.PAGE, Use.TICKET, Use.REVIEW})

    url: str
    secret: str
    """``whsec_`` and the base64 of at least 16 bytes; with a blank between them several, of which the receiver knows one."""
    headers: dict[str, str] = {}
    """Sent besides."""
    timeout: Seconds = Seconds(15)
    """How long the receiver may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One message for each such route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="webhook")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """POST ``{"type": "alert.opened", "timestamp": …, "data": {…}}``. Raises TargetError."""
    assert isinstance(options, Options)
    event = delivery.payload.get("event", "changed")
    body = msgspec.json.encode(
        sent({"type": f"alert.{event}", "timestamp": iso(delivery.created_at), "data": body_of(delivery)})
    )
    stamp = str(int(context.now.timestamp()))
    headers = {
        **options.headers,
        "Content-Type": "application/json",
        "Idempotency-Key": delivery.key,
        "webhook-id": delivery.key,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(
            sign(_bytes(secret), delivery.key, stamp, body) for secret in context.secret(options.secret).split()
        ),
    }
    return receipt(call(context, "POST", options.url, headers=headers, content=body, timeout_s=float(options.timeout)))


def sign(secret: bytes, ident: str, stamp: str, body: bytes) -> str:
    """``v1,`` and the base64 of the HMAC-SHA256 of id, timestamp and body."""
    signed = hmac.new(secret, f"{ident}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _bytes(secret: str) -> bytes:
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) >= SHORTEST:
        return raw
    what = f"the secret of this route is no whsec_ with the base64 of at least {SHORTEST} bytes"
    raise TargetError(what, ambiguous=False, todo="Make one: echo whsec_$(head -c 24 /dev/urandom | base64)")
