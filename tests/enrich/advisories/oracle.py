"""Which OSV records reach a version, worked out by brute force from the records' JSON.

Imports nothing of the product: PEP 440 is read by ``packaging``, Semantic Versions by the few lines here. Slow, and so plain
that it can be checked by eye. Three answers for each record: True, False, None (not known).
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from packaging.version import InvalidVersion, Version

Record: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, str]
_SEMVER = re.compile(r"[v=]?(\d+)(?:\.(\d+))?(?:\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?")
_KINDS = ("introduced", "fixed", "last_affected")


def read_lines(path: Path) -> list[Record]:
    """The records of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(500_000)
def order(ecosystem: str, text: str) -> Any:
    """Something that compares as the version does; None when it is none."""
    if ecosystem == "PyPI":
        try:
            return Version(text)
        except InvalidVersion:
            return None
    found = _SEMVER.fullmatch(text)
    if found is None or any(n and len(n) > 1 and n[0] == "0" for n in found.groups()[:3]):
        return None
    words = found[4].split(".") if found[4] else []
    return (
        *(int(n or 0) for n in found.groups()[:3]), not words,
        tuple((0, int(w), "") if w.isdigit() else (1, 0, w) for w in words),
    )  # fmt: skip


def named(ecosystem: str, name: str) -> Key:
    """PEP 503 for PyPI; Go paths in any case."""
    bare = name.split("[", maxsplit=1)[0] if ecosystem == "PyPI" else name
    return ecosystem, re.sub("[-_.]+", "-", bare).lower() if ecosystem == "PyPI" else bare.lower()


def _beside(ecosystem: str, mine: Any, bound: Any) -> Any:
    """A local build is its release to a version that names no build."""
    return Version(mine.public) if ecosystem == "PyPI" and mine.local and not bound.local else mine


def in_list(ecosystem: str, version: str, listed: Sequence[str], keys: Set[Any]) -> bool:
    """By text, or as equal versions: ``keys`` are those of the list."""
    mine = order(ecosystem, version)
    if version in listed or (mine is not None and mine in keys):
        return True
    return ecosystem == "PyPI" and mine is not None and bool(mine.local) and Version(mine.public) in keys


def in_range(ecosystem: str, version: str, events: list[dict[str, str]]) -> bool | None:
    """The schema's evaluation of one range."""
    mine = order(ecosystem, version)
    if mine is None:
        return None
    flat = [(kind, e[kind]) for e in events for kind in _KINDS if kind in e]
    if not any(kind == "introduced" for kind, _ in flat):
        flat.insert(0, ("introduced", ""))  # it begins nobody knows where
    unread = [kind for kind, text in flat if text != "0" and order(ecosystem, text) is None]
    if unread and all((kind == "introduced") is (number % 2 == 0) for number, (kind, _) in enumerate(flat)):
        return _in_pairs(ecosystem, mine, flat)
    if unread:
        # No pairs: an end that cannot be read may be before the version, an introduced too.
        known = [e for e in events if not any(order(ecosystem, v) is None for k, v in e.items() if v != "0")]
        state = bool(known) and in_range(ecosystem, version, known)
        return None if (set(unread) - {"introduced"} if state else "introduced" in unread) else state
    state = False
    ties = {"fixed": 0, "introduced": 1, "last_affected": 2}
    start = flat if len(flat) < 3 and flat[0][0] == "introduced" and not _backwards(ecosystem, flat) else None
    first = [event for event in flat if event == ("introduced", "0")]
    others = [event for event in flat if event != ("introduced", "0")]
    for kind, text in start or (*first, *sorted(others, key=lambda e: (order(ecosystem, e[1]), ties[e[0]]))):
        if (kind, text) == ("introduced", "0"):
            state = True
            continue
        bound = order(ecosystem, text)
        at = _beside(ecosystem, mine, bound)
        if kind == "introduced" and at >= bound:
            state = True
        elif (kind == "fixed" and at >= bound) or (kind == "last_affected" and at > bound):
            state = False
    return state


def _backwards(ecosystem: str, flat: list[tuple[str, str]]) -> bool:
    return len(flat) == 2 and flat[0][1] != "0" and bool(order(ecosystem, flat[1][1]) < order(ecosystem, flat[0][1]))


def _in_pairs(ecosystem: str, mine: Any, flat: list[tuple[str, str]]) -> bool | None:
    """Where an event cannot be read: each pair as written; a bound that can be read may rule the version out."""
    answers: list[bool | None] = []
    for number in range(0, len(flat), 2):
        holds: list[bool | None] = []
        for kind, text in flat[number : number + 2]:
            bound = order(ecosystem, text)
            if (kind, text) == ("introduced", "0"):
                continue
            if bound is None:
                holds.append(None)
                continue
            at = _beside(ecosystem, mine, bound)
            holds.append(bool(at >= bound if kind == "introduced" else at < bound if kind == "fixed" else at <= bound))
        answers.append(False if False in holds else None if None in holds else True)
    return True if True in answers else None if None in answers else False


