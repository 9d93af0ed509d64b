"""What the alias step does at a real registry, and when the registry goes away."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import mlflow_alias
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.loopback import Loopback, Reply
from tests.servers.mlflow_server import MARKS, MlflowServer

pytestmark = MARKS
ALIAS = "/api/2.0/mlflow/registered-models/alias"


def step_context(timeout_s: float = 10.0) -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${TOKEN}", "s3cret")).stepping(timeout_s)


def write(options: mlflow_alias.Options, value: str, expected: str) -> None:
    mlflow_alias.write(options, value, expected=expected, key="k", epoch=1, context=step_context())


def release(version: str, number: str | None, digest: str | None = None) -> Release:
    return Release(
        asset_id="bot",
        version=version,
        iteration=1,
        digest=digest,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        registry_version=number,
    )


@pytest.fixture
def place(mlflow_server: MlflowServer) -> mlflow_alias.Options:
    """A model with versions 1 and 2 whose alias ``champion`` points at 2."""
    name = f"step-{uuid.uuid4().hex[:8]}"
    mlflow_server.model(name)
    mlflow_server.version(name, {"semver": "3.8.1", "digest": "sha256:aa"})
    mlflow_server.version(name, {"semver": "3.8.2"})
    mlflow_server.alias(name, "champion", "2")
    return mlflow_alias.Options(url=mlflow_server.url, model=name, alias="champion")


def test_the_alias_is_read_moved_and_read_back(place: mlflow_alias.Options) -> None:
    assert mlflow_alias.read(place, step_context()) == "2"
    write(place, "1", expected="2")
    assert mlflow_alias.read(place, step_context()) == "1"


def test_writing_what_is_there_already_changes_nothing(place: mlflow_alias.Options) -> None:
    write(place, "2", expected="1")
    assert mlflow_alias.read(place, step_context()) == "2"


def test_a_write_against_another_value_is_refused_and_touches_nothing(place: mlflow_alias.Options) -> None:
    with pytest.raises(TargetError, match="it holds 2, expected was 7") as caught:
        write(place, "1", expected="7")
    assert not caught.value.ambiguous
    assert mlflow_alias.read(place, step_context()) == "2"


def test_of_two_plans_with_one_expectation_the_later_is_refused(place: mlflow_alias.Options) -> None:
    write(place, "1", expected="2")
    with pytest.raises(TargetError, match="holds 1, expected was 2"):
        write(place, "3", expected="2")


def test_a_missing_alias_is_empty_can_be_set_and_taken_away_again(place: mlflow_alias.Options) -> None:
    canary = mlflow_alias.Options(url=place.url, model=place.model, alias="canary")
    assert mlflow_alias.read(canary, step_context()) == ""
    write(canary, "1", expected="")
    assert mlflow_alias.read(canary, step_context()) == "1"
    write(canary, "", expected="1")
    assert mlflow_alias.read(canary, step_context()) == ""


def test_a_deleted_version_drops_its_alias(mlflow_server: MlflowServer, place: mlflow_alias.Options) -> None:
    mlflow_server.delete_version(place.model, "2")
    assert mlflow_alias.read(place, step_context()) == ""


def test_a_missing_model_or_version_or_a_reserved_alias_is_refused_without_doubt(place: mlflow_alias.Options) -> None:
    elsewhere = mlflow_alias.Options(url=place.url, model="nobody", alias="champion")
    with pytest.raises(TargetError, match="answered 404"):
        mlflow_alias.read(elsewhere, step_context())
    with pytest.raises(TargetError, match=r"answered 404: .*version=99") as caught:
        write(place, "99", expected="2")
    assert not caught.value.ambiguous
    reserved = mlflow_alias.Options(url=place.url, model=place.model, alias="v5")
    with pytest.raises(TargetError, match="reserved") as told:
        write(reserved, "1", expected="")
    assert not told.value.ambiguous


def test_the_preflight_looks_at_version_status_digest_and_the_bad_mark(
    mlflow_server: MlflowServer, place: mlflow_alias.Options
) -> None:
    good = mlflow_alias.check(place, release("3.8.1", "1", "sha256:aa"), step_context())
    assert [(c.name, c.ok) for c in good] == [
        ("registry version", True),
        ("status", True),
        ("digest", True),
        ("not marked bad", True),
    ]
    other = mlflow_alias.check(place, release("3.8.1", "1", "sha256:bb"), step_context())
    assert [(c.name, c.blocking) for c in other if not c.ok] == [("digest", True)]
    unknown = mlflow_alias.check(place, release("3.8.2", "2", "sha256:bb"), step_context())
    assert [(c.name, c.blocking) for c in unknown if not c.ok] == [("digest", False)]
    mlflow_server.tag(place.model, "1", "pulse.status", "bad")
    marked = mlflow_alias.check(place, release("3.8.1", "1"), step_context())
    assert [c.name for c in marked if not c.ok and c.blocking] == ["not marked bad"]


def test_a_version_that_is_gone_or_has_no_number_fails_the_preflight(place: mlflow_alias.Options) -> None:
    for number in ("77", None):
        (check,) = mlflow_alias.check(place, release("9.9.9", number), step_context())
        assert not check.ok
        assert check.blocking
    with pytest.raises(TargetError, match="no version number"):
        mlflow_alias.value_of(place, release("9.9.9", None))
    assert mlflow_alias.value_of(place, release("3.8.1", "1")) == "1"


def test_only_a_write_that_may_have_arrived_is_ambiguous(server: Loopback) -> None:
    options = mlflow_alias.Options(url=server.url, model="m", alias="champion")
    server.on("GET", ALIAS, Reply.json({"model_version": {"version": "2"}}))
    for reply, ambiguous in ((Reply(drop=True), True), (Reply(502), True), (Reply(403), False)):
        server.on("POST", ALIAS, reply)
        with pytest.raises(TargetError) as caught:
            write(options, "1", expected="2")
        assert caught.value.ambiguous is ambiguous
    server.on("GET", ALIAS, Reply(drop=True))
    with pytest.raises(TargetError) as unread:
        write(options, "1", expected="2")
    assert not unread.value.ambiguous
    assert len(server.seen("POST", ALIAS)) == 3


def test_another_bad_parameter_is_not_taken_for_a_missing_alias(server: Loopback) -> None:
    options = mlflow_alias.Options(url=server.url, model="m", alias="champion")
    body = {"error_code": "INVALID_PARAMETER_VALUE", "message": "Missing value for required parameter 'name'."}
    server.on("GET", ALIAS, Reply.json(body, status=400))
    with pytest.raises(TargetError, match="answered 400: Missing value"):
        mlflow_alias.read(options, step_context())


def test_the_target_names_the_place_without_secrets(server: Loopback) -> None:
    options = mlflow_alias.Options(url="http://u:pw@mlflow:5000/", model="m x", alias="champion", token="${TOKEN}")
    assert mlflow_alias.target(options) == "mlflow http://mlflow:5000/#models/m%20x@champion"
    local = mlflow_alias.Options(url=server.url, model="m", alias="a", token="${TOKEN}")
    with pytest.raises(TargetError) as caught:
        mlflow_alias.read(local, step_context())
    assert server.log[0].headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(caught.value)
