"""All advisories at once: which of them reach a component, answered by a look-up and a search by halves.

The answers are those of :func:`~pulse_tui.enrich.advisories.matching.audit` for each advisory. The versions that a package's
advisories name cut its order into slots: each such version is one, and so is what lies between two. All versions of a slot
have one answer, which is worked out when the first of them comes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component
from pulse_tui.enrich.advisories.coverage import unreadable
from pulse_tui.enrich.advisories.matching import audit
from pulse_tui.enrich.advisories.versions import order, released
from pulse_tui.enrich.lookups import ecosystem_key, keys_named, keys_of, package_key

_REMEMBERED = 100_000
"""Answers, names and versions of an ecosystem that are kept; then all are forgotten: a fleet repeats what is near."""


class Reached(NamedTuple):
    """What the advisories say of a component."""

    matched: tuple[str, ...] = ()
    """Ids of those that reach it, sorted."""
    unsettled: tuple[tuple[str, str], ...] = ()
    """Ids of those that name it and cannot be compared with its version, sorted, and why."""
    readable: bool = True
    """False: its version is not known or cannot be compared; it is not audited though nothing may name it."""

    @property
    def named(self) -> frozenset[str]:
        """Ids of those that reach it or may."""
        return frozenset((*self.matched, *(ident for ident, _ in self.unsettled)))

    @property
    def audit(self) -> Audit:
        """Matched before not audited before clean."""
        if self.matched:
            return Audit.MATCHED
        return Audit.CLEAN if self.readable and not self.unsettled else Audit.NOT_AUDITED


_CLEAN, _UNREADABLE = Reached(), Reached(readable=False)
_BEGINNING = "0"
"""Of a range: before every version. In a list it is a version."""


class AdvisoryIndex:
    """Advisories by the packages that they name. One that is withdrawn reaches nothing; of two with one id the newer counts."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        """Reads no version yet: a package's are read when somebody asks for it."""
        newest: dict[str, Advisory] = {}
        for advisory in advisories:
            known = newest.get(advisory.id)
            if known is None or known.modified <= advisory.modified:
                newest[advisory.id] = advisory
        self._by_id = newest
        self._by_key: dict[tuple[str, str], dict[str, Advisory]] = {}
        keys: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
        for ident in sorted(newest):
            advisory = newest[ident]
            for affected in () if advisory.withdrawn else advisory.affected:
                place = affected.ecosystem, affected.name
                if place not in keys:
                    keys[place] = keys_named(*place)
                for key in keys[place]:
                    self._by_key.setdefault(key, {})[ident] = advisory
        self._ecosystems: dict[str, _Ecosystem] = {}
        self._others: dict[Component, Reached] = {}

    def __getitem__(self, ident: str) -> Advisory:
        """The advisory of an id that an answer holds."""
        return self._by_id[ident]

    def __len__(self) -> int:
        return len(self._by_id)

    def answer(self, component: Component) -> Reached:
        """What the advisories say of ``component``."""
        (found,) = self.answers((component,))
        return found

    def answers(self, components: Iterable[Component]) -> Iterator[Reached]:
        """The same for many, in their order."""
        ecosystems = self._ecosystems
        for component in components:
            ecosystem = component.ecosystem
            if ecosystem is None or component.known_as or "upstream=" in component.id:
                yield self._other(component)
                continue
            known = ecosystems.get(ecosystem)
            versions = known.get(component.name) if known is not None else None
            if versions is None:
                yield self._first(component, ecosystem)
                continue
            found = versions.get(component.version)
            yield versions.answer(component) if found is None else found

    def _first(self, component: Component, ecosystem: str) -> Reached:
        """Of a name that comes for the first time."""
        known = self._ecosystems.get(ecosystem)
        if known is None:
            known = self._ecosystems[ecosystem] = _Ecosystem(ecosystem, self._by_key)
        return known.answer(component)

    def _other(self, component: Component) -> Reached:
        """Of what has a source package, or is a declared product: each advisory is asked."""
        found = self._others.get(component)
        if found is None:
            named = {i: a for key in keys_of(component) for i, a in self._by_key.get(key, {}).items()}
            found = _asked((named[i] for i in sorted(named)), component)
            if len(self._others) >= _REMEMBERED:
                self._others.clear()
            self._others[component] = found
        return found


