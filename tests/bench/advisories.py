"""How fast advisories are read, indexed and matched, and whether the answers are right.

``python -m tests.bench advisories``, with the shared data beside the repository. The machine's other work counts too: each
time is the best of :data:`ROUNDS`.
"""

from __future__ import annotations

import gc
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from pulse_tui.collectors import osv
from pulse_tui.collectors.osv.record import RECORD
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.index import AdvisoryIndex
from pulse_tui.enrich.advisories.versions import order
from tests.collectors.contexts import context
from tests.collectors.shared_data import shared_data
from tests.enrich.advisories.against_oracle import compared
from tests.enrich.advisories.cases import ECOSYSTEMS, cases
from tests.enrich.advisories.oracle import disturbed, read_lines

ADVISORIES = 7_000
COMPONENTS = 1_000_000
CHUNK = 50_000
ROUNDS = 5
_BEGINNING = re.compile(r"[0-9]+\.[0-9]+")
SHARES = (0.09, 0.25)
"""Of components whose package an advisory names: as in the shared bill of a virtual environment (9 of 101), and more."""


def main() -> None:
    orders()
    lines = _lines()
    reading(lines)
    for share in SHARES:
        _run("matching", str(share))
    oracle()


def orders() -> None:
    for name, ecosystem in ECOSYSTEMS.items():
        read = order(ecosystem)
        assert read is not None
        found = [(read(c.first), read(c.second), c.sign) for c in cases(name)]
        wrong = sum(a is None or b is None or (a > b) - (a < b) != sign for a, b, sign in found)
        print(f"order of {name:<10} {len(found):>4} pairs of published cases, {wrong} wrong")


def _lines() -> list[bytes]:
    """The shared records, again and again under new ids."""
    whole = read_lines(shared_data("advisories", "osv", "pypa_ai_stack.jsonl"))
    out: list[bytes] = []
    while len(out) < ADVISORIES:
        again = len(out) // len(whole)
        out += (msgspec.json.encode({**record, "id": f"R{again}-{record['id']}"}) for record in whole)
    assert len(set(out[:ADVISORIES])) == ADVISORIES
    return out[:ADVISORIES]


def _best(what: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        gc.collect()
        began = time.process_time()
        what()
        times.append(time.process_time() - began)
    return min(times)


def _parsed(data: bytes) -> list[Advisory]:
    return [a for a in osv.parse("all.jsonl", data, osv.Options(), context()).observations if isinstance(a, Advisory)]


def reading(lines: list[bytes]) -> None:
    data = b"\n".join(lines)
    typed = _best(lambda: [RECORD.decode(line) for line in lines])
    whole = _best(lambda: osv.parse("all.jsonl", data, osv.Options(), context()))
    loaded = _best(lambda: AdvisoryIndex(_parsed(data)))
    cut = _best(lambda: _cut(AdvisoryIndex(_parsed(data))), 2)
    size = len(data) / len(lines) / 1000
    print(f"OSV records of {size:.1f} kB, decoded into types: {len(lines) / typed:,.0f} a second")
    print(f"  read whole (decoded, scored, cleaned, ranges in order): {len(lines) / whole:,.0f} a second")
    print(
        f"{len(lines):,} records from JSON lines to an index: {loaded:.2f} s; with every package's versions in order {cut:.2f} s"
    )


def _cut(index: AdvisoryIndex) -> None:
    """Ask for every package once, with a version that nobody names."""
    for (_, name), named in list(index._by_key.items()):
        ecosystem = next(iter(named.values())).affected[0].ecosystem
        index.answer(_component(ecosystem, name, "0.0.0.1"))


def _component(ecosystem: str, name: str, version: str) -> Component:
    return Component(id=f"pkg:pypi/{name}", kind=ComponentKind.PACKAGE, name=name, version=version, ecosystem=ecosystem)


def _distinct(index: AdvisoryIndex, share: float, chance: random.Random) -> Iterator[Component]:
    """Components no two of which are alike; ``share`` of them of a package that an advisory names.

    Some twenty versions of each package that is not named; the named ones in versions that nobody asked for before.
    """
    named: dict[str, list[str]] = {}
    for (kind, name), records in index._by_key.items():
        if kind == "pypi":
            every = {v for a in records.values() for e in a.affected for v in e.versions}
            named[name] = sorted({found[0] for v in every if (found := _BEGINNING.match(v))})
    names = sorted(named)
    number = 0
    while True:
        if chance.random() < share:
            name = names[number % len(names)]
            listed = chance.choice(named[name] or ["1.0"])
            early = "rc1" if number % 20 == 0 else ""
            yield _component("PyPI", name, f"{listed}.{number}{early}")
        else:
            yield _component(
                "PyPI", f"package-{number // 20}", f"{number % 20}.{chance.randrange(40)}.{chance.randrange(9)}"
            )
        number += 1


def matching(share: float) -> None:
    """In a process of its own, for its memory."""
    before = _rss()
    index = AdvisoryIndex(_parsed(b"\n".join(_lines())))
    _cut(index)
    gc.collect()
    gc.freeze()
    held = _rss()
    made, spent, reached = _distinct(index, share, random.Random(1)), 0.0, 0
    for _ in range(COMPONENTS // CHUNK):
        chunk = list(islice(made, CHUNK))
        began = time.process_time()
        found = list(index.answers(chunk))
        spent += time.process_time() - began
        reached += sum(bool(f.matched) for f in found)
    print(
        f"{COMPONENTS:,} distinct components, {share:.0%} of packages that an advisory names, {reached / COMPONENTS:.1%} reached:"
        f" {COMPONENTS / spent:,.0f} a second, each once"
    )
    few = list(islice(made, 5_000))
    fleet = few * (COMPONENTS // len(few))
    repeats = _best(lambda: sum(1 for _ in index.answers(fleet)))
    print(f"  a fleet of {len(fleet):,} with {len(few):,} distinct ones: {len(fleet) / repeats:,.0f} a second")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  memory: {before:.0f} MB before, {held:.0f} MB with the index, {_rss():.0f} MB after, {peak:.0f} MB at most"
    )


def _rss() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def oracle() -> None:
    for folder, name in (("osv", "pypa_ai_stack.jsonl"), ("go", "govulndb_ai_infra.jsonl")):
        records = read_lines(shared_data("advisories", folder, name))
        for what, some in (("as published", records), ("disturbed", list(disturbed(records, random.Random(3))))):
            score = compared(some)
            print(
                f"{folder} {what}: {score.components:,} components, {score.right:,} pairs, precision {score.precision:.3f},"
                f" recall {score.recall:.3f}; {score.unsettled:,} not audited, {score.unsettled_otherwise} otherwise"
            )


def _run(what: str, argument: str) -> None:
    subprocess.run([sys.executable, "-m", "tests.bench.advisories", what, argument], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["matching"]:
        matching(float(sys.argv[2]))
    else:
        main()
