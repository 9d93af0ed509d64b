"""Products without a package at the shell: their advisories are ingested, a declared name is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell

PRODUCTS = Path(__file__).resolve().parents[2] / "fixtures" / "products"


@pytest.fixture
def stored(shell: Shell, home: Path) -> Path:
    assert shell("ingest", "nvd", PRODUCTS / "nvd.json").code == 0
    assert shell("ingest", "csaf", *sorted((PRODUCTS / "csaf").iterdir())).code == 0
    return home


def answers(shell: Shell, folder: Path, *questions: dict[str, str]) -> list[tuple[Any, ...]]:
    path = folder / "asked.jsonl"
    path.write_text("".join(json.dumps(q) + "\n" for q in questions))
    said = shell("match", path, "--json")
    return [(a["state"], a["advisories"], a["why"]) for a in map(json.loads, said.out.splitlines())]


def test_the_kind_of_a_file_is_found(shell: Shell, home: Path) -> None:
    del home
    said = shell("ingest", PRODUCTS / "nvd.json", PRODUCTS / "csaf" / "driver.json")
    assert said.code == 0
    assert "5 records read, all new" in said.out


def test_a_product_is_asked_for_by_its_name(shell: Shell, stored: Path) -> None:
    found = answers(
        shell,
        stored,
        {"ecosystem": "cpe", "package": "acme:vector_store", "version": "2.3.1"},
        {"ecosystem": "cpe", "package": "cpe:2.3:a:acme:page_reader:*:*:*:*:*:*:*:*", "version": "3.0-rc1"},
        {"ecosystem": "product", "package": "Acme Search Plugin", "version": "1.4"},
        {"ecosystem": "product", "package": "acme search-plugin", "version": "1.5"},
        {"ecosystem": "product", "package": "Acme Guard", "version": "1.5"},
        {"ecosystem": "product", "package": "Nobody's Plugin", "version": "1.5"},
    )
    assert [f[:2] for f in found] == [
        ("matched", ["NVD/CVE-2026-1004"]),
        ("matched", ["NVD/CVE-2026-1006"]),
        ("matched", ["Acme PSIRT/ACME-7/CVE-2026-1005"]),
        ("clean", []),
        ("not_audited", []),
        ("not_audited", []),
    ]
    assert "nobody publishes advisories for it: no feed covers nobody s plugin" in found[5][2]


def test_files_of_nvd_alone_make_no_product_clean(shell: Shell, stored: Path) -> None:
    ((state, _, why),) = answers(shell, stored, {"ecosystem": "cpe", "package": "acme:vector_store", "version": "9"})
    assert (state, why) == ("not_audited", "nobody publishes advisories for it: no feed covers acme:vector_store")
