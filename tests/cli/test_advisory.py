"""A vulnerability from the shell: why it is urgent, whether it is loaded, and which of two fixes is right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_waiver import OSV

LOW = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N"}]
CVE = "CVE-2026-3248"


def give(shell: Shell, kind: str, name: str, document: Any) -> None:
    folder = shell.config / "given"
    folder.mkdir(exist_ok=True)
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / name).write_text(text)
    more = ("--asset", "my-bot") if kind == "requirements" else ()
    done = shell("ingest", kind, str(folder / name), *more)
    assert done.code == 0, done


@pytest.fixture
def low(shell: Shell) -> Shell:
    """my-bot uses a package with a vulnerability of low severity."""
    give(shell, "requirements", "requirements.txt", "vllm==0.9.1\n")
    give(shell, "osv", "osv.json", {**OSV, "severity": LOW})
    return shell


def lines(shell: Shell, label: str) -> list[str]:
    return [row["text"] for row in shell("advisory", "show", CVE, "--json").json()["lines"] if row["label"] == label]


def urgent(shell: Shell) -> dict[str, str]:
    """The open alerts about it, by their ids: how urgent each is."""
    return {a["id"]: a["priority"] for a in shell("status", "--json").json()["alerts"] if CVE in a["title"]}


def test_what_is_listed_as_exploited_is_urgent_at_once_with_its_reasons(low: Shell) -> None:
    assert {*urgent(low).values()} == {"P4"}
    entry = {"cveID": CVE, "dateAdded": "2026-11-02", "dueDate": "2026-11-23", "knownRansomwareCampaignUse": "Unknown",
             "vendorProject": "vLLM", "product": "vLLM", "vulnerabilityName": "x", "shortDescription": "x",
             "requiredAction": "x"}  # fmt: skip
    give(low, "kev", "kev.json", {"catalogVersion": "2026.11.02", "dateReleased": "2026-11-02T12:00:00Z", "count": 1,
                                  "vulnerabilities": [entry]})  # fmt: skip
    after = urgent(low)
    assert {*after.values()} == {"P1"}
    reasons = "known exploited (KEV 2026-11-02), KEV asks to act by 2026-11-23, low"
    assert all(f"P1 because: {reasons}" in low("explain", ident).out for ident in after)
    assert "known exploited (KEV 2026-11-02)" in lines(low, "Why")[0]
    assert "known exploited (KEV 2026-11-02)" in low("gate", "my-bot", "1.0.1", "--env", "production").out


def test_what_is_not_loaded_is_a_note(low: Shell) -> None:
    refused = low("components", "loaded", "my-bot", "vllm", "no")
    assert refused.code == 2, "without a reason"
    done = low("components", "loaded", "my-bot", "vllm", "no", "--why", "only its tests use it")
    assert (done.code, "loaded no" in done.out) == (0, True)
    assert urgent(low) == {}
    assert "not loaded" in lines(low, "Why")[0]
    assert low("components", "loaded", "my-bot", "vllm").code == 2


def test_two_fixes_stand_side_by_side_until_one_is_settled(low: Shell) -> None:
    other = {**OSV, "id": "PYSEC-1", "severity": LOW, "affected": [{**OSV["affected"][0], "ranges": [  # type: ignore[dict-item]
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.9.1"}]}]}]}  # fmt: skip
    give(low, "osv", "pysec.json", other)
    fixes = lines(low, "PyPI vllm")[-1]
    assert fixes.startswith("fixed in: GHSA: 0.9.2 · PYSEC: 0.9.1; the strictest counts until it is settled")
    assert low("advisory", "settle", CVE, "vllm").code == 2
    done = low("advisory", "settle", CVE, "vllm", "0.9.1", "--why", "it carries the backport")
    assert (done.code, "2 alert(s) ended" in done.out) == (0, True), done
    assert urgent(low) == {}
    assert "0.9.1 is settled by" in lines(low, "PyPI vllm")[-1]
    file = low.config / "questions.jsonl"
    file.write_text('{"ecosystem": "PyPI", "package": "vllm", "version": "0.9.1"}\n')
    (answer,) = [json.loads(line) for line in low("match", str(file), "--json").out.splitlines()]
    assert (answer["state"], "settled by" in answer["why"]) == ("clean", True)
    assert low("advisory", "settle", CVE, "vllm", "--undo", "--why", "it does not").code == 0
    assert {*urgent(low).values()} == {"P4"}
