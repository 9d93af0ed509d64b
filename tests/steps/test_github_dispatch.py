"""What the dispatch step starts, finds again and reads, at a stand-in that speaks GitHub's API."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import github_dispatch
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.github_api import REPOSITORY, WORKFLOW, GithubApi
from tests.servers.loopback import Loopback, Reply


def step_context() -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${GITHUB}", "s3cret")).stepping(5.0)


@pytest.fixture
def api(server: Loopback) -> GithubApi:
    return GithubApi(server, "3.8.2", "s3cret")


def options(server: Loopback, **changes: Any) -> github_dispatch.Options:
    known = {"url": server.url, "repository": "acme/bot", "workflow": "roll.yml", "variable": "VERSION"}
    whole = {**known, "token": "${GITHUB}", **changes}
    return msgspec.convert({k: v for k, v in whole.items() if v is not None}, github_dispatch.Options)


def write(chosen: github_dispatch.Options, value: str, expected: str, key: str = "run-0") -> None:
    github_dispatch.write(chosen, value, expected=expected, key=key, epoch=3, context=step_context())


def release() -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(asset_id="bot", version="3.8.1", iteration=1, digest=None, created_at=moment)


def test_a_workflow_is_started_with_value_and_key_and_its_variable_read_back(api: GithubApi, server: Loopback) -> None:
    chosen = options(server)
    assert github_dispatch.read(chosen, step_context()) == "3.8.2"
    write(chosen, "3.8.1", expected="3.8.2")
    assert github_dispatch.read(chosen, step_context()) == "3.8.1"
    assert server.seen("POST", f"{WORKFLOW}/dispatches")[0].json() == {
        "ref": "main",
        "inputs": {"version": "3.8.1", "key": "run-0"},
    }


def test_a_repository_dispatch_carries_them_as_its_payload(api: GithubApi, server: Loopback) -> None:
    inputs = {"version": "{value}", "was": "{expected}", "key": "{key}", "epoch": "{epoch}", "odd": "{other}"}
    chosen = options(server, workflow=None, event_type="rollback", inputs=inputs)
    write(chosen, "{key}", expected="3.8.2")
    assert server.seen("POST", f"{REPOSITORY}/dispatches")[0].json() == {
        "event_type": "rollback",
        "client_payload": {"version": "{key}", "was": "3.8.2", "key": "run-0", "epoch": "3", "odd": "{other}"},
    }
    assert api.took == ["{key}"]


def test_while_a_run_is_under_way_the_value_cannot_be_read(api: GithubApi, server: Loopback) -> None:
    api.slow = 2
    chosen = options(server)
    write(chosen, "3.8.1", expected="3.8.2")
    assert github_dispatch.landed(chosen, "run-0", step_context()) is None
    with pytest.raises(TargetError, match=r"run 1 \(roll run-0\) is queued: it may move the value") as caught:
        github_dispatch.read(chosen, step_context())
    assert not caught.value.ambiguous
    assert github_dispatch.read(chosen, step_context()) == "3.8.1"
    assert github_dispatch.landed(chosen, "run-0", step_context()) is True


def test_only_runs_that_are_named_for_this_target_stand_in_its_way(api: GithubApi, server: Loopback) -> None:
    api.running("roll other-bot to 9")
    assert github_dispatch.read(options(server, run_name="support-bot"), step_context()) == "3.8.2"
    with pytest.raises(TargetError, match="is in_progress"):
        github_dispatch.read(options(server), step_context())


def test_a_run_with_the_key_is_found_and_nothing_is_sent_twice(api: GithubApi, server: Loopback) -> None:
    chosen = options(server)
    api.fault("landed")
    with pytest.raises(TargetError) as caught:
        write(chosen, "3.8.1", expected="3.8.2")
    assert caught.value.ambiguous
    write(chosen, "3.8.1", expected="3.8.2")
    assert api.took == ["3.8.1"]
    write(chosen, "3.8.2", expected="3.8.1", key="run-0-undo")
    assert api.took == ["3.8.1", "3.8.2"]
    assert github_dispatch.landed(chosen, "run", step_context()) is None


def test_a_run_that_failed_is_named_and_its_key_is_used_up(api: GithubApi, server: Loopback) -> None:
    chosen = options(server)
    api.conclusion = "failure"
    write(chosen, "3.8.1", expected="3.8.2")
    assert github_dispatch.read(chosen, step_context()) == "3.8.2"
    assert github_dispatch.landed(chosen, "run-0", step_context()) is None
    with pytest.raises(TargetError, match=r"run 1 \(roll run-0\) ended as failure") as caught:
        write(chosen, "3.8.1", expected="3.8.2")
    assert not caught.value.ambiguous
    assert len(api.runs) == 1


@pytest.mark.parametrize(("fault", "ambiguous"), [("lost", True), ("502", True), ("422", False), ("429", False)])
def test_only_a_dispatch_that_may_have_arrived_is_ambiguous(
    api: GithubApi, server: Loopback, fault: str, ambiguous: bool
) -> None:
    api.fault(fault)
    with pytest.raises(TargetError) as caught:
        write(options(server), "3.8.1", expected="3.8.2")
    assert caught.value.ambiguous is ambiguous
    with pytest.raises(TargetError, match="was not touched") as moved:
        write(options(server), "3.8.1", expected="3.8.0")
    assert not moved.value.ambiguous
    api.fault("ignored")
    write(options(server), "3.8.1", expected="3.8.2")
    assert github_dispatch.read(options(server), step_context()) == "3.8.2"


def test_the_value_is_read_from_an_environment_a_file_or_the_newest_good_deployment(
    api: GithubApi, server: Loopback
) -> None:
    assert github_dispatch.read(options(server, variable_environment="prod"), step_context()) == "of prod"
    file = options(server, variable=None, file="deploy/version", ref="main")
    assert github_dispatch.read(file, step_context()) == "3.8.2"
    api.version = "two\nlines"
    with pytest.raises(TargetError, match="has 2 lines"):
        github_dispatch.read(file, step_context())
    deployed = options(server, variable=None, deployment="production")
    assert github_dispatch.read(deployed, step_context()) == ""
    api.deployed("v3.8.1", "success")
    assert github_dispatch.unsettled(deployed, step_context()) == ""
    for state in ("failure", "in_progress", ""):
        api.deployed("v3.8.2", state)
        assert github_dispatch.read(deployed, step_context()) == "v3.8.1"
        assert (state or "without a status") in github_dispatch.unsettled(deployed, step_context())
    assert github_dispatch.unsettled(file, step_context()) == ""


def test_what_the_token_may_not_see_is_an_error_and_never_an_empty_value(api: GithubApi, server: Loopback) -> None:
    for chosen in (options(server, token=None), options(server, variable="OTHER"), options(server, workflow="x.yml")):
        with pytest.raises(TargetError, match="answered 404") as caught:
            github_dispatch.read(chosen, step_context())
        assert not caught.value.ambiguous
        assert "s3cret" not in str(caught.value)


def test_the_preflight_asks_for_the_workflow_and_the_tag(api: GithubApi, server: Loopback) -> None:
    def checked(**changes: Any) -> dict[str, tuple[bool, bool, str]]:
        found = github_dispatch.check(options(server, **changes), release(), step_context())
        return {c.name: (c.ok, c.blocking, c.detail) for c in found}

    assert checked(tag="v{version}") == {
        "workflow": (True, True, "roll.yml is active"),
        "artifact": (True, True, "tag v3.8.1 is there"),
    }
    assert checked()["artifact"] == (False, False, "not checked: no tag")
    assert checked(tag="x{version}")["artifact"] == (False, True, "tag x3.8.1 is gone")
    server.on("GET", WORKFLOW, Reply.json({"state": "disabled_manually"}))
    assert checked()["workflow"] == (False, True, "roll.yml is disabled_manually")
    assert "workflow" not in checked(workflow=None, event_type="rollback")


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ({"event_type": "x"}, "either workflow or event_type"),
        ({"workflow": None}, "either workflow or event_type"),
        ({"variable": None}, "one of variable, deployment and file"),
        ({"file": "x"}, "one of variable, deployment and file"),
        ({"inputs": {"version": "{value}"}}, "must pass {key} on"),
        ({"repository": "acme"}, "repository"),
        ({"repository": "acme/../x"}, "repository"),
        ({"inputs": {"n": 1}}, "Expected `str`"),
    ],
)
def test_bad_options_are_refused_with_what_is_missing(server: Loopback, bad: dict[str, Any], word: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=word):
        options(server, **bad)


def test_the_target_says_what_starts_it_and_where_the_value_is(server: Loopback) -> None:
    chosen = options(server, url="https://api.github.com", variable_environment="prod")
    assert github_dispatch.target(chosen) == "github acme/bot roll.yml -> variable prod/VERSION"
    other = options(server, url="https://u:p@ghe/api/v3", workflow=None, event_type="roll", variable=None, file="v")
    assert github_dispatch.target(other) == "github acme/bot event roll -> file v@main at https://ghe/api/v3"
