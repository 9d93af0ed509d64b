"""What the tag step does at a real registry: tags of models and of versions."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import mlflow_tag
from pulse_tui.steps.mlflow_tag import Options
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.loopback import Loopback, Reply
from tests.servers.mlflow_server import MARKS, MlflowServer

pytestmark = MARKS
MODEL = "/api/2.0/mlflow/registered-models/get"
SET = "/api/2.0/mlflow/registered-models/set-tag"


def step_context() -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${TOKEN}", "s3cret")).stepping(10.0)


def write(options: Options, value: str, expected: str) -> None:
    mlflow_tag.write(options, value, expected=expected, key="k", epoch=1, context=step_context())


def release(version: str, number: str | None, digest: str | None = None) -> Release:
    made = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(
        asset_id="bot", version=version, iteration=1, digest=digest, created_at=made, registry_version=number
    )


@pytest.fixture
def model(mlflow_server: MlflowServer) -> Options:
    """The tag ``serving`` of a model with two versions."""
    name = f"tag-{uuid.uuid4().hex[:8]}"
    mlflow_server.model(name, {"serving": "2"})
    mlflow_server.version(name, {"digest": "sha256:aa"})
    mlflow_server.version(name)
    return Options(url=mlflow_server.url, model=name, tag="serving")


def test_a_models_tag_is_read_moved_and_taken_away_again(model: Options) -> None:
    assert mlflow_tag.read(model, step_context()) == "2"
    write(model, "1", expected="2")
    assert mlflow_tag.read(model, step_context()) == "1"
    write(model, "1", expected="2")  # the same again changes nothing
    write(model, "", expected="1")
    assert mlflow_tag.read(model, step_context()) == ""
    write(model, "2", expected="")
    assert mlflow_tag.read(model, step_context()) == "2"


def test_a_versions_tag_is_another_target_than_the_models(mlflow_server: MlflowServer, model: Options) -> None:
    on_version = Options(url=model.url, model=model.model, tag="serving", on_version="1")
    assert mlflow_tag.read(on_version, step_context()) == ""
    write(on_version, "eu", expected="")
    assert (mlflow_tag.read(on_version, step_context()), mlflow_tag.read(model, step_context())) == ("eu", "2")
    write(on_version, "", expected="eu")
    assert mlflow_tag.read(on_version, step_context()) == ""
    assert mlflow_tag.target(on_version) == f"mlflow {model.url}/#models/{model.model}/1:tag=serving"
    assert mlflow_tag.target(model) == f"mlflow {model.url}/#models/{model.model}:tag=serving"


def test_one_registry_under_two_addresses_is_one_target() -> None:
    def at(url: str, **more: Any) -> str:
        return mlflow_tag.sends_to(Options(url=url, model="m", tag="serving", **more))

    assert at("http://u:pw@MLFLOW:5000/") == at("http://mlflow:5000")
    assert at("http://mlflow:5000", on_version="1") != at("http://mlflow:5000")


def test_another_value_is_refused_and_stays(model: Options) -> None:
    with pytest.raises(TargetError, match="it holds 2, expected was 7") as caught:
        write(model, "1", expected="7")
    assert not caught.value.ambiguous
    assert mlflow_tag.read(model, step_context()) == "2"


def test_a_model_or_version_that_is_gone_is_an_error_and_no_empty_tag(model: Options) -> None:
    gone = Options(url=model.url, model=model.model, tag="serving", on_version="99")
    for options in (gone, Options(url=model.url, model="nobody", tag="serving")):
        with pytest.raises(TargetError, match="answered 404") as caught:
            mlflow_tag.read(options, step_context())
        assert not caught.value.ambiguous


def test_the_value_is_the_registrys_number_or_the_releases_version(model: Options) -> None:
    assert mlflow_tag.value_of(model, release("3.8.1", "12")) == "12"
    with pytest.raises(TargetError, match="no registry version"):
        mlflow_tag.value_of(model, release("3.8.1", None))
    named = Options(url=model.url, model=model.model, tag="serving", value="v{version}")
    assert mlflow_tag.value_of(named, release("3.8.1", None)) == "v3.8.1"


def test_the_preflight_compares_the_digest_of_the_version_it_goes_to(model: Options) -> None:
    assert all(c.ok for c in mlflow_tag.check(model, release("3.8.1", "1", "sha256:aa"), step_context()))
    other = mlflow_tag.check(model, release("3.8.1", "1", "sha256:bb"), step_context())
    assert [(c.name, c.blocking) for c in other if not c.ok] == [("digest", True)]
    (gone,) = mlflow_tag.check(model, release("3.8.1", "77"), step_context())
    assert (gone.ok, gone.blocking) == (False, True)


def test_a_value_with_control_characters_never_reads_like_the_clean_one(model: Options) -> None:
    write(model, "1\u200b2", expected="2")
    seen = mlflow_tag.read(model, step_context())
    assert seen.startswith("12~")
    with pytest.raises(TargetError, match="expected was 12"):
        write(model, "3", expected="12")


def test_a_page_in_place_of_the_registry_is_no_missing_tag(server: Loopback) -> None:
    options = Options(url=server.url, model="m", tag="serving")
    for reply in (Reply(body=b"<html>"), Reply.json({}), Reply.json([1]), Reply(204)):
        server.on("GET", MODEL, reply)
        with pytest.raises(TargetError):
            mlflow_tag.read(options, step_context())


def test_only_a_write_that_may_have_arrived_is_ambiguous(server: Loopback) -> None:
    options = Options(url=server.url, model="m", tag="serving", token="${TOKEN}")
    server.on("GET", MODEL, Reply.json({"registered_model": {"name": "m", "tags": [{"key": "serving", "value": "2"}]}}))
    for reply, ambiguous in ((Reply(drop=True), True), (Reply(502), True), (Reply(403), False)):
        server.on("POST", SET, reply)
        with pytest.raises(TargetError) as caught:
            write(options, "1", expected="2")
        assert caught.value.ambiguous is ambiguous
        assert "s3cret" not in str(caught.value)
    assert server.log[0].headers["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    "wrong", [{"tag": ""}, {"on_version": "latest"}, {"on_version": ""}, {"on_version": "-1"}, {"value": "latest"}]
)
def test_a_tag_without_a_name_and_a_version_that_is_no_number_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"name the tag|number of the registry|names nothing"):
        Options(**{"url": "http://x", "model": "m", "tag": "t", **wrong})
