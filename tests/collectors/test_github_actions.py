"""What the github_actions collector tells of workflow runs, and of an API that answers nonsense."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import github_actions
from pulse_tui.collectors._shared.ci import Means
from pulse_tui.collectors.github_actions import Options, Where, WorkflowRule
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import Attestation, RegistrySnapshot
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Change, Environment, Severity
from pulse_tui.ports import HookRequest
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply, Request

PATH = "/repos/acme/bot/actions/runs"
SHA = "5f" * 20
BUILD = WorkflowRule(workflow="build.yml", asset="support-bot", means=Means.BUILD)
DEPLOY = WorkflowRule(
    workflow="Deploy", asset="support-bot", means=Means.DEPLOYMENT, environment=Environment.PRODUCTION
)
PAGE = {"full_name": "acme/bot", "html_url": "https://github.com/acme/bot"}


def run(number: int = 1, *, ago: int = 60, **more: Any) -> dict[str, Any]:
    """A run as the API gives it; ``ago`` in minutes."""
    at = iso(NOW - timedelta(minutes=ago))
    return {
        "id": number,
        "name": "Build",
        "path": ".github/workflows/build.yml",
        "display_title": "Release",
        "event": "push",
        "head_branch": "v3.8.1",
        "head_sha": SHA,
        "status": "completed",
        "conclusion": "success",
        "run_attempt": 1,
        "created_at": at,
        "updated_at": at,
        "html_url": f"https://github.com/acme/bot/actions/runs/{number}",
        "repository": PAGE,
        "head_repository": PAGE,
        "triggering_actor": {"login": "ana"},
        **more,
    }


def deploy(number: int, version: str, **more: Any) -> dict[str, Any]:
    return run(number, **{"name": "Deploy", "path": ".github/workflows/cd.yml", "head_branch": f"v{version}", **more})


def serve(server: Loopback, *runs: Any) -> None:
    server.on("GET", PATH, Reply.json({"total_count": len(runs), "workflow_runs": list(runs)}))


def collect(server: Loopback, *rules: WorkflowRule, cursor: Cursor | None = None, **more: Any) -> Collected:
    options = Options(repository="acme/bot", workflows=rules or (BUILD, DEPLOY), url=server.url, **more)
    return github_actions.collect(options, context(http=quick_web(), cursor=cursor, secrets={"T": "s3cret"}))


def signals(collected: Collected) -> list[Signal]:
    return [o for o in collected.observations if isinstance(o, Signal)]


def attestations(collected: Collected) -> list[Attestation]:
    return [o for o in collected.observations if isinstance(o, Attestation)]


def placements(collected: Collected) -> list[dict[Environment, tuple[str, float]]]:
    return [o.placements for o in collected.observations if isinstance(o, RegistrySnapshot)]


def test_a_build_that_succeeded_is_a_version_event_and_says_how_the_release_came_about(server: Loopback) -> None:
    serve(server, run())
    got = collect(server, token="${T}")
    (signal,), (attested,) = signals(got), attestations(got)
    assert (signal.change, signal.current_version, signal.severity) == (Change.BUILD, "3.8.1", Severity.LOW)
    assert signal.title == "support-bot build of 3.8.1 succeeded"
    assert (attested.asset_id, attested.version, attested.digest) == ("support-bot", "3.8.1", None)
    assert attested.facts == {
        "commit": SHA,
        "repository": "https://github.com/acme/bot",
        "branch": "v3.8.1",
        "builder": "https://github.com/acme/bot/.github/workflows/build.yml@v3.8.1",
        "run": "https://github.com/acme/bot/actions/runs/1/attempts/1",
    }
    asked = server.log[0]
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert asked.query["created"] == f">={iso(NOW - timedelta(days=7))}"
    assert placements(got) == []


def test_only_the_newest_successful_deployment_says_where_the_environment_points(server: Loopback) -> None:
    serve(server, deploy(3, "3.8.3", ago=10, conclusion="failure"), deploy(2, "3.8.1", ago=20), deploy(1, "3.8.2"))
    got = collect(server)
    assert placements(got) == [{Environment.PRODUCTION: ("3.8.1", 100.0)}]
    (snapshot,) = (o for o in got.observations if isinstance(o, RegistrySnapshot))
    assert (snapshot.versions, snapshot.managed, snapshot.complete) == ((), (), False)
    assert [s.current_version for s in signals(got)] == ["3.8.2", "3.8.1", "3.8.3"]
    failed = signals(got)[-1]
    assert (failed.severity, failed.environment) == (Severity.MEDIUM, Environment.PRODUCTION)
    assert "failed" in failed.title
    assert attestations(got) == []


def test_a_deployment_that_ended_before_the_last_known_one_moves_nothing(server: Loopback) -> None:
    serve(server, deploy(2, "3.8.2", ago=10))
    first = collect(server)
    serve(server, deploy(2, "3.8.2", ago=10), deploy(1, "3.8.1", ago=30))
    late = collect(server, cursor=first.cursor)
    assert [s.current_version for s in signals(late)] == ["3.8.1"]
    assert placements(late) == []


def test_nothing_is_told_twice_and_a_rerun_is_told_again(server: Loopback) -> None:
    serve(server, deploy(1, "3.8.1", ago=60))
    first = collect(server)
    again = collect(server, cursor=first.cursor)
    assert again.unchanged
    assert again.observations == ()
    serve(server, deploy(1, "3.8.1", ago=5, run_attempt=2))
    rerun = collect(server, cursor=again.cursor)
    assert placements(rerun) == [{Environment.PRODUCTION: ("3.8.1", 100.0)}]
    assert signals(rerun)[0].id != signals(first)[0].id


def test_a_run_in_progress_is_asked_for_until_it_ends_however_old_it_is(server: Loopback) -> None:
    serve(server, deploy(7, "3.8.1", status="waiting", conclusion=None))
    first = collect(server)
    assert first.observations == ()
    serve(server)  # out of the window by now
    server.on("GET", f"{PATH}/7", Reply.json(deploy(7, "3.8.1", status="in_progress", conclusion=None)))
    second = collect(server, cursor=first.cursor)
    assert second.observations == ()
    server.on("GET", f"{PATH}/7", Reply.json(deploy(7, "3.8.1", ago=1)))
    third = collect(server, cursor=second.cursor)
    assert placements(third) == [{Environment.PRODUCTION: ("3.8.1", 100.0)}]
    collect(server, cursor=third.cursor)
    assert len(server.seen("GET", f"{PATH}/7")) == 2


def test_a_deleted_run_is_not_waited_for(server: Loopback) -> None:
    serve(server, run(7, status="queued", conclusion=None))
    first = collect(server)
    serve(server)
    second = collect(server, cursor=first.cursor)
    collect(server, cursor=second.cursor)
    assert len(server.seen("GET", f"{PATH}/7")) == 1


def test_a_run_that_names_no_version_goes_by_its_commit_and_attests_nothing(server: Loopback) -> None:
    serve(server, run(head_branch="main"), deploy(2, "x", ago=1))
    got = collect(server)
    assert [s.current_version for s in signals(got)] == [SHA[:12]] * 2
    assert "names no version" in (signals(got)[0].summary or "")
    assert (attestations(got), placements(got)) == ([], [])


def test_a_version_may_stand_in_the_title(server: Loopback) -> None:
    rule = WorkflowRule(
        workflow="cd.yml",
        asset="support-bot",
        means=Means.DEPLOYMENT,
        environment=Environment.CANARY,
        version=r"deploy (\S+)",
        version_in=Where.TITLE,
    )
    serve(server, deploy(1, "0", head_branch="main", display_title="deploy 3.9.0 to canary"))
    assert placements(collect(server, rule)) == [{Environment.CANARY: ("3.9.0", 100.0)}]


def test_an_evaluation_is_a_version_event_and_a_cancelled_run_is_none(server: Loopback) -> None:
    rule = WorkflowRule(workflow="build.yml", asset="support-bot", means=Means.EVALUATION)
    serve(server, run(1), run(2, conclusion="cancelled"), run(3, conclusion="skipped"))
    got = collect(server, rule)
    assert [s.change for s in signals(got)] == [Change.EVALUATION]
    assert attestations(got) == []


def test_what_a_fork_or_a_pull_request_ran_counts_for_nothing(server: Loopback) -> None:
    fork = {"full_name": "mallory/bot", "html_url": "https://github.com/mallory/bot"}
    serve(server, run(1, head_repository=fork), run(2, event="pull_request"), run(3, event="pull_request_target"))
    assert collect(server).observations == ()


def test_pages_are_followed_and_a_circle_is_noticed(server: Loopback) -> None:
    def page(request: Request) -> Reply:
        start = (int(request.query["page"]) - 1) * 100
        return Reply.json({"workflow_runs": [run(n) for n in range(start, min(start + 100, 150))]})

    server.on("GET", PATH, page)
    assert len(signals(collect(server, BUILD))) == 150
    server.on("GET", PATH, Reply.json({"workflow_runs": [run(n) for n in range(100)]}))
    with pytest.raises(SourceError, match="same page repeatedly"):
        collect(server)


def test_more_runs_than_the_api_gives_are_told(server: Loopback) -> None:
    def page(request: Request) -> Reply:
        start = int(request.query["page"]) * 100
        return Reply.json({"workflow_runs": [run(n, name="x", path="x") for n in range(start, start + 100)]})

    server.on("GET", PATH, page)
    got = collect(server)
    assert "not read" in got.rejected[0].problem.what
    assert len(server.log) == 10


@pytest.mark.parametrize(
    "broken",
    [{"id": "x"}, {"updated_at": "soon"}, {"head_sha": "main; rm -rf"}, {"updated_at": "2999-01-01T00:00:00Z"}],
)
def test_a_bad_run_is_refused_once_and_the_others_land(server: Loopback, broken: dict[str, Any]) -> None:
    serve(server, {**run(9), **broken}, 17, run(1))
    got = collect(server)
    assert [s.current_version for s in signals(got)] == ["3.8.1"]
    assert len(got.rejected) == 2
    assert collect(server, cursor=got.cursor).rejected == ()


@pytest.mark.parametrize(
    "reply", [Reply(body=b"<html>sign in</html>"), Reply.json([]), Reply.json({"workflow_runs": {}}), Reply(404)]
)
def test_an_api_that_answers_nonsense_is_an_error(server: Loopback, reply: Reply) -> None:
    server.on("GET", PATH, reply)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        collect(server)


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limit_says_when_to_come_back(server: Loopback, status: int) -> None:
    server.on("GET", PATH, Reply(status, headers={"Retry-After": "90"}))
    with pytest.raises(SourceError) as caught:
        collect(server)
    assert caught.value.retry_after == 90
    reset = str(int(NOW.timestamp()) + 600)
    server.on("GET", PATH, Reply(status, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))
    with pytest.raises(SourceError) as caught:
        collect(server)
    assert caught.value.retry_after == 600


def test_a_hostile_text_cannot_write_on_the_screen(server: Loopback) -> None:
    serve(server, run(head_branch="v3.8.1\x1b[2J\u202e", html_url="javascript:alert(1)"))
    got = collect(server)
    assert signals(got)[0].current_version == "3.8.1"
    assert signals(got)[0].links == []
    assert "run" not in attestations(got)[0].facts


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_value_of_a_run_breaks_the_round(value: Any) -> None:
    with Loopback() as server:
        serve(server, {**run(1), "head_branch": value}, {**run(2), "repository": value}, value, run(3))
        assert any(s.title == "support-bot build of 3.8.1 succeeded" for s in signals(collect(server)))


def test_a_deployment_to_nowhere_and_a_pattern_without_a_group_are_refused() -> None:
    base = {"workflow": "cd.yml", "asset": "a", "means": "deployment"}
    with pytest.raises(msgspec.ValidationError, match="needs 'environment'"):
        msgspec.convert(base, WorkflowRule)
    with pytest.raises(msgspec.ValidationError, match="0 groups"):
        msgspec.convert({**base, "means": "build", "version": "v.*"}, WorkflowRule)


def hook(body: bytes, secret: bytes = b"s3cret", headers: dict[str, str] | None = None) -> HookRequest:
    signature = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    known = {"x-github-event": "workflow_run", "x-github-delivery": "d1", "x-hub-signature-256": signature}
    return HookRequest({**known, **(headers or {})}, body)


def options(**more: Any) -> Options:
    return Options(repository="acme/bot", workflows=(BUILD,), **more)


def test_a_signed_webhook_is_a_hint_and_a_replay_under_another_id_is_the_same_delivery() -> None:
    chosen = options(webhook_secret="${S}")
    known = context(secrets={"S": "s3cret"})
    first = github_actions.hint(chosen, hook(b'{"action": "completed"}'), known)
    assert (first.about, first.at) == ("workflow_run completed", NOW)
    replay = github_actions.hint(chosen, hook(b'{"action": "completed"}', headers={"x-github-delivery": "d2"}), known)
    assert replay.delivery == first.delivery
    assert github_actions.hint(chosen, hook(b'{"action": "requested"}'), known).delivery != first.delivery


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (hook(b"{}", b"guess"), "does not match"),
        (hook(b"{}", headers={"x-hub-signature-256": ""}), "no header"),
        (hook(b"{}", headers={"x-hub-signature-256": "sha256=é"}), "does not match"),
        (hook(b"<html>"), "not JSON"),
    ],
)
def test_a_forged_webhook_is_refused(request_: HookRequest, why: str) -> None:
    with pytest.raises(Refused, match=why):
        github_actions.hint(options(webhook_secret="s3cret"), request_, context())


def test_a_webhook_without_a_configured_secret_is_refused() -> None:
    with pytest.raises(Refused, match="no webhook_secret"):
        github_actions.hint(options(), hook(b"{}"), context())
