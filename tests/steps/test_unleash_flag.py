"""What the flag step reads and changes: at a stand-in in every run, at a real Unleash where there is one."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import unleash_flag
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers import unleash_server
from tests.servers.loopback import Loopback
from tests.servers.unleash_api import TOKEN, UnleashApi, variant
from tests.servers.unleash_server import UnleashServer

Server = UnleashApi | UnleashServer
_numbers = itertools.count()


def step_context(timeout_s: float = 10.0) -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${UNLEASH}", TOKEN)).stepping(timeout_s)


@pytest.fixture
def api(server: Loopback) -> UnleashApi:
    return UnleashApi(server)


@pytest.fixture(params=["stand-in", "real"])
def unleash(request: pytest.FixtureRequest, api: UnleashApi) -> Server:
    return api if request.param == "stand-in" else unleash_server.shared()


def moved_flag(server: Server) -> str:
    """3.8.2 serves everybody, 3.8.1 nobody."""
    name = server.flag(f"bot-{next(_numbers)}")
    server.strategy(name, "model", variant("3.8.2", 1000), variant("3.8.1", 0, "fix"))
    server.switch(name, "on")
    return name


def options(server: Server, feature: str, **changes: Any) -> unleash_flag.Options:
    known = {"url": server.url, "feature": feature, "environment": "production", "token": "${UNLEASH}"}
    return msgspec.convert({**known, **changes}, unleash_flag.Options)


def write(chosen: unleash_flag.Options, value: str, expected: str) -> None:
    unleash_flag.write(chosen, value, expected=expected, key="k", epoch=1, context=step_context())


def release(version: str = "3.8.1") -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(asset_id="bot", version=version, iteration=1, digest=None, created_at=moment)


def checked(chosen: unleash_flag.Options, version: str = "3.8.1") -> dict[str, tuple[bool, bool, str]]:
    found = unleash_flag.check(chosen, release(version), step_context())
    return {c.name: (c.ok, c.blocking, c.detail) for c in found}


def test_the_variant_is_read_moved_split_and_put_back(unleash: Server) -> None:
    chosen = options(unleash, moved_flag(unleash))
    for value in ("3.8.1", "3.8.1=90,3.8.2=10", "3.8.1=99.5,3.8.2=0.5", "3.8.1=50,3.8.2=50", "3.8.2"):
        before = unleash_flag.read(chosen, step_context())
        write(chosen, value, expected=before)
        assert unleash_flag.read(chosen, step_context()) == value


def test_the_rollout_and_the_switch_are_moved(unleash: Server) -> None:
    name = moved_flag(unleash)
    rollout = options(unleash, name, part="rollout")
    assert unleash_flag.read(rollout, step_context()) == "100"
    write(rollout, "10", expected="100")
    assert unleash_flag.read(rollout, step_context()) == "10"
    switch = options(unleash, name, part="enabled")
    assert unleash_flag.read(switch, step_context()) == "on"
    write(switch, "off", expected="on")
    assert unleash_flag.read(switch, step_context()) == "off"
    assert unleash_flag.read(options(unleash, name), step_context()) == "3.8.2"


def test_another_value_a_missing_variant_and_shares_that_do_not_add_up_send_nothing(unleash: Server) -> None:
    chosen = options(unleash, moved_flag(unleash))
    for value, expected, word in (
        ("3.8.1", "3.8.0", r"was not touched: it holds 3\.8\.2, expected was 3\.8\.0"),
        ("3.9.0", "3.8.2", "there is no variant '3.9.0'"),
        ("3.8.1=90,3.8.2=9", "3.8.2", "do not add up"),
        ("3.8.1=90,3.8.1=10", "3.8.2", "do not add up"),
        ("3.8.1=-1,3.8.2=101", "3.8.2", "do not add up"),
        ("3.8.1=x", "3.8.2", "do not add up"),
        ("", "3.8.2", "there is no variant ''"),
    ):
        with pytest.raises(TargetError, match=word) as caught:
            write(chosen, value, expected=expected)
        assert not caught.value.ambiguous
    for part, bad in (("rollout", "101"), ("rollout", "many"), ("enabled", "maybe")):
        other = msgspec.structs.replace(chosen, part=unleash_flag.Part(part))
        with pytest.raises(TargetError, match="is n") as caught:
            write(other, bad, expected=unleash_flag.read(other, step_context()))
        assert not caught.value.ambiguous
    assert unleash_flag.read(chosen, step_context()) == "3.8.2"


def test_which_of_several_strategies_is_meant_must_be_said(unleash: Server) -> None:
    name = moved_flag(unleash)
    ident = unleash.strategy(name, "staff", variant("3.8.2", 1000))
    with pytest.raises(TargetError, match="The environment has model, staff"):
        unleash_flag.read(options(unleash, name), step_context())
    assert unleash_flag.read(options(unleash, name, strategy=ident), step_context()) == "3.8.2"
    chosen = options(unleash, name, strategy="model")
    write(chosen, "3.8.1", expected="3.8.2")
    assert unleash_flag.read(options(unleash, name, strategy="staff"), step_context()) == "3.8.2"
    assert checked(chosen)["reach"][2] == "1 more of its strategies are on: who matches one gets what that says"


def test_the_preflight_knows_the_variant_and_who_gets_it(unleash: Server) -> None:
    name = moved_flag(unleash)
    chosen = options(unleash, name)
    assert all(ok for ok, _, _ in checked(chosen).values())
    assert checked(chosen, "3.7.0")["variant"] == (False, True, "it has 3.8.1, 3.8.2")
    write(options(unleash, name, part="rollout"), "10", expected="100")
    write(options(unleash, name, part="enabled"), "off", expected="on")
    assert checked(chosen)["reach"] == (
        False, False, "the flag is off in production; the strategy is for 10 % of users",
    )  # fmt: skip
    unleash.archive(name)
    assert checked(chosen)["flag"][:2] == (False, True)


def test_a_missing_flag_a_wrong_token_and_a_web_page_are_errors_and_never_a_value(unleash: Server) -> None:
    name = moved_flag(unleash)
    for chosen, word in (
        (options(unleash, "nobody"), "answered 404"),
        (options(unleash, name, environment="nowhere"), "answered 404"),
        (options(unleash, name, token=None), "answered 401"),
    ):
        with pytest.raises(TargetError, match=word) as caught:
            unleash_flag.read(chosen, step_context())
        assert not caught.value.ambiguous


@pytest.mark.parametrize(
    ("fault", "ambiguous", "holds"),
    [
        ("race", False, "stranger"),
        ("lost", True, "3.8.2"),
        ("landed", True, "3.8.1"),
        ("500", True, "3.8.2"),
        ("429", False, "3.8.2"),
        ("409", False, "3.8.2"),
    ],
)
def test_only_a_change_that_may_have_arrived_is_ambiguous(
    api: UnleashApi, fault: str, ambiguous: bool, holds: str
) -> None:
    chosen = options(api, moved_flag(api))
    api.fault(fault)
    with pytest.raises(TargetError) as caught:
        write(chosen, "3.8.1", expected="3.8.2")
    assert caught.value.ambiguous is ambiguous
    assert unleash_flag.read(chosen, step_context()) == holds


def test_a_server_that_accepts_and_does_nothing_is_seen_by_reading(api: UnleashApi) -> None:
    chosen = options(api, moved_flag(api))
    api.fault("ignored")
    write(chosen, "3.8.1", expected="3.8.2")
    assert unleash_flag.read(chosen, step_context()) == "3.8.2"


def test_only_variants_move_a_release_and_the_target_has_no_secret(api: UnleashApi) -> None:
    chosen = options(api, "bot x", url="http://u:pw@unleash:4242/", value="v{version}", strategy="model")
    assert unleash_flag.target(chosen) == "unleash http://unleash:4242/default/bot%20x@production#variants:model"
    assert unleash_flag.value_of(chosen, release()) == "v3.8.1"
    switch = msgspec.structs.replace(chosen, part=unleash_flag.Part.ENABLED)
    with pytest.raises(TargetError, match="moves no release"):
        unleash_flag.value_of(switch, release())
    with pytest.raises(msgspec.ValidationError):
        options(api, "bot", part="segments")


def test_the_real_server_refuses_a_patch_of_what_is_no_longer_there() -> None:
    server = unleash_server.shared()
    name = moved_flag(server)
    chosen = options(server, name)
    found = unleash_flag._environment(chosen, step_context())
    write(chosen, "3.8.1", expected="3.8.2")
    strategy = unleash_flag._strategy(chosen, found)
    pointer, was, new = unleash_flag._change(chosen, strategy, "3.8.1=50,3.8.2=50")
    patch = [{"op": "test", "path": pointer, "value": was}, {"op": "replace", "path": pointer, "value": new}]
    path = f"{unleash_flag._path(chosen)}/strategies/{strategy['id']}"
    answer = unleash_flag._call(chosen, step_context(), "PATCH", path, json=patch, writes=True)
    assert answer.status == 500
    assert "Test operation failed" in unleash_flag._message(answer)
    assert unleash_flag.read(chosen, step_context()) == "3.8.1"
