"""What kinds of tickets share: one ticket a thread, found by its mark before anything is made; and JSON calls.

The mark (``pulse-<thread>``) stands in the ticket itself, so that a repeat after a lost answer, a restart or a move to
another tower finds the ticket instead of opening a second one. Each later event is a comment with a mark of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pulse_tui.actions._shared.rest import call
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import address, clean, clean_block
from pulse_tui.ports import SendContext

ENDS = "resolved"
"""The event that closes a ticket."""
ASKS_NOTHING = ("acknowledged", ENDS)
"""Events for whose sake no ticket is opened."""
PAGES = 10
"""Pages of a listing that are read at most: a listing that never ends must not hold the route up."""
SUMMARY = 200
EARLIER = 3
"""Tickets of earlier episodes that a new one names."""


class Ticket(NamedTuple):
    """A ticket as its system has it."""

    key: str
    """What people call it: ``OPS-12``, ``#12``, ``INC0010012``."""
    url: str
    ident: str
    """What its API calls it."""
    closed: bool = False


class Desk(Protocol):
    """One system that keeps tickets. Every call raises TargetError."""

    def search(self, mark: str) -> Sequence[Ticket]:
        """The tickets that carry the mark, the oldest first."""
        ...

    def known(self, key: str) -> Ticket | None:
        """The ticket of this key, where a search may not know it yet; None where it always does, or there is none."""
        ...

    def create(self, delivery: Delivery, marks: tuple[str, ...], earlier: Sequence[Ticket]) -> Ticket:
        """A new one that carries the marks and names the earlier ones."""
        ...

    def noted(self, ticket: Ticket, mark: str) -> bool:
        """Whether one of its comments carries the mark."""
        ...

    def note(self, ticket: Ticket, delivery: Delivery, mark: str) -> None:
        """A comment on what happened."""
        ...

    def close(self, ticket: Ticket, delivery: Delivery) -> str:
        """Close it; returns what it is now, in a word or two."""
        ...


def keep(delivery: Delivery, desk: Desk, first: str = "") -> str:
    """Bring the thread's ticket up to date with one event; returns the receipt: key, address, and what was done. ``first`` is the
    receipt of the thread's first message.

    The same delivery again changes nothing. A ticket that a person closed while the alert is open stays closed, and the
    receipt says so.
    """
    event, mark = delivery.payload.get("event", ""), mark_of(delivery.thread)
    found = desk.search(mark)
    if not found and (key := first.partition(" ")[0]) and (one := desk.known(key)) is not None:
        found = [one]
    if not found:
        if event in ASKS_NOTHING:
            return f"no ticket has the mark {mark}: somebody deleted or moved it"
        earlier = _earlier(delivery, desk)
        made = desk.create(delivery, tuple(m for m in (mark, condition_of(delivery)) if m), earlier)
        return receipt(made, "opened", *(f"earlier: {t.key}" for t in earlier))
    ticket, done = found[0], list[str]()
    if len(found) > 1:
        done.append(f"{len(found)} tickets have the mark {mark}, the first is used")
    if ticket.closed and event != ENDS:
        done.append("it was closed there while the alert is open")
    if delivery.first:
        done.insert(0, "was there already")
    else:
        own = mark_of(delivery.key)
        if desk.noted(ticket, own):
            done.insert(0, f"{event} (was there already)")
        else:
            desk.note(ticket, delivery, own)
            done.insert(0, event or "changed")
    if event == ENDS:
        done.append("was closed there already" if ticket.closed else desk.close(ticket, delivery))
    return receipt(ticket, *done)


def _earlier(delivery: Delivery, desk: Desk) -> Sequence[Ticket]:
    """Tickets of earlier episodes of the same condition, the newest first. A system that cannot be asked for them does not
    hold up the new one."""
    condition = condition_of(delivery)
    if not condition:
        return ()
    try:
        return list(reversed(desk.search(condition)))[:EARLIER]
    except TargetError:
        return ()


def receipt(ticket: Ticket, *done: str) -> str:
    """``OPS-12 https://… (opened)``."""
    return " ".join(x for x in (ticket.key, ticket.url, f"({', '.join(done)})" if done else "") if x)


def mark_of(key: str) -> str:
    """A word that every system takes as a label, and that no text holds by chance. At most 50 characters."""
    word = f"pulse-{key}"
    plain = all(c.isascii() and (c.isalnum() or c in "-_") for c in word)
    return word if plain and len(word) <= 50 else f"pulse-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


def condition_of(delivery: Delivery) -> str:
    """The mark of the condition, which is the same in every episode; empty where it is not known."""
    condition = delivery.payload.get("condition", "")
    return mark_of(condition) if condition else ""