def _asked(advisories: Iterable[Advisory], component: Component) -> Reached:
    matched, unsettled = [], []
    for advisory in advisories:
        verdict = audit(advisory, component)
        if verdict.audit is Audit.MATCHED:
            matched.append(advisory.id)
        elif verdict.audit is Audit.NOT_AUDITED:
            unsettled.append((advisory.id, verdict.reason))
    return Reached(tuple(matched), tuple(unsettled), not unreadable(component))


class _Versions(dict[str | None, Reached]):
    """The answers of the versions that were asked of, of a package that nothing names; of all such one."""

    def answer(self, component: Component) -> Reached:
        found = self._worked_out(component)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[component.version] = found
        return found

    def _worked_out(self, component: Component) -> Reached:
        return _UNREADABLE if unreadable(component) else _CLEAN


class _Ecosystem(dict[str, _Versions]):
    """The packages of one ecosystem, as components spell it: of a distribution with its release."""

    def __init__(self, name: str, by_key: dict[tuple[str, str], dict[str, Advisory]]) -> None:
        super().__init__()
        self._name = name
        self._by_key = by_key
        self._order = order(ecosystem_key(name))
        self._packages: dict[tuple[str, str], _Package] = {}
        self._unnamed = _Versions()

    def answer(self, component: Component) -> Reached:
        package = self._find(component)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[component.name] = package
        # Under another spelling its version may be known already.
        found = package.get(component.version)
        return package.answer(component) if found is None else found

    def _find(self, component: Component) -> _Versions:
        """The package of a name as it is spelled."""
        key = package_key(self._name, component.name)
        package = self._packages.get(key)
        if package is not None:
            return package
        named = self._by_key.get(key, {})
        if key[0] == "go":  # a module of its tree, or a package of it, may be what an advisory names
            named = {i: a for one in keys_of(component) for i, a in self._by_key.get(one, {}).items()}
        if not named:
            return self._unnamed
        package = self._packages[key] = _Package(key, [named[i] for i in sorted(named)], self._order)
        return package


