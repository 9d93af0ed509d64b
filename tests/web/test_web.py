"""What the HTTP client does with servers that are slow, big, broken, moved or asking for patience."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator

import pytest

from pulse_tui import __version__
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from tests.collectors.contexts import quick_web
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.ports import free_port


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


def test_both_validators_are_kept_and_sent(server: Loopback) -> None:
    server.on("GET", "/f", Reply(body=b"x", etag='"a"', last_modified="Mon, 23 Nov 2026 00:00:00 GMT"))
    web = quick_web()
    first = web.fetch(f"{server.url}/f", Cursor(bookmark="mine"))
    second = web.fetch(f"{server.url}/f", first.cursor)
    assert first.body == b"x"
    assert second.unchanged
    assert second.cursor == first.cursor == Cursor('"a"', "Mon, 23 Nov 2026 00:00:00 GMT", "mine")
    assert server.log[1].headers["if-none-match"] == '"a"'
    assert server.log[1].headers["if-modified-since"] == "Mon, 23 Nov 2026 00:00:00 GMT"
    assert server.log[0].headers["user-agent"] == f"pulse-tui/{__version__}"


@pytest.mark.parametrize(("etag", "modified"), [('"a"', None), (None, "Mon, 23 Nov 2026 00:00:00 GMT")])
def test_a_lone_validator_is_sent_alone(server: Loopback, etag: str | None, modified: str | None) -> None:
    server.on("GET", "/f", Reply(body=b"x", etag=etag, last_modified=modified))
    web = quick_web()
    cursor = web.fetch(f"{server.url}/f", Cursor()).cursor
    assert (cursor.etag, cursor.last_modified) == (etag, modified)
    assert web.fetch(f"{server.url}/f", cursor).unchanged
    assert ("if-none-match" in server.log[1].headers) == bool(etag)
    assert ("if-modified-since" in server.log[1].headers) == bool(modified)


def test_a_validator_of_the_old_body_is_forgotten_with_it(server: Loopback) -> None:
    server.on("GET", "/f", Reply(body=b"new"))
    assert quick_web().fetch(f"{server.url}/f", Cursor(etag='"old"')).cursor == Cursor()


def test_a_server_error_is_tried_three_times_with_growing_pauses(server: Loopback) -> None:
    waits: list[float] = []
    server.on("GET", "/f", Reply(500))
    with pytest.raises(SourceError, match="answered 500"):
        quick_web(waits).fetch(f"{server.url}/f", Cursor())
    assert len(server.log) == 3
    assert waits == [0.5, 1.0]


def test_retry_after_in_seconds_is_honoured(server: Loopback) -> None:
    waits: list[float] = []
    server.on("GET", "/j", Reply(429, headers={"Retry-After": "7"}), Reply.json({"ok": 1}))
    assert quick_web(waits).get_json(f"{server.url}/j") == {"ok": 1}
    assert waits == [7.0]


def test_retry_after_as_a_date_is_honoured(server: Loopback) -> None:
    waits: list[float] = []
    server.on("GET", "/j", Reply(503, headers={"Retry-After": "Mon, 23 Nov 2026 03:00:12 GMT"}), Reply.json([]))
    quick_web(waits).get_json(f"{server.url}/j")
    assert waits == [12.0]


def test_a_long_retry_after_ends_the_round_and_is_told(server: Loopback) -> None:
    waits: list[float] = []
    server.on("GET", "/j", Reply(429, headers={"Retry-After": "3600"}))
    with pytest.raises(SourceError) as caught:
        quick_web(waits).get_json(f"{server.url}/j")
    assert caught.value.retry_after == 3600.0
    assert (len(server.log), waits) == (1, [])


def test_a_client_error_is_not_tried_again_and_its_reason_is_told(server: Loopback) -> None:
    server.on("GET", "/j", Reply.json({"message": "token \x1b[31mexpired"}, status=401))
    with pytest.raises(SourceError, match=r"answered 401: token expired\. Check the token"):
        quick_web().get_json(f"{server.url}/j")
    assert len(server.log) == 1


def test_a_dropped_connection_is_tried_again(server: Loopback) -> None:
    server.on("GET", "/j", Reply(drop=True), Reply.json(1))
    assert quick_web().get_json(f"{server.url}/j") == 1


def test_a_body_that_ends_early_is_tried_again_and_then_refused(server: Loopback) -> None:
    server.on("GET", "/j", Reply(body=b"[1,2,3]", cut_at=3))
    with pytest.raises(SourceError, match="dropped the connection before its answer was complete"):
        quick_web().get_json(f"{server.url}/j")
    assert len(server.log) == 3


def test_three_megabytes_are_fine_under_the_default_cap(server: Loopback) -> None:
    server.on("GET", "/f", Reply(body=b"x" * 3_000_000))
    assert len(quick_web(body_cap=32 * 2**20).fetch(f"{server.url}/f", Cursor()).body) == 3_000_000


def test_a_body_over_the_cap_is_refused_while_it_arrives(server: Loopback) -> None:
    server.on("GET", "/f", Reply(body=b"x" * 5_000_000))
    with pytest.raises(SourceError, match=r"/f sent a body over the cap of 1,048,576 bytes"):
        quick_web().fetch(f"{server.url}/f?key=s3cret", Cursor())
    assert len(server.log) == 1


def test_a_gzip_body_is_unpacked_and_a_gzip_bomb_is_refused(server: Loopback) -> None:
    packed = {"Content-Encoding": "gzip"}
    server.on("GET", "/f", Reply(body=gzip.compress(b"hello"), headers=packed))
    server.on("GET", "/bomb", Reply(body=gzip.compress(b"\0" * 50_000_000), headers=packed))
    web = quick_web()
    assert web.fetch(f"{server.url}/f", Cursor()).body == b"hello"
    with pytest.raises(SourceError, match="over the cap"):
        web.fetch(f"{server.url}/bomb", Cursor())


def test_a_body_of_exactly_the_cap_is_accepted(server: Loopback) -> None:
    server.on("GET", "/f", Reply(body=gzip.compress(b"x" * 2**20), headers={"Content-Encoding": "gzip"}))
    assert len(quick_web().fetch(f"{server.url}/f", Cursor()).body) == 2**20


def test_a_redirect_is_followed_and_another_origin_gets_no_token(server: Loopback) -> None:
    with Loopback() as other:
        other.on("GET", "/new", Reply(body=b"there"))
        server.on("GET", "/old", Reply(301, headers={"Location": "/older"}))
        server.on("GET", "/older", Reply(302, headers={"Location": f"{other.url}/new"}))
        got = quick_web().fetch(f"{server.url}/old", Cursor(etag='"e"'), {"Authorization": "Bearer t", "X-Key": "k"})
        assert got.body == b"there"
        assert server.log[1].headers["authorization"] == "Bearer t"
        assert not {"authorization", "x-key"} & set(other.log[0].headers)
        assert other.log[0].headers["if-none-match"] == '"e"'


def test_a_redirect_to_a_file_or_in_a_circle_is_refused(server: Loopback) -> None:
    server.on("GET", "/file", Reply(302, headers={"Location": "file:///etc/passwd"}))
    server.on("GET", "/loop", Reply(302, headers={"Location": "/loop"}))
    with pytest.raises(SourceError, match=r"not http\(s\)"):
        quick_web().fetch(f"{server.url}/file", Cursor())
    with pytest.raises(SourceError, match="more than 3 times"):
        quick_web().fetch(f"{server.url}/loop", Cursor())
    assert len(server.seen("GET", "/loop")) == 4


def test_truncated_json_and_a_web_page_are_told_apart_from_data(server: Loopback) -> None:
    for body in (b'{"a": [1', b"<html>login</html>", b"", b"[" * 200_000, b'{"a": NaN}'):
        server.on("GET", "/j", Reply(body=body))
        with pytest.raises(SourceError, match="did not answer with JSON"):
            quick_web().get_json(f"{server.url}/j")


def test_user_password_and_query_never_show_in_an_error(server: Loopback) -> None:
    secret_url = server.url.replace("http://", "http://ana:hunter2@") + "/f?api_key=hunter3#hunter4"
    for act in (
        lambda: quick_web().fetch(secret_url, Cursor()),
        lambda: quick_web().get_json(secret_url, {"k": "hunter5"}),
        lambda: quick_web().send("GET", "http://ana:hunter2@[bad/?k=hunter3"),
        lambda: quick_web().send("GET", server.url, headers={"Authorization": "Bearer hunter2\n"}),
        lambda: quick_web().send("GET", server.url, headers={"Authorization": "Bearer hunter2\u20ac"}),
        lambda: quick_web().send("GET", f"ftp://ana:hunter2@127.0.0.1:{free_port()}/"),
        lambda: quick_web().send("GET", f"http://ana:hunter2@127.0.0.1:{free_port()}/?hunter3"),
        lambda: quick_web().send("GET", "http://127.0.0.1:99999/?hunter3"),
    ):
        with pytest.raises(SourceError) as caught:
            act()
        assert "hunter" not in str(caught.value)
        assert "ana" not in str(caught.value)


def test_send_gives_any_status_back_after_exactly_one_request(server: Loopback) -> None:
    server.on("PUT", "/s", Reply(503, b"busy", headers={"X-Reason": "load"}))
    answer = quick_web().send("PUT", f"{server.url}/s", json={"v": 1}, params={"q": "1"})
    assert (answer.status, answer.body, answer.headers["x-reason"]) == (503, b"busy", "load")
    assert (server.log[0].json(), server.log[0].query) == ({"v": 1}, {"q": "1"})
    assert len(server.log) == 1


def test_send_does_not_follow_a_redirect(server: Loopback) -> None:
    server.on("POST", "/s", Reply(307, headers={"Location": "/t"}))
    assert quick_web().send("POST", f"{server.url}/s", json={}).status == 307
    assert len(server.log) == 1


def test_send_tells_what_never_left_from_what_may_have_arrived(server: Loopback) -> None:
    server.on("PUT", "/drop", Reply(drop=True))
    server.on("PUT", "/slow", Reply(delay_s=0.4))
    web = quick_web()
    with pytest.raises(SourceError, match="cannot be reached") as never:
        web.send("PUT", f"http://127.0.0.1:{free_port()}/", json={})
    with pytest.raises(SourceError, match="dropped the connection") as dropped:
        web.send("PUT", f"{server.url}/drop", json={})
    with pytest.raises(SourceError, match=r"did not answer within 0\.1 s") as slow:
        web.send("PUT", f"{server.url}/slow", json={}, timeout_s=0.1)
    assert [e.value.sent for e in (never, dropped, slow)] == [False, True, True]
    assert len(server.log) == 2


def test_a_proxy_of_the_environment_never_sees_what_is_meant_for_this_machine(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    server.on("GET", "/f", Reply(body=b"direct"))
    assert quick_web().fetch(f"{server.url}/f", Cursor()).body == b"direct"


def test_threads_share_one_client_and_it_can_be_closed_twice(server: Loopback) -> None:
    server.on("GET", "/j", Reply.json(1))
    web = quick_web()
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(web.get_json(f"{server.url}/j"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    web.close()
    web.close()
    assert got == [1] * 8
    assert web.get_json(f"{server.url}/j") == 1
    web.close()


@pytest.mark.parametrize("location", ["javascript:alert(1)", "http://[::", "/" + "x" * 90_000])
def test_a_write_that_was_answered_with_an_odd_redirect_may_have_arrived(server: Loopback, location: str) -> None:
    server.on("PUT", "/s", Reply(302, headers={"Location": location}))
    with pytest.raises(SourceError, match="redirects to an unreadable address") as caught:
        quick_web().send("PUT", f"{server.url}/s", json={})
    assert caught.value.sent
    assert len(server.log) == 1


def test_no_cookie_is_sent_back(server: Loopback) -> None:
    server.on("GET", "/j", Reply.json(1, headers={"Set-Cookie": "session=abc; Path=/"}))
    web = quick_web()
    web.get_json(f"{server.url}/j")
    web.get_json(f"{server.url}/j")
    assert "cookie" not in server.log[1].headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "127.1", "2130706433", "0.0.0.0", "localhost", "LOCALHOST"])
def test_this_machine_under_any_name_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with Loopback() as proxy, Loopback("0.0.0.0") as target:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        target.on("GET", "/f", Reply(body=b"direct"))
        port = target.url.rpartition(":")[2]
        assert quick_web().fetch(f"http://{host}:{port}/f", Cursor()).body == b"direct"
        assert proxy.log == []


def test_another_host_is_asked_through_the_proxy_unless_it_is_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", "http://ana:pw@"))
        monkeypatch.setenv("no_proxy", "direct.invalid")
        answer = quick_web().send("GET", "http://models.invalid/f")
        assert answer.status == 404  # of the proxy
        assert proxy.log[0].headers["host"] == "models.invalid"
        assert proxy.log[0].headers["proxy-authorization"].startswith("Basic ")
        with pytest.raises(SourceError, match="cannot be reached"):
            quick_web().send("GET", "http://direct.invalid/f")
        monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
        with pytest.raises(SourceError, match="a proxy of kind socks5 is not supported"):
            quick_web().send("GET", "http://models.invalid/f")
        assert len(proxy.log) == 1


@pytest.mark.parametrize(
    "validator", ['"caf\xe9"', '"\x1b[31m"', '"a\tb"', '"' + "x" * 600 + '"', "Mon, 23 Nov 2026 \u2603 GMT", ""]
)
def test_a_validator_that_cannot_be_sent_back_is_not_kept_and_an_old_one_is_not_sent(
    server: Loopback, validator: str
) -> None:
    server.on("GET", "/f", Reply(body=b"x"))
    got = quick_web().fetch(f"{server.url}/f", Cursor(etag=validator, last_modified=validator, bookmark="mine"))
    assert (got.body, got.cursor) == (b"x", Cursor(bookmark="mine"))
    assert not {"if-none-match", "if-modified-since"} & set(server.log[0].headers)


@pytest.mark.parametrize("status", [400, 412, 431])
def test_a_server_that_dislikes_its_own_validator_is_asked_without_it(server: Loopback, status: int) -> None:
    server.on("GET", "/f", Reply(status), Reply(body=b"x"))
    assert quick_web().fetch(f"{server.url}/f", Cursor(etag='"a"')).body == b"x"
    assert "if-none-match" not in server.log[1].headers


def test_all_calls_within_a_time_end_by_it(server: Loopback) -> None:
    server.on("GET", "/j", Reply.json(1), Reply.json(1), Reply.json(1, delay_s=1.5))
    warm = quick_web()
    assert warm.get_json(f"{server.url}/j") == 1
    web = warm.within(1.0)
    assert web.get_json(f"{server.url}/j") == 1
    with pytest.raises(SourceError, match=r"did not (finish its )?answer within"):
        web.get_json(f"{server.url}/j")
    with pytest.raises(SourceError, match="was not asked"):
        web.send("GET", f"{server.url}/j")
    server.on("GET", "/j", Reply.json(2))
    assert warm.get_json(f"{server.url}/j") == 2


def test_one_document_of_a_server_is_fetched_after_the_other_and_other_servers_do_not_wait() -> None:
    under_way, most, lock = [0], [0], threading.Lock()

    def answer(_request: Request) -> Reply:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        go_on.wait(0.02)
        with lock:
            under_way[0] -= 1
        return Reply(body=b"x")

    go_on = threading.Event()
    with Loopback() as server, Loopback() as other:
        server.on("GET", "/f", answer)
        other.on("GET", "/f", Reply(body=b"y"))
        web = quick_web()
        threads = [threading.Thread(target=web.fetch, args=(f"{server.url}/f", Cursor())) for _ in range(5)]
        for thread in threads:
            thread.start()
        assert web.fetch(f"{other.url}/f", Cursor()).body == b"y"
        for thread in threads:
            thread.join()
    assert most[0] == 1


def test_who_waits_too_long_for_another_document_of_the_server_is_not_asked() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def answer(_request: Request) -> Reply:
        begun.set()
        go_on.wait(60)
        return Reply(body=b"x")

    with Loopback() as server:
        server.on("GET", "/f", answer)
        web = quick_web()
        slow = threading.Thread(target=web.fetch, args=(f"{server.url}/f", Cursor()))
        slow.start()
        begun.wait(60)
        with pytest.raises(SourceError, match="another document of that server took all the time"):
            web.within(0.05).fetch(f"{server.url}/f", Cursor())
        go_on.set()
        slow.join()
