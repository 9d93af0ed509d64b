"""Sockets for the process that takes this one's place."""

from __future__ import annotations

import os
import socket

import pytest

from pulse_tui.service.handed import NAME, hand, handed


def test_whoever_connected_meanwhile_is_answered_by_the_next_one() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    place = listening.getsockname()
    environment: dict[str, str] = {}
    hand({"127.0.0.1:9464": listening}, environment)
    with socket.create_connection(place, timeout=60) as waiting:
        (found,) = handed(environment).values()
        assert environment == {}
        assert os.get_inheritable(found.fileno()) is False
        link, _ = found.accept()
        link.sendall(b"hello")
        assert waiting.recv(5) == b"hello"
        link.close()
    found.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": "b"}', '{"a": 99999}', '{"a": null}', '{"a": -1}'])
def test_what_is_no_socket_is_left_out(text: str) -> None:
    assert handed({NAME: text}) == {}


def test_a_file_that_has_the_number_by_now_is_left_open() -> None:
    read, write = os.pipe()
    assert handed({NAME: f'{{"a": {read}}}'}) == {}
    os.write(write, b"x")
    assert os.read(read, 1) == b"x"
    os.close(read)
    os.close(write)
