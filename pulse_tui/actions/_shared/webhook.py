"""One POST of JSON to a webhook, with an idempotency key, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulse_tui.actions._shared.rest import Reply, call
from pulse_tui.domain.delivery import Delivery
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
    """The status, and what the answer calls the message."""
    location = reply.headers.get("location")
    return f"{reply.status}" + (f" {clean(location, 200)}" if location else "")