class _Package(_Versions):
    """The advisories of one package and the slots of its versions."""

    def __init__(self, key: tuple[str, str], advisories: list[Advisory], read: Callable[[str], Any] | None) -> None:
        super().__init__()
        self._key = key
        self._advisories = advisories
        self._order = read
        self._points: list[Any] = []
        self._reach: list[tuple[str, ...]] = []
        self._asked: list[Advisory] = []
        self._slots: list[Reached | None] = []
        self._cut = False

    def _worked_out(self, component: Component) -> Reached:
        version = component.version
        mine = self._order(version) if version and self._order is not None else None
        if mine is None or released(mine) is not mine:
            # It has no place in the order, or one of its own beside its release.
            return _asked(self._advisories, component)
        if not self._cut:
            self._cut_up(self._order)
        points = self._points
        at = bisect_left(points, mine)
        slot = 2 * at + 1 if at < len(points) and points[at] == mine else 2 * at
        found = self._slots[slot]
        if found is None:
            found = self._slots[slot] = self._in_slot(slot, component)
        return found

    def _in_slot(self, slot: int, component: Component) -> Reached:
        matched = self._reach[slot]
        if not self._asked:
            return Reached(matched) if matched else _CLEAN
        rest = _asked(self._asked, component)
        return Reached(tuple(sorted((*matched, *rest.matched))), rest.unsettled)

    def _cut_up(self, read: Callable[[str], Any] | None) -> None:
        """The slots: 2n is what lies before the nth version that is named, 2n + 1 that version."""
        assert read is not None
        self._cut = True
        keys: dict[str, Any] = {_BEGINNING: read(_BEGINNING)}
        named = [(a, [e for e in a.affected if self._mine(e)]) for a in self._advisories]
        for _, entries in named:
            for text in _texts_of(entries):
                if text not in keys:
                    keys[text] = read(text)
        points = sorted({key for key in keys.values() if key is not None})
        places = {key: 2 * n + 1 for n, key in enumerate(points)}
        slots = {text: places[key] for text, key in keys.items() if key is not None}
        spans: list[tuple[str, int, int]] = []
        edges: set[int] = set()
        for advisory, entries in named:
            if self._simple(entries, slots):
                found = _joined([s for e in entries for s in _spans(e, slots, 2 * len(points) + 1)])
                spans += ((advisory.id, low, high) for low, high in found)
            else:
                self._asked.append(advisory)
                edges.update(s + more for text in _texts_of(entries) if (s := slots.get(text)) for more in (0, 1))
        edges.update(edge for _, low, high in spans for edge in (low, high))
        self._sweep(points, spans, edges)

    def _sweep(self, points: list[Any], spans: list[tuple[str, int, int]], edges: set[int]) -> None:
        """Keep the points where an answer changes, and what reaches each slot of theirs."""
        last = 2 * len(points)
        kept = sorted({(edge - 1) // 2 for edge in edges if 0 < edge <= last})
        moved = {n: m for m, n in enumerate(kept)}
        self._points = [points[n] for n in kept]
        self._slots = [None] * (2 * len(kept) + 1)
        changes: list[list[str]] = [[] for _ in range(len(self._slots) + 1)]
        for ident, *both in spans:
            for edge in both:
                at = 0 if edge == 0 else len(self._slots)
                if 0 < edge <= last:
                    at = 2 * moved[(edge - 1) // 2] + 2 - edge % 2
                changes[at].append(ident)
        active: set[str] = set()
        reach: tuple[str, ...] = ()
        for changed in changes[:-1]:
            if changed:
                for ident in changed:  # what begins where another of the same ends, goes on
                    active ^= {ident}
                reach = tuple(sorted(active))
            self._reach.append(reach)

    def _mine(self, entry: Affected) -> bool:
        # Of Go also what stands above or below it in its tree, which is asked as a whole.
        return self._key[0] == "go" or package_key(entry.ecosystem, entry.name) == self._key

    def _simple(self, entries: list[Affected], slots: dict[str, int]) -> bool:
        """Whether an advisory answers matched or clean for every version that can be read: most do."""
        for entry in entries:
            if ":" in entry.ecosystem or not (entry.versions or entry.ranges):
                return False
            if package_key(entry.ecosystem, entry.name) != self._key:
                return False
            if any(text not in slots for item in entry.ranges for text in _bounds(item)):
                return False
        return bool(entries)


def _spans(entry: Affected, slots: dict[str, int], end: int) -> Iterator[tuple[int, int]]:
    for text in entry.versions:
        if (slot := slots.get(text)) is not None:
            yield slot, slot + 1
    for item in entry.ranges:
        low = 0 if item.introduced == _BEGINNING else slots[item.introduced]
        high = end
        if item.fixed is not None:
            high = slots[item.fixed]
        if item.last_affected is not None:
            high = min(high, slots[item.last_affected] + 1)
        if low < high:
            yield low, high


def _bounds(item: VersionRange) -> Iterator[str]:
    yield item.introduced
    if item.fixed is not None:
        yield item.fixed
    if item.last_affected is not None:
        yield item.last_affected


def _texts(entry: Affected) -> Iterator[str]:
    yield from entry.versions
    for item in entry.ranges:
        yield from _bounds(item)


def _texts_of(entries: Iterable[Affected]) -> Iterator[str]:
    return chain.from_iterable(map(_texts, entries))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], high)
        else:
            out.append((low, high))
    return out
