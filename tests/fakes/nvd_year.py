"""A year of the NVD of the real shape: 40,000 records, the same for the same seed, and a server that pages them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.loopback import Reply, Request

YEAR = 40_000
"""Records of a year such as 2024 or 2025."""
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
VECTORS = [
    f"CVSS:3.1/AV:{av}/AC:{ac}/PR:{pr}/UI:{ui}/S:{s}/C:{c}/I:{i}/A:{a}"
    for av in "NL"
    for ac in "LH"
    for pr in "NLH"
    for ui in "NR"
    for s in "UC"
    for c, i, a in ("HHH", "LLN", "NNH", "HNN")
]
WORDS = [
    "improper",
    "validation",
    "in",
    "the",
    "model",
    "loader",
    "component",
    "of",
    "the",
    "inference",
    "server",
    "before",
    "version",
    "allows",
    "remote",
    "attackers",
    "to",
    "execute",
    "arbitrary",
    "code",
    "via",
    "a",
    "crafted",
    "checkpoint",
    "archive",
    "that",
    "leads",
    "to",
    "a",
    "heap",
    "buffer",
    "overflow",
    "use",
    "after",
    "free",
    "race",
]


def record(number: int, modified: datetime = NOW, seed: int = 7) -> dict[str, Any]:
    """One ``{"cve": {...}}`` as the API writes it, about 2.5 kB; one in fifty is not analysed, one in a hundred rejected."""
    made = random.Random(seed * 1_000_003 + number)
    ident = f"CVE-2026-{number:05}"
    status = "Rejected" if number % 100 == 99 else "Awaiting Analysis" if number % 50 == 7 else "Analyzed"
    at = (modified - timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{number % 1000:03}"
    text = " ".join(made.choices(WORDS, k=60))
    cve: dict[str, Any] = {
        "id": ident,
        "sourceIdentifier": "cve@mitre.org",
        "published": at,
        "lastModified": at,
        "vulnStatus": status,
        "cveTags": [],
        "descriptions": [{"lang": "en", "value": text}, {"lang": "es", "value": text[::-1]}],
        "metrics": {},
        "weaknesses": [
            {"source": "nvd@nist.gov", "type": "Primary", "description": [{"lang": "en", "value": "CWE-787"}]}
        ],
        "references": [
            {"url": f"https://example.test/{ident}/{n}", "source": "cve@mitre.org", "tags": ["Third Party Advisory"]}
            for n in range(made.randint(1, 6))
        ],
    }
    if status == "Analyzed":
        vector = made.choice(VECTORS)
        data = {"version": "3.1", "vectorString": vector, "baseScore": 5.0, "baseSeverity": "MEDIUM"}
        metric = {
            "source": "nvd@nist.gov",
            "type": "Primary",
            "cvssData": data,
            "exploitabilityScore": 3.9,
            "impactScore": 5.9,
        }
        cve["metrics"] = {"cvssMetricV31": [metric]}
        cve["configurations"] = [_configuration(made) for _ in range(1 + (number % 10 == 0))]
    return {"cve": cve}


def _configuration(made: random.Random) -> dict[str, Any]:
    vendor, product = f"vendor{made.randrange(3_000)}", f"product{made.randrange(9_000)}"
    kind = "o" if made.random() < 0.2 else "a"
    many = 1 if made.random() < 0.7 else made.randint(2, 12)
    matches = [_match(made, f"cpe:2.3:{kind}:{vendor}:{product}:*:*:*:*:*:*:*:*") for _ in range(many)]
    node = {"operator": "OR", "negate": False, "cpeMatch": matches}
    if kind == "a":
        return {"nodes": [node]}
    hardware = f"cpe:2.3:h:{vendor}:{product}:-:*:*:*:*:*:*:*"
    device = {"vulnerable": False, "criteria": hardware, "matchCriteriaId": f"{made.getrandbits(128):032X}"}
    return {"operator": "AND", "nodes": [node, {"operator": "OR", "negate": False, "cpeMatch": [device]}]}


def _match(made: random.Random, criteria: str) -> dict[str, Any]:
    major, minor = made.randrange(12), made.randrange(30)
    return {
        "vulnerable": True,
        "criteria": criteria,
        "versionStartIncluding": f"{major}.0",
        "versionEndExcluding": f"{major}.{minor}.{made.randrange(9)}",
        "matchCriteriaId": f"{made.getrandbits(128):032X}",
    }


def page(records: list[dict[str, Any]], start: int, total: int, at: datetime = NOW) -> dict[str, Any]:
    """An answer of the API."""
    return {
        "resultsPerPage": len(records),
        "startIndex": start,
        "totalResults": total,
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.000"),
        "vulnerabilities": records,
    }


def year_file(count: int = YEAR) -> bytes:
    """The yearly feed, as one JSON document."""
    return json.dumps(page([record(n) for n in range(count)], 0, count)).encode()


def pages(count: int = YEAR, size: int = 2_000) -> Iterator[bytes]:
    """The same page by page."""
    for start in range(0, count, size):
        records = [record(n) for n in range(start, min(start + size, count))]
        yield json.dumps(page(records, start, count)).encode()


class FakeNvd:
    """The API over a list of records: ``server.on("GET", "/", FakeNvd(...))``."""

    def __init__(self, records: list[dict[str, Any]], at: datetime = NOW) -> None:
        self.records = records
        self.at = at

    def __call__(self, request: Request) -> Reply:
        since, until = (_time(request.query.get(f"lastMod{end}Date")) for end in ("Start", "End"))
        if since is not None and until is not None and (until - since).days >= 120:
            return Reply(404, headers={"message": "Invalid date range: at most 120 days"})
        found = [r for r in self.records if _within(_time(r["cve"]["lastModified"]), since, until)]
        start, size = int(request.query["startIndex"]), int(request.query["resultsPerPage"])
        return Reply.json(page(found[start : start + size], start, len(found), self.at))


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _within(at: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    return at is not None and (since is None or at >= since) and (until is None or at <= until)
