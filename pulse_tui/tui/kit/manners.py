"""What suits the operator and their terminal: a time zone beside UTC, links that can be followed, a bell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.style import Style

from pulse_tui.domain.typed import web

if TYPE_CHECKING:
    from pulse_tui.settings.tower import Preferences
    from pulse_tui.tui.kit.canvas import Span


class Manners(NamedTuple):
    """The defaults suit everybody."""

    zone: tzinfo | None = None
    """Of the operator's clock, shown beside UTC; None: UTC alone."""
    links: bool = False
    """Whether addresses are written so that the terminal can follow them (OSC 8)."""
    bell: bool = False
    """Whether a new P1 rings once."""


_FOLLOWS: Final = frozenset({"iTerm.app", "WezTerm", "ghostty", "vscode"})
"""As ``$TERM_PROGRAM`` names them."""
_VTE: Final = 5_000
"""From this version on (0.50) VTE follows links; 0.48 and 0.49 have a flaw there."""
_TMUX: Final = (3, 4)


def follows_links(environ: Mapping[str, str]) -> bool:
    """Whether this terminal is one of those that are known to follow OSC 8. What is not known does not."""
    if environ.get("TERM", "") in ("", "dumb", "linux") or "STY" in environ:
        return False
    if "TMUX" in environ:
        version = re.match(r"(\d+)\.(\d+)", environ.get("TERM_PROGRAM_VERSION", ""))
        known = environ.get("TERM_PROGRAM") == "tmux" and version is not None
        return known and (int(version[1]), int(version[2])) >= _TMUX if version is not None else False
    vte = environ.get("VTE_VERSION", "")
    return (
        environ.get("TERM_PROGRAM", "") in _FOLLOWS
        or (vte.isdecimal() and int(vte) >= _VTE)
        or "KITTY_WINDOW_ID" in environ
        or environ["TERM"] == "xterm-kitty"
    )


def manners_of(preferences: Preferences | None, environ: Mapping[str, str]) -> Manners:
    """What the operator's file chooses, else what the environment says. ``$TZ`` counts where it names a zone."""
    name = (preferences.time_zone if preferences is not None else "") or environ.get("TZ", "").removeprefix(":")
    links = preferences.links.value if preferences is not None else "auto"
    bell = preferences is not None and preferences.bell.value == "p1"
    return Manners(_zone(name), follows_links(environ) if links == "auto" else links == "on", bell)


def _zone(name: str) -> tzinfo | None:
    """None for UTC, and for what is no name of a zone: a file was checked before, ``$TZ`` may be a rule instead."""
    if name in ("", "UTC", "Etc/UTC", "GMT", "Z"):
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  nobody needs it without one

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def manners(app: Any) -> Manners:
    """Those of the tower that a widget belongs to."""
    found = getattr(app, "manners", None)
    return found if isinstance(found, Manners) else Manners()


# ------------------------------------------------------------------ the operator's clock

_MOMENT: Final = re.compile(r"\b(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)Z")
_ADDED: Final = 40
"""Characters of the longest addition."""


def here(moment: datetime, zone: tzinfo) -> str:
    """``04:10 CET``; with its day where that is another one than in UTC: ``Tue 24 Nov 00:10 CET``."""
    local = moment.astimezone(zone)
    name = local.tzname() or ""
    if not name or name[0] in "+-":
        offset = f"{local:%z}"
        name = f"UTC{offset[:3]}" + (f":{offset[3:5]}" if offset[3:5] != "00" else "")
    day = f"{local:%a %d %b} " if local.date() != moment.date() else ""
    return f"{day}{local:%H:%M} {name}"


def clocked(text: str, zone: tzinfo | None) -> str:
    """Every moment of the text, as ``2026-11-23T03:10:00Z``, with the operator's own clock behind it in brackets."""
    if zone is None or "Z" not in text:
        return text

    def with_local(found: re.Match[str]) -> str:
        try:
            moment = datetime.fromisoformat(f"{found[1]}+00:00")
            return f"{found[0]} ({here(moment, zone)})"
        except (ValueError, OverflowError):  # a day that no calendar has, or one at its edge
            return found[0]

    return _MOMENT.sub(with_local, text)


# ------------------------------------------------------------------ links

_ADDRESS: Final = re.compile(r"https?://[!-~]+")


def addresses(text: str) -> frozenset[str]:
    """The addresses of a text that may be followed; a sign that ends a sentence is no part of one."""
    if "://" not in text:
        return frozenset()
    found = (each.rstrip(".,;:!?)>]}'\"") for each in _ADDRESS.findall(text))
    return frozenset(each for each in found if web(each))


def linked(spans: Iterable[Span], known: frozenset[str]) -> list[Span]:
    """The spans, each whole address of ``known`` with a link to itself. Not one cell changes its width.

    A part of an address, where a line was broken, leads nowhere: it is left as it is.
    """
    if not known:
        return list(spans)
    made: list[Span] = []
    for text, style in spans:
        at = 0
        for found in _ADDRESS.finditer(text):
            address = next((a for a in sorted(known, key=len, reverse=True) if found[0].startswith(a)), "")
            rest = found[0][len(address) :]
            if not address or rest.strip(".,;:!?)>]}'\""):
                continue
            start = found.start()
            if start > at:
                made.append((text[at:start], style))
            made.append((address, style + Style(link=address)))
            at = start + len(address)
        if at < len(text):
            made.append((text[at:], style))
    return made
