"""Ports for servers that have to be given one."""

from __future__ import annotations

import contextlib
import itertools
import random
import socket

_BELOW = 30_000
"""Of the ports from which the kernel takes those of connections and of servers that ask for any: between this look and the
server's start none of these is given to another test's."""
_numbers = itertools.chain.from_iterable(random.sample(range(10_000, _BELOW), 20_000) for _ in itertools.count())


def free_port() -> int:
    """A port of this host that nobody listens on, each time another one."""
    while True:
        port = next(_numbers)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
