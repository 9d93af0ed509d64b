"""The items that two sheets share, in one order, with the clusters and slices that they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pulse_tui.domain.evals import Sheet, Task
from pulse_tui.evaluate.compare.comparable import named
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.values import Rows


class Pair(NamedTuple):
    """The items of both sides, entry i of each is item i."""

    before: Sheet
    after: Sheet
    old: tuple[int, ...]
    """Indices of the items in ``before``."""
    new: tuple[int, ...]

    def clusters(self, places: Sequence[int]) -> list[str] | None:
        """The label of each item, the candidate's where both have one; an item without is a cluster of its own."""
        mine, theirs = self.after.clusters, self.before.clusters
        if not mine and not theirs:
            return None
        labels = ((mine and mine[self.new[n]]) or (theirs and theirs[self.old[n]]) or "" for n in places)
        return [label or f"\0{n}" for n, label in zip(places, labels, strict=True)]

    def inside(self, part: str) -> list[int]:
        """The items that either side counts to a slice."""
        mine, theirs = set(self.after.slices.get(part, ())), set(self.before.slices.get(part, ()))
        return [n for n, (old, new) in enumerate(zip(self.old, self.new, strict=True)) if new in mine or old in theirs]


def pair(before: Sheet, after: Sheet, looks: Sequence[Sequence[str]] = (), *, growing: bool = False) -> Pair:
    """The items that both have, in the order of their ids.

    A growing candidate's are in the order of the ``looks`` in which they came, and within each shuffled by their
    names, always alike: an always-valid test needs a random order, and ids often follow the difficulty.
    """
    if not growing and before.items == after.items and list(after.items) == sorted(after.items):
        all_of_them = tuple(range(len(after.items)))  # as files are read: most of the time, and of the work
        return Pair(before, after, all_of_them, all_of_them)
    places = {item: n for n, item in enumerate(before.items)}
    mine = {item: n for n, item in enumerate(after.items)}
    shared = sorted(mine.keys() & places.keys())
    if growing:
        first: dict[str, int] = {}
        for number, look in enumerate(looks):
            for item in look:
                first.setdefault(item, number)
        shared.sort(key=lambda item: (first.get(item, len(looks)), _shuffled(item)))
    return Pair(before, after, tuple(places[i] for i in shared), tuple(mine[i] for i in shared))


def _shuffled(item: str) -> bytes:
    return hashlib.blake2b(item.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def parts(task: Task, both: Pair) -> Iterator[tuple[str, list[int]]]:
    """(slice, indices in the pair): all items first."""
    yield "", list(range(len(both.new)))
    for name in task.slices:
        yield name, both.inside(name)


class Scored(NamedTuple):
    """The items of a part that have a metric, and their repeats on either side."""

    places: list[int]
    left: Rows
    right: Rows


def scored(both: Pair, places: Sequence[int], metric: str, task: Task) -> Scored:
    """The items that have the metric on both sides; an item without it on both is none of its items.

    :raises Unusable: when an item has it on one side only (what was measured is then not the same), or none has it
    """
    old, new = both.before.scores[metric], both.after.scores[metric]
    has = [(n, bool(old[both.old[n]]), bool(new[both.new[n]])) for n in places]
    lost = [both.after.items[both.new[n]] for n, was, now in has if was and not now]
    added = [both.after.items[both.new[n]] for n, was, now in has if now and not was]
    differences = [f"{len(added)} only in the candidate ({named(added)})"] if added else []
    if lost and not task.growing:
        differences.insert(0, f"{len(lost)} only in the baseline ({named(lost)})")
    if differences:
        raise Unusable(f"{metric} is of other items: {', '.join(differences)}", todo="Run the same items on both")
    kept = [n for n, was, now in has if was and now]
    if not kept:
        raise Unusable(
            "it has no items" if not places else f"none of its {len(places)} items has {metric} in both runs"
        )
    return Scored(kept, [old[both.old[n]] for n in kept], [new[both.new[n]] for n in kept])
