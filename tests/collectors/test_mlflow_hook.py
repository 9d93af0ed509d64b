"""Signed webhooks of an MLflow server: the recorded ones are genuine, anything else is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import mlflow
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.text import is_clean
from pulse_tui.ports import Hint, HookRequest
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

SECRET = "a long secret"
EVENT = {
    "entity": "model_version_alias",
    "action": "created",
    "timestamp": "2026-11-23T03:00:00+00:00",
    "data": {"name": "support-bot", "alias": "champion", "version": "12"},
}


def signed(body: bytes, *, secret: str = SECRET, at: datetime = NOW, delivery: str = "d-1") -> HookRequest:
    stamp = str(int(at.timestamp()))
    word = hmac.new(secret.encode(), f"{delivery}.{stamp}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "x-mlflow-delivery-id": delivery,
        "x-mlflow-timestamp": stamp,
        "x-mlflow-signature": f"v1,{base64.b64encode(word).decode()}",
    }
    return HookRequest(headers, body)


def hint(request: HookRequest, secret: str | None = "${HOOK}", secrets: Mapping[str, str] | None = None) -> Hint:
    options = mlflow.Options(url="http://127.0.0.1:1", webhook_secret=secret)
    known = {"HOOK": SECRET} if secrets is None else secrets
    return mlflow.hint(options, request, context(source="registry", secrets=known))


def body(event: Any = EVENT) -> bytes:
    return json.dumps(event).encode()


def test_a_genuine_webhook_is_a_hint() -> None:
    got = hint(signed(body()))
    assert got == Hint("d-1", NOW, "model_version_alias.created support-bot champion -> 12")
    assert hint(signed(body()), secret=SECRET) == got


def test_what_the_server_signs_is_genuine() -> None:
    delivery = pytest.importorskip("mlflow.webhooks.delivery", reason="the registry's own code is not installed")
    stamp = str(int(NOW.timestamp()))
    word = delivery._generate_hmac_signature(SECRET, "d-1", stamp, body().decode())
    good = signed(body())
    assert hint(good._replace(headers={**good.headers, "x-mlflow-signature": word})).delivery == "d-1"


def test_a_retried_delivery_keeps_its_name() -> None:
    assert hint(signed(body())).delivery == hint(signed(body())).delivery


def test_another_secret_or_a_changed_part_is_refused() -> None:
    good = signed(body())
    changed = [
        signed(body(), secret="another"),
        good._replace(body=good.body.replace(b"12", b"13")),
        *(
            good._replace(headers={**good.headers, name: value})
            for name, value in {
                "x-mlflow-delivery-id": "d-2",
                "x-mlflow-timestamp": str(int(NOW.timestamp()) + 1),
                "x-mlflow-signature": good.headers["x-mlflow-signature"].replace("v1,", "v2,"),
            }.items()
        ),
    ]
    for request in changed:
        with pytest.raises(Refused, match="does not match"):
            hint(request)


@pytest.mark.parametrize("name", ["x-mlflow-delivery-id", "x-mlflow-timestamp", "x-mlflow-signature"])
def test_a_missing_header_is_named(name: str) -> None:
    good = signed(body())
    with pytest.raises(Refused, match=name):
        hint(good._replace(headers={k: v for k, v in good.headers.items() if k != name}))


def test_without_a_secret_every_webhook_is_refused() -> None:
    for secret, known in ((None, {}), ("", {}), ("${HOOK}", {}), ("${HOOK}", {"HOOK": ""})):
        with pytest.raises(Refused, match="registry"):
            hint(signed(body(), secret=""), secret, known)


@pytest.mark.parametrize(("seconds", "word"), [(-301, "old"), (301, "ahead"), (-86_400, "old")])
def test_an_old_or_early_one_is_refused(seconds: int, word: str) -> None:
    at = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
    with pytest.raises(Refused, match=word):
        hint(signed(body(), at=at))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    at = datetime.fromtimestamp(NOW.timestamp() + seconds, UTC)
    assert hint(signed(body(), at=at)).at == at


@pytest.mark.parametrize("stamp", ["now", "-1", "1e9", "９" * 10, "9" * 400])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    word = hmac.new(SECRET.encode(), f"d.{stamp}.".encode() + body(), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(word).decode()}"
    headers = {"x-mlflow-delivery-id": "d", "x-mlflow-timestamp": stamp, "x-mlflow-signature": signature}
    with pytest.raises(Refused, match="timestamp"):
        hint(HookRequest(headers, body()))


@pytest.mark.parametrize("junk", [b"", b"{", b"<html>", b"[]", b"\xff\xfe", b"[" * 200_000])
def test_a_body_that_is_not_a_json_object_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused, match=r"not (a )?JSON"):
        hint(signed(junk))


@pytest.mark.parametrize("event", [{}, {"entity": 1, "data": []}, {"entity": {}, "data": {"name": ["x"]}}])
def test_an_event_of_another_shape_is_still_a_hint(event: Any) -> None:
    assert hint(signed(body(event))).about


@given(name=st.text(max_size=400), alias=st.text(max_size=50))
def test_what_it_is_about_is_safe_and_short(name: str, alias: str) -> None:
    about = hint(signed(body({**EVENT, "data": {"name": name, "alias": alias, "version": "1"}}))).about
    assert is_clean(about)
    assert len(about) <= 200


@given(
    headers=st.fixed_dictionaries({k: st.text(max_size=80) for k in signed(b"").headers}), junk=st.binary(max_size=80)
)
def test_nothing_unsigned_gets_in(headers: dict[str, str], junk: bytes) -> None:
    with pytest.raises(Refused):
        hint(HookRequest(headers, junk))


def test_recorded_deliveries_are_of_the_signed_shape() -> None:
    recorded = json.loads(shared_data("mlflow", "webhook_deliveries.json").read_text())
    told = []
    for headers, text in recorded:
        lower = {key.lower(): value for key, value in headers.items()}
        at = datetime.fromtimestamp(int(lower["x-mlflow-timestamp"]), UTC)
        assert int(lower["content-length"]) == len(text.encode())
        assert set(lower) >= set(signed(b"").headers)
        told.append(hint(signed(text.encode(), at=NOW, delivery=lower["x-mlflow-delivery-id"])).about)
        assert at.year == 2026
    assert "model_version_alias.created support-llm champion -> 3" in told
    assert "model_version_tag.set support-llm pulse.status -> 3" in told
