"""What the receiver answers, byte for byte: the good, the bad, the slow and the greedy, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from pulse_tui.domain.errors import NotFound, PulseError, Refused, Replayed, StorageError
from pulse_tui.hooks import receiver as limits
from pulse_tui.hooks.hints import Hints
from pulse_tui.hooks.receiver import (
    BODY_CAP,
    CONNECTIONS,
    HEAD_CAP,
    Asked,
    Head,
    Receiver,
    Reply,
    Served,
    Stop,
)
from pulse_tui.ports import Hint, HookRequest
from tests.scheduling.test_scheduler import until

SECRET_WORD = "wednesday"


class Desk:
    """Judges webhooks as the test says, and remembers everything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, HookRequest]] = []
        self.hints: list[str] = []
        self.told: list[str] = []
        self.says: PulseError | None = None
        self.takes_s = 0.0

    def take(self, source: str, request: HookRequest) -> Hint:
        self.asked.append((source, request))
        time.sleep(self.takes_s)
        if self.says is not None:
            raise self.says
        return Hint("d-1", datetime.now(UTC), "something changed")


class Line:
    """A connection to the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        assert receiver.address is not None
        self.host, self.port = receiver.address

    async def say(self, data: bytes, *, then_close: bool = False) -> bytes:
        """Everything that is answered until the receiver closes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(data)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            if then_close:
                writer.write_eof()
            return await asyncio.wait_for(reader.read(), 60)
        finally:
            writer.close()


def play(body: Callable[[Receiver, Line, Desk], Coroutine[None, None, None]], desk: Desk | None = None) -> Desk:
    desk = desk or Desk()

    async def run() -> None:
        receiver = Receiver("hooks", "127.0.0.1", 0, [Hints(desk.take).served])
        await receiver.start(desk.told.append, desk.hints.append)
        try:
            await body(receiver, Line(receiver), desk)
        finally:
            await receiver.stop()

    asyncio.run(run())
    return desk


def post(path: str = "/hooks/registry", body: bytes = b"{}", *more: str, version: str = "1.1") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: tower", "Connection: close", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_webhook_is_accepted_and_becomes_a_hint_of_its_source() -> None:
    body = b'{"entity": "model_version_alias"}'

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        answer = await line.say(post("/hooks/registry", body, "X-MLflow-Delivery-Id: d-1", "Content-Type: a/b"))
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert b"connection: close" in answer.lower()

    desk = play(scene)
    source, request = desk.asked[0]
    assert (source, request.body) == ("registry", body)
    assert request.headers["x-mlflow-delivery-id"] == "d-1"
    assert desk.hints == ["registry"]
    assert desk.told == []


def test_a_source_id_with_slashes_and_escapes_arrives_as_it_was_configured() -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        await line.say(post("/hooks/team/registry?token=x"))
        await line.say(post("/hooks/team%2Fregistry%40eu"))

    assert [source for source, _ in play(scene).asked] == ["team/registry", "team/registry@eu"]


@pytest.mark.parametrize(
    ("trouble", "answered"),
    [
        (Refused("the signature does not fit"), 401),
        (Replayed("replayed"), 409),
        (NotFound(f"there is no source {SECRET_WORD!r}"), 404),
        (StorageError("the database is locked"), 503),
    ],
)
def test_a_refusal_is_a_status_and_no_hint(trouble: PulseError, answered: int) -> None:
    desk = Desk()
    desk.says = trouble

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        answer = await line.say(post(f"/hooks/{SECRET_WORD}", SECRET_WORD.encode(), f"X-Word: {SECRET_WORD}"))
        assert status(answer) == answered
        assert SECRET_WORD.encode() not in answer

    play(scene, desk)
    assert desk.hints == []


