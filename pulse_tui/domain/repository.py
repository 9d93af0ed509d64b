"""Where a git repository is, with its password kept apart, and how ``git`` is asked so that it does nothing else.

No prompt, no hook, no configuration of the user or the system, no transport that runs a program.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pulse_tui.domain.text import address, clean

_SCHEMES = frozenset({"https", "http", "ssh", "git", "file"})
_SCP = re.compile(r"(?!-)[\w.-]+@[\w.-]+:[^:].*", re.ASCII)


_KEPT = (
    "PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip
_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_PAGER": "cat",
}
#: What a repository's own configuration could make git run.
_OFF = (
    "protocol.ext.allow=never", "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "core.askPass=",
    "core.sshCommand=ssh -oBatchMode=yes", "credential.helper=", "log.showSignature=false", "gc.autoDetach=false",
    "maintenance.auto=false", "fetch.recurseSubmodules=false", "push.recurseSubmodules=no", "push.gpgSign=false",
    "push.followTags=false",
)  # fmt: skip


def git_command(*arguments: str) -> list[str]:
    """The whole command line of one git command."""
    return [
        "git",
        "--no-optional-locks",
        "--literal-pathspecs",
        *(w for item in _OFF for w in ("-c", item)),
        *arguments,
    ]


def git_environment(ours: Mapping[str, str], folder: Path, config: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a git command in ``folder``; ``ours`` is this process's.

    ``config`` travels in it, and not in the arguments, which everybody on the host can read. Only a command that brings
    its remote along in it may go out: what is read could ask for more.
    """
    kept = {name: ours[name] for name in _KEPT if name in ours}
    count = {"GIT_CONFIG_COUNT": str(len(config))}
    for index, (key, value) in enumerate(config.items()):
        count |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
    out = {"GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file" if config else "none"}
    # A folder that is no repository must not be taken for the one around it.
    return {**kept, **_FIXED, **count, **out, "GIT_CEILING_DIRECTORIES": str(folder.parent)}


def git_reason(text: str, hide: Mapping[str, str]) -> str:
    """Why git refused, from what it complained: one safe line. ``hide`` maps secrets to what may be shown instead."""
    for secret, shown in hide.items():
        text = text.replace(secret, shown)
    lines = [clean(line, 200) for line in text.splitlines() if line.strip()]
    worst = (line for line in lines if line.startswith(("fatal:", "error:")))
    return next(worst, lines[-1] if lines else "no reason")


class Remote(NamedTuple):
    """An address without its password, and the header that stands for it."""

    url: str
    scope: str
    header: str | None

    @property
    def config(self) -> dict[str, str]:
        """What makes it ``origin`` of one command."""
        header = {} if self.header is None else {f"http.{self.scope}.extraHeader": self.header}
        return {"remote.origin.url": self.url, **header}


def is_url(repository: str) -> bool:
    """Whether git would go over a network (or a transport) for it."""
    return "://" in repository or "::" in repository or _SCP.fullmatch(repository) is not None


def bad_address(repository: str) -> str | None:
    """Why a repository's address is refused, or None."""
    if not repository.strip() or repository.startswith("-"):
        return f"{clean(repository, 80)!r} is not a repository"
    scheme, sep, rest = repository.partition("://")
    if "::" in scheme or (sep and (scheme.lower() not in _SCHEMES or rest.startswith("-"))):
        return f"{address(repository)} is none of {', '.join(sorted(_SCHEMES))} or a folder"
    return None


def remote(url: str) -> Remote:
    """Take user and password out of an http(s) address: git would write them into its files and its arguments."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return Remote(url, "", None)
    user, _, host = parts.netloc.rpartition("@")
    word = base64.b64encode(unquote(user if ":" in user else f"{user}:").encode()).decode()
    return Remote(parts._replace(netloc=host).geturl(), f"{parts.scheme}://{host}/", f"Authorization: Basic {word}")
