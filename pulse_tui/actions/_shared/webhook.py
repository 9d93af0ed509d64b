"""One POST of JSON to a webhook, with an idempotency key, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import SourceError, TargetError
from pulse_tui.domain.lock import sent
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import SendContext


def post(delivery: Delivery, url: str, headers: Mapping[str, str], timeout_s: float, context: SendContext) -> str:
    """Send the delivery's payload; the receipt is the status and what the answer calls the message.

    Secrets in ``url`` and ``headers`` are still ``${NAME}``; they are filled in here and nowhere shown. Raises
    TargetError, ambiguous when the message may have arrived: the key makes a repeat harmless.
    """
    body: dict[str, Any] = {"key": delivery.key, "created_at": delivery.created_at.isoformat(), **delivery.payload}
    filled = {name: context.secret(value) for name, value in headers.items()}
    filled["Idempotency-Key"] = delivery.key
    whole = context.secret(url)
    try:
        answer = context.http.send("POST", whole, headers=filled, json=sent(body), timeout_s=timeout_s)
    except SourceError as error:
        what = error.what.replace(whole, address(url)).replace(address(whole), address(url))
        raise TargetError(what, ambiguous=error.sent, todo=error.todo) from None
    if not 200 <= answer.status < 300:
        reason = clean(answer.body[:400].decode("utf-8", "replace"), 200)
        raise TargetError(
            f"{address(url)} answered {answer.status}" + (f": {reason}" if reason else ""),
            ambiguous=answer.status >= 500,
            todo="Check the route's url and headers" if answer.status < 500 else "Ask its owner what is wrong there",
        )
    location = answer.headers.get("location")
    return f"{answer.status}" + (f" {clean(location, 200)}" if location else "")
