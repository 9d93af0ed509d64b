"""Signed webhooks of an MLflow server: genuine or refused.

The server signs ``<delivery id>.<timestamp>.<body>`` with HMAC-SHA256 and sends the signature in base64 as
``v1,...``. It retries a delivery three times under the same id, and knows neither who acted nor what was before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.text import clean
from pulse_tui.ports import Hint, HookRequest

DRIFT_S = 300
"""How far the sender's clock may be from ours, in seconds."""
_HEADERS = ("x-mlflow-delivery-id", "x-mlflow-timestamp", "x-mlflow-signature")


def verify(request: HookRequest, secret: bytes, now_s: float) -> Hint:
    """The hint of a genuine webhook; ``now_s`` in seconds since the epoch. Raises Refused with the reason."""
    missing = [name for name in _HEADERS if not request.headers.get(name)]
    if missing:
        raise Refused(
            f"the webhook has no header {' and no '.join(missing)}",
            todo="Let an MLflow server send it, with a secret set on its webhook",
        )
    delivery, stamp, signatures = (request.headers[name] for name in _HEADERS)
    signed = b".".join([delivery.encode("utf-8", "replace"), stamp.encode("utf-8", "replace"), request.body])
    right = b"v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest())
    given = [text.encode("utf-8", "replace") for text in signatures.split()[:8]]
    # Every one is compared, each in constant time: the duration reveals nothing about how close a guess is.
    if not sum(hmac.compare_digest(right, text) for text in given):
        raise Refused(
            "the webhook's signature does not match its content",
            todo="Check that webhook_secret here is the secret of the server's webhook",
        )
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise Refused(f"the webhook's timestamp {clean(stamp, 40)!r} is not a number of seconds", todo="Ask its sender")
    away = int(stamp) - now_s
    if abs(away) > DRIFT_S:
        when = "ahead" if away > 0 else "old"
        raise Refused(
            f"the webhook is {abs(away):.0f} s {when}, more than {DRIFT_S} s",
            todo="Check both clocks; an old delivery that is sent again is ignored",
        )
    return Hint(delivery=clean(delivery, 200), at=from_us(int(stamp) * 1_000_000), about=_about(request.body))


def _about(body: bytes) -> str:
    """``model_version_alias.created support-bot champion -> 12``."""
    try:
        stated = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("the webhook's body is not JSON", todo="Ask its sender") from None
    if not isinstance(stated, dict):
        raise Refused("the webhook's body is not a JSON object", todo="Ask its sender")
    data = stated.get("data")
    data = data if isinstance(data, dict) else {}
    event = ".".join(word for word in (_word(stated, "entity"), _word(stated, "action")) if word)
    subject = [event or "an event", _word(data, "name"), _word(data, "alias") or _word(data, "key")]
    version = _word(data, "version")
    return clean(" ".join(word for word in subject if word) + (f" -> {version}" if version else ""), 200)


def _word(stated: dict[str, Any], key: str) -> str:
    value = stated.get(key)
    return clean(str(value), 80) if isinstance(value, (str, int)) else ""
