"""What the gitlab collector tells of pipelines and deployments, and of an API that answers nonsense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pulse_tui.collectors import gitlab
from pulse_tui.collectors._shared.ci import Means
from pulse_tui.collectors.gitlab import Options, PipelineRule, Place
from pulse_tui.domain.errors import Refused, SourceError
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import Attestation, RegistrySnapshot
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Change, Environment, Severity
from pulse_tui.ports import HookRequest
from pulse_tui.services.signals.door import admitted
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply, Request

PIPELINES = "/api/v4/projects/acme%2Fbot/pipelines"
DEPLOYMENTS = "/api/v4/projects/acme%2Fbot/deployments"
SHA = "5f" * 20
BUILD = PipelineRule(asset="support-bot", means=Means.BUILD, ref=r"^v\d")
PLACES = {"prod/eu": Place(asset="support-bot", environment=Environment.PRODUCTION)}


def pipeline(number: int = 1, *, ago: int = 60, **more: Any) -> dict[str, Any]:
    """A pipeline as the list gives it; ``ago`` in minutes."""
    at = iso(NOW - timedelta(minutes=ago))
    return {
        "id": number,
        "iid": number,
        "project_id": 7,
        "status": "success",
        "source": "push",
        "ref": "v3.8.1",
        "sha": SHA,
        "web_url": f"https://gitlab.example/acme/bot/-/pipelines/{number}",
        "created_at": at,
        "updated_at": at,
        **more,
    }


def deployment(number: int, version: str, *, ago: int = 60, **more: Any) -> dict[str, Any]:
    at = iso(NOW - timedelta(minutes=ago))
    return {
        "id": number,
        "iid": number,
        "ref": f"v{version}",
        "sha": SHA,
        "status": "success",
        "created_at": at,
        "updated_at": at,
        "user": {"username": "ana"},
        "environment": {"id": 1, "name": "prod/eu"},
        "deployable": {
            "id": 9,
            "finished_at": at,
            "web_url": f"https://gitlab.example/acme/bot/-/jobs/{number}",
            "pipeline": {"id": 1, "web_url": "https://gitlab.example/acme/bot/-/pipelines/1"},
        },
        **more,
    }


def serve(server: Loopback, pipelines: list[Any], deployments: list[Any]) -> None:
    server.on("GET", PIPELINES, Reply.json(pipelines))
    server.on("GET", DEPLOYMENTS, Reply.json(deployments))


def collect(server: Loopback, cursor: Cursor | None = None, **more: Any) -> Collected:
    wanted: dict[str, Any] = {"pipelines": (BUILD,), "environments": PLACES, **more}
    options = Options(project="acme/bot", url=server.url, **wanted)
    return gitlab.collect(options, context(http=quick_web(), cursor=cursor, secrets={"T": "s3cret"}))


def signals(collected: Collected) -> list[Signal]:
    return [o for o in collected.observations if isinstance(o, Signal)]


def placements(collected: Collected) -> list[dict[Environment, tuple[str, float]]]:
    return [o.placements for o in collected.observations if isinstance(o, RegistrySnapshot)]


def test_a_pipeline_that_succeeded_is_a_build_and_says_how_the_release_came_about(server: Loopback) -> None:
    serve(server, [pipeline(), pipeline(2, ref="main")], [])
    got = collect(server, token="${T}")
    (signal,) = signals(got)
    assert (signal.change, signal.current_version, signal.severity) == (Change.BUILD, "3.8.1", Severity.LOW)
    (attested,) = (o for o in got.observations if isinstance(o, Attestation))
    assert (attested.asset_id, attested.version) == ("support-bot", "3.8.1")
    assert attested.facts == {
        "commit": SHA,
        "repository": "https://gitlab.example/acme/bot",
        "branch": "v3.8.1",
        "builder": "https://gitlab.example/acme/bot//.gitlab-ci.yml@v3.8.1",
        "run": "https://gitlab.example/acme/bot/-/pipelines/1",
    }
    asked = server.log[0]
    assert asked.headers["private-token"] == "s3cret"
    assert asked.query["updated_after"] == iso(NOW - timedelta(days=7))


def test_the_newest_successful_deployment_says_where_the_environment_points(server: Loopback) -> None:
    elsewhere = deployment(5, "9.9.9", ago=1, environment={"id": 2, "name": "review/x"})
    failed = deployment(4, "3.8.3", ago=5, status="failed")
    serve(server, [], [elsewhere, failed, deployment(3, "3.8.1", ago=10), deployment(2, "3.8.2", ago=20)])
    got = collect(server)
    assert placements(got) == [{Environment.PRODUCTION: ("3.8.1", 100.0)}]
    assert [(s.current_version, s.severity) for s in signals(got)] == [
        ("3.8.2", Severity.LOW),
        ("3.8.1", Severity.LOW),
        ("3.8.3", Severity.MEDIUM),
    ]
    assert {s.change for s in signals(got)} == {Change.DEPLOYMENT}


def test_the_next_round_asks_from_where_the_last_one_read_and_an_older_deployment_moves_nothing(
    server: Loopback,
) -> None:
    serve(server, [], [deployment(3, "3.8.2", ago=10)])
    first = collect(server)
    serve(server, [], [deployment(2, "3.8.1", ago=11)])
    second = collect(server, first.cursor)
    asked = server.seen("GET", DEPLOYMENTS)[-1].query["updated_after"]
    assert asked == iso(NOW - timedelta(minutes=10, seconds=30))
    assert placements(second) == []
    assert [s.current_version for s in signals(second)] == ["3.8.1"]


def test_a_running_pipeline_says_nothing_until_it_ends(server: Loopback) -> None:
    serve(server, [pipeline(status="running", ago=9)], [])
    first = collect(server)
    assert first.unchanged
    serve(server, [pipeline(ago=1)], [])
    assert [s.current_version for s in signals(collect(server, first.cursor))] == ["3.8.1"]


def test_a_retried_pipeline_is_told_again_and_a_cancelled_one_is_not(server: Loopback) -> None:
    serve(server, [pipeline(status="failed", ago=9), pipeline(2, status="canceled")], [])
    first = signals(collect(server))
    serve(server, [pipeline(ago=1)], [])
    second = signals(collect(server))
    assert [len(first), len(second)] == [1, 1]
    assert first[0].id != second[0].id
    assert "failed" in first[0].title


def test_pipelines_for_merge_requests_count_for_nothing(server: Loopback) -> None:
    serve(server, [pipeline(source="merge_request_event"), pipeline(2, source="external_pull_request_event")], [])
    assert collect(server).observations == ()


def test_pages_are_followed_and_a_circle_is_noticed(server: Loopback) -> None:
    def page(request: Request) -> Reply:
        start = (int(request.query["page"]) - 1) * 100
        return Reply.json([pipeline(n) for n in range(start, min(start + 100, 150))])

    serve(server, [], [])
    server.on("GET", PIPELINES, page)
    assert len(signals(collect(server))) == 150
    server.on("GET", PIPELINES, Reply.json([pipeline(n) for n in range(100)]))
    with pytest.raises(SourceError, match="same page repeatedly"):
        collect(server)


@pytest.mark.parametrize(
    "broken", [{"sha": "main"}, {"updated_at": "2999-01-01T00:00:00Z"}, {"updated_at": None}, {"ref": 7}, {"id": "x"}]
)
def test_a_bad_record_is_refused_once_and_hides_nothing_later(server: Loopback, broken: dict[str, Any]) -> None:
    bad = [{**pipeline(9), **broken}, None]
    serve(server, [*bad, pipeline()], [{**deployment(9, "1.0.0"), **broken}])
    got = collect(server)
    assert [s.current_version for s in signals(got)] == ["3.8.1"]
    assert len(got.rejected) == 3
    assert collect(server, got.cursor).rejected == ()
    assert server.log[-1].query["updated_after"] < iso(NOW)


@pytest.mark.parametrize("reply", [Reply(body=b"<html>sign in</html>"), Reply.json({"message": "no"}), Reply(401)])
def test_an_api_that_answers_nonsense_is_an_error_without_the_token(server: Loopback, reply: Reply) -> None:
    server.on("GET", PIPELINES, reply)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1") as caught:
        collect(server, token="${T}")
    assert "s3cret" not in str(caught.value)


def test_a_rate_limit_says_when_to_come_back(server: Loopback) -> None:
    reset = str(int(NOW.timestamp()) + 60)
    server.on("GET", PIPELINES, Reply(429, headers={"RateLimit-Remaining": "0", "RateLimit-Reset": reset}))
    with pytest.raises(SourceError) as caught:
        collect(server)
    assert caught.value.retry_after == 60


def test_a_hostile_text_cannot_write_on_the_screen(server: Loopback) -> None:
    serve(server, [pipeline(ref="v3.8.1", web_url="javascript:1"), pipeline(id=2, ref="v3.8.1\x1b[2J")], [])
    good, refused = admitted(signals(collect(server)))
    assert [(s.current_version, s.links) for s in good if isinstance(s, Signal)] == [("3.8.1", [])]
    assert [r.problem.where for r in refused] == ["current_version"]


def hook(body: bytes = b'{"object_kind": "pipeline"}', headers: dict[str, str] | None = None) -> HookRequest:
    known = {"x-gitlab-event": "Pipeline Hook", "x-gitlab-token": "s3cret", "x-gitlab-event-uuid": "u1"}
    return HookRequest({**known, **(headers or {})}, body)


def test_a_webhook_with_the_token_is_a_hint_and_a_retry_is_the_same_delivery() -> None:
    options = Options(project="acme/bot", webhook_secret="${S}")
    known = context(secrets={"S": "s3cret"})
    got = gitlab.hint(options, hook(), known)
    assert (got.delivery, got.at, got.about) == ("u1", NOW, "Pipeline Hook pipeline")
    headers = {"idempotency-key": "k1", "x-gitlab-event-uuid": "u2"}
    assert gitlab.hint(options, hook(headers=headers), known).delivery == "k1"


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (hook(headers={"x-gitlab-token": "guess"}), "not the configured one"),
        (hook(headers={"x-gitlab-token": "é"}), "not the configured one"),
        (hook(headers={"x-gitlab-token": ""}), "no header"),
        (hook(headers={"x-gitlab-event-uuid": ""}), "no header"),
        (hook(b"<html>"), "not JSON"),
    ],
)
def test_a_forged_webhook_is_refused(request_: HookRequest, why: str) -> None:
    with pytest.raises(Refused, match=why):
        gitlab.hint(Options(project="acme/bot", webhook_secret="s3cret"), request_, context())


def test_a_webhook_without_a_configured_secret_is_refused() -> None:
    with pytest.raises(Refused, match="no webhook_secret"):
        gitlab.hint(Options(project="acme/bot"), hook(), context())
