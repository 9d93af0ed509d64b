"""The product's answers beside the oracle's, on real records and on the same ones disturbed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pulse_tui.collectors import osv
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.index import AdvisoryIndex
from tests.collectors.contexts import NOW, context
from tests.enrich.advisories.oracle import Oracle, Record, neighbours, spelled, versions_of


class Score(NamedTuple):
    """Pairs of a component and a record. ``wrong``: the first differences, in words."""

    components: int
    right: int
    too_many: int
    missed: int
    unsettled: int
    unsettled_otherwise: int
    wrong: tuple[str, ...]

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.too_many)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def parsed(records: Iterable[Record]) -> list[Advisory]:
    data = "\n".join(map(json.dumps, records)).encode()
    return [a for a in osv.parse("all.jsonl", data, osv.Options(), context()).observations if isinstance(a, Advisory)]


def questions(oracle: Oracle, chance: random.Random, share: float) -> Iterator[tuple[str, str, str]]:
    """(ecosystem, name, version): every version in a list, every bound, and ``share`` of what lies beside them."""
    for (ecosystem, name), entries in oracle.entries.items():
        for version in versions_of(affected for _, affected in entries):
            for number, near in enumerate(neighbours(ecosystem, version)):
                if number == 0 or chance.random() < share:
                    yield ecosystem, spelled(ecosystem, name, chance), near


def compared(records: list[Record], share: float = 1.0, seed: int = 1) -> Score:
    """How the index of what the collector read answers, beside the oracle."""
    oracle, index = Oracle(records, NOW), AdvisoryIndex(parsed(records))
    right = too_many = missed = unsettled = otherwise = count = 0
    wrong: list[str] = []
    for ecosystem, name, version in dict.fromkeys(questions(oracle, random.Random(seed), share)):
        kind = "golang" if ecosystem == "Go" else ecosystem.lower()
        asked = Component(
            id=f"pkg:{kind}/{name}", kind=ComponentKind.PACKAGE, name=name, version=version, ecosystem=ecosystem
        )
        found, (matched, doubtful) = index.answer(asked), oracle.answer(ecosystem, name, version)
        ours, open_ = set(found.matched), {ident for ident, _ in found.unsettled}
        count += 1
        right += len(ours & matched)
        too_many += len(ours - matched)
        missed += len(matched - ours)
        unsettled += len(doubtful)
        # What the tree of a Go path leaves open has no counterpart here: the oracle knows modules by their own name alone.
        otherwise += len(doubtful - open_ if ecosystem == "Go" else doubtful ^ open_)
        if (ours != matched or (ecosystem != "Go" and doubtful != open_)) and len(wrong) < 20:
            wrong.append(f"{name} {version}: {sorted(ours ^ matched)} {sorted(doubtful ^ open_)}")
    return Score(count, right, too_many, missed, unsettled, otherwise, tuple(wrong))
