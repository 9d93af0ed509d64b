"""Where messages go, as the providers publish it: each checks the shape of a request strictly and answers as the real one.

Shapes: PagerDuty "Send an event" (Events API v2), Slack "Incoming webhooks" and "chat.postMessage" with the limits of "Block
Kit", Microsoft "Create incoming webhooks with Workflows" with the Adaptive Card schema 1.4, ntfy "Publish as JSON", Standard
Webhooks. Real providers may refuse more: none is reachable from these tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

ROUTING_KEY = "R0123456789abcdef0123456789abcde"
TOKEN = "xoxb-1-2-s3cret"
SIGNING = "whsec_" + base64.b64encode(b"sixteen bytes or more of it").decode()


class Wrong(Exception):
    """A request that the provider would refuse."""


def need(condition: object, what: str) -> None:
    """Refuse the request."""
    if not condition:
        raise Wrong(what)


def members(value: Any, required: Mapping[str, type], optional: Mapping[str, type] | None = None) -> None:
    """An object with these members and no other."""
    optional = optional or {}
    need(isinstance(value, dict), f"{value!r} is no object")
    need(not (missing := set(required) - set(value)), f"missing {sorted(missing)}")
    need(not (more := set(value) - set(required) - set(optional)), f"unknown {sorted(more)}")
    for name, kind in {**required, **optional}.items():
        need(name not in value or isinstance(value[name], kind), f"{name} is no {kind.__name__}")


# --------------------------------------------------------------------------- PagerDuty


class PagerDuty:
    """``/v2/enqueue``: incidents by dedup key; a trigger after a resolve opens a new one."""

    def __init__(self, server: Loopback) -> None:
        self.incidents: dict[str, list[str]] = {}
        """The states that each dedup key's incidents went through; ``opened`` begins an incident."""
        self.events: list[dict[str, Any]] = []
        self.url = server.url + "/v2/enqueue"
        server.on("POST", "/v2/enqueue", self._answer)

    def _answer(self, request: Request) -> Reply:
        try:
            event = request.json()
            self._check(event, request)
        except Wrong as wrong:
            return Reply.json(
                {"status": "invalid event", "message": "Event object is invalid", "errors": [str(wrong)]}, 400
            )
        self.events.append(event)
        states = self.incidents.setdefault(event["dedup_key"], [])
        open_ = bool(states) and states[-1] != "resolved"
        match event["event_action"]:
            case "trigger" if not open_:
                states.append("opened")
            case "acknowledge" if open_:
                states.append("acknowledged")
            case "resolve" if open_:
                states.append("resolved")
        return Reply.json({"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}, 202)

    @staticmethod
    def _check(event: Any, request: Request) -> None:
        need(request.headers.get("content-type", "").startswith("application/json"), "content type")
        need(len(request.body) <= 512 * 1024, "an event has at most 512 KB")
        members(
            event,
            {"routing_key": str, "event_action": str, "dedup_key": str},
            {"payload": dict, "links": list, "images": list, "client": str, "client_url": str},
        )
        need(event["routing_key"] == ROUTING_KEY, "invalid routing key")
        need(event["event_action"] in ("trigger", "acknowledge", "resolve"), "event_action")
        need(0 < len(event["dedup_key"]) <= 255, "dedup_key is longer than 255")
        if event["event_action"] != "trigger":
            return
        members(
            event.get("payload"),
            {"summary": str, "source": str, "severity": str},
            {"timestamp": str, "component": str, "group": str, "class": str, "custom_details": dict},
        )
        payload = event["payload"]
        need(0 < len(payload["summary"]) <= 1024, "summary is longer than 1024")
        need(payload["severity"] in ("critical", "error", "warning", "info"), "severity")
        if "timestamp" in payload:
            datetime.fromisoformat(payload["timestamp"])
        for link in event.get("links", ()):
            members(link, {"href": str}, {"text": str})
            need(link["href"].startswith(("http://", "https://")), "href")


# --------------------------------------------------------------------------- Slack

_CONTROL = re.compile(r"<[!@#]|<https?:|&(?!amp;|lt;|gt;)")


def slack_blocks(body: Any) -> None:
    """The limits of Block Kit, and that no text could be a link or a mention."""
    need(0 < len(body.get("text", "")) <= 4_000, "no_text")
    need(not _CONTROL.search(body["text"]), f"control sequence in {body['text']!r}")
    need(len(body["blocks"]) <= 50, "too many blocks")
    for block in body["blocks"]:
        match block["type"]:
            case "header":
                _plain(block["text"], 150)
            case "section":
                need("text" in block or 0 < len(block["fields"]) <= 10, "section")
                if "text" in block:
                    _plain(block["text"], 3_000)
                for field in block.get("fields", ()):
                    _plain(field, 2_000)
            case "context":
                need(0 < len(block["elements"]) <= 10, "context")
                for element in block["elements"]:
                    _plain(element, 3_000)
            case other:
                need(False, f"block {other}")


def _plain(text: Any, limit: int) -> None:
    members(text, {"type": str, "text": str}, {"emoji": bool})
    need(text["type"] == "plain_text", "only plain text shows text from outside")
    need(0 < len(text["text"]) <= limit, f"a text of {len(text['text'])} where {limit} are allowed")
    need("http://" not in text["text"].partition("ref ")[0], "an address that would be made a link")


class Slack:
    """An incoming webhook at ``/services/T/B/x``, and ``/api/chat.postMessage``."""

    def __init__(self, server: Loopback) -> None:
        self.messages: list[dict[str, Any]] = []
        self.api = server.url + "/api"
        self.webhook = server.url + "/services/T/B/x"
        server.on("POST", "/services/T/B/x", self._hook)
        server.on("POST", "/api/chat.postMessage", self._post)

    def _hook(self, request: Request) -> Reply:
        try:
            body = request.json()
            slack_blocks(body)
            need("channel" not in body, "a webhook has its channel")
        except Wrong as wrong:
            return Reply(400, f"invalid_blocks {wrong}".encode())
        self.messages.append(body)
        return Reply(200, b"ok", {"Content-Type": "text/html"})

    def _post(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply.json({"ok": False, "error": "invalid_auth"})
        body = request.json()
        if body.get("channel") != "C0123":
            return Reply.json({"ok": False, "error": "channel_not_found"})
        known = [m["ts"] for m in self.messages]
        try:
            need("charset=utf-8" in request.headers["content-type"], "missing_charset")
            need("thread_ts" not in body or body["thread_ts"] in known, "no such thread")
            members(body["metadata"], {"event_type": str, "event_payload": dict})
            slack_blocks(body)
        except Wrong as wrong:
            return Reply.json(
                {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": [str(wrong)]}}
            )
        stamp = f"1700000000.{len(self.messages):06}"
        self.messages.append({**body, "ts": stamp})
        return Reply.json({"ok": True, "channel": "C0123", "ts": stamp, "message": {}})


# --------------------------------------------------------------------------- Teams


class Teams:
    """The webhook of a workflow at ``/workflows/x``."""

    def __init__(self, server: Loopback) -> None:
        self.cards: list[dict[str, Any]] = []
        self.webhook = server.url + "/workflows/x?sig=s3cret"
        server.on("POST", "/workflows/x", self._answer)

    def _answer(self, request: Request) -> Reply:
        if request.query.get("sig") != "s3cret":
            return Reply.json({"error": {"code": "DirectApiAuthorizationRequired", "message": "no signature"}}, 401)
        try:
            need(len(request.body) <= 28 * 1024, "RequestEntityTooLarge")
            body = request.json()
            members(body, {"type": str, "attachments": list})
            (attachment,) = body["attachments"]
            members(attachment, {"contentType": str, "contentUrl": object, "content": dict})
            need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "contentType")
            self._card(attachment["content"])
        except Wrong as wrong:
            return Reply.json({"error": {"code": "TriggerInputSchemaMismatch", "message": str(wrong)}}, 400)
        self.cards.append(attachment["content"])
        return Reply(202, b"", {"x-ms-workflow-run-id": "08585"})

    @staticmethod
    def _card(card: Any) -> None:
        members(card, {"$schema": str, "type": str, "version": str, "body": list}, {"msteams": dict})
        need((card["type"], card["version"]) == ("AdaptiveCard", "1.4"), "version")
        need("entities" not in card.get("msteams", {}), "a mention")
        for element in card["body"]:
            members(element, {"type": str, "inlines": list})
            need(element["type"] == "RichTextBlock", "a TextBlock reads markup")
            for run in element["inlines"]:
                style = {"size": str, "weight": str, "color": str, "isSubtle": bool}
                members(run, {"type": str, "text": str}, style)
                need(run["type"] == "TextRun", "TextRun")
                need(run.get("color", "default") in ("default", "good", "warning", "attention"), "color")


# --------------------------------------------------------------------------- ntfy


class Ntfy:
    """Publishing as JSON at ``/``."""

    def __init__(self, server: Loopback) -> None:
        self.messages: list[dict[str, Any]] = []
        self.url = server.url + "/"
        server.on("POST", "/", self._answer)

    def _answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != "Bearer tk_s3cret":
            return Reply.json({"code": 40301, "http": 403, "error": "forbidden"}, 403)
        try:
            body = request.json()
            allowed = {"title": str, "tags": list, "priority": int, "actions": list, "click": str, "markdown": bool}
            members(body, {"topic": str, "message": str}, allowed)
            need(re.fullmatch(r"[-_A-Za-z0-9]{1,64}", body["topic"]), "invalid topic")
            need(len(body["message"].encode()) <= 4_096, "message too long: it would be a file")
            need(len(body.get("title", "")) <= 256, "title")
            need(body.get("priority", 3) in range(1, 6), "invalid priority")
            need(len(body.get("actions", ())) <= 3, "too many actions")
            for action in body.get("actions", ()):
                members(action, {"action": str, "label": str, "url": str})
                need(action["action"] == "view", "action")
            need(not body.get("markdown"), "markdown")
        except Wrong as wrong:
            return Reply.json({"code": 40001, "http": 400, "error": str(wrong)}, 400)
        self.messages.append(body)
        return Reply.json({"id": f"m{len(self.messages)}", "time": 1, "event": "message", "topic": body["topic"]})


# --------------------------------------------------------------------------- Standard Webhooks


class Signed:
    """Verifies as the libraries of Standard Webhooks do, and takes each id once."""

    def __init__(self, server: Loopback, now: Callable[[], float]) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self.repeats = 0
        self.url = server.url + "/signed"
        self._now = now
        server.on("POST", "/signed", self._answer)

    def _answer(self, request: Request) -> Reply:
        ident, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        if abs(self._now() - int(stamp)) > 300:
            return Reply(400, b"timestamp out of tolerance")
        signed = f"{ident}.{stamp}.".encode() + request.body
        key = base64.b64decode(SIGNING.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        versions = [v.split(",", 1) for v in request.headers["webhook-signature"].split(" ")]
        if not any(v == "v1" and hmac.compare_digest(s, wanted) for v, s in versions):
            return Reply(401, b"no matching signature")
        self.repeats += ident in self.taken
        self.taken[ident] = request.json()
        return Reply(204)
