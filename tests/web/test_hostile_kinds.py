"""Every kind that asks a server ends in time with one error, whatever the server does: sources, steps, messages, git."""

from __future__ import annotations

import contextlib
import importlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import PulseError, SourceError, TargetError
from pulse_tui.kinds import Kinds
from pulse_tui.services.parts import Outside
from pulse_tui.web import Web
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW
from tests.servers.hostile import PEM, ROWS, Hostile

ROWS_BY_NAME = {row.name: row for row in ROWS}
BEHAVIOURS = ("trickles its headers", "100 Continue, trickled", "trickles a body of known length")
WITHIN_S = 2.0
LATE_S = 8.0

SOURCES: dict[str, dict[str, Any]] = {
    "changelog": {"url": "URL", "vendor": "acme"},
    "deprecations": {"url": "URL", "vendor": "acme"},
    "csaf": {"url": "URL/provider-metadata.json"},
    "epss": {"url": "URL"},
    "feed": {"url": "URL", "vendor": "acme"},
    "ghsa": {"url": "URL"},
    "github_actions": {"url": "URL", "repository": "acme/bot", "workflows": []},
    "github_releases": {"url": "URL", "repository": "acme/bot", "vendor": "acme"},
    "gitlab": {"url": "URL", "project": "acme/bot", "pipelines": [{"asset": "bot", "means": "build"}]},
    "kev": {"url": "URL"},
    "huggingface": {"url": "URL", "repos": [{"repo": "acme/bot"}]},
    "litellm": {"url": "URL"},
    "mlflow": {"url": "URL"},
    "model_list": {"url": "URL", "platform": "acme"},
    "models_dev": {"url": "URL"},
    "nvd": {"url": "URL"},
    "oci": {"images": [{"image": "HOST/acme/bot", "asset": "bot"}], "plain_http": True},
    "openrouter": {"url": "URL"},
    "osv": {"url": "URL"},
    "prometheus": {"url": "URL", "objectives": [{"asset": "bot", "latency": {"p95": "up", "objective": "500ms"}}]},
    "servicenow_changes": {"url": "URL", "token": "t"},
    "pagerduty_incidents": {"url": "URL", "token": "t"},
    "company_status": {"url": "URL"},
    "statuspage": {"url": "URL", "vendor": "acme"},
    "tripwire": {"url": "URL/v1", "model": "m", "vendor": "acme", "asset": "bot"},
    "vex": {"url": "URL"},
    "git": {
        "repository": "URL/bot.git",
        "cache": "mirror",
        "timeout": 0.4,
        "bundles": [{"asset": "bot", "paths": ["p"]}],
    },
}
STEPS: dict[str, dict[str, Any]] = {
    "webhook": {"read_url": "URL/state", "write_url": "URL/state"},
    "mlflow_alias": {"url": "URL", "model": "bot", "alias": "champion"},
    "mlflow_tag": {"url": "URL", "model": "bot", "tag": "serving"},
    "argo_rollouts": {"url": "URL", "namespace": "ai", "name": "bot"},
    "github_dispatch": {"url": "URL", "repository": "acme/bot", "workflow": "roll.yml", "variable": "V"},
    "sagemaker": {"url": "URL", "region": "eu-west-1", "endpoint": "bot", "access_key": "a", "secret_key": "s"},
    "unleash_flag": {"url": "URL", "feature": "bot", "environment": "production"},
    "kserve": {"url": "URL", "namespace": "ai", "name": "bot"},
}
SENT_UNREAD = {"webhook"}
"""Steps that send their write at once: the others read their target before, and learn there that it does not answer."""
ROUTES: dict[str, dict[str, Any]] = {
    "notify": {"url": "URL/hook"},
    "ticket": {"path": "tickets", "url": "URL/hook"},
    "jira": {"url": "URL", "project": "OPS", "token": "t"},
    "github_issues": {"url": "URL", "repository": "acme/bot", "token": "t"},
    "gitlab_issues": {"url": "URL", "project": "acme/bot", "token": "t"},
    "servicenow": {"url": "URL", "token": "t"},
    "enforce_webhook": {"url": "URL"},
    "gitlab_freeze": {"url": "URL", "project": "acme/bot", "token": "t"},
    "github_deployments": {"url": "URL", "repository": "acme/bot", "token": "t"},
}
DELIVERY = Delivery(
    key="k",
    kind="notify",
    route="r",
    payload={"title": "x", "event": "opened", "do": "hold", "commits": "a" * 40},
    created_at=NOW,
)


