"""Slack, by an incoming webhook, or by a bot's token, with which what follows stands in the thread of its first message.

Texts go out as plain text and escaped: nothing from outside becomes a link, a mention or a channel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import defanged, message
from pulse_tui.actions._shared.rest import Reply, call, fit
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

HEADER, SECTION, TEXT, FIELDS = 150, 3_000, 3_000, 10
"""Characters of a header, a section and the text without blocks, and fields of one section, as Slack takes them."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``webhook`` (an incoming webhook's address), or ``token`` and ``channel``. Secrets as ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.NOTIFY, Use.REVIEW})
    PACE_S: ClassVar[float] = 1.0
    AT_ONCE: ClassVar[int] = 1

    webhook: str | None = None
    """The address of an incoming webhook, as a whole a secret."""
    token: str | None = None
    """A bot's token (xoxb-…) with the scope ``chat:write``."""
    channel: str | None = None
    """The channel's id (C0123…), of which the bot is a member."""
    api: str = "https://slack.com/api"
    """Where the API is."""
    timeout: Seconds = Seconds(10)
    """How long it may take to answer."""

    def __post_init__(self) -> None:
        if (self.webhook is None) == (self.token is None):
            raise ValueError("a slack route needs a webhook, or a token and a channel")
        if (self.token is None) != (self.channel is None):
            raise ValueError("a slack route with a token needs the id of a channel, and one with a webhook has it")


def respond(case: Case) -> Sequence[Effect]:
    """One message for each Slack route of the owner when the alert opens or is raised; to the same ones what follows."""
    return notified(case, Use.NOTIFY, "the owner was notified", kind="slack")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Post the message; the receipt has its timestamp and channel where the API answers them. Raises TargetError."""
    assert isinstance(options, Options)
    body = body_of(delivery)
    timeout_s = float(options.timeout)
    if options.webhook is not None:
        reply = call(context, "POST", options.webhook, json=body, timeout_s=timeout_s, todo=_GONE)
        if reply.body.lstrip()[:1] == b"{":
            _ok(reply)
        return f"{reply.status} {clean(reply.body[:40].decode('utf-8', 'replace'), 40)}".rstrip()
    body["channel"] = options.channel
    body["metadata"] = {"event_type": "pulse_alert", "event_payload": {"key": delivery.key, "thread": delivery.thread}}
    if (first := _TS.search(context.first_receipt)) is not None:
        body |= {"thread_ts": first[1], "reply_broadcast": delivery.payload.get("event") in ("raised", "reopened")}
    headers = {"Authorization": f"Bearer {options.token}", "Content-Type": "application/json; charset=utf-8"}
    url = f"{options.api}/chat.postMessage"
    answer = _ok(call(context, "POST", url, headers=headers, json=body, timeout_s=timeout_s, needs_body=True))
    return f"ts {clean(str(answer.get('ts', '')), 40)} in {clean(str(answer.get('channel', options.channel)), 40)}"


_TS = re.compile(r"\bts (\d{1,12}\.\d{1,9})\b")
_GONE = "Check the webhook in Slack: it may be revoked, or its channel archived"
_LATER = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


def _ok(reply: Reply) -> Any:
    """Slack answers 200 to what it refuses, with ``ok: false`` and a word."""
    answer = reply.members()
    if answer.get("ok") is True:
        return answer
    word = clean(str(answer.get("error", "no reason")), 100)
    later = word in _LATER
    raise TargetError(
        f"{reply.shown} answered {reply.status}, and refused it: {word}",
        ambiguous=word in ("internal_error", "fatal_error", "request_timeout"),
        todo="It is sent again" if later else "Correct the route's token, its scopes or its channel",
        permanent=not later,
        limited=word in ("ratelimited", "rate_limited"),
    )


def escape(text: str) -> str:
    """Text in which Slack finds no control sequence (``<!channel>``, ``<http://…|…>``) and no address."""
    return defanged(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def body_of(delivery: Delivery) -> dict[str, Any]:
    """Blocks, and the text of a notification."""
    said = message(delivery, title=400, section=SECTION)
    head = f"{said.priority} {said.title}" if said.event in ("opened", "raised") else said.title
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(fit(head, HEADER))}]
    # An escaped character counts as what it is written as.
    blocks += [{"type": "section", "text": _plain(fit(f"{name}\n{text}", SECTION))} for name, text in said.sections]
    if said.facts:
        fields = [_plain(f"{name}\n{value}") for name, value in said.facts[:FIELDS]]
        blocks.append({"type": "section", "fields": fields})
    foot = " · ".join([f"ref {said.key}", *said.links])
    blocks.append({"type": "context", "elements": [_plain(fit(foot, 1_500))]})
    return {
        "text": fit(escape(head), TEXT),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": False,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": defanged(text) or "-", "emoji": False}