class Oracle:
    """All records, asked one by one."""

    def __init__(self, records: Iterable[Record], now: datetime) -> None:
        self.entries: dict[Key, list[tuple[str, Record]]] = defaultdict(list)
        self.keys: dict[int, set[Any]] = {}
        for record in records:
            if (at := record.get("withdrawn")) and datetime.fromisoformat(at) <= now:
                continue
            for affected in record.get("affected", ()):
                if package := affected.get("package"):
                    self.entries[named(package["ecosystem"], package["name"])].append((record["id"], affected))

    def answer(self, ecosystem: str, name: str, version: str) -> tuple[set[str], set[str]]:
        """(ids that reach the version, ids of which it is not known)."""
        found: dict[str, list[bool | None]] = defaultdict(list)
        for ident, affected in self.entries.get(named(ecosystem, name), ()):
            if id(affected) not in self.keys:
                keys = (order(ecosystem, text) for text in affected.get("versions") or ())
                self.keys[id(affected)] = {key for key in keys if key is not None}
            found[ident].append(self._entry(ecosystem, version, affected, self.keys[id(affected)]))
        matched = {i for i, answers in found.items() if True in answers}
        return matched, {i for i, answers in found.items() if None in answers} - matched

    @staticmethod
    def _entry(ecosystem: str, version: str, affected: dict[str, Any], keys: Set[Any]) -> bool | None:
        listed = affected.get("versions") or []
        if in_list(ecosystem, version, listed, keys):
            return True
        spans = [r["events"] for r in affected.get("ranges") or () if r["type"] in ("ECOSYSTEM", "SEMVER")]
        if not spans:
            return False if listed and order(ecosystem, version) is not None else None
        answers = [in_range(ecosystem, version, events) for events in spans]
        return True if True in answers else None if None in answers else False


def versions_of(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Every version in a list and every bound of some entries."""
    found: dict[str, None] = {}
    for affected in entries:
        found.update(dict.fromkeys(affected.get("versions") or ()))
        for span in affected.get("ranges") or ():
            if span["type"] != "GIT":
                found.update(dict.fromkeys(text for event in span["events"] for text in event.values()))
    return list(found)


def neighbours(ecosystem: str, version: str) -> Iterator[str]:
    """What lies close to a version, or is another way to write it."""
    yield version
    yield f"v{version}" if not version.startswith("v") else version[1:]
    numbers = re.match(r"v?(\d+(?:\.\d+)*)", version)
    if numbers is not None:
        *head, last = numbers[1].split(".")
        for other in (int(last) - 1, int(last) + 1):
            if other >= 0:
                yield ".".join((*head, str(other)))
    if ecosystem == "PyPI":
        yield from (f"{version}.0", f"{version}+cu121", f"{version}.post1", f"{version}.dev1", f"{version}rc1")
        if numbers is not None:
            yield ".".join("0" + n for n in numbers[1].split("."))
            yield f"1!{version}"
    else:
        yield from (f"{version}+incompatible", f"{version}-0.20200101000000-0123456789ab", f"{version}-rc.1")


def spelled(ecosystem: str, name: str, chance: random.Random) -> str:
    """The same name as somebody else writes it."""
    if ecosystem != "PyPI":
        return chance.choice((name, name.lower()))
    other = "".join(chance.choice("-_.") if c in "-_." else c for c in name)
    return chance.choice((name, other, other.upper(), name.title(), f"{name}[all]", re.sub("-", "--", name)))


def disturbed(records: Iterable[Record], chance: random.Random) -> Iterator[Record]:
    """The same records as worse databases have them: lists and ranges that disagree, events out of order, withdrawals."""
    for number, record in enumerate(records):
        other = json.loads(json.dumps(record))
        other["id"] = f"{record['id']}-disturbed"
        if number % 11 == 0:
            other["withdrawn"] = chance.choice(("2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"))
        for affected in other.get("affected", ()):
            if package := affected.get("package"):
                package["name"] = spelled(package["ecosystem"], package["name"].split("[")[0], chance).split("[")[0]
            listed = affected.get("versions") or []
            affected["versions"] = [v for v in listed if chance.random() < 0.5]
            if listed and chance.random() < 0.3:
                affected["versions"].append(chance.choice(listed) + chance.choice((".99", "+cu118", "rc9")))
            for span in affected.get("ranges") or ():
                if chance.random() < 0.4:
                    chance.shuffle(span["events"])
                if chance.random() < 0.1:
                    span["events"] = [{k: v for e in span["events"][:2] for k, v in e.items()}]
                if chance.random() < 0.1:
                    last = span["events"][-1]
                    last.update({kind: "2.6.0-NA" for kind in last if kind != "introduced"})
        yield other
