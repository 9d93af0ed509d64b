"""A delivery as a message for people: a title, the three questions, the facts, where it is from. Plain text, no markup."""

from __future__ import annotations

import re
from typing import NamedTuple

from pulse_tui.actions._shared.rest import fit
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.lock import safe, shown

_LINK = re.compile(r"https?://[^\s<>\"'|\\^`{}]{1,2000}\Z")
_QUESTIONS = (("What changed", "what_changed"), ("What is the risk", "risk"), ("What to do now", "what_to_do"))
_FACTS = ("priority", "severity", "asset", "environment", "version", "owner", "on_call", "rule", "alert")
LINKS = 5
"""Of one message."""
DEFANGED = {"http://": "hxxp://", "https://": "hxxps://"}


class Message(NamedTuple):
    """What a person reads."""

    title: str
    event: str
    """``opened``, ``raised``, ``acknowledged``, ``reopened``, ``resolved`` ..."""
    priority: str
    """``P1`` to ``P4``, ``note`` or ``unknown``."""
    sections: list[tuple[str, str]]
    """Heading and text."""
    facts: list[tuple[str, str]]
    links: list[str]
    """Addresses of the evidence, as the source gave them; only http and https."""
    key: str

    def text(self, limit: int) -> str:
        """Everything in plain lines, as long as allowed; the facts stay, what is cut says so."""
        facts = "\n".join(f"{name}: {value}" for name, value in self.facts)
        tail = "\n\n".join(part for part in (facts, "\n".join(self.links), f"ref {self.key}") if part)
        body = "\n\n".join(f"{head}\n{text}" for head, text in self.sections)
        return fit(body, max(0, limit - len(tail) - 2)) + "\n\n" + fit(tail, limit)


def message(delivery: Delivery, *, title: int = 500, section: int = 3_000) -> Message:
    """The texts of a delivery, locked, each as long as allowed."""
    given = delivery.payload
    sections = [
        (head, fit(shown(given[name], limit=20_000), section))
        for head, name in _QUESTIONS
        if given.get(name, "").strip()
    ]
    for head, name in (("Not delivered before", "missed"), ("Meanwhile", "meanwhile")):
        if given.get(name):
            sections.append((head, fit(shown(given[name]), section)))
    facts = [(name.replace("_", " "), fit(safe(given[name]), 200)) for name in _FACTS if given.get(name)]
    return Message(
        title=fit(safe(given.get("title", "")).strip() or safe(delivery.key), title),
        event=safe(given.get("event", "changed")),
        priority=safe(given.get("priority", "unknown")),
        sections=sections,
        facts=facts,
        links=[link for link in given.get("links", "").split() if _LINK.match(link)][:LINKS],
        key=safe(delivery.key),
    )


def defanged(text: str) -> str:
    """Text in which no address is one, for places that make links of whatever looks like one."""
    for scheme, harmless in DEFANGED.items():
        text = re.sub(re.escape(scheme), harmless, text, flags=re.IGNORECASE)
    return text
