"""Sockets that listen, handed to the process that takes this one's place (exec): whoever connects meanwhile waits, and is answered."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Mapping, MutableMapping

NAME = "PULSE_LISTENERS"


def hand(sockets: Mapping[str, socket.socket], environment: MutableMapping[str, str]) -> None:
    """Keep them open over an exec; by name."""
    for each in sockets.values():
        os.set_inheritable(each.fileno(), True)
    environment[NAME] = json.dumps({name: each.detach() for name, each in sockets.items()})


def handed(environment: MutableMapping[str, str]) -> dict[str, socket.socket]:
    """What the process before this one handed over; what is no listening socket any more is left out."""
    found: dict[str, socket.socket] = {}
    with contextlib.suppress(ValueError, AttributeError):
        for name, number in json.loads(environment.pop(NAME, "{}")).items():
            with contextlib.suppress(OSError, TypeError, OverflowError):
                each = socket.socket(fileno=int(number))
                os.set_inheritable(each.fileno(), False)
                if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found[str(name)] = each
                else:
                    each.detach()
    return found