def test_refused_webhooks_are_told_once_a_minute_and_source() -> None:
    desk = Desk()
    desk.says = Refused("the signature \x1b[2Jdoes not fit")

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        for _ in range(5):
            await line.say(post("/hooks/a"))
        await line.say(post("/hooks/b"))

    play(scene, desk)
    assert desk.told == [
        "hooks: a webhook for a was refused: the signature does not fit",
        "hooks: a webhook for b was refused: the signature does not fit",
    ]


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        pytest.param(b"GET /hooks/registry HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 405, id="GET"),
        pytest.param(b"DELETE /hooks/registry HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 405, id="DELETE"),
        pytest.param(post("/"), 404, id="root"),
        pytest.param(post("/hooks/"), 404, id="no source"),
        pytest.param(post("/hook/registry"), 404, id="other path"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400, id="TLS"),
        pytest.param(b"POST /hooks/registry\r\n\r\n", 400, id="HTTP/0.9"),
        pytest.param(b"POST /hooks/registry HTTP/1.1\r\n\r\n", 400, id="no Host"),
        pytest.param(b"POST /hooks/registry HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n", 400, id="bad length"),
        pytest.param(
            b"POST /hooks/registry HTTP/1.1\r\nHost: t\r\nContent-Length: " + b"9" * 19 + b"\r\n\r\n", 413, id="long"
        ),
        pytest.param(
            b"POST /hooks/registry HTTP/1.1\r\nHost: t\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n",
            400,
            id="length of 5,000 digits",
        ),
        pytest.param(
            b"POST /hooks/r HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab", 400, id="smuggled"
        ),
        pytest.param(
            b"POST /hooks/r HTTP/1.1\r\nHost: t\r\nX: " + b"x" * (HEAD_CAP * 3) + b"\r\n\r\n", 431, id="big head"
        ),
        pytest.param(post(body=b"x" * (BODY_CAP + 1)), 413, id="big body"),
        pytest.param(
            b"POST /hooks/r HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"10000\r\n" * 1
            + b"x" * 0x10000
            + b"\r\n"
            + (b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 16
            + b"0\r\n\r\n",
            413,
            id="big in chunks",
        ),
    ],
)
def test_what_is_no_webhook_gets_a_status_and_never_reaches_the_desk(sent: bytes, answered: int) -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        assert status(await line.say(sent)) == answered
        assert status(await line.say(post())) == 202

    assert len(play(scene).asked) == 1


def test_a_body_of_exactly_the_cap_and_one_in_chunks_are_taken() -> None:
    head = b"POST /hooks/r HTTP/1.1\r\nHost: t\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked = head + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        assert status(await line.say(post(body=b"x" * BODY_CAP))) == 202
        assert status(await line.say(chunked)) == 202

    assert [len(request.body) for _, request in play(scene).asked] == [BODY_CAP, 3]


def test_a_sender_that_waits_to_be_told_to_go_on_is_told() -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        writer.write(post("/hooks/registry", b"{}", "Expect: 100-continue")[:-2])
        assert (await reader.readline()).startswith(b"HTTP/1.1 100 ")
        await reader.readline()
        writer.write(b"{}")
        assert status(await reader.read()) == 202
        writer.close()

    assert play(scene).hints == ["registry"]


def test_requests_that_follow_each_other_on_one_connection_are_answered_in_order() -> None:
    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        kept = post("/hooks/a").replace(b"Connection: close\r\n", b"")
        assert (await line.say(kept + kept.replace(b"/a", b"/b") + post("/hooks/c"))).count(b"HTTP/1.1 202") == 3
        reader, writer = await asyncio.open_connection(line.host, line.port)
        for _ in range(3):  # and with a pause in between
            writer.write(kept)
            head = await reader.readuntil(b"\r\n\r\n")
            assert status(head) == 202
            assert b"connection" not in head.lower()
            await reader.readexactly(len(b"accepted\n"))
            await until(lambda: len(receiver._idle) == 1)
        writer.close()
        await until(lambda: not receiver._open)

    assert play(scene).hints == ["a", "b", "c", "a", "a", "a"]


def test_a_request_behind_one_that_asks_to_close_is_not_answered() -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        assert (await line.say(post("/hooks/a") + post("/hooks/b"))).count(b"HTTP/1.1 ") == 1

    assert play(scene).hints == ["a"]


def test_a_short_request_that_is_refused_keeps_its_connection_and_a_long_one_does_not() -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        wrong = post("/nothing").replace(b"Connection: close\r\n", b"")
        answer = await line.say(wrong + post("/hooks/a"))
        assert (answer.count(b"HTTP/1.1 404"), answer.count(b"HTTP/1.1 202")) == (1, 1)
        long = post("/nothing", b"x" * (limits.SPARED + 1)).replace(b"Connection: close\r\n", b"")
        answer = await line.say(long + post("/hooks/a"))
        assert (answer.count(b"HTTP/1.1 404"), answer.count(b"HTTP/1.1 202")) == (1, 0)
        assert b"connection: close" in answer.lower()

    play(scene)


def test_connections_that_wait_for_their_next_request_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN", 6)
    kept = post().replace(b"Connection: close\r\n", b"")

    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        held = [await asyncio.open_connection(line.host, line.port) for _ in range(6)]
        for reader, writer in held:
            writer.write(kept)
            await reader.readuntil(b"accepted\n")
        await until(lambda: len(receiver._idle) == 6)
        assert status(await line.say(post())) == 202
        assert await asyncio.wait_for(held[0][0].read(), 60) == b""  # without an answer: it asked nothing
        assert len(receiver._idle) == 5
        for _, writer in held:
            writer.close()

    play(scene)


def test_bodies_that_are_never_finished_make_room_once_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HELD", 300_000)

    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        held = [await asyncio.open_connection(line.host, line.port) for _ in range(5)]
        for _, writer in held:
            writer.write(post(body=b"x" * 100_000)[:-1])
        await asyncio.sleep(0.1)
        assert receiver._held <= 300_000
        assert status(await line.say(post())) == 202
        for _, writer in held:
            writer.close()
        await until(lambda: receiver._held == 0)

    play(scene)


def test_what_is_being_judged_is_answered_before_the_receiver_has_stopped() -> None:
    desk = Desk()
    desk.takes_s = 0.4

    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        asking = asyncio.create_task(line.say(post().replace(b"Connection: close\r\n", b"")))
        await until(lambda: len(desk.asked) == 1)
        await receiver.stop()
        answer = await asking
        assert status(answer) == 202
        assert b"connection: close" in answer.lower()

    play(scene, desk)


def test_the_table_says_which_method_cap_and_first_look_a_path_has() -> None:
    async def alive(asked: Asked, _at: Receiver) -> Reply:
        return Reply(HTTPStatus.OK, f"{asked.head.query} {asked.head.peer} {len(asked.body)}".encode())

    def nobody(head: Head, _receiver: Receiver) -> None:
        if "authorization" not in head.headers:
            raise Stop(HTTPStatus.UNAUTHORIZED, ("www-authenticate", "Bearer"))

    async def run() -> None:
        served = [Served("GET", "/healthz", alive), Served("PUT", "/healthz", alive, 4, nobody)]
        receiver = Receiver("hooks", "127.0.0.1", 0, served)
        await receiver.start(print)
        line, end = Line(receiver), "Host: t\r\nConnection: close\r\n"
        try:
            answer = await line.say(f"GET /healthz?a=1 HTTP/1.1\r\n{end}\r\n".encode())
            assert answer.endswith(b"\r\n\r\na=1 127.0.0.1 0")
            assert status(await line.say(f"GET /healthz/x HTTP/1.1\r\n{end}\r\n".encode())) == 404
            answer = await line.say(f"HEAD /healthz?a=1 HTTP/1.1\r\n{end}\r\n".encode())
            assert (status(answer), answer[-4:], b"\r\ncontent-length: 15\r\n" in answer) == (200, b"\r\n\r\n", True)
            answer = await line.say(
                f"HEAD /nothing HTTP/1.1\r\nHost: t\r\n\r\nGET /healthz HTTP/1.1\r\n{end}\r\n".encode()
            )
            assert (status(answer), answer[-12:]) == (404, b" 127.0.0.1 0")  # of the next request
            answer = await line.say(post("/healthz"))
            assert b"\r\nallow: GET, PUT\r\n" in answer
            length = f"PUT /healthz HTTP/1.1\r\n{end}Content-Length: 5\r\n"
            answer = await line.say(f"{length}\r\nabcde".encode())
            assert (status(answer), b"www-authenticate: Bearer" in answer) == (401, True)
            assert status(await line.say(f"{length}Authorization: x\r\n\r\nabcde".encode())) == 413
        finally:
            await receiver.stop()

    asyncio.run(run())


def test_an_answer_that_breaks_is_reported_and_the_sender_may_come_again() -> None:
    async def broken(_asked: Asked, _at: Receiver) -> Reply:
        raise RuntimeError("a bug")

    told: list[str] = []

    async def run() -> None:
        receiver = Receiver("hooks", "127.0.0.1", 0, [Served("POST", "/x", broken)])
        await receiver.start(told.append)
        try:
            assert status(await Line(receiver).say(post("/x"))) == 503
        finally:
            await receiver.stop()

    asyncio.run(run())
    assert told == ["hooks: internal error: RuntimeError: a bug"]


def test_a_sender_that_leaves_in_the_middle_makes_nothing() -> None:
    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        assert status(await line.say(post(body=b"{}" * 50)[:-7], then_close=True)) == 400
        assert await line.say(b"", then_close=True) == b""
        assert status(await line.say(post())) == 202

    desk = play(scene)
    assert (len(desk.asked), desk.told) == (1, [])


def test_a_sender_that_drips_is_cut_off_and_others_are_served_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_S", 0.5)

    async def drip(line: Line) -> tuple[int, int]:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        answer = asyncio.create_task(reader.read())
        sent = 0
        for byte in post():
            if answer.done():
                break
            sent += 1
            with contextlib.suppress(ConnectionError):
                writer.write(bytes([byte]))
                await writer.drain()
            await asyncio.sleep(0.05)
        got = await answer
        writer.close()
        return status(got), sent

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        drips = [asyncio.create_task(drip(line)) for _ in range(4)]
        await asyncio.sleep(0.1)
        assert status(await line.say(post())) == 202
        for drop in drips:
            code, sent = await drop
            assert code == 408
            assert sent < len(post())

    assert play(scene).hints == ["registry"]


def test_idle_connections_keep_no_genuine_webhook_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUEST_S", 300.0)  # none of them leaves by itself

    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        held = [await asyncio.open_connection(line.host, line.port) for _ in range(3 * CONNECTIONS)]
        for reader, writer in held[::3]:
            writer.write(b"POST /hooks/registry HTTP/1.1\r\n")  # begun, and never finished
            del reader
        await asyncio.sleep(0.2)
        assert status(await line.say(post())) == 202
        answer = await asyncio.wait_for(held[0][0].read(), 60)
        assert status(answer) == 503
        assert b"retry-after: 1" in answer
        assert len(receiver._reading) <= CONNECTIONS
        for _, writer in held:
            writer.close()

    assert play(scene).hints == ["registry"]


def test_whoever_sends_slowly_from_an_address_of_its_own_is_not_sent_away() -> None:
    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        slow = await asyncio.open_connection(line.host, line.port, local_addr=("127.0.0.7", 0))
        slow[1].write(post()[:-1])
        await until(lambda: len(receiver._reading) == 1)
        held = [await asyncio.open_connection(line.host, line.port) for _ in range(2 * CONNECTIONS)]
        await asyncio.sleep(0.1)
        slow[1].write(post()[-1:])
        assert status(await asyncio.wait_for(slow[0].read(), 60)) == 202
        for _, writer in [slow, *held]:
            writer.close()

    play(scene)


def test_more_requests_than_can_be_judged_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 2)
    desk = Desk()
    desk.takes_s = 0.3

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        busy = [asyncio.create_task(line.say(post())) for _ in range(2)]
        await until(lambda: len(desk.asked) == 2)
        answer = await line.say(post())
        assert status(answer) == 503
        assert b"retry-after: 1" in answer
        assert [status(await answered) for answered in busy] == [202, 202]
        assert status(await line.say(post())) == 202

    play(scene, desk)


