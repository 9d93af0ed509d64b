"""Who this process is: the operator who acts, the account it acts from, the holder of its leases."""

from __future__ import annotations

import getpass
import os
import pwd
import socket
from pathlib import Path

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.text import clean, distinct

LONGEST_OPERATOR = 100


def operator_name() -> str:
    """Who acts: ``$PULSE_OPERATOR``, else the user that the process runs as. Raises ConfigError for what cannot be a name."""
    named = os.environ.get("PULSE_OPERATOR")
    try:
        name = named or getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
    if clean(name, LONGEST_OPERATOR) != name:  # cleaned, it would be somebody else's
        what = f"the operator's name {clean(name, 80)!r} is longer than {LONGEST_OPERATOR} characters, or has some that cannot be shown"
        raise ConfigError(
            [Problem("$PULSE_OPERATOR" if named else "the user's name", what, "name yourself in plain characters")]
        )
    return name


def origin() -> str:
    """The account, host and terminal that this process acts from: beside the name of an operator, which anybody can set."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name  # not from the environment
    except KeyError:
        user = "unnamed"
    try:
        terminal = os.ttyname(0).removeprefix("/dev/")
    except OSError:
        terminal = "no terminal"
    return clean(f"uid {os.getuid()} {user}@{host()} {terminal}", 200)


def host() -> str:
    """This host's name, safe to show; two hosts stay two."""
    return distinct(socket.gethostname(), 255)


def holder_name() -> str:
    """This process, for leases: host, process id space, process id."""
    return f"{host()}:{_process_space()}:{os.getpid()}"


_given_up = set[str]()


def give_up(holder: str) -> None:
    """This process lives on and no longer carries out what ``holder`` names: the database was away for too long."""
    _given_up.add(holder)


def is_dead(holder: str) -> bool:
    """Whether a lease's holder was a process of this host and is gone. Never claimed of another host's."""
    if holder in _given_up:
        return True
    there, _, rest = holder.partition("/")[0].rpartition(":")[0].rpartition(":")
    number = holder.partition("/")[0].rpartition(":")[2]
    if (there, rest) != (host(), _process_space()) or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False  # it lives and is somebody else's (a hardened host hides it from /proc)
    return False


def _process_space() -> str:
    """Process ids mean something only within one namespace (a container has its own) and one boot."""
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return f"unknown{os.getpid()}"
    return f"{space}-{boot}"
