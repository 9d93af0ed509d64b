"""A ticket: a Markdown file in a folder, a POST to a generic webhook, or both.

The file's name is the thread's, so that a repeat finds it and changes nothing, not even what somebody wrote into it
since. What happens to the alert later is added at its end, each event once.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.webhook import post
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.lock import safe, sent
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean_block
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (a folder, from the configuration's folder), ``url``, or both. Secrets in url and headers as ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.TICKET, Use.REVIEW})
    KEEPS_TASKS: ClassVar[bool] = True
    RENAMED: ClassVar[Mapping[str, str]] = {"directory": "path"}

    path: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    """Sent with the POST."""
    timeout: Seconds = Seconds(10)
    """How long the receiver may take to answer."""

    def __post_init__(self) -> None:
        if self.path is None and self.url is None:
            raise ValueError("a ticket route needs a path, a url, or both")


def respond(case: Case) -> Sequence[Effect]:
    """One ticket for each ticket route of the owner when the alert opens; the same tickets get what follows."""
    return notified(case, Use.TICKET, "a ticket was written")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Write the file, then post. Raises TargetError; a repeat after a half done delivery completes it."""
    assert isinstance(options, Options)
    receipts = []
    if options.path is not None:
        receipts.append(_write(delivery, context.base / options.path))
    if options.url is not None:
        receipts.append(post(delivery, options.url, options.headers, float(options.timeout), context))
    return ", ".join(receipts)


def _write(delivery: Delivery, folder: Path) -> str:
    path = folder / f"{_file_name(delivery.thread)}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return _append(delivery, path)
        if delivery.payload.get("event") in _ENDS:
            return f"{path.name} (no longer there)"  # somebody took it away: nothing is left to do
        import tempfile  # noqa: PLC0415  a configuration is read without

        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".ticket-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(document(delivery))
                if not delivery.first:
                    file.write(f"\n{_mark(delivery)}\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            # A link fails when the name is taken: two agents that deliver at once leave one ticket, the first.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        what = f"the ticket {path.name} cannot be written: {error.strerror or error}"
        raise TargetError(what, ambiguous=False, todo=f"Make {folder} writable") from None
    return path.name


_ENDS = ("acknowledged", "resolved")
"""Events that ask nothing of anybody: no ticket is written for their sake."""


def _append(delivery: Delivery, path: Path) -> str:
    """Add the event at the end, unless it is there or is what the file was written for. What is there stays."""
    mark = _mark(delivery)
    with path.open("r+", encoding="utf-8", errors="surrogateescape", newline="") as file:
        there = file.read()
        if delivery.first or mark in there:
            return f"{path.name} (was there already)"
        file.write("" if there.endswith("\n") or not there else "\n")
        file.write(f"\n{_section(delivery)}\n{mark}\n")
        file.flush()
        os.fsync(file.fileno())
    return f"{path.name} ({delivery.payload.get('event', 'changed')})"


def _mark(delivery: Delivery) -> str:
    """Stands in the file for an event that is in it."""
    return f"<!-- {_file_name(delivery.key)} -->"


def _section(delivery: Delivery) -> str:
    given = delivery.payload
    head = f"## {_plain(safe(given.get('event', 'changed'))).capitalize()}, {iso(delivery.created_at)}"
    lines = [head, "", _plain(given.get("why", "")), "", f"To do now: {_plain(given.get('what_to_do', 'not known'))}"]
    return "\n".join(lines) + "\n"


def _file_name(key: str) -> str:
    """Keys are made here of letters, digits and dashes; anything else must not leave the folder."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", key).lstrip(".")[:150] or "ticket"


def document(delivery: Delivery) -> str:
    """JSON front matter (for programs) and Markdown (for people)."""
    given: Mapping[str, str] = delivery.payload
    long = ("what_changed", "risk", "what_to_do")
    matter = {"key": delivery.key, **{k: v for k, v in given.items() if k not in long}}
    front = msgspec.json.format(msgspec.json.encode(sent(matter)), indent=2).decode()
    sections = (("What changed", "what_changed"), ("What is the risk", "risk"), ("What to do now", "what_to_do"))
    body = "\n".join(f"## {head}\n\n{_plain(given.get(key, 'not known'))}\n" for head, key in sections)
    return f"---\n{front}\n---\n\n# {_plain(given.get('title', delivery.key))}\n\n{body}"


_MARKUP = re.compile(r"([\\`*_\[\]<>#|!~])")


def _plain(text: str) -> str:
    """Text from outside shows as it is: no links, images or HTML of somebody else's making."""
    return _MARKUP.sub(r"\\\1", clean_block(text))
