"""One POST of JSON to a webhook, with an idempotency key, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pulse_tui.actions._shared.rest import Reply, call, reason
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.text import clean
from pulse_tui.ports import SendContext


def body_of(delivery: Delivery) -> dict[str, Any]:
    """The message as a JSON object: its key, when it was queued, and its texts."""
    return {"key": delivery.key, "created_at": delivery.created_at.isoformat(), **delivery.payload}


def post(delivery: Delivery, url: str, headers: Mapping[str, str], timeout_s: float, context: SendContext) -> str:
    """Send the delivery's payload; the receipt is the status and what the answer calls the message.

    Secrets in ``url`` and ``headers`` are still ``${NAME}``; they are filled in here and nowhere shown. Raises
    TargetError, ambiguous when the message may have arrived: the key makes a repeat harmless.
    """
    keyed = {**headers, "Idempotency-Key": delivery.key}
    return receipt(call(context, "POST", url, headers=keyed, json=body_of(delivery), timeout_s=timeout_s))


def receipt(reply: Reply) -> str:
    """The status, and what the answer calls the message. Raises TargetError for a success that says it is none: it is tried again."""
    if wrong := _refusal(reply.body):
        what = f"{reply.shown} answered {reply.status}, and that it failed: {wrong}"
        raise TargetError(what, ambiguous=True, todo="Ask its owner what is wrong there")
    location = reply.headers.get("location")
    return f"{reply.status}" + (f" {clean(location, 200)}" if location else "")


def _refusal(body: bytes) -> str:
    """What a body of JSON says is wrong, in the members that gateways and functions use for it; empty where it says nothing of the kind."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    named = any(found.get(key) for key in ("error", "errors", "errorMessage", "errorMessages"))
    denied = [key for key in ("ok", "success") if found.get(key) is False]
    return (reason(body) or "no reason is given") if named or denied else ""
