"""ntfy: a push message to a topic, with a priority, a tag and the evidence to open. Text only: no markup is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import message
from pulse_tui.actions._shared.rest import call
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

BYTES = 4_096
"""Of a message; a longer one would arrive as a file."""
ACTIONS = 3
"""Of a message."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server and the topic. Whoever knows a topic reads it, unless the server asks for a token."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.PAGE})

    topic: str
    """May be a secret: ``${NAME}``."""
    url: str = "https://ntfy.sh"
    """Where the server is."""
    token: str | None = None
    """An access token (tk_…), as ``${NAME}``."""
    timeout: Seconds = Seconds(10)
    """How long it may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One message for each ntfy route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="ntfy")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Publish; the receipt is the message's id there. Raises TargetError."""
    assert isinstance(options, Options)
    body = {"topic": context.secret(options.topic), **body_of(delivery)}
    headers = {"Authorization": f"Bearer {options.token}"} if options.token is not None else {}
    reply = call(
        context,
        "POST",
        options.url,
        headers=headers,
        json=body,
        timeout_s=float(options.timeout),
        todo="Check the route's topic and token",
    )
    if not reply.whole:
        return f"{reply.status}"
    return f"{reply.status} id {clean(str(reply.members().get('id', '')), 40)}"


_PRIORITY: Mapping[str, int] = {"P1": 5, "P2": 4, "P3": 3}
_QUIET = 2
_TAGS: Mapping[str, str] = {"resolved": "white_check_mark", "acknowledged": "eyes"}
_URGENT: Mapping[str, str] = {"P1": "rotating_light", "P2": "warning"}


def body_of(delivery: Delivery) -> dict[str, Any]:
    """Title, text, priority, tags and what can be opened."""
    said = message(delivery, title=240)
    calls = said.event not in _TAGS
    tag = _TAGS.get(said.event) or _URGENT.get(said.priority, "information_source")
    text = said.text(2_000)
    while len(text.encode()) > BYTES - 96:
        text = said.text(len(text) * 3 // 4)
    body: dict[str, Any] = {
        "title": said.title,
        "message": text,
        "priority": _PRIORITY.get(said.priority, _QUIET) if calls else _QUIET,
        "tags": [tag, said.priority],
        "markdown": False,
    }
    if said.links:
        body["click"] = said.links[0]
        body["actions"] = [
            {"action": "view", "label": f"evidence {n}", "url": link}
            for n, link in enumerate(said.links[:ACTIONS], start=1)
        ]
    return body
