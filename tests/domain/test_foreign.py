"""Files of other tools that are not read are refused by what they are, with the way to what is read."""

from __future__ import annotations

import gzip
import json

import pytest

from pulse_tui.domain.errors import ResultOf, SourceError
from pulse_tui.domain.foreign import foreign, renamed
from pulse_tui.ports import Peek


def keys(data: bytes) -> list[str]:
    return list(Peek(data).top)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("requirements.txt", "# This file may be used to create an environment using:\n", "a list of conda"),
        ("gradle.lockfile", "empty=", "a gradle.lockfile"),
        ("bom.spdx", "# made by x\nSPDXVersion: SPDX-2.3\n", "SPDX in tag-value form"),
        ("bom.yaml", "spdxVersion: SPDX-2.3\n", "SPDX in YAML"),
        ("a.json", json.dumps({"artifacts": [], "source": {}, "descriptor": {}}), "Syft's own JSON"),
        ("a.json", json.dumps({"_meta": {}, "default": {}, "develop": {}}), "a Pipfile.lock"),
        ("a.json", json.dumps([{"ghsa_id": "GHSA-x", "vulnerabilities": []}]), "an answer of GitHub's advisory API"),
        ("a.xml", '<?xml version="1.0"?><test-run id="2"/>', "XML of NUnit"),
        ("requirements.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:a\n", "a pointer of Git LFS"),
        ("package-lock.json", "{\n<<<<<<< HEAD\n", "a file with merge conflicts"),
        ("requirements.txt", "Package    Version\n------- ---\ntorch 2\n", "the table of pip list"),
        ("bom.json", "<!DOCTYPE html><html>Sign in</html>", "HTML, not JSON or text"),
        ("a.txt", "TAP version 13\nok 1", "TAP"),
    ],
)
def test_a_known_format_is_named(name: str, content: str, what: str) -> None:
    found = foreign(name, content.encode(), keys(content.encode()))
    assert found is not None
    assert found.what == what
    assert found.todo


def test_what_is_packed_is_to_be_unpacked() -> None:
    found = foreign("bom.json.gz", gzip.compress(b"{}"))
    assert found is not None
    assert (found.what, found.todo) == ("gzip", "Unpack it: gunzip")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("requirements.txt", "torch==2.5.0\n# via vllm\n"),
        ("uv.lock", "version = 1\n[[package]]\n"),
        ("app/Cargo.lock", "version = 3"),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'"),
        ("go.sum", "github.com/x/y v1 h1:a="),
        ("scan.json", json.dumps({"SchemaVersion": 2, "ArtifactName": "x", "Results": []})),
        ("scan.json", json.dumps({"dependencies": [], "fixes": []})),
        ("package-lock.json", json.dumps({"lockfileVersion": 3, "packages": {}})),
        ("bom.json", json.dumps({"bomFormat": "CycloneDX", "vulnerabilities": [], "dependencies": []})),
        ("junit.xml", "<testsuites/>"),
    ],
)
def test_what_is_read_is_not_foreign(name: str, content: str) -> None:
    assert foreign(name, content.encode(), keys(content.encode())) is None


def test_an_error_of_a_known_format_keeps_whose_result_it_is_and_another_stays_as_it_is() -> None:
    plain = SourceError("x is not JSON")
    plain.about = (ResultOf("bot", "1"),)
    better = renamed(plain, "app/pdm.lock", b"", ())
    assert str(better).startswith("app/pdm.lock is a pdm.lock. It is not read: make a bill of it with")
    assert better.about == plain.about
    assert renamed(plain, "x", b"{", ()) is plain
