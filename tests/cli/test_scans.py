"""Scanner reports by hand: found by what they say, of the asset that is named, and never clean by silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell
from tests.collectors.test_scanner_reports import GRYPE, OSV_SCANNER, PIP_AUDIT, SARIF, TRIVY

SKIPPED = {"dependencies": [{"name": n, "skip_reason": "not on PyPI"} for n in ("torch", "ourlib")], "fixes": []}
BARE: dict[str, Any] = {**TRIVY, "ArtifactName": ".", "ArtifactType": "filesystem", "Metadata": {}}


def put(folder: Path, data: object, name: str = "scan.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize("data", [GRYPE, OSV_SCANNER, PIP_AUDIT, SARIF, BARE])
def test_a_report_is_taken_without_naming_its_kind(shell: Shell, home: Path, data: object) -> None:
    said = shell("ingest", put(home, data), "--asset", "my-bot")
    assert "claimed" in said.out
    assert said.err == ""
    again = shell("ingest", put(home, data, "other.json"))
    assert (again.code, "--asset" in again.out) == (1, True)


def test_the_kind_osv_takes_the_records_that_a_scanner_wraps(shell: Shell, home: Path) -> None:
    said = shell("ingest", "osv", put(home, OSV_SCANNER), "--json").json()
    assert said["tally"]["new"] == 1


def test_where_every_package_was_skipped_nothing_is_clean(shell: Shell, home: Path) -> None:
    path = put(home, SKIPPED)
    said = shell("match", path)
    assert (said.code, "2 not audited" in said.out, "0 clean" in said.out) == (1, True, True)
    taken = shell("ingest", path, "--asset", "my-bot")
    assert "2 skipped by it and not audited (torch, ourlib)" in taken.out


def test_a_report_that_names_only_what_is_vulnerable_is_no_whole_answer(shell: Shell, home: Path) -> None:
    said = shell("match", put(home, {**GRYPE, "matches": []}))
    assert (said.code, "not what it looked at" in said.out) == (1, True)
