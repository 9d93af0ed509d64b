"""What the tower and the commands show of people: who is on call, the handover of a shift, reviews as work."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&!@])")
"""What Markdown, or the program that shows it, would read as more than text: links, pictures, HTML, mentions."""


def _text(line: str) -> str:
    return _MARKS.sub(r"\\\1", line.replace("\n", " ").strip())


class OnCallRow(NamedTuple):
    """A schedule at one moment."""

    schedule: str
    teams: tuple[str, ...]
    on_call: str | None
    """None: nobody, or it is not known."""
    role: str | None
    until: str | None
    """When that changes, as an ISO moment; None: not within two months."""
    then: str | None
    state: str
    """``known``, ``nobody`` or ``unknown``."""
    why: str
    """Why nobody is known; of somebody: how old what says so is."""
    words: str
    """``ana (ml) until 08:00, then ben``."""


class ReviewTaskRow(NamedTuple):
    """A review as work."""

    key: str
    kind: str
    what: str
    owner: str
    state: str
    """``open``, ``overdue``, ``taken by ana``, ``done by ana`` ..."""
    due: str
    overdue: bool
    how: str = ""
    todo: str = ""

    def line(self) -> str:
        """One line of text."""
        due = f"; due {self.due}" if self.due else ""
        return f"{self.key}  {self.state}  {self.what}  [{self.kind}; {self.owner or 'nobody'}{due}]" + (
            f": {self.how}" if self.how else ""
        )


class Handover(NamedTuple):
    """What the next shift must know."""

    since: str
    at: str
    by: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    """(heading, lines); a section in which there is nothing says so in its one line."""
    last: str = ""
    """When the shift was handed over last, by whom and to whom; empty: never."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it: the sections by their heading."""
        return {**self._asdict(), "sections": {heading: list(lines) for heading, lines in self.sections}}

    def markdown(self) -> list[str]:
        """For a ticket: a heading a section, a point a line. What a line holds is text there, too."""
        found = [f"## Handover by {_text(self.by)}, {self.at}", "", f"What happened since {self.since}."]
        found += ["", f"Handed over last: {_text(self.last)}."] if self.last else []
        for heading, lines in self.sections:
            found += ["", f"### {heading.capitalize()}", "", *(f"- {_text(line)}" for line in lines)]
        return found

    def lines(self) -> list[str]:
        """As text."""
        found = [f"HANDOVER by {self.by}, {self.at}: what happened since {self.since}"]
        found += [f"handed over last: {self.last}"] if self.last else []
        for heading, lines in self.sections:
            found += ["", heading, *(f"  {line}" for line in lines)]
        return found
