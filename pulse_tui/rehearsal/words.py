"""A rehearsal as an operator reads it: one line an event, the day once, and what came of it in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulse_tui.rehearsal.events import Event, Word
from pulse_tui.rehearsal.summary import words as sentences

_WIDTH = max(len(word.value) for word in Word)


class Lines:
    """Text of events, one after the other."""

    def __init__(self) -> None:
        """No day has begun."""
        self._day = ""

    def of(self, event: Event) -> Iterator[str]:
        """The line of an event; before the first of a day, the day."""
        day, moment = str(event["at"])[:10], str(event["at"])[11:19]
        if day != self._day:
            yield f"{'' if not self._day else chr(10)}{day}"
            self._day = day
        where = " ".join(filter(None, (event["asset"], event.get("environment"))))
        whom = event["to"] or ""
        if event["route"]:
            whom = f"{whom} by {event['route']}" if whom else f"by {event['route']}"
        if event["role"]:
            whom += f" ({event['role']})"
        parts = (event["priority"] or "", where, whom, event["why"])
        yield f"  {moment}  {event['event']:<{_WIDTH}}  " + " · ".join(part for part in parts if part)


def ending(summary: Mapping[str, Any], unreached: Sequence[Event]) -> Iterator[str]:
    """What it came to, and what would have been missed."""
    yield ""
    yield from sentences(summary)
    for who, pages in summary["pages_by"].items():
        yield f"{who} was paged {'once' if pages == 1 else f'{pages} times'}."
    if not unreached:
        yield "Nothing urgent would have been missed: each urgent alert reached somebody, or was kept quiet on purpose."
        return
    yield f"What would have been missed: {len(unreached)} urgent alert{'' if len(unreached) == 1 else 's'} reached nobody."
    for event in unreached:
        where = " ".join(filter(None, (event["asset"], event.get("environment"))))
        yield f"  {event['at']}  {event['priority']} · {where} · {event['why']}"
