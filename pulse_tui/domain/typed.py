"""Command lines as people type them: quoted for a shell, and the one that shows a thing to somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pulse_tui.domain.lock import safe
from pulse_tui.domain.ref import Ref, RefKind, pair

PROGRAM: Final = "pulse-tui"
LONGEST: Final = 2_000
"""Most characters of an address that goes out."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_WEB: Final = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(?:[/?#][!-~]*)?")


def quoted(word: str) -> str:
    """The word as POSIX shells (and fish) take it; what could steer a terminal is gone."""
    word = safe(word)
    if _PLAIN.fullmatch(word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def line(words: Sequence[str], entrance: Sequence[str] = ()) -> str:
    """``pulse-tui explain 41c9ab``; ``entrance``: options without which it would reach another estate."""
    # Behind ``--`` an option would be read as a name.
    placed = (*words[:1], *entrance, *words[1:]) if "--" in words else (*words, *entrance)
    return " ".join(quoted(word) for word in (PROGRAM, *placed))


def option(name: str, value: str) -> tuple[str, ...]:
    """``--why=REASON``: with the sign between, so that a reason may begin with a dash; nothing where there is none."""
    return (f"--{name}={value}",) if value else ()


def apart(*names: str) -> tuple[str, ...]:
    """Names behind ``--`` where one of them begins with a dash."""
    return ("--", *names) if any(name.startswith("-") for name in names) else names


_SHOWS: Final[dict[RefKind, Callable[[Ref], tuple[str, ...]]]] = {
    RefKind.ALERT: lambda ref: ("explain", ref.id),
    RefKind.INCIDENT: lambda ref: ("incident", "show", ref.id),
    RefKind.ASSET: lambda ref: ("asset", "show", ref.id),
    RefKind.ADVISORY: lambda ref: ("advisory", "show", *apart(ref.id)),
    RefKind.COMPONENT: lambda ref: ("components", "users", *apart(ref.id)),
    RefKind.RELEASE: lambda ref: ("release", "show", *apart(*pair(ref))),
    RefKind.RUN: lambda ref: ("suite", "show", *apart(ref.id)),
    RefKind.PLAN: lambda ref: ("rollback", "show", ref.id[:12]),
    RefKind.AUTHORISATION: lambda ref: ("rollback", "show", ref.id[:12]),
    RefKind.NOTE: lambda ref: ("note", "show", *apart(*pair(ref))),
    RefKind.SILENCE: lambda ref: ("silence", "show", ref.id),
    RefKind.WAIVER: lambda ref: ("waiver", "show", ref.id),
    RefKind.DELIVERY: lambda ref: ("delivery", "show", *apart(ref.id)),
    RefKind.REVIEW: lambda ref: ("review", "show", *apart(ref.id)),
    RefKind.HOLD: lambda ref: ("freeze", "show", ref.id),
}


def shows(ref: Ref) -> tuple[str, ...]:
    """The words of the command that shows it; empty where none shows it alone."""
    words = _SHOWS.get(ref.kind)
    return words(ref) if words is not None else ()


def web(address: str) -> str:
    """The address if it is one of the web, of printable ASCII and not too long; else an empty string."""
    return address if len(address) <= LONGEST and _WEB.fullmatch(address) else ""


_PAGES: Final = {
    "CVE-": "https://www.cve.org/CVERecord?id=",
    "GHSA-": "https://github.com/advisories/",
}
"""How ids begin, and where such a record has its page; any other database's stands at OSV."""


def advisory_page(name: str) -> str:
    """Where everybody can read about a vulnerability; empty for a name that is no id."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9_.:-]+", name):
        return ""
    place = next((page for start, page in _PAGES.items() if name.startswith(start)), "https://osv.dev/vulnerability/")
    return web(f"{place}{name}")
