"""What the webhook step does with a target that obeys, refuses, stumbles or vanishes."""

from __future__ import annotations

import base64
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.ports import StepContext
from pulse_tui.steps import webhook
from pulse_tui.steps._shared.signed import signature
from pulse_tui.wiring import outside
from tests.collectors.contexts import NOW, quick_web
from tests.servers.loopback import Loopback, Reply, Request


class Service:
    """A deployment target that compares: expected value, fencing epoch and idempotency key."""

    def __init__(self, server: Loopback, version: str) -> None:
        self.version, self.epoch, self.seen = version, 0, set[str]()
        self._lock = threading.Lock()
        server.on("GET", "/state", lambda _: Reply.json({"version": self.version}))
        server.on("PUT", "/state", self._put)

    def _put(self, request: Request) -> Reply:
        with self._lock:
            wanted = request.json()
            epoch = int(request.headers["x-fencing-epoch"])
            if request.headers["idempotency-key"] in self.seen:
                return Reply.json({"version": self.version})
            if epoch < self.epoch or wanted["expected"] != self.version:
                return Reply.json({"version": self.version}, status=412 if epoch < self.epoch else 409)
            self.version, self.epoch = wanted["version"], epoch
            self.seen.add(request.headers["idempotency-key"])
            return Reply.json({"version": self.version})


def options(server: Loopback, **changes: Any) -> webhook.Options:
    return webhook.Options(**{"read_url": f"{server.url}/state", "write_url": f"{server.url}/state", **changes})


def step_context(timeout_s: float = 5.0) -> StepContext:
    world = outside(quick_web(), Path(), lambda: NOW)
    return world._replace(secret=lambda text: text.replace("${TOKEN}", "s3cret")).stepping(timeout_s)


def write(
    chosen: webhook.Options, value: str, expected: str, key: str = "k1", epoch: int = 1, timeout_s: float = 5.0
) -> None:
    webhook.write(chosen, value, expected=expected, key=key, epoch=epoch, context=step_context(timeout_s))


def release(digest: str | None = "sha256:aa") -> Release:
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return Release(asset_id="bot", version="3.8.1+b 1", iteration=1, digest=digest, created_at=moment)


def test_the_value_is_read_written_and_read_back(server: Loopback) -> None:
    Service(server, "3.8.2")
    chosen = options(server)
    assert webhook.read(chosen, step_context()) == "3.8.2"
    write(chosen, "3.8.1", expected="3.8.2")
    assert webhook.read(chosen, step_context()) == "3.8.1"
    sent = server.seen("PUT", "/state")[0]
    assert sent.json() == {"version": "3.8.1", "expected": "3.8.2"}
    assert (sent.headers["idempotency-key"], sent.headers["x-fencing-epoch"]) == ("k1", "1")


def test_a_repeated_key_is_harmless_and_an_old_epoch_is_refused(server: Loopback) -> None:
    service = Service(server, "2")
    write(options(server), "1", expected="2", epoch=5)
    write(options(server), "1", expected="2", epoch=5)
    with pytest.raises(TargetError, match="the target refused: it holds 1, expected was 1") as caught:
        write(options(server), "2", expected="1", key="k2", epoch=4)
    assert (service.version, caught.value.ambiguous) == ("1", False)


def test_of_racing_writers_with_one_expectation_exactly_one_wins(server: Loopback) -> None:
    service = Service(server, "0")
    refused: list[TargetError] = []

    def race(number: int) -> None:
        try:
            write(options(server), str(number), expected="0", key=f"k{number}")
        except TargetError as error:
            refused.append(error)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.version != "0"
    assert len(refused) == 7
    assert not any(error.ambiguous for error in refused)


def test_only_silence_and_server_errors_are_ambiguous(server: Loopback) -> None:
    chosen = options(server)
    for reply, ambiguous in ((Reply(drop=True), True), (Reply(500), True), (Reply(404), False), (Reply(302), False)):
        server.on("PUT", "/state", reply)
        with pytest.raises(TargetError) as caught:
            write(chosen, "1", expected="2")
        assert caught.value.ambiguous is ambiguous
    server.on("PUT", "/state", Reply(delay_s=1.0))
    with pytest.raises(TargetError) as slow:
        write(chosen, "1", expected="2", timeout_s=0.4)
    assert slow.value.ambiguous
    assert len(server.log) == 5


def test_a_target_that_cannot_be_reached_was_not_touched(server: Loopback) -> None:
    chosen = options(server)
    server.close()
    with pytest.raises(TargetError, match="cannot be reached") as caught:
        write(chosen, "1", expected="2")
    assert not caught.value.ambiguous


def test_the_field_is_a_path_and_numbers_and_null_are_values(server: Loopback) -> None:
    server.on("GET", "/state", Reply.json({"spec": {"items": [{"tag": 7, "none": None, "deep": {}}]}}))
    assert webhook.read(options(server, field="spec.items.0.tag"), step_context()) == "7"
    assert webhook.read(options(server, field="spec.items.0.none"), step_context()) == ""
    for field in ("spec.items.1.tag", "spec.items.0.deep", "version", ""):
        with pytest.raises(TargetError, match="has no value at"):
            webhook.read(options(server, field=field), step_context())


def test_a_read_that_is_no_200_or_no_json_is_an_error_and_never_an_empty_value(server: Loopback) -> None:
    for reply in (Reply(404), Reply(204), Reply(body=b"<html>"), Reply(500), Reply(drop=True)):
        server.on("GET", "/state", reply)
        with pytest.raises(TargetError) as caught:
            webhook.read(options(server), step_context())
        assert not caught.value.ambiguous


