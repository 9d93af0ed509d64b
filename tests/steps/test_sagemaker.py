"""What the endpoint step reads, updates and waits for, at a stand-in that speaks SageMaker's API and checks signatures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import sagemaker
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.loopback import Loopback
from tests.servers.sagemaker_api import KEYS, SageMakerApi

SECRETS = {"${AWS_ACCESS_KEY_ID}": KEYS.access_key, "${AWS_SECRET_ACCESS_KEY}": KEYS.secret_key, "${WRONG}": "x"}


def step_context() -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: SECRETS.get(text, text)).stepping(5.0)


@pytest.fixture
def api(server: Loopback) -> SageMakerApi:
    return SageMakerApi(server)


def options(server: Loopback, **changes: Any) -> sagemaker.Options:
    known = {"url": server.url, "region": "eu-west-1", "endpoint": "bot", "value": "bot-{registry_version}"}
    return msgspec.convert({**known, **changes}, sagemaker.Options)


def write(chosen: sagemaker.Options, value: str, expected: str) -> None:
    sagemaker.write(chosen, value, expected=expected, key="k", epoch=1, context=step_context())


def release(number: str | None = "1") -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(
        asset_id="bot", version="3.8.1", iteration=1, digest=None, created_at=moment, registry_version=number
    )


def checked(server: Loopback, **changes: Any) -> dict[str, tuple[bool, str]]:
    return {c.name: (c.ok, c.detail) for c in sagemaker.check(options(server, **changes), release(), step_context())}


def test_the_configuration_is_read_updated_and_read_back(api: SageMakerApi, server: Loopback) -> None:
    chosen = options(server, retain_variants=True, session_token="t0ken")
    assert sagemaker.value_of(chosen, release()) == "bot-1"
    assert sagemaker.read(chosen, step_context()) == "bot-2"
    write(chosen, "bot-1", expected="bot-2")
    assert sagemaker.read(chosen, step_context()) == "bot-1"
    assert api.updates == [{"EndpointName": "bot", "EndpointConfigName": "bot-1", "RetainAllVariantProperties": True}]
    write(chosen, "bot-1", expected="bot-2")
    assert len(api.updates) == 1
    assert server.log[0].headers["x-amz-security-token"] == "t0ken"


def test_while_it_is_updating_it_cannot_be_read_and_takes_no_other_update(server: Loopback) -> None:
    api = SageMakerApi(server, slow=2)
    chosen = options(server)
    write(chosen, "bot-1", expected="bot-2")
    for _ in range(2):
        with pytest.raises(TargetError, match="is Updating to bot-1") as moving:
            sagemaker.read(chosen, step_context())
        assert not moving.value.ambiguous
    assert sagemaker.read(chosen, step_context()) == "bot-1"
    assert sagemaker.unsettled(chosen, step_context()) == ""
    api.status = "Updating"
    with pytest.raises(TargetError, match="is Updating") as refused:
        write(chosen, "bot-2", expected="bot-1")
    assert not refused.value.ambiguous
    assert len(api.updates) == 1


def test_an_update_that_fails_leaves_the_old_configuration(server: Loopback) -> None:
    api = SageMakerApi(server)
    api.rolls_back = True
    write(options(server), "bot-1", expected="bot-2")
    assert sagemaker.read(options(server), step_context()) == "bot-2"


def test_an_endpoint_that_failed_does_not_serve_what_it_has(api: SageMakerApi, server: Loopback) -> None:
    api.status, api.reason = "Failed", "The primary container did not pass the ping health check"
    assert "is Failed: The primary container" in sagemaker.unsettled(options(server), step_context())
    ok, detail = checked(server)["endpoint"]
    assert not ok
    assert "It can only be deleted" in detail


@pytest.mark.parametrize(
    ("fault", "ambiguous"),
    [("lost", True), ("landed", True), ("500", True), ("503", True), ("throttled", False), ("403", False)],
)
def test_only_an_update_that_may_have_arrived_is_ambiguous(
    api: SageMakerApi, server: Loopback, fault: str, ambiguous: bool
) -> None:
    api.fault(fault)
    with pytest.raises(TargetError) as caught:
        write(options(server), "bot-1", expected="bot-2")
    assert caught.value.ambiguous is ambiguous
    assert sagemaker.read(options(server), step_context()) == ("bot-1" if fault == "landed" else "bot-2")


def test_another_configuration_than_expected_or_one_that_is_not_there_is_refused(
    api: SageMakerApi, server: Loopback
) -> None:
    with pytest.raises(TargetError, match="it holds bot-2, expected was bot-3") as moved:
        write(options(server), "bot-1", expected="bot-3")
    with pytest.raises(TargetError, match="Could not find endpoint configuration") as gone:
        write(options(server), "bot-9", expected="bot-2")
    assert not moved.value.ambiguous
    assert not gone.value.ambiguous
    assert api.updates == []
    api.fault("ignored")
    write(options(server), "bot-1", expected="bot-2")
    assert sagemaker.read(options(server), step_context()) == "bot-2"


def test_the_preflight_looks_for_the_configuration_and_its_models(api: SageMakerApi, server: Loopback) -> None:
    assert all(ok for ok, _ in checked(server).values())
    api.models.discard("model-1")
    assert checked(server)["model"] == (False, "model model-1 is gone")
    api.configs.pop("bot-1")
    assert checked(server)["configuration"] == (False, "there is no endpoint configuration bot-1")
    with pytest.raises(TargetError, match="has no registry version"):
        sagemaker.value_of(options(server), release(None))


def test_the_weight_of_a_variant_is_moved(api: SageMakerApi, server: Loopback) -> None:
    weight = options(server, variant="main")
    assert sagemaker.read(weight, step_context()) == "1"
    write(weight, "0.25", expected="1")
    assert sagemaker.read(weight, step_context()) == "0.25"
    for bad in ("1.0", "-1", "much", ""):
        with pytest.raises(TargetError, match="is no weight") as caught:
            write(weight, bad, expected="0.25")
        assert not caught.value.ambiguous
    with pytest.raises(TargetError, match="no such variant"):
        sagemaker.read(options(server, variant="other"), step_context())
    with pytest.raises(TargetError, match="moves no release"):
        sagemaker.value_of(weight, release())
    assert list(checked(server, variant="main")) == ["endpoint"]


def test_a_wrong_key_or_endpoint_is_an_error_without_the_secret(api: SageMakerApi, server: Loopback) -> None:
    for chosen, word in (
        (options(server, secret_key="${WRONG}"), "answered 403: InvalidSignatureException"),
        (options(server, endpoint="nobody"), 'ValidationException: Could not find endpoint "nobody"'),
    ):
        with pytest.raises(TargetError, match=word) as caught:
            sagemaker.read(chosen, step_context())
        assert not caught.value.ambiguous
        assert KEYS.secret_key not in str(caught.value)


def test_the_target_names_region_and_endpoint_and_bad_options_are_refused(server: Loopback) -> None:
    chosen = msgspec.convert({"region": "eu-west-1", "endpoint": "bot"}, sagemaker.Options)
    assert sagemaker.target(chosen) == "sagemaker eu-west-1/bot#config"
    assert sagemaker._url(chosen) == "https://api.sagemaker.eu-west-1.amazonaws.com/"
    assert sagemaker.target(options(server, variant="main", url="https://u:p@vpc/")).endswith(
        "#weight:main at https://vpc"
    )
    for bad in ({"region": "eu-west-1.evil.example/"}, {"region": ""}, {"weights": 1}):
        with pytest.raises(msgspec.ValidationError):
            options(server, **bad)
