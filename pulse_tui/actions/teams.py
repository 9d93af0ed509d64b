"""Microsoft Teams, by the webhook of a workflow ("Post to a channel when a webhook request is received"): an Adaptive Card.

Texts stand in runs of rich text, which know no markup: nothing from outside becomes a link or a mention.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import Message, defanged, message
from pulse_tui.actions._shared.rest import call
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

CARD_BYTES = 26_000
"""Of the 28 kB that Teams takes with everything around it."""
_FITS = (3_000, 1_500, 600, 200)
"""Characters of a section, tried one after the other until the card is short enough."""
_FAILED = b"failed with error"
"""Connectors answer 200 to what did not reach the channel, and say so in words."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the workflow listens."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.REVIEW})
    PACE_S: ClassVar[float] = 0.25
    AT_ONCE: ClassVar[int] = 1

    webhook: str
    """The address that the workflow shows, as a whole a secret: ``${NAME}``."""
    timeout: Seconds = Seconds(20)
    """How long it may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One card for each Teams route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="teams")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Post the card; the receipt is the status and the workflow's run, where it names one. Raises TargetError."""
    assert isinstance(options, Options)
    reply = call(
        context,
        "POST",
        options.webhook,
        json=body_of(delivery),
        timeout_s=float(options.timeout),
        todo="Check the workflow in Teams: it may be turned off, or its owner gone",
    )
    if _FAILED in reply.body.lower():
        said = clean(reply.body[:600].decode("utf-8", "replace"), 200)
        limited = b"429" in reply.body
        raise TargetError(
            f"{reply.shown} answered {reply.status}, and: {said}",
            ambiguous=True,
            todo="It is sent again; if it stays, look at the workflow's runs",
            limited=limited,
        )
    run = clean(reply.headers.get("x-ms-workflow-run-id", ""), 100)
    return f"{reply.status}" + (f" run {run}" if run else "")


def body_of(delivery: Delivery) -> dict[str, Any]:
    """The card in its envelope, with sections as long as fit."""
    for section in _FITS:
        body = _envelope(message(delivery, title=300, section=section))
        if len(msgspec.json.encode(body)) <= CARD_BYTES:
            break
    return body


_COLOUR = {"P1": "attention", "P2": "warning"}


def _envelope(said: Message) -> dict[str, Any]:
    heading = f"{said.priority} {said.title}" if said.event in ("opened", "raised") else said.title
    colour = "good" if said.event == "resolved" else _COLOUR.get(said.priority, "default")
    items = [_text(heading, size="large", weight="bolder", color=colour)]
    for head, text in said.sections:
        items += [_text(head, weight="bolder"), _text(text)]
    items += [_text(" · ".join(f"{name} {value}" for name, value in said.facts), isSubtle=True)] if said.facts else []
    items.append(_text(" · ".join([f"ref {said.key}", *said.links]), isSubtle=True, size="small"))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": items,
        "msteams": {"width": "Full"},
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": defanged(text), **style}]}
