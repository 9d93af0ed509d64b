"""Every stored advisory against every version that it, or another of its package, names: nothing missed, nothing more."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.collectors.shared_data import shared_data
from tests.enrich.advisories.against_oracle import compared
from tests.enrich.advisories.oracle import Record, disturbed, read_lines

FILES = {"osv": "pypa_ai_stack.jsonl", "go": "govulndb_ai_infra.jsonl"}


def real(folder: str) -> list[Record]:
    return read_lines(shared_data("advisories", folder, FILES[folder]))


@pytest.mark.parametrize("folder", FILES)
@pytest.mark.parametrize("worse", [False, True], ids=["as published", "disturbed"])
def test_real_records_reach_exactly_what_the_oracle_says(folder: str, worse: bool) -> None:
    records = real(folder)[:: 12 if folder == "osv" else 3]
    if worse:
        records = list(disturbed(records, random.Random(7)))
    score = compared(records, share=0.2)
    assert score.wrong == ()
    assert score.components > 500
    assert (score.precision, score.recall, score.unsettled_otherwise) == (1.0, 1.0, 0)


def entry(*events: dict[str, str], versions: tuple[str, ...] = (), name: str = "x") -> dict[str, Any]:
    return {
        "package": {"ecosystem": "PyPI", "name": name}, "versions": list(versions),
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}] if events else [],
    }  # fmt: skip


def test_made_records_reach_exactly_what_the_oracle_says() -> None:
    entries = [
        entry({"introduced": "0"}, {"fixed": "1.2"}, versions=("1.3", "1.0")),
        entry({"introduced": "1.0"}, {"fixed": "2.6.0-NA"}, versions=("2.1",)),
        entry({"fixed": "3"}, {"introduced": "2"}, {"introduced": "0"}, {"last_affected": "1.1"}),
        entry(versions=("1.0.0", "2.0+cu118"), name="X.y"),
        entry({"introduced": "1.0rc1"}, {"fixed": "1.0"}, name="x-Y"),
    ]
    records: list[Record] = [
        {"id": f"M-{n}", "modified": "2026-01-01T00:00:00Z", "affected": [one, *rest]}
        for n, (one, rest) in enumerate((e, entries[:n]) for n, e in enumerate(entries))
    ]
    score = compared(records)
    assert score.wrong == ()
    assert (score.right > 50, score.unsettled > 5) == (True, True)