def test_the_loop_turns_while_a_webhook_is_judged() -> None:
    desk = Desk()
    desk.takes_s = 0.4

    async def scene(_receiver: Receiver, line: Line, _desk: Desk) -> None:
        asking = asyncio.create_task(line.say(post()))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.01)
            turns += 1
        assert turns > 10

    play(scene, desk)


def test_an_address_that_is_taken_is_told_and_listened_on_once_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RETRY_S", 0.05)

    async def scene(receiver: Receiver, line: Line, desk: Desk) -> None:
        second = Desk()
        other = Receiver("hooks", line.host, line.port, [Hints(second.take).served])
        await other.start(second.told.append, second.hints.append)
        place = f"{line.host}:{line.port}"
        assert second.told == [
            f"hooks: {place} cannot be listened on: address already in use; another tower or agent may have it"
        ]
        assert other.address is None
        await receiver.stop()
        await until(lambda: len(second.told) == 2)
        assert status(await line.say(post())) == 202
        assert second.told[1:] == [f"hooks: listening on {place} now"]
        await other.stop()
        assert desk.hints == []

    play(scene)


def test_stopping_closes_the_port_and_every_connection_and_may_be_done_twice() -> None:
    async def scene(receiver: Receiver, line: Line, _desk: Desk) -> None:
        reader, writer = await asyncio.open_connection(line.host, line.port)
        await until(lambda: len(receiver._open) == 1)
        await receiver.stop()
        await receiver.stop()
        assert await asyncio.wait_for(reader.read(), 60) == b""
        writer.close()
        with pytest.raises(ConnectionError):
            await line.say(post())

    play(scene)


def test_a_host_that_nobody_knows_is_told_and_nothing_breaks() -> None:
    told: list[str] = []

    async def run() -> None:
        receiver = Receiver("hooks", "127.0.0.1", 65_536, [])
        await receiver.start(told.append, told.append)
        await receiver.stop()

    asyncio.run(run())
    assert len(told) == 1
    assert told[0].startswith("hooks: 127.0.0.1:65536 cannot be listened on: ")
