"""What Kubernetes gets over TLS: an answer within a second, 400 for what is no review, the configured one when it is late."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from pulse_tui.hooks import admission
from pulse_tui.hooks import receiver as limits
from pulse_tui.hooks.admission import Admission, Ruled
from tests.hooks.test_receiver import post
from tests.scheduling.test_scheduler import until
from tests.servers.hostile import PEM


class Judge:
    """Rules as the test says."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.told: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.raises: Exception | None = None
        self.about = ""

    def rule(self, body: bytes) -> Ruled:
        self.asked.append(body)
        self.go_on.wait(60)
        if self.raises is not None:
            raise self.raises
        return Ruled(b'{"response":{"allowed":true}}', True, self.about)

    def late(self, _body: bytes, why: str) -> Ruled:
        return Ruled(json.dumps({"late": why}).encode(), False, f"denied: {why}")


async def ask(receiver: Admission, data: bytes) -> bytes:
    assert receiver.address is not None
    context = ssl.create_default_context(cafile=str(PEM))
    context.check_hostname = False
    reader, writer = await asyncio.open_connection(*receiver.address, ssl=context)
    try:
        writer.write(data)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


def play(body: Callable[[Admission, Judge], Coroutine[None, None, None]], pem: Path = PEM) -> Judge:
    judge = Judge()

    async def run() -> None:
        receiver = Admission("127.0.0.1", 0, judge.rule, judge.late, (pem, pem))
        await receiver.start(judge.told.append, lambda _source: None)
        try:
            await body(receiver, judge)
        finally:
            await receiver.stop()

    asyncio.run(run())
    return judge


def test_a_review_is_answered_with_json_over_tls() -> None:
    async def body(receiver: Admission, judge: Judge) -> None:
        answer = await ask(receiver, post("/validate?timeout=1s", b'{"a":1}'))
        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"content-type: application/json" in head.lower()
        assert content == b'{"response":{"allowed":true}}'
        assert judge.asked == [b'{"a":1}']

    play(body)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (post("/hooks/x"), b"404"),
        (b"GET /validate HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (post("/validate", b"", "Content-Length: 99999999"), b"400"),
        (b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"\x00\x01", b"400"),
    ],
)
def test_what_is_no_request_for_it_is_refused(data: bytes, status: bytes) -> None:
    async def body(receiver: Admission, judge: Judge) -> None:
        assert (await ask(receiver, data)).split(b" ")[1] == status
        assert not judge.asked

    play(body)


def test_what_is_no_review_gets_400_with_the_reason() -> None:
    async def body(receiver: Admission, judge: Judge) -> None:
        judge.raises = ValueError("its request has no uid")
        answer = await ask(receiver, post("/validate"))
        assert answer.startswith(b"HTTP/1.1 400")
        assert answer.endswith(b"its request has no uid\n")

    play(body)


def test_an_answer_that_takes_too_long_or_breaks_is_the_configured_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "WITHIN_S", 0.05)

    async def body(receiver: Admission, judge: Judge) -> None:
        judge.go_on.clear()
        assert b"it did not answer within" in await ask(receiver, post("/validate"))
        judge.go_on.set()
        monkeypatch.setattr(admission, "WITHIN_S", 60.0)
        judge.raises = RuntimeError("a bug")
        assert b"RuntimeError: a bug" in await ask(receiver, post("/validate"))

    assert any("denied" in line for line in play(body).told)


def test_the_same_sentence_is_shown_once_a_minute() -> None:
    async def body(receiver: Admission, judge: Judge) -> None:
        judge.about = "Deployment ai/bot denied"
        for _ in range(3):
            await ask(receiver, post("/validate"))

    assert play(body).told == ["admission: Deployment ai/bot denied"]


def test_a_renewed_certificate_is_used_and_a_broken_one_is_not(tmp_path: Path) -> None:
    pem = tmp_path / "tls.pem"
    shutil.copy(PEM, pem)

    async def body(receiver: Admission, judge: Judge) -> None:
        pem.write_text("broken")
        await ask(receiver, post("/validate"))
        assert "the renewed certificate is not used" in judge.told[0]
        shutil.copy(PEM, pem)
        await ask(receiver, post("/validate"))
        assert judge.told[1] == "admission: the certificate was renewed"

    play(body, pem)


def test_a_certificate_that_is_not_there_is_reported_and_looked_for_again(tmp_path: Path) -> None:
    async def body(receiver: Admission, judge: Judge) -> None:
        assert "none.pem cannot be read" in judge.told[0]
        shutil.copy(PEM, tmp_path / "none.pem")
        await until(lambda: receiver.address is not None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "RETRY_S", 0.02)
        play(body, tmp_path / "none.pem")
