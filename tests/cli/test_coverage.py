"""``pulse-tui coverage``: the ledger in words and as JSON."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Shell
from tests.cli.test_ingest import OSV


def test_before_anything_was_read_it_says_what_to_do(shell: Shell, home: Path) -> None:
    assert home.is_dir()
    said = shell("coverage")
    assert (said.code, "none has answered yet: add a source" in said.out) == (1, True)
    assert "what it is made of is not known, and so not audited: my-bot" in said.out
    assert json.loads(shell("coverage", "--json").out)["unbilled"] == ["my-bot"]


def test_a_file_of_advisories_is_a_feed_with_its_age(shell: Shell, home: Path) -> None:
    (home / "a.json").write_text(json.dumps(OSV))
    (home / "b.json").write_text(json.dumps(OSV | {"id": "GHSA-test-0002"}))
    shell("ingest", "osv", home / "a.json")
    shell("ingest", "osv", home / "b.json")
    said = json.loads(shell("coverage", "--json").out)
    (feed,) = said["feeds"]
    assert (feed["source"], feed["kind"], feed["stale"], feed["records"]) == ("ingest:osv", "file", False, 2)
    assert feed["read_at"].startswith("20")
    assert "● fresh ingest:osv (file)" in shell("coverage").out


def test_what_was_refused_of_a_feed_stands_beside_what_it_answered(shell: Shell, home: Path) -> None:
    (home / "a.jsonl").write_text(json.dumps(OSV) + '\n{"id": "GHSA-test-0002", "modified": "2026-\n')
    shell("ingest", "osv", home / "a.jsonl")
    assert "1 record, 1 refused: what those name is not known" in shell("coverage").out
    (feed,) = json.loads(shell("coverage", "--json").out)["feeds"]
    assert feed["refused"] == 1


def test_a_stale_feed_stands_in_status_and_doctor_and_so_does_an_ecosystem_that_nobody_covers(
    shell: Shell, home: Path
) -> None:
    (home / "a.json").write_text(json.dumps(OSV))
    shell("ingest", "osv", home / "a.json")
    assert "advisory feeds are stale" not in shell("status").out
    checked = shell("doctor").out
    assert "ok   advisories ingest:osv: answered 20" in checked
    assert "note advisories KEV: no KEV list was read: nobody knows which vulnerabilities are exploited" in checked
    assert "note advisories EPSS: no EPSS list was read" in checked
    with closing(sqlite3.connect(shell.config / "pulse.db")) as database:
        database.execute("UPDATE coverage SET read_at = read_at - 8 * 86400000000")
        database.commit()
    assert "advisory feeds are stale: ingest:osv (PyPI): it was brought 8 d ago" in shell("status").out
    assert "FAIL advisories ingest:osv: " in shell("doctor").out
    assert shell("coverage").code == 1


def test_an_ecosystem_of_the_estate_that_nobody_covers_is_named(shell: Shell, home: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "name": "web",
        "packages": {"": {"name": "web"}, "node_modules/a": {"version": "1.0.0"}},
    }
    (home / "package-lock.json").write_text(json.dumps(lock))
    shell("ingest", "package_lock", home / "package-lock.json", "--asset", "my-bot")
    assert "nobody covers npm: add a source that does" in shell("coverage").out
    assert (
        "not audited, and so not clean: 1 component that no feed answers for or that cannot be compared; pulse-tui coverage"
        in shell("status").out
    )
    assert "note advisories of npm: nobody covers it, 1 not audited: add a source that does" in shell("doctor").out
