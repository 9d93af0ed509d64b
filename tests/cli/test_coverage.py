"""``pulse-tui coverage``: the ledger in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Shell
from tests.cli.test_ingest import OSV


def test_before_anything_was_read_it_says_what_to_do(shell: Shell, home: Path) -> None:
    assert home.is_dir()
    said = shell("coverage")
    assert (said.code, "none has answered yet: add a source" in said.out) == (0, True)


def test_a_file_of_advisories_is_a_feed_with_its_age(shell: Shell, home: Path) -> None:
    (home / "a.json").write_text(json.dumps(OSV))
    shell("ingest", "osv", home / "a.json")
    said = json.loads(shell("coverage", "--json").out)
    (feed,) = said["feeds"]
    assert (feed["source"], feed["kind"], feed["stale"], feed["records"]) == ("ingest:osv", "file", False, 1)
    assert feed["read_at"].startswith("20")
    assert "● fresh ingest:osv (file)" in shell("coverage").out