@pytest.fixture(autouse=True)
def few_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading all that the system trusts takes a part of the time."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))


def filled(value: Any, server: Hostile) -> Any:
    """URL and HOST replaced, however deep."""
    if isinstance(value, dict):
        return {key: filled(part, server) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, server) for part in value]
    return value.replace("URL", server.url).replace("HOST", server.url[7:]) if isinstance(value, str) else value


def read(options: Any, module: Any) -> Any:
    """The options of a kind; a duration is a number of seconds."""
    return msgspec.convert(options, module.Options, dec_hook=lambda shape, value: shape(value))


def ends(act: Callable[[], Any], error: type[PulseError]) -> PulseError:
    """The error that it ends with, which comes in time."""
    began = time.monotonic()
    try:
        act()
    except error as caught:
        assert time.monotonic() - began < WITHIN_S + LATE_S
        return caught
    raise AssertionError("there was an answer")


def at_once(play: Callable[[str, Hostile], None], kinds: Iterable[str]) -> None:
    """Play every kind with every behaviour, all at the same time."""

    def one(kind: str, behaviour: str) -> None:
        with Hostile(ROWS_BY_NAME[behaviour]) as server:
            play(kind, server)

    cases = [(kind, behaviour) for kind in kinds for behaviour in BEHAVIOURS]
    with ThreadPoolExecutor(len(cases)) as pool:
        for case, done in [(case, pool.submit(one, *case)) for case in cases]:
            error = done.exception()
            assert error is None, f"{' and what '.join(case)}: {error!r}"


def world(folder: Path) -> Outside:
    importlib.import_module("pulse_tui.web.wire")
    web = Web(clock=lambda: NOW, connect_s=WITHIN_S, read_s=WITHIN_S)
    return outside(web.within(WITHIN_S), folder, lambda: NOW)


def test_every_source_ends_in_time(tmp_path: Path) -> None:
    collectors = Kinds("collectors")

    def play(kind: str, server: Hostile) -> None:
        module: Any = collectors[kind]
        options = read(filled(SOURCES[kind], server), module)
        (folder := tmp_path / f"{kind}-{server.port}").mkdir()
        ends(lambda: module.collect(options, world(folder).collecting("src", NOW)), SourceError)
        assert server.asked

    assert {kind for kind in collectors if "url" in collectors[kind].Options.__struct_fields__} <= set(SOURCES)
    at_once(play, SOURCES)


def test_every_step_ends_in_time_and_its_write_may_have_happened(tmp_path: Path) -> None:
    steps = Kinds("steps")

    def play(kind: str, server: Hostile) -> None:
        module: Any = steps[kind]
        options = read(filled(STEPS[kind], server), module)
        context = outside(Web(clock=lambda: NOW), tmp_path, lambda: NOW).stepping(WITHIN_S)
        got = ends(lambda: module.read(options, context), TargetError)
        assert isinstance(got, TargetError)
        assert not got.ambiguous
        wrote = ends(lambda: module.write(options, "1", expected="2", key="k", epoch=1, context=context), TargetError)
        assert isinstance(wrote, TargetError)
        assert wrote.ambiguous is (kind in SENT_UNREAD)

    asking = {kind for kind in steps if any(name.endswith("url") for name in steps[kind].Options.__struct_fields__)}
    assert asking <= set(STEPS)
    at_once(play, STEPS)


def test_every_message_ends_in_time(tmp_path: Path) -> None:
    actions = Kinds("actions")

    def play(kind: str, server: Hostile) -> None:
        module: Any = actions[kind]
        options = read(filled(ROUTES[kind], server), module)
        began, context = time.monotonic(), world(tmp_path / str(server.port)).sending(NOW)
        with contextlib.suppress(TargetError):  # a status of success is enough for most, whatever becomes of the body
            module.deliver(DELIVERY, options, context)
        assert time.monotonic() - began < WITHIN_S + LATE_S
        assert server.asked

    at_once(play, ROUTES)