def test_the_body_and_headers_are_the_configurations(server: Loopback) -> None:
    server.on("POST", "/state", Reply(202))
    chosen = options(
        server,
        method=webhook.Method.POST,
        headers={"Authorization": "Bearer ${TOKEN}"},
        body={"op": "set", "to": ["v{value}", 3, True], "was": "{expected}/{key}/{epoch}", "odd": "{other}"},
    )
    write(chosen, "{key}", expected="2")
    (sent,) = server.log
    assert sent.json() == {"op": "set", "to": ["v{key}", 3, True], "was": "2/k1/1", "odd": "{other}"}
    assert sent.headers["authorization"] == "Bearer s3cret"


def test_a_secret_in_an_address_is_used_and_never_shown(server: Loopback) -> None:
    chosen = options(server, write_url=server.url + "/hook/${TOKEN}?k=hunter2")
    with pytest.raises(TargetError) as caught:
        write(chosen, "1", expected="2")
    assert server.log[0].path == "/hook/s3cret"
    for text in (str(caught.value), webhook.target(chosen)):
        assert "s3cret" not in text
        assert "hunter2" not in text
    assert webhook.target(chosen) != webhook.target(options(server, write_url=server.url + "/hook/${TOKEN}?k=other"))


def test_the_preflight_asks_for_the_artifact_and_compares_its_digest(server: Loopback) -> None:
    chosen = options(server, artifact_url=server.url + "/artifacts/{version}")
    server.on("GET", "/artifacts/3.8.1%2Bb%201", Reply.json({"digest": "sha256:aa"}))
    assert [(c.name, c.ok) for c in webhook.check(chosen, release(), step_context())] == [
        ("artifact", True),
        ("digest", True),
    ]
    other = webhook.check(chosen, release("sha256:bb"), step_context())
    assert [c.name for c in other if not c.ok and c.blocking] == ["digest"]
    unknown = webhook.check(chosen, release(None), step_context())
    assert [(c.ok, c.blocking) for c in unknown] == [(True, True), (False, False)]
    server.on("GET", "/artifacts/3.8.1%2Bb%201", Reply(404))
    (gone,) = webhook.check(chosen, release(), step_context())
    assert (gone.ok, gone.blocking) == (False, True)


def test_without_an_artifact_address_the_preflight_warns_and_does_not_block(server: Loopback) -> None:
    (check,) = webhook.check(options(server), release(), step_context())
    assert (check.ok, check.blocking) == (False, False)
    assert webhook.value_of(options(server), release()) == "3.8.1+b 1"
    assert webhook.value_of(options(server, value="bot@{digest}"), release()) == "bot@sha256:aa"


def test_a_write_is_signed_so_that_another_implementation_verifies_it(server: Loopback) -> None:
    """OpenSSL computes the code over what arrived: id, time and body, joined by dots."""
    key = bytes(range(32))
    secret = "whsec_" + base64.b64encode(key).decode()
    server.on("PUT", "/state", Reply(204))
    chosen = options(server, signing_secret="${HOOK}")
    context = step_context()._replace(secret=lambda text: text.replace("${HOOK}", secret))
    webhook.write(chosen, "3.8.1 é", expected="2", key="run-0", epoch=4, context=context)
    (sent,) = server.log
    stamp = sent.headers["webhook-timestamp"]
    assert (sent.headers["webhook-id"], stamp) == ("run-0", str(int(NOW.timestamp())))
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    signed = b"run-0." + stamp.encode() + b"." + sent.body
    mac = subprocess.run(command, input=signed, capture_output=True, check=True, timeout=60).stdout
    assert sent.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert (sent.headers["idempotency-key"], sent.headers["x-fencing-epoch"]) == ("run-0", "4")
    assert sent.json() == {"version": "3.8.1 é", "expected": "2"}


def test_the_signature_is_the_one_of_the_published_example() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%%%"])
def test_with_a_secret_that_is_none_nothing_is_sent(server: Loopback, secret: str) -> None:
    chosen = options(server, signing_secret="${HOOK}")
    context = step_context()._replace(secret=lambda text: text.replace("${HOOK}", secret))
    with pytest.raises(TargetError, match="no secret of Standard Webhooks") as caught:
        webhook.write(chosen, "1", expected="2", key="k", epoch=1, context=context)
    assert not caught.value.ambiguous
    assert server.log == []


@pytest.mark.parametrize(
    "wrong", [{"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, {"probe_url": "http://h/keys"}]
)
def test_a_secret_in_the_open_and_a_probe_without_the_key_are_refused(server: Loopback, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"signing_secret is \$\{NAME\}|probe_url has \{key\}"):
        options(server, **wrong)


def test_the_probe_is_believed_only_when_it_says_yes_or_no(server: Loopback) -> None:
    chosen = options(server, probe_url=server.url + "/keys/{key}")
    answers = ((Reply.json({"landed": True}), True), (Reply.json({"landed": False}), False))
    silent = [
        Reply(404),
        Reply(500),
        Reply(),
        Reply.json({}),
        Reply.json({"landed": "true"}),
        Reply.json({"landed": 1}),
    ]
    for reply, said in (*answers, *((reply, None) for reply in silent)):
        server.on("GET", "/keys/r%2F1-0", reply)
        assert webhook.landed(chosen, "r/1-0", step_context()) is said
    assert webhook.landed(options(server), "k", step_context()) is None


def test_a_value_with_control_characters_never_reads_like_the_clean_one(server: Loopback) -> None:
    server.on("GET", "/state", Reply.json({"version": "3.8\x1b[2J.1"}))
    seen = webhook.read(options(server), step_context())
    assert seen != "3.8.1"
    assert seen.isprintable()
