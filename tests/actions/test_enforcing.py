"""Holds at GitHub, GitLab and a webhook: asked for, read back, lifted; each repeat changes nothing."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.actions import enforce_webhook, github_deployments, gitlab_freeze
from pulse_tui.domain import cron
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import Refused, TargetError
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso
from pulse_tui.ports import Held, Hint, HookRequest, SendContext
from tests.collectors.contexts import context
from tests.enrich.build import NOW
from tests.servers.deploy_apis import SHA, GitHubDeploys, GitLabFreezes
from tests.servers.loopback import Loopback, Reply

HOLD = Hold(
    id="freeze-1",
    kind=HoldKind.FREEZE,
    asset_id="bot",
    why="CVE-1 reaches it",
    until_condition="it is fixed",
    placed_by="ana",
    placed_at=NOW - timedelta(minutes=5),
)
HELD = Held("enforce-1", HOLD, (SHA,))
PROD = github_deployments.Place(name="prod", asset="bot", version="v(.+)")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def message(do: str = "hold", *, made: datetime = NOW, **more: str) -> Delivery:
    payload = {
        "do": do,
        "key": "enforce-1",
        "hold": HOLD.id,
        "why": HOLD.why,
        "placed_at": iso(HOLD.placed_at),
        "commits": SHA,
        **more,
    }
    return Delivery(key=f"enforce-1/{do}", kind="x", route="r", payload=payload, created_at=made)


def github(server: Loopback, **more: Any) -> github_deployments.Options:
    values = {"repository": "acme/bot", "token": "${TOKEN}", "url": server.url, "deployments": (PROD,)}
    return github_deployments.Options(**{**values, **more})


def gitlab(server: Loopback) -> gitlab_freeze.Options:
    return gitlab_freeze.Options(project="acme/bot", token="${TOKEN}", url=server.url)


# --------------------------------------------------------------------------- GitLab


def test_a_freeze_period_is_made_once_found_and_taken_away(server: Loopback, nowhere: SendContext) -> None:
    api, options = GitLabFreezes(server), gitlab(server)
    first = gitlab_freeze.deliver(message(), options, nowhere)
    assert first.startswith("freeze period 1 until 2027-")
    assert gitlab_freeze.deliver(message(), options, nowhere) == "freeze period 1 was there already"
    assert len(api.periods) == 1
    assert gitlab_freeze.seen(HELD, options, nowhere).held
    gitlab_freeze.deliver(message("lift"), options, nowhere)
    assert not api.periods
    assert gitlab_freeze.deliver(message("lift"), options, nowhere) == "it was not there"
    assert not gitlab_freeze.seen(HELD, options, nowhere).held


def test_somebody_elses_freeze_period_is_neither_taken_for_ours_nor_deleted(
    server: Loopback, nowhere: SendContext
) -> None:
    api, options = GitLabFreezes(server), gitlab(server)
    api.periods[9] = {"id": 9, "freeze_start": "0 23 * * 5", "freeze_end": "0 7 * * 1", "cron_timezone": "UTC"}
    assert not gitlab_freeze.seen(HELD, options, nowhere).held
    gitlab_freeze.deliver(message("lift"), options, nowhere)
    assert list(api.periods) == [9]


@given(
    minutes=st.integers(0, 8 * 366 * 1440),
    days=st.integers(0, 299),
    key=st.text(min_size=1, max_size=20),
)
def test_a_freeze_period_is_on_from_the_hold_on_and_for_three_hundred_days(minutes: int, days: int, key: str) -> None:
    placed = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    period = gitlab_freeze.period_of(key, placed)
    now = placed + timedelta(days=days)

    def last(expression: str) -> datetime:
        at = cron.next_fire(expression, now - timedelta(days=366))
        while at is not None and (later := cron.next_fire(expression, at)) is not None and later <= now:
            at = later
        assert at is not None
        return at

    assert last(period["freeze_start"]) > last(period["freeze_end"]), "GitLab takes the later one of both"


# --------------------------------------------------------------------------- GitHub


def test_a_hold_is_a_failed_commit_status_and_its_end_a_good_one(server: Loopback, nowhere: SendContext) -> None:
    api, options = GitHubDeploys(server), github(server)
    assert github_deployments.deliver(message(), options, nowhere) == "pulse-tui/gate on 1 commit"
    assert api.statuses[-1]["state"] == "failure"
    assert api.statuses[-1]["description"] == "freeze-1: CVE-1 reaches it"
    seen = github_deployments.seen(HELD, options, nowhere)
    assert (seen.held, "asks pulse-gate" in seen.words) == (True, True)
    github_deployments.deliver(message("lift"), options, nowhere)
    assert api.statuses[-1]["state"] == "success"
    assert not github_deployments.seen(HELD._replace(lifted=True), options, nowhere).held


def test_lifting_one_of_two_holds_leaves_the_commit_held_by_the_other(server: Loopback, nowhere: SendContext) -> None:
    api, options = GitHubDeploys(server), github(server)
    github_deployments.deliver(message(), options, nowhere)
    github_deployments.deliver(message("lift", still="block-2", still_why="it failed"), options, nowhere)
    assert (api.statuses[-1]["state"], api.statuses[-1]["description"]) == ("failure", "block-2: it failed")
    assert not github_deployments.seen(HELD._replace(lifted=True), options, nowhere).held


def test_a_rule_that_somebody_switched_off_or_a_status_that_somebody_overwrote_differs(
    server: Loopback, nowhere: SendContext
) -> None:
    api, options = GitHubDeploys(server), github(server)
    github_deployments.deliver(message(), options, nowhere)
    api.enabled = False
    seen = github_deployments.seen(HELD, options, nowhere)
    assert (seen.held, seen.words) == (False, "environment prod has no enabled protection rule of an app")
    api.enabled = True
    api.statuses.append({"context": "pulse-tui/gate", "state": "success", "description": "me"})
    assert not github_deployments.seen(HELD, options, nowhere).held


def test_a_deploy_that_waits_is_listed_with_its_version_and_answered_once(
    server: Loopback, nowhere: SendContext
) -> None:
    api, options = GitHubDeploys(server), github(server)
    api.wait(7, run_attempt=2)
    (waits,) = github_deployments.waiting(options, nowhere)
    assert (waits.key, waits.place, waits.commit) == ("7.2", "prod", SHA)
    assert github_deployments.meant(waits, options) == [("bot", PROD.environment, "3.8.2")]
    comment = message("answer", run="7", place="prod", state="", comment="BLOCKED: x")
    assert github_deployments.deliver(comment, options, nowhere) == "prod of run 7: left waiting"
    yes = message("answer", run="7", place="prod", state="approved", comment="GO")
    assert github_deployments.deliver(yes, options, nowhere) == "prod of run 7: approved"
    assert github_deployments.deliver(yes, options, nowhere) == "prod of run 7 waits no longer"
    assert [a.get("state") for a in api.answers] == [None, "approved"]


def test_a_yes_that_waited_too_long_is_not_sent(server: Loopback, nowhere: SendContext) -> None:
    api, options = GitHubDeploys(server), github(server)
    api.wait(7)
    old = message("answer", made=NOW - timedelta(minutes=6), run="7", place="prod", state="approved", comment="GO")
    now = nowhere._replace(now=NOW)
    assert github_deployments.deliver(old, options, now).startswith("not sent")
    assert not api.answers


def test_a_token_of_another_app_is_an_error_as_long_as_the_deploy_waits(server: Loopback, nowhere: SendContext) -> None:
    api, options = GitHubDeploys(server), github(server)
    api.wait(7)
    server.on("POST", "/repos/acme/bot/actions/runs/7/deployment_protection_rule", Reply.json({"message": "no"}, 422))
    with pytest.raises(TargetError, match="still waits"):
        github_deployments.deliver(message("answer", run="7", place="prod", state="rejected"), options, nowhere)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>log in</html>"),
        Reply.json({"workflow_runs": 7}),
        Reply.json([]),
        Reply.json({"workflow_runs": [{"id": "seven"}]}),
        Reply(429, headers={"Retry-After": "Mon, 23 Nov 2026 04:00:00 GMT"}),
    ],
)
def test_a_list_of_runs_that_is_none_is_an_error(server: Loopback, nowhere: SendContext, reply: Reply) -> None:
    GitHubDeploys(server)
    server.on("GET", "/repos/acme/bot/actions/runs", reply)
    with pytest.raises(TargetError):
        github_deployments.waiting(github(server), nowhere)


def test_a_token_can_be_printed_by_a_command_whose_output_is_in_no_message(
    server: Loopback, nowhere: SendContext
) -> None:
    GitHubDeploys(server)
    known = nowhere._replace(secret=lambda text: text.replace("${PATH}", "/usr/bin:/bin").replace("${HOME}", "/"))
    options = github(server, token="", token_command=("echo", "tok-1"))
    github_deployments.deliver(message(), options, known)
    assert server.log[-1].headers["authorization"] == "Bearer tok-1"
    for command in (("echo", "two words"), ("false",), ("no-such-program-here",)):
        with pytest.raises(TargetError, match="token_command") as caught:
            github_deployments.deliver(message(), msgspec.structs.replace(options, token_command=command), known)
        assert "two words" not in str(caught.value)


# --------------------------------------------------------------------------- webhook


def test_a_webhook_gets_the_hold_and_says_what_stands(server: Loopback, nowhere: SendContext) -> None:
    server.on("POST", "/holds", Reply(202))
    server.on(
        "GET", "/holds/enforce-1", Reply.json({"held": True, "words": "\x1b[31mheld"}), Reply.json({"held": "yes"})
    )
    options = enforce_webhook.Options(
        url=server.url + "/holds", read_url=server.url + "/holds/{key}", headers={"X-Key": "${TOKEN}"}
    )
    assert enforce_webhook.deliver(message(), options, nowhere) == "202 to hold"
    sent = server.log[0]
    assert (sent.json()["do"], sent.json()["key"], sent.headers["x-key"]) == ("hold", "enforce-1", "s3cret")
    assert sent.headers["idempotency-key"] == "enforce-1/hold"
    seen = enforce_webhook.seen(HELD, options, nowhere)
    assert (seen.held, "\x1b" in seen.words) == (True, False)
    with pytest.raises(TargetError, match="held: true or false"):
        enforce_webhook.seen(HELD, options, nowhere)


def test_without_a_read_url_what_stands_is_not_known(nowhere: SendContext) -> None:
    with pytest.raises(TargetError, match="is not known"):
        enforce_webhook.seen(HELD, enforce_webhook.Options(url="http://127.0.0.1:1/"), nowhere)


@pytest.mark.parametrize("kind", [enforce_webhook, gitlab_freeze, github_deployments])
def test_a_message_that_is_about_no_hold_is_refused_for_good(kind: Any, server: Loopback, nowhere: SendContext) -> None:
    options = {
        enforce_webhook: enforce_webhook.Options(url=server.url),
        gitlab_freeze: gitlab(server),
        github_deployments: github(server),
    }[kind]
    with pytest.raises(TargetError) as caught:
        kind.deliver(message("page"), options, nowhere)
    assert caught.value.permanent
    assert not server.log


def test_a_destination_takes_holds_of_its_assets_and_kinds() -> None:
    block = msgspec.structs.replace(HOLD, kind=HoldKind.BLOCK)
    everything = msgspec.structs.replace(HOLD, asset_id=None)
    mine = gitlab_freeze.Options(project="p", token="t", assets=("bot",))
    other = gitlab_freeze.Options(project="p", token="t", assets=("other",))
    assert [gitlab_freeze.takes(h, mine) for h in (HOLD, block, everything)] == [True, False, True]
    assert [gitlab_freeze.takes(h, other) for h in (HOLD, everything)] == [False, True]


def test_a_webhook_of_the_app_is_believed_by_its_signature_alone(server: Loopback) -> None:
    body = b'{"action":"requested"}'
    signed = "sha256=" + hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    known = context()._replace(secret=lambda text: text.replace("${HOOK}", "hook-secret"))

    def ask(signature: str, secret: str = "${HOOK}") -> Hint:
        headers = {"x-hub-signature-256": signature, "x-github-event": "deployment_protection_rule"}
        return github_deployments.hint(github(server, webhook_secret=secret), HookRequest(headers, body), known)

    assert ask(signed).about == "deployment_protection_rule"
    for bad, secret in (
        ("", "${HOOK}"),
        ("sha256=" + "0" * 64, "${HOOK}"),
        ("\u00e9", "${HOOK}"),
        (signed, ""),
        (signed, " "),
    ):
        with pytest.raises(Refused):
            ask(bad, secret)
