"""What a rehearsal came to: counts, the busiest shift, and whom nobody called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pulse_tui.domain.text import many
from pulse_tui.rehearsal.events import Event, Word

SHIFT = timedelta(hours=12)
"""Shifts begin at 00:00 and 12:00 UTC."""
URGENT = ("P1", "P2")


class Summary:
    """Counts events as they come."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self.signals = 0
        self._words: Counter[str] = Counter()
        self._urgent: Counter[str] = Counter()
        self._shifts: dict[tuple[str, str], set[tuple[str, str | None]]] = {}
        self._opened: dict[str, Event] = {}
        self._reached: set[str] = set()
        self._excused: set[str] = set()
        self._paged: Counter[str] = Counter()

    def take(self, event: Event) -> None:
        """One more event."""
        word, alert, priority = str(event["event"]), event.get("id"), event["priority"]
        self._words[word] += 1
        if word in (Word.OPENED, Word.RAISED, Word.ESCALATED) and alert is not None and priority in URGENT:
            self._became_urgent(alert, event)
        if word in (Word.NOTIFIED, Word.PAGED):
            if priority in URGENT:
                self._urgent[word] += 1
            if alert is not None:
                self._reached.add(alert)
        if word == Word.SUPPRESSED and alert is not None:
            self._excused.add(alert)
        if word == Word.PAGED:
            who = str(event["to"] or event["route"])
            self._paged[who] += 1
            shift = shift_of(datetime.fromisoformat(event["at"]))
            # Two routes that wake the same person of the same alert at the same moment wake them once.
            self._shifts.setdefault((who, shift), set()).add((event["at"], alert))

    def _became_urgent(self, alert: str, event: Event) -> None:
        if alert not in self._opened:
            self._opened[alert] = event
            if event["event"] != Word.OPENED:
                self._excused.discard(alert)  # what kept it quiet was of something less urgent

    def unreached(self) -> list[Event]:
        """The urgent alerts that reached nobody, and that nothing kept quiet on purpose, as they opened or became urgent."""
        return [
            event for alert, event in self._opened.items() if alert not in self._reached and alert not in self._excused
        ]

    def as_dict(self, **more: Any) -> dict[str, Any]:
        """The counts by name; ``notifications`` are the notified lines, ``pages`` the paged ones."""
        words = self._words
        calls = words[Word.NOTIFIED] + words[Word.PAGED]
        busiest = max(self._shifts.items(), key=lambda each: (len(each[1]), each[0]), default=None)
        return {
            "signals": self.signals,
            "alerts": words[Word.OPENED],
            "incidents": words[Word.INCIDENT_OPENED],
            "notifications": words[Word.NOTIFIED],
            "pages": words[Word.PAGED],
            "max_pages_per_shift": len(busiest[1]) if busiest is not None else 0,
            "busiest_shift": {"who": busiest[0][0], "begins": busiest[0][1]} if busiest is not None else None,
            "urgent_notifications": self._urgent[Word.NOTIFIED] + self._urgent[Word.PAGED],
            "tickets": words[Word.TICKETED],
            "acknowledged": words[Word.ACKNOWLEDGED],
            "reminded": words[Word.REMINDED],
            "escalated": words[Word.ESCALATED],
            "suppressed": words[Word.SUPPRESSED],
            "resolved": words[Word.RESOLVED],
            "failed": words[Word.FAILED],
            "unreached": len(self.unreached()),
            "fewer_than_signals": round(1 - calls / self.signals, 4) if self.signals else None,
            "pages_by": dict(sorted(self._paged.items())),
            **more,
        }


def shift_of(moment: datetime) -> str:
    """When the shift of a moment began: ``2026-11-23T12:00:00Z``."""
    return f"{moment:%Y-%m-%d}T{'12' if moment.hour >= 12 else '00'}:00:00Z"


def words(summary: Mapping[str, Any]) -> list[str]:
    """The summary as sentences."""
    busiest = summary["busiest_shift"]
    most = summary["max_pages_per_shift"]
    shift = f", at most {most} in one shift ({busiest['who']}, from {busiest['begins']})" if busiest else ""
    lines = [
        f"{many(summary['signals'], 'signal')} made {many(summary['alerts'], 'alert')} and {many(summary['incidents'], 'incident')}.",
        f"{many(summary['notifications'], 'notification')}, {many(summary['pages'], 'page')}{shift}, "
        f"{many(summary['tickets'], 'ticket')}; {summary['suppressed']} withheld.",
        f"{summary['escalated']} escalated, {summary['resolved']} resolved, {summary['open']} open at the end.",
    ]
    if summary["failed"]:
        lines.append(
            f"{many(summary['failed'], 'failure')}; not delivered by the end: {many(summary['undelivered'], 'message')}."
        )
    return lines
