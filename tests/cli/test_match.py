"""``pulse-tui match``: three answers, never two, and nothing of the file is kept."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.conftest import Said, Shell
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


def lines(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def asked(folder: Path, *questions: object, before: bytes = b"", end: bytes = b"\n") -> Path:
    path = folder / "asked.jsonl"
    path.write_bytes(before + b"".join(json.dumps(q).encode() + end for q in questions))
    return path


def test_each_component_is_matched_clean_or_not_audited(shell: Shell, stored: Path) -> None:
    path = bill(stored, "pkg:pypi/vllm@0.9.1", "pkg:pypi/ray@2", "pkg:conda/pytorch@2", "pkg:npm/x@1")
    said = shell("match", path)
    assert said.code == 1
    assert "✖ vllm 0.9.1  matched: CVE-2026-7: 0.9.1 is in" in said.out
    assert "; fixed in 0.9.2" in said.out
    assert "? pytorch 2  not audited: no advisory database covers" in said.out
    assert "? x 1  not audited: no feed covers npm" in said.out
    assert "ray" not in said.out
    assert "4 components: 1 matched, 2 not audited, 1 clean" in said.out
    answers = [(a["package"], a["state"]) for a in lines(shell("match", path, "--json"))]
    assert answers == [("vllm", "matched"), ("ray", "clean"), ("pytorch", "not_audited"), ("x", "not_audited")]
    assert lines(shell("match", path, "--json"))[0]["purl"] == "pkg:pypi/vllm@0.9.1"


def test_only_a_bill_that_is_clean_and_read_whole_is_clean(shell: Shell, stored: Path) -> None:
    assert shell("match", bill(stored, "pkg:pypi/vllm@0.9.2")).code == 0
    (stored / "requirements.txt").write_text("vllm==0.9.2\nray = 2\n")
    said = shell("match", stored / "requirements.txt")
    assert (said.code, "refused, not audited: " in said.out) == (1, True)
    absent, other = shell("match", stored / "absent.txt"), shell("match", stored / "osv.json")
    assert (absent.code, "absent.txt: No such file" in absent.err) == (2, True)
    assert (other.code, "is not a bill" in other.err) == (2, True)


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


def test_each_question_is_answered_on_its_own_line_in_their_order(shell: Shell, stored: Path) -> None:
    path = asked(
        stored,
        {"ecosystem": "PyPI", "package": "ray", "version": "2"},
        {"purl": "pkg:pypi/vLLM@0.9.1"},
        {"ecosystem": "npm", "package": "x", "version": "1"},
        {"ecosystem": "PyPI", "package": "VLLM", "version": "0.9.2"},
        {"purl": "pkg:pypi/vLLM@0.9.1"},
        {"ecosystem": "pypi", "package": "vllm", "version": "0.9.1+cu121"},
    )
    said = shell("match", path, "--json")
    assert (said.code, said.err) == (1, "")
    assert [(a["ecosystem"], a["package"], a["version"], a["state"], a["advisories"]) for a in lines(said)] == [
        ("PyPI", "ray", "2", "clean", []),
        ("PyPI", "vllm", "0.9.1", "matched", ["GHSA-1"]),
        ("npm", "x", "1", "not_audited", []),
        ("PyPI", "VLLM", "0.9.2", "clean", []),
        ("PyPI", "vllm", "0.9.1", "matched", ["GHSA-1"]),
        ("pypi", "vllm", "0.9.1+cu121", "matched", ["GHSA-1"]),
    ]
    assert all(a["why"] for a in lines(said))
    assert list(lines(said)[1]) == [
        "ecosystem", "package", "version", "state", "advisories", "why", "names", "fixed", "purl",
    ]  # fmt: skip


@pytest.mark.parametrize("version", [None, "", " ", "latest", "*", 2.5])
def test_what_names_no_version_is_never_clean(shell: Shell, stored: Path, version: object) -> None:
    said = shell("match", asked(stored, {"ecosystem": "PyPI", "package": "ray", "version": version}), "--json")
    assert (said.code, [a["state"] for a in lines(said)]) == (1, ["not_audited"])


@pytest.mark.parametrize(
    "question",
    [
        {"ecosystem": "PyPI", "package": "ray"},
        {"purl": "pkg:pypi/ray"},
        {"package": "ray", "version": "2"},
        {"ecosystem": "Nowhere", "package": "ray", "version": "2"},
        {"ecosystem": "PyPI", "package": "vl\u200blm", "version": "0.9.1"},
        {"purl": "pkg:huggingface/org/model@abc"},
    ],
)
def test_what_no_advisory_can_name_is_not_audited(shell: Shell, stored: Path, question: object) -> None:
    said = shell("match", asked(stored, question), "--json")
    assert (said.code, [(a["state"], a["why"] != "") for a in lines(said)]) == (1, [("not_audited", True)])


def test_only_clean_answers_leave_with_0(shell: Shell, stored: Path) -> None:
    question = {"ecosystem": "PyPI", "package": "vllm", "version": "0.9.2"}
    mark = b"\xef\xbb\xbf\r\n"
    said = shell("match", asked(stored, question, question, before=mark, end=b"\r\n\r\n"), "--json")
    assert (said.code, [a["state"] for a in lines(said)]) == (0, ["clean", "clean"])


@pytest.mark.parametrize(
    "line", ["nope", "[1]", '"x"', "{}", '{"package": ""}', '{"purl": "vllm"}', '{"purl": 1}', "[" * 10_000, '{"a": 1']
)
def test_a_line_that_is_no_question_is_bad_input_and_the_others_are_answered(
    shell: Shell, stored: Path, line: str
) -> None:
    good = '{"ecosystem": "PyPI", "package": "vllm", "version": "0.9.2"}'
    (stored / "asked.jsonl").write_text(f"{line}\n{good}\n{line}\n")
    said = shell("match", stored / "asked.jsonl", "--json")
    assert (said.code, [a["state"] for a in lines(said)]) == (2, ["clean"])
    assert "asked.jsonl:1: " in said.err
    assert "asked.jsonl:3: " in said.err
    (stored / "asked.jsonl").write_text(f"{line}\n")
    assert (shell("match", stored / "asked.jsonl", "--json").code) == 2


def test_nothing_asked_is_bad_input(shell: Shell, stored: Path) -> None:
    (stored / "asked.jsonl").write_text("\n\n")
    assert shell("match", stored / "asked.jsonl", "--json").code == 2


def test_questions_come_through_standard_input_and_without_any_configuration(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "osv.json").write_text(json.dumps(WEAK))
    assert shell.bare("ingest", "osv", home / "osv.json").code == 0
    question = b'{"purl": "pkg:pypi/vllm@0.9.1"}'
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(question)))
    said = shell.bare("match", "-", "--json")
    assert (said.code, [a["advisories"] for a in lines(said)]) == (1, [["GHSA-1"]])