# --------------------------------------------------------------------------- what a ticket says


def summary(delivery: Delivery) -> str:
    """One line: the priority and the title."""
    given = delivery.payload
    return clean(" ".join(x for x in (given.get("priority", ""), given.get("title", delivery.key)) if x), SUMMARY)


def sections(delivery: Delivery, earlier: Sequence[Ticket] = ()) -> Iterator[tuple[str, str]]:
    """Heading and text of what a new ticket says, as plain text."""
    given = delivery.payload
    heads = (("What changed", "what_changed"), ("What is the risk", "risk"), ("What to do now", "what_to_do"))
    for head, key in heads:
        yield head, clean_block(given.get(key, "not known"))
    facts = (("asset", "asset"), ("environment", "environment"), ("version", "version"), ("owner", "owner"))
    lines = [f"{word}: {clean(given[key], 300)}" for word, key in facts if given.get(key)]
    lines.append(f"pulse-tui explain {clean(given.get('alert', delivery.thread), 80)}")
    if given.get("links"):
        lines.append(clean(given["links"], 2_000))
    yield "Where", "\n".join(lines)
    if earlier:
        yield "Earlier tickets of the same condition", "\n".join(f"{t.key} {t.url}" for t in earlier)


def followed(delivery: Delivery) -> tuple[str, str]:
    """Heading and text of a comment on what happened since."""
    given = delivery.payload
    head = f"{clean(given.get('event', 'changed'), 40).capitalize()}, {iso(delivery.created_at)}"
    lines = [clean_block(given.get("why", "")), f"To do now: {clean_block(given.get('what_to_do', 'not known'))}"]
    return head, "\n".join(line for line in lines if line)


def filled(value: Any, delivery: Delivery) -> Any:
    """A configured field with ``{asset}``, ``{priority}`` … replaced by what the message says, however deep."""
    if isinstance(value, dict):
        return {str(k): filled(v, delivery) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, delivery) for v in value]
    if not isinstance(value, str):
        return value
    for name, text in delivery.payload.items():
        value = value.replace(f"{{{name}}}", clean(text, 500))
    return value


# --------------------------------------------------------------------------- calls


class Api(NamedTuple):
    """An API that speaks JSON, and what every request to it has. ``headers`` may hold secrets as ``${NAME}``."""

    context: SendContext
    url: str
    headers: Mapping[str, str]
    timeout_s: float

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """GET, the answer as JSON."""
        return self._ask("GET", path, params, None)

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """POST, PUT, PATCH or DELETE; the answer as JSON, None where it is empty. Raises TargetError."""
        return self._ask(method, path, None, body)

    def _ask(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> Any:
        reply = call(
            self.context,
            method,
            self.url.rstrip("/") + path,
            headers={"Accept": "application/json", **self.headers},
            params=params,
            json=body,
            timeout_s=self.timeout_s,
            needs_body=method in ("GET", "POST"),
        )
        if not reply.body.strip():
            return None
        found = reply.json()
        if isinstance(found, dict) and (wrong := _error(found)):
            raise TargetError(f"{reply.shown} answered {reply.status} with an error: {wrong}", ambiguous=False)
        return found


def _error(found: Mapping[str, Any]) -> str:
    """What an answer says is wrong, in the shapes of the four systems; empty when it says nothing of the kind."""
    texts: list[str] = []
    error = found.get("error")
    if isinstance(error, dict):
        texts += [str(error.get(key) or "") for key in ("message", "detail")]
    elif isinstance(error, str):
        texts += [error, str(found.get("error_description") or "")]
    for key in ("errorMessages", "errors"):
        several = found.get(key)
        if isinstance(several, dict):
            texts += [f"{name}: {text}" for name, text in several.items()]
        elif isinstance(several, list):
            texts += [str(e.get("message", e)) if isinstance(e, dict) else str(e) for e in several]
    return clean("; ".join(x for x in texts if x), 300)


def entries(found: Any, shown: str) -> list[dict[str, Any]]:
    """The objects of a list. Raises TargetError for another shape."""
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise unexpected(shown, "a list of objects")
    return found


def member(found: Any, key: str, shown: str) -> Any:
    """One field of an object. Raises TargetError where there is none."""
    if not isinstance(found, dict) or found.get(key) is None or found.get(key) == "":
        raise unexpected(shown, f"an object with {key!r}")
    return found[key]


def unexpected(shown: str, wanted: str, *, ambiguous: bool = False) -> TargetError:
    """The error for JSON of another shape."""
    todo = "Check that the route's url is the API"
    return TargetError(f"{address(shown)} did not answer with {wanted}", ambiguous=ambiguous, todo=todo)
