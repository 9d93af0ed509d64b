"""Whom an address reaches, and that a redirect never leads further in than the address that was configured."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.web.reach import Reach, is_here, literal, reach
from tests.collectors.contexts import quick_web
from tests.servers.loopback import Loopback, Reply


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:4700::1111", Reach.PUBLIC),
        ("10.1.2.3", Reach.PRIVATE),
        ("172.16.0.1", Reach.PRIVATE),
        ("192.168.1.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("240.0.0.1", Reach.PRIVATE),
        ("224.0.0.1", Reach.PRIVATE),
        ("255.255.255.255", Reach.PRIVATE),
        ("fd00::1", Reach.PRIVATE),
        ("169.254.169.254", Reach.LINK_LOCAL),
        ("fe80::1", Reach.LINK_LOCAL),
        ("127.0.0.1", Reach.LOOPBACK),
        ("127.255.0.1", Reach.LOOPBACK),
        ("0.0.0.0", Reach.LOOPBACK),
        ("::", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("::ffff:10.0.0.1", Reach.PRIVATE),
        ("64:ff9b::7f00:1", Reach.LOOPBACK),
        ("64:ff9b::a9fe:a9fe", Reach.LINK_LOCAL),
        ("2002:7f00:1::", Reach.LOOPBACK),
    ],
)
def test_an_address_belongs_to_one_kind_of_network_however_it_is_written(address: str, kind: Reach) -> None:
    assert reach(address) is kind


def test_hosts_that_spell_an_address_are_known_in_every_form() -> None:
    spelled = {"127.1": "127.0.0.1", "0x7f000001": "127.0.0.1", "2130706433": "127.0.0.1", "0177.0.0.1": "127.0.0.1"}
    assert {host: literal(host) for host in spelled} == spelled
    assert [literal(name) for name in ("example.com", "1.example.com", "", "x" * 300, "1 2", "caf\xe9")] == [None] * 6
    assert all(is_here(name) for name in ("localhost", "Localhost.", "api.localhost", "127.8.8.8", "::1", "0.0.0.0"))
    assert not any(is_here(name) for name in ("example.com", "10.0.0.1", "localhost.example.com"))


class Names:
    """A resolver of the test: a name leads to other addresses each time it is asked. All of them are really this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: list[str]) -> None:
        self.answers = answers
        real = socket.socket.connect

        def look_up(host: str, port: int, **_: Any) -> list[Any]:
            known = self.answers[host.partition(".")[0]]
            address = known.pop(0) if len(known) > 1 else known[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        class Made(socket.socket):
            seems = ""

            def connect(self, address: Any) -> None:
                self.seems = address[0]
                real(self, ("127.0.0.1", address[1]))

            def getpeername(self) -> Any:
                return (self.seems, 80)

        # The system's resolver and the internet are not at hand here.
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket, "socket", Made)


CASES = {
    "public, then this machine": (["93.184.216.34", "127.0.0.1"], "127.0.0.1, a loopback address"),
    "public, then the metadata": (["93.184.216.34", "169.254.169.254"], "169.254.169.254, a link-local address"),
    "public, then a private one": (["93.184.216.34", "10.0.0.7"], "10.0.0.7, a private address"),
    "private, then this machine": (["10.0.0.7", "127.0.0.1"], "127.0.0.1, a loopback address"),
    "private, then the metadata": (["10.0.0.7", "169.254.169.254"], "169.254.169.254, a link-local address"),
    "private, and stays so": (["10.0.0.7", "10.0.0.8"], None),
    "private, then public": (["10.0.0.7", "93.184.216.34"], None),
    "this machine, and stays": (["127.0.0.1", "127.0.0.1"], None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_name_that_is_bound_anew_is_judged_by_where_the_connection_goes(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses, refused = CASES[case]
    with Loopback() as server:
        port = server.url.rpartition(":")[2]
        Names(monkeypatch, models=list(addresses))
        # Another port: the redirect makes a connection of its own.
        server.on(
            "GET", "/old", Reply(302, headers={"Location": f"http://models.test:{port}/new", "Connection": "close"})
        )
        server.on("GET", "/new", Reply(body=b"there"))
        web = quick_web()
        if refused is None:
            assert web.fetch(f"http://models.test:{port}/old", Cursor()).body == b"there"
            return
        with pytest.raises(SourceError, match=refused):
            web.fetch(f"http://models.test:{port}/old", Cursor())
        assert server.seen("GET", "/new") == []


def test_a_connection_that_another_call_left_open_is_judged_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as server:
        port = server.url.rpartition(":")[2]
        Names(monkeypatch, registry=["10.0.0.7"], storage=["93.184.216.34"])
        server.on("GET", "/inside", Reply(body=b"secret"))
        server.on("GET", "/blob", Reply(302, headers={"Location": f"http://registry.test:{port}/inside"}))
        web = quick_web()
        assert web.fetch(f"http://registry.test:{port}/inside", Cursor()).body == b"secret"
        with pytest.raises(SourceError, match="a private address"):
            web.fetch(f"http://storage.test:{port}/blob", Cursor(), elsewhere=True)
        assert len(server.seen("GET", "/inside")) == 1


def test_what_a_digest_proves_may_come_from_another_public_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as server:
        port = server.url.rpartition(":")[2]
        Names(monkeypatch, registry=["93.184.216.34"], storage=["93.184.216.35"])
        server.on("GET", "/blob", Reply(302, headers={"Location": f"http://storage.test:{port}/there"}))
        server.on("GET", "/there", Reply(body=b"blob"))
        url = f"http://registry.test:{port}/blob"
        assert quick_web().fetch(url, Cursor(), {"Authorization": "x"}, elsewhere=True).body == b"blob"
        assert "authorization" not in server.seen("GET", "/there")[0].headers
        with pytest.raises(SourceError, match="on another host"):
            quick_web().fetch(url, Cursor())


@pytest.mark.parametrize(
    ("registry", "realm", "refused"),
    [
        ("93.184.216.34", "93.184.216.35", None),
        ("93.184.216.34", "10.0.0.7", "10.0.0.7, a private address"),
        ("93.184.216.34", "127.0.0.1", "127.0.0.1, a loopback address"),
        ("10.0.0.7", "10.0.0.8", None),
        ("10.0.0.7", "169.254.169.254", "169.254.169.254, a link-local address"),
    ],
)
def test_an_address_that_a_server_names_leads_no_further_inside_than_the_server(
    registry: str, realm: str, refused: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback() as server:
        port = server.url.rpartition(":")[2]
        Names(monkeypatch, registry=[registry], auth=[realm])
        server.on("GET", "/v2", Reply(401))
        server.on("GET", "/token", Reply.json({"token": "t"}))
        web = quick_web()
        asked = f"http://registry.test:{port}/v2"
        assert web.send("GET", asked).status == 401
        if refused is None:
            assert web.get_json(f"http://auth.test:{port}/token", named_by=asked) == {"token": "t"}
            return
        with pytest.raises(SourceError, match=refused):
            web.get_json(f"http://auth.test:{port}/token", named_by=asked)
        assert server.seen("GET", "/token") == []


def test_a_name_server_that_says_nothing_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answer.wait(60))
    began = time.monotonic()
    with pytest.raises(SourceError, match="did not accept a connection"):
        quick_web().send("GET", "http://models.test/", timeout_s=0.2)
    assert time.monotonic() - began < 30
    answer.set()
