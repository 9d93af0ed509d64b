"""Whose a configuration is: one that somebody else can change is refused, as ssh refuses it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pulse_tui.domain.errors import Problem

_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def untrusted(path: Path, there: os.stat_result, shown: str | None = None) -> list[Problem]:
    """Why a file or folder is not to be trusted: another user owns it, or can write it. Nothing when it is ours or root's.

    A folder with the sticky bit is not excepted: somebody else can put a file into it. What a read-only file system holds
    (a mounted ConfigMap) nobody writes, whatever its mode says.
    """
    me = os.geteuid()
    if there.st_uid not in (0, me):
        todo = f"copy it, or let its owner be you or root: chown {_name(me)} {_quoted(path)}"
        return [Problem(shown or str(path), f"belongs to {_name(there.st_uid)}, who can change it", todo)]
    others = there.st_mode & _OTHERS
    if others & stat.S_IWGRP and _is_alone(there.st_gid, there.st_uid):
        others &= ~stat.S_IWGRP
    if not others or _is_read_only(path):
        return []
    whom = "everybody" if others & stat.S_IWOTH else "its group"
    todo = f"chmod {'go' if others & stat.S_IWOTH else 'g'}-w {_quoted(path)}"
    return [Problem(shown or str(path), f"can be written by {whom} (mode {stat.S_IMODE(there.st_mode):04o})", todo)]


def keep_own(path: Path) -> None:
    """Of a file or folder that was just made: nobody else can write it, whatever the umask says."""
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)


def _is_alone(group: int, user: int) -> bool:
    """Whether a group is the user's own, with nobody else in it: distributions make one for each user."""
    import grp  # noqa: PLC0415  asked only where a group can write
    import pwd  # noqa: PLC0415

    try:
        owner, members = pwd.getpwuid(user), grp.getgrgid(group)
    except KeyError:
        return False
    own = owner.pw_gid == group and members.gr_name == owner.pw_name
    return own and not set(members.gr_mem) - {owner.pw_name}


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _name(user: int) -> str:
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"


def _quoted(path: Path) -> str:
    import shlex  # noqa: PLC0415

    return shlex.quote(str(path))
