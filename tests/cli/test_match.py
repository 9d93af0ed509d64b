"""``pulse-tui match``: three answers, never two, and nothing of the file is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.house.own_bill import BILL

WEAK = {
    "id": "GHSA-1",
    "modified": "2026-11-20T00:00:00Z",
    "aliases": ["CVE-2026-7"],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "vllm"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.9.2"}]}],
        }
    ],
}


@pytest.fixture
def stored(shell: Shell, home: Path) -> Path:
    (home / "osv.json").write_text(json.dumps(WEAK))
    assert shell("ingest", home / "osv.json").code == 0
    return home


def bill(folder: Path, *purls: str) -> Path:
    parts = [{"type": "library", "name": p, "purl": p, "bom-ref": p} for p in purls]
    path = folder / "some.cdx.json"
    path.write_text(json.dumps({"bomFormat": "CycloneDX", "components": parts}))
    return path


def test_each_component_is_matched_clean_or_not_audited(shell: Shell, stored: Path) -> None:
    path = bill(stored, "pkg:pypi/vllm@0.9.1", "pkg:pypi/ray@2", "pkg:conda/pytorch@2", "pkg:npm/x@1")
    said = shell("match", path)
    assert said.code == 1
    assert "✖ vllm 0.9.1  matched: CVE-2026-7: 0.9.1 is in" in said.out
    assert "; fixed in 0.9.2" in said.out
    assert "? pytorch 2  not audited: no advisory database covers" in said.out
    assert "? x 1  not audited: no advisory of npm is stored" in said.out
    assert "ray" not in said.out
    assert "4 components: 1 matched, 2 not audited, 1 clean" in said.out
    answers = {c["label"]: c["audit"] for c in shell("match", path, "--json").json()["components"]}
    assert answers == {"vllm 0.9.1": "matched", "pytorch 2": "not audited", "x 1": "not audited", "ray 2": "clean"}


def test_only_a_bill_that_is_clean_and_read_whole_is_clean(shell: Shell, stored: Path) -> None:
    assert shell("match", bill(stored, "pkg:pypi/vllm@0.9.2")).code == 0
    (stored / "requirements.txt").write_text("vllm==0.9.2\nray = 2\n")
    said = shell("match", stored / "requirements.txt")
    assert (said.code, "refused, not audited: " in said.out) == (1, True)
    assert shell("match", stored / "absent.txt").code == 1
    assert "is not a bill" in shell("match", stored / "osv.json").out


def test_nothing_of_the_file_is_kept(shell: Shell, stored: Path) -> None:
    shell("match", bill(stored, "pkg:pypi/never-seen@1"))
    assert shell("components", "find", "never-seen").code == 1


def test_our_own_bill_is_read_whole_and_a_weakness_in_it_is_found(shell: Shell, home: Path) -> None:
    parts = json.loads(BILL.read_bytes())["components"]
    pinned = next(part["version"] for part in parts if part["name"] == "httpx")
    weak = {**WEAK, "affected": [{"package": {"ecosystem": "PyPI", "name": "httpx"}, "versions": [pinned]}]}
    (home / "osv.json").write_text(json.dumps(weak))
    assert shell("ingest", home / "osv.json").code == 0
    said = shell("match", BILL)
    assert (said.code, said.err) == (1, "")
    assert f"✖ httpx {pinned}  matched: CVE-2026-7" in said.out
    assert f"{len(parts)} components: 1 matched, 0 not audited, {len(parts) - 1} clean" in said.out
