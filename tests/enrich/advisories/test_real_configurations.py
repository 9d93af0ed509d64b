"""Real records of NVD against a brute force that shares nothing with the product: plain JSON, PEP 440 order."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from packaging.version import Version

from pulse_tui.collectors import nvd
from pulse_tui.domain.advisory import Advisory, Audit
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.matching import audit
from tests.collectors.contexts import context
from tests.collectors.shared_data import shared_data

PLAIN = re.compile(r"[0-9]+(\.[0-9]+)*")
BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "versionStartIncluding": operator.ge,
    "versionStartExcluding": operator.gt,
    "versionEndIncluding": operator.le,
    "versionEndExcluding": operator.lt,
}


def records() -> Iterator[tuple[dict[str, Any], Advisory]]:
    for path in sorted(shared_data("advisories", "nvd").rglob("*.json")):
        whole = json.loads(path.read_bytes())
        raw = whole.get("item", whole)
        cve = raw["vulnerabilities"][0]["cve"] if "vulnerabilities" in raw else raw["cve"]
        for found in nvd.parse(path.name, path.read_bytes(), nvd.Options(), context()).observations:
            assert isinstance(found, Advisory)
            yield cve, found


def fields(criteria: str) -> list[str]:
    return criteria.split(":")[2:]


def holds(match: dict[str, Any], product: list[str], version: str) -> bool:
    asked = fields(match["criteria"])
    if asked[:3] != product:
        return False
    if asked[3] not in "*":
        return PLAIN.fullmatch(asked[3]) is not None and asked[4] in "*-" and Version(asked[3]) == Version(version)
    bounds = [(test, match[key]) for key, test in BOUNDS.items() if key in match]
    return all(test(Version(version), Version(bound)) for test, bound in bounds)


def expected(cve: dict[str, Any], product: list[str], version: str, platform: list[str]) -> bool:
    def node(item: dict[str, Any]) -> tuple[bool, bool]:
        own = [m["vulnerable"] and holds(m, product, version) for m in item["cpeMatch"]]
        there = [
            o or (not m["vulnerable"] and m["criteria"] in platform) for o, m in zip(own, item["cpeMatch"], strict=True)
        ]
        return any(own), all(there) if item.get("operator") == "AND" else any(there)

    for configuration in cve.get("configurations", ()):
        parts = [node(n) for n in configuration["nodes"]]
        whole = all(v for _, v in parts) if configuration.get("operator") == "AND" else any(o and v for o, v in parts)
        if whole and any(o for o, _ in parts):
            return True
    return False


def questions(cve: dict[str, Any]) -> Iterator[tuple[list[str], str, list[str]]]:
    """Every product of a record at, just below and just above every version that it names, on each of its platforms."""
    for configuration in cve.get("configurations", ()):
        matches = [m for n in configuration["nodes"] for m in n["cpeMatch"]]
        platforms = [m["criteria"] for m in matches if not m["vulnerable"]]
        for match in matches:
            product = fields(match["criteria"])
            if not match["vulnerable"] or len(product) != 11 or any(x != "*" for x in product[5:]):
                continue
            named = [m for m in matches if fields(m["criteria"])[:3] == product[:3]]
            texts = [fields(m["criteria"])[3] for m in named] + [m[k] for m in named for k in BOUNDS if k in m]
            if not all(PLAIN.fullmatch(t) for t in texts if t != "*") or any(
                fields(m["criteria"])[4] != "*" for m in named
            ):
                continue
            for text in {"0", "99999", *(t for t in texts if t != "*")}:
                for version in (text, f"{text}.1", f"{int(text.split('.')[0])}"):
                    yield product[:3], version, platforms


def test_every_answer_on_real_records_is_that_of_a_brute_force() -> None:
    asked = wrong = matched = 0
    for cve, advisory in records():
        for product, version, platforms in questions(cve):
            component = Component(
                id="x",
                kind=ComponentKind.PACKAGE,
                name="x",
                version=version,
                known_as=(f"cpe:2.3:{':'.join(product)}:*:*:*:*:*:*:*:*",),
                platform=tuple(platforms),
            )
            answer = audit(advisory, component).audit
            truth = expected(cve, product, version, platforms) and not advisory.withdrawn
            asked += 1
            matched += truth
            wrong += answer is not (Audit.MATCHED if truth else Audit.CLEAN)
    assert wrong == 0
    assert asked > 1_000
    assert matched > 500
