"""Each kind of message against a server that checks the provider's published shape, and against what goes wrong there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from pulse_tui.actions import apprise, mail, ntfy, pagerduty, slack, teams, webhook
from pulse_tui.actions._shared import rest
from pulse_tui.actions._shared import webhook as posted
from pulse_tui.actions._shared.message import message
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import TargetError
from pulse_tui.ports import SendContext
from pulse_tui.settings.check import Seconds
from tests.enrich.build import NOW
from tests.servers.loopback import Loopback, Reply
from tests.servers.receivers import ROUTING_KEY, SIGNING, TOKEN, Ntfy, PagerDuty, Signed, Slack, Teams
from tests.servers.smtp_server import CERTIFICATE, SmtpServer

NASTY = "<!channel> <@U1> <http://evil.test|click> [click](http://evil.test) \x1b[31m*b* `x` &lt; \u202e{{7*7}}\r\nBcc: all@evil.test"
BASE = {
    "event": "opened",
    "title": "accuracy -5.2 pp on support-bot canary",
    "what_changed": "support-bot canary 3.8.1 -> 3.8.2",
    "risk": "P2, severity high",
    "what_to_do": "roll back to 3.8.1",
    "priority": "P1",
    "asset": "support-bot",
    "environment": "canary",
    "rule": "accuracy-regression",
    "alert": "a1",
    "occurred_at": "2026-11-23T03:10:00Z",
    "links": "https://evals.test/runs/1418 javascript:alert(1) https://evals.test/2",
}


def delivery(event: str = "opened", **more: str) -> Delivery:
    key = "notify-4f00" if event == "opened" else f"notify-4f00/{event}"
    payload = {**BASE, "event": event, **more}
    return Delivery(key=key, kind="x", route="r", payload=payload, created_at=NOW)


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def context(nowhere: SendContext) -> SendContext:
    values = {
        "${PD}": ROUTING_KEY,
        "${SLACK}": TOKEN,
        "${SIGNING}": SIGNING,
        "${NTFY}": "tk_s3cret",
        "${TOKEN}": "s3cret",
    }

    def secret(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    return nowhere._replace(secret=secret)


def kinds(server: Loopback) -> dict[str, tuple[Any, Any, Any, str]]:
    """(module, options, the provider, path) of each that speaks HTTP."""
    duty, chat, cards, push = PagerDuty(server), Slack(server), Teams(server), Ntfy(server)
    signed = Signed(server, NOW.timestamp)
    return {
        "pagerduty": (pagerduty, pagerduty.Options(routing_key="${PD}", url=duty.url), duty, "/v2/enqueue"),
        "slack": (slack, slack.Options(webhook=chat.webhook), chat, "/services/T/B/x"),
        "slack_api": (
            slack,
            slack.Options(token="${SLACK}", channel="C0123", api=chat.api),
            chat,
            "/api/chat.postMessage",
        ),
        "teams": (teams, teams.Options(webhook=cards.webhook.replace("s3cret", "${TOKEN}")), cards, "/workflows/x"),
        "ntfy": (ntfy, ntfy.Options(topic="night", url=push.url, token="${NTFY}"), push, "/"),
        "webhook": (webhook, webhook.Options(url=signed.url, secret="${SIGNING}"), signed, "/signed"),
    }


KINDS = ("pagerduty", "slack", "slack_api", "teams", "ntfy", "webhook")
EVENTS = ("opened", "raised", "acknowledged", "reopened", "reminded", "resolved")


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_of_an_alert_is_a_request_as_the_provider_publishes_it(
    kind: str, server: Loopback, context: SendContext
) -> None:
    module, options, _, path = kinds(server)[kind]
    for event in EVENTS:
        assert module.deliver(delivery(event), options, context)
    assert len(server.seen("POST", path)) == len(EVENTS)


@pytest.mark.parametrize("kind", KINDS)
def test_text_from_outside_is_neither_markup_nor_too_long(kind: str, server: Loopback, context: SendContext) -> None:
    module, options, _, path = kinds(server)[kind]
    for text in (NASTY, NASTY * 500, "ü" * 30_000, "<" * 9_000, "http://evil.test/ " * 900, "", "\x00"):
        given = dict.fromkeys(("title", "what_changed", "risk", "what_to_do", "asset", "missed", "meanwhile"), text)
        assert module.deliver(delivery(**given), options, context), text[:20]
    for request in server.seen("POST", path):
        assert b"\\u001b" not in request.body
        assert b"\\u202e" not in request.body
        assert "\u202e".encode() not in request.body
        assert b"javascript:" not in request.body or kind == "webhook"


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_wrong_there_is_tried_again_or_final_and_shows_no_secret(
    kind: str, server: Loopback, context: SendContext
) -> None:
    module, options, _, path = kinds(server)[kind]
    options = msgspec.structs.replace(options, timeout=Seconds(0.2))
    wrong = [
        (Reply(429, headers={"Retry-After": "Mon, 23 Nov 2026 03:11:00 GMT"}), (False, True)),
        (Reply(400, b"bad \x1b[31mrequest"), (True, False)),
        (Reply(410, b"gone"), (True, False)),
        (Reply(307, headers={"Location": "http://127.0.0.1:1/"}), (True, False)),
        (Reply(500, b"<html>"), (False, False)),
        (Reply(drop=True), (False, False)),
        (Reply(200, delay_s=0.5), (False, False)),
    ]
    for reply, expected in wrong:
        server.on("POST", path, reply)
        with pytest.raises(TargetError) as caught:
            module.deliver(delivery(), options, context)
        error = caught.value
        assert (error.permanent, error.limited) == expected, reply
        assert not any(s in str(error) for s in (ROUTING_KEY, TOKEN, "s3cret", SIGNING, "\x1b"))
        assert error.todo or reply.status in (200, 500), reply
        if reply.status == 429:
            assert error.retry_after_s == pytest.approx(60, abs=1)


def test_pagerduty_has_one_incident_an_episode_and_a_repeat_changes_nothing(
    server: Loopback, context: SendContext
) -> None:
    module, options, duty, _ = kinds(server)["pagerduty"]
    for event in ("opened", "opened", "raised", "acknowledged", "resolved", "resolved"):
        receipt = module.deliver(delivery(event), options, context)
    assert receipt == "202 dedup_key notify-4f00"
    assert duty.incidents == {"notify-4f00": ["opened", "acknowledged", "resolved"]}
    payload = duty.events[0]["payload"]
    assert (payload["severity"], payload["source"], payload["class"]) == (
        "critical",
        "support-bot",
        "accuracy-regression",
    )
    assert [link["href"] for link in duty.events[0]["links"]] == [
        "https://evals.test/runs/1418",
        "https://evals.test/2",
    ]
    again = msgspec.structs.replace(delivery(), key="notify-other")
    module.deliver(again, options, context)
    assert duty.incidents["notify-other"] == ["opened"], "the next episode has a key of its own"


def test_an_answer_of_success_with_an_error_in_it_is_none(server: Loopback, context: SendContext) -> None:
    found = kinds(server)
    lies = {
        "pagerduty": Reply.json({"status": "invalid event", "message": "no"}, 202),
        "slack_api": Reply.json({"ok": False, "error": "channel_not_found"}),
        "slack": Reply.json({"ok": False, "error": "no_service"}),
        "teams": Reply(
            200, b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"
        ),
        "ntfy": Reply(200, b"<html>log in"),
    }
    final = {"slack_api", "slack"}
    for kind, reply in lies.items():
        module, options, _, path = found[kind]
        server.on("POST", path, reply)
        with pytest.raises(TargetError) as caught:
            module.deliver(delivery(), options, context)
        assert caught.value.permanent is (kind in final), kind


def test_slack_busy_with_its_own_trouble_is_tried_again(server: Loopback, context: SendContext) -> None:
    module, options, _, path = kinds(server)["slack_api"]
    server.on(
        "POST",
        path,
        Reply.json({"ok": False, "error": "ratelimited"}),
        Reply.json({"ok": False, "error": "fatal_error"}),
    )
    for limited in (True, False):
        with pytest.raises(TargetError) as caught:
            module.deliver(delivery(), options, context)
        assert (caught.value.permanent, caught.value.limited) == (False, limited)


def test_what_follows_stands_in_the_thread_of_the_first_slack_message(server: Loopback, context: SendContext) -> None:
    module, options, chat, _ = kinds(server)["slack_api"]
    receipt = module.deliver(delivery(), options, context)
    module.deliver(delivery("resolved"), options, context._replace(first_receipt=receipt))
    first, second = chat.messages
    assert receipt == f"ts {first['ts']} in C0123"
    assert (second["thread_ts"], second["reply_broadcast"]) == (first["ts"], False)
    assert second["metadata"]["event_payload"]["thread"] == "notify-4f00"


def test_a_signed_webhook_that_comes_twice_is_taken_once_by_its_id(server: Loopback, context: SendContext) -> None:
    module, options, signed, _ = kinds(server)["webhook"]
    module.deliver(delivery(), options, context)
    module.deliver(delivery(), options, context)
    assert (list(signed.taken), signed.repeats) == (["notify-4f00"], 1)
    assert signed.taken["notify-4f00"]["type"] == "alert.opened"
    assert signed.taken["notify-4f00"]["data"]["asset"] == "support-bot"


def test_a_wrong_secret_signs_nothing(server: Loopback, context: SendContext) -> None:
    options = webhook.Options(url=server.url, secret="plain words")
    with pytest.raises(TargetError, match="whsec_") as caught:
        webhook.deliver(delivery(), options, context)
    assert "plain words" not in str(caught.value)
    assert server.log == []


def test_options_that_cannot_work_are_refused_when_the_configuration_is_read() -> None:
    with pytest.raises(ValueError, match="a webhook, or a token and a channel"):
        slack.Options()
    with pytest.raises(ValueError, match="needs the id of a channel"):
        slack.Options(token="${T}")
    for wrong in ("ana", "a@b.test\nBcc: x@y.test", "a@b.test, c@d.test", "Ana <a@b.test>", "@b.test", ""):
        with pytest.raises(ValueError, match="is no mail address"):
            mail.Options(host="h", sender="tower@acme.test", to=(wrong,))
    with pytest.raises(ValueError, match="at least one address"):
        mail.Options(host="h", sender="tower@acme.test", to=())
    with pytest.raises(ValueError, match="does not travel without security"):
        mail.Options(host="h", sender="a@b.test", to=("a@b.test",), user="u", password="p", security=mail.Security.NONE)


# --------------------------------------------------------------------------- mail


def options(port: int, **more: Any) -> mail.Options:
    base = {"host": "127.0.0.1", "port": port, "sender": "tower@acme.test", "to": ("ana@acme.test", "ben@acme.test")}
    return mail.Options(**{**base, "security": mail.Security.NONE, "timeout": Seconds(2), **more})


def test_a_mail_has_one_id_for_its_key_and_what_follows_stands_under_the_first(context: SendContext) -> None:
    with SmtpServer() as server:
        first = mail.deliver(delivery(), options(server.port), context)
        assert mail.deliver(delivery(), options(server.port), context) == first
        mail.deliver(delivery("resolved"), options(server.port), context)
    one, repeat, end = server.mails
    assert one["Message-ID"] == repeat["Message-ID"] != end["Message-ID"]
    assert end["In-Reply-To"] == one["Message-ID"]
    assert one["Subject"] == "P1 accuracy -5.2 pp on support-bot canary"
    assert "What to do now\r\nroll back to 3.8.1" in one.get_content().replace("\n", "\r\n").replace("\r\r", "\r")
    assert server.recipients[0] == ["ana@acme.test", "ben@acme.test"]


def test_no_text_ends_a_header_of_a_mail(context: SendContext) -> None:
    with SmtpServer() as server:
        mail.deliver(
            delivery(**dict.fromkeys(("title", "asset", "what_changed"), NASTY)), options(server.port), context
        )
        mail.deliver(delivery(title="ü" * 900), options(server.port), context)
    (got, _) = server.mails
    assert got["Bcc"] is None
    assert "Bcc: all@evil.test" in got["Subject"]
    assert "\x1b" not in str(got)
    assert server.recipients[0] == ["ana@acme.test", "ben@acme.test"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_password_goes_only_over_tls_to_a_server_whose_certificate_is_trusted(
    security: str, context: SendContext
) -> None:
    kept = {"starttls": security == "starttls", "tls": security == "tls"}
    with SmtpServer(user="tower", password="s3cret", **kept) as server:
        given: dict[str, Any] = {"security": mail.Security(security), "user": "tower", "password": "${TOKEN}"}
        with pytest.raises(TargetError) as untrusted:
            mail.deliver(delivery(), options(server.port, **given), context)
        assert not untrusted.value.permanent
        trusted = options(server.port, host="localhost", ca_file=str(CERTIFICATE), **given)
        assert mail.deliver(delivery(), trusted, context).startswith("250 <")
        with pytest.raises(TargetError, match="535") as wrong:
            mail.deliver(delivery(), msgspec.structs.replace(trusted, password="other"), context)
        assert wrong.value.permanent
    assert len(server.mails) == 1


def test_a_server_that_offers_no_starttls_gets_nothing(context: SendContext) -> None:
    with SmtpServer() as server, pytest.raises(TargetError, match="STARTTLS"):
        mail.deliver(delivery(), options(server.port, security=mail.Security.STARTTLS), context)
    assert server.mails == []


@pytest.mark.parametrize(("answer", "permanent"), [("451 4.3.0 try later", False), ("554 5.7.1 spam", True)])
def test_a_mail_that_is_refused_is_tried_again_or_final_by_its_code(
    context: SendContext, answer: str, permanent: bool
) -> None:
    with SmtpServer() as server:
        server.answers["DATA"] = [answer]
        with pytest.raises(TargetError, match=answer[:3]) as caught:
            mail.deliver(delivery(), options(server.port), context)
    assert caught.value.permanent is permanent


def test_one_recipient_that_is_refused_is_named_and_the_others_get_it_once(context: SendContext) -> None:
    with SmtpServer() as server:
        server.refuses.add("ben@acme.test")
        assert mail.deliver(delivery(), options(server.port), context).endswith("refused: ben@acme.test")
        server.refuses.add("ana@acme.test")
        with pytest.raises(TargetError, match="refuses every recipient") as caught:
            mail.deliver(delivery(), options(server.port), context)
    assert caught.value.permanent
    assert server.recipients == [["ana@acme.test"]]


def test_nobody_at_the_port_is_tried_again(context: SendContext) -> None:
    with pytest.raises(TargetError, match="cannot be reached") as caught:
        mail.deliver(delivery(), options(1), context)
    assert not caught.value.permanent
    assert not caught.value.ambiguous


# --------------------------------------------------------------------------- apprise


def test_without_its_package_apprise_says_what_to_install(
    context: SendContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(TargetError, match=r"pip install 'pulse_tui\[apprise\]'") as caught:
        apprise.deliver(delivery(), apprise.Options(url="ntfy://x"), context)
    assert not caught.value.permanent, "it may be installed, and the message is not lost"


def test_apprise_is_handed_plain_text_and_its_no_is_a_failure(context: SendContext, server: Loopback) -> None:
    pytest.importorskip("apprise", reason="the extra is not installed")
    server.on("POST", "/x", Reply(200))
    route = apprise.Options(url=server.url.replace("http://", "json://") + "/x")
    assert apprise.deliver(delivery(), route, context) == "accepted by apprise"
    server.on("POST", "/x", Reply(500))
    with pytest.raises(TargetError):
        apprise.deliver(delivery(), route, context)
    with pytest.raises(TargetError) as unknown:
        apprise.deliver(delivery(), apprise.Options(url="nosuch://x"), context)
    assert unknown.value.permanent


def test_a_message_keeps_its_facts_however_short_it_must_be() -> None:
    said = message(delivery(what_changed="x" * 9_000))
    text = said.text(600)
    assert len(text) <= 700
    assert "asset: support-bot" in text
    assert "ref notify-4f00" in text
    assert "(cut)" in text


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"ok": False, "error": "channel_archived"}, "channel_archived"),
        ({"error": {"code": 500, "message": "internal \x1b[31mfailure"}}, "internal"),
        ({"errorMessage": "Task timed out after 3.00 seconds"}, "timed out"),
        ({"success": False}, "failed"),
    ],
)
def test_a_success_that_says_it_failed_is_no_receipt(answer: Any, why: str) -> None:
    reply = rest.Reply("https://bus.test/pulse", 200, {}, msgspec.json.encode(answer))
    with pytest.raises(TargetError, match=why) as caught:
        posted.receipt(reply)
    assert not caught.value.permanent
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"ok", b"[1]", b'{"ok": true, "error": null, "errors": []}', b"<html>", b'{"a":']
)
def test_any_other_answer_200_is_a_receipt(body: bytes) -> None:
    assert posted.receipt(rest.Reply("https://bus.test/pulse", 200, {}, body)) == "200"
