"""One action on several things: each is decided by itself, and the answer says of every one what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pulse_tui.domain.errors import PulseError, Refused, StorageError
from pulse_tui.domain.words import PRIORITY_RANK

NAMED = 3
"""Things that are named for one reason; the others are counted."""
_URGENT = ("P1", "P2")


class Target(NamedTuple):
    """One of them."""

    id: str
    title: str
    priority: str = ""
    mark: str = ""
    """The key of the row that brought it here, where that is not its id."""
    detail: str = ""
    """What else the action has to know of it."""

    @property
    def key(self) -> str:
        """Of the row that it came from."""
        return self.mark or self.id


class Each(NamedTuple):
    """What became of them."""

    done: tuple[Target, ...]
    refused: tuple[tuple[Target, str], ...]
    """With the reason of each."""

    def words(self, noun: str, done: str, plural: str = "") -> str:
        """``5 alerts silenced; 2 refused: vLLM reaches gateway, …: cyd may not act in production``."""
        from pulse_tui.domain.text import many  # noqa: PLC0415  the first frame needs targets, and no words about them

        begin = f"{many(len(self.done), noun, plural)} {done}"
        if not self.refused:
            return begin
        why: dict[str, list[str]] = {}
        for target, reason in self.refused:
            why.setdefault(reason.split("\n", 1)[0], []).append(target.title or target.id)
        parts = [f"{_some(titles)}: {reason}" for reason, titles in why.items()]
        return f"{begin}; {len(self.refused)} refused: {'; '.join(parts)}"


def each(targets: Iterable[Target], call: Callable[[Target], object]) -> Each:
    """Call it for each, in their order. A database that cannot be used ends it: the rest is refused untried."""
    done, refused, broken = list[Target](), list[tuple[Target, str]](), ""
    for target in targets:
        if broken:
            refused.append((target, broken))
            continue
        try:
            call(target)
        except StorageError as error:
            broken = f"not tried: {error}"
            refused.append((target, str(error)))
        except PulseError as error:
            refused.append((target, str(error)))
        else:
            done.append(target)
    return Each(tuple(done), tuple(refused))


def sentence(made: Each, noun: str, done: str) -> str:
    """As :meth:`Each.words`. Raises Refused where nothing was done."""
    if not made.done:
        raise Refused(made.words(noun, done))
    return made.words(noun, done)


def named(targets: Iterable[Target], room: int, noun: str, plural: str = "") -> str:
    """What an action on several is about, a line each: how many and how urgent, the most urgent by name, and how many more."""
    from pulse_tui.domain.text import many  # noqa: PLC0415  as above

    listed = sorted(targets, key=lambda target: PRIORITY_RANK.get(target.priority, len(PRIORITY_RANK)))
    counts = [(word, sum(target.priority == word for target in listed)) for word in _URGENT]
    urgent = "".join(f", {count} {word}" for word, count in counts if count)
    shown = listed if len(listed) <= room else listed[: room - 1]
    lines = [" ".join(part for part in (target.priority, target.title or target.id) if part) for target in shown]
    more = [f"and {len(listed) - len(shown)} more"] if len(shown) < len(listed) else []
    return "\n".join((many(len(listed), noun, plural) + urgent, *lines, *more))


def _some(titles: list[str]) -> str:
    shown = ", ".join(titles[:NAMED])
    return f"{shown} and {len(titles) - NAMED} more" if len(titles) > NAMED else shown
