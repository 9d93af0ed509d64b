"""Whom an alert goes to: the routes of the team that answers for it, and who is on call there."""

from __future__ import annotations

from collections.abc import Sequence

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.notice import Use
from pulse_tui.domain.words import Priority
from pulse_tui.ports import Route, Target


def address(
    routes: Sequence[Route], alert: Alert, use: Use, owner: str | None, named: Sequence[str] = ()
) -> list[Target]:
    """The routes for that use that serve the owner; those that the rule names (``named``), if it names any of them.

    What is so urgent that somebody is woken goes to the routes that page, too, and as a page.
    """
    paged = use is Use.NOTIFY and alert.priority is Priority.P1
    wanted = {use, Use.PAGE} if paged else {use}
    able = [r for r in routes if r.uses & wanted]
    chosen = [r for r in able if r.id in named] or [r for r in able if r.serves(owner)]
    return [Target(r, Use.PAGE if paged and Use.PAGE in r.uses else use, team=owner) for r in chosen]
