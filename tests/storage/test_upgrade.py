"""A database of an older schema, with what a running tower has in it, under the present code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from pulse_tui.domain.audit import link
from pulse_tui.domain.estate import Component, Dependency
from pulse_tui.domain.evals import Score
from pulse_tui.domain.release import Interface
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.lookups import package_key
from pulse_tui.ports import Edge
from pulse_tui.storage.engine import connect, normalize
from pulse_tui.storage.migrate import upgrade
from pulse_tui.storage.sql import append_only
from pulse_tui.storage.store import SqlStore
from pulse_tui.storage.tables import metadata
from pulse_tui.storage.version import HEAD, KNOWN
from tests.fakes.bills import bill, package
from tests.fakes.nouns import CANARY, NOW, PRODUCTION
from tests.fakes.runs import comparison, run_with_items, verdict_line
from tests.storage.old_database import dump, fill

_ROWS = """
INSERT INTO assets VALUES ('support-bot', 'service', 'ml', 'internal', 'internal', '{}', 'chat');
INSERT INTO releases VALUES ('support-bot', '3.8.1', 7, 'sha256:1', 5, 'promoted', '{"base_model":"m"}',
    '{"git":"abc"}', '3.8.0', '12');
INSERT INTO iterations VALUES ('support-bot', 9);
INSERT INTO deployments VALUES ('support-bot', 'canary', '3.8.1', 1795403400000000, 12.5, TRUE, 'estate');
INSERT INTO dependencies VALUES ('support-bot', 'pkg:pypi/vllm', 'package', 'vllm', '0.9.1', 'PyPI', '[]');
INSERT INTO dependencies VALUES ('support-bot', 'openai/gpt-4.1', 'hosted_model', 'gpt-4.1', NULL, NULL,
    '["production"]');
INSERT INTO dependencies VALUES ('code-assist', 'pkg:pypi/vllm', 'package', 'vllm', '0.9.1', 'PyPI', '["canary"]');
INSERT INTO dependencies VALUES ('code-assist', 'pkg:deb/Zlib', 'package', 'Zlib', '1', NULL, '[]')
"""


@pytest.fixture
def old_url(empty_url: str, tmp_path: Path) -> str:
    """A database at schema 0001 with rows."""
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0001")
    with engine.begin() as connection:
        for statement in _ROWS.split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return empty_url


def test_what_was_there_before_the_registry_is_there_after(old_url: str, tmp_path: Path) -> None:
    vllm = package("vllm", "0.9.1")
    gpt = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="openai/gpt-4.1")
    zlib = Component(id="pkg:deb/Zlib", kind=ComponentKind.PACKAGE, name="Zlib", version="1")
    store = SqlStore(old_url, tmp_path)
    assert store.schema == HEAD
    with store.read() as tx:
        estate = tx.estate.load()
        assert [a.workflow for a in estate.assets.values()] == ["chat"]
        assert [(d.environment, d.traffic, d.production_critical) for d in estate.deployments] == [(CANARY, 12.5, True)]
        (kept,) = tx.estate.releases("support-bot")
        assert (kept.iteration, kept.digest, kept.lineage.base_model) == (7, "sha256:1", "m")
        assert (kept.branch, kept.interface, kept.registry_version) == (None, Interface(), "12")
        assert tx.dependencies.edges("support-bot") == [
            Edge(None, gpt, (PRODUCTION,), "estate"),
            Edge(None, vllm, (), "estate"),
        ]
        assert tx.dependencies.using(packages=[("pypi", "vllm")]) == (
            Dependency(asset_id="code-assist", component=vllm, environments=(CANARY,)),
            Dependency(asset_id="support-bot", component=vllm),
        )
        assert [d.component for d in tx.dependencies.using(packages=[("debian", "zlib")])] == [zlib]
        (head,) = tx.dependencies.bills("support-bot")
        assert (head.origin, head.document, head.at, head.components) == ("estate", "", NOW, 2)
    with store.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 10
        same = bill(vllm, zlib, asset_id="code-assist", source="estate", document="")
        assert tx.dependencies.put_bill(same) == []
        assert [
            c.words()
            for c in tx.dependencies.put_bill(bill(zlib, asset_id="code-assist", source="estate", document=""))
        ] == ["- vllm 0.9.1"]
        assert tx.dependencies.put_bill(bill(package("new"), asset_id="third")) == []
        assert len(tx.dependencies.edges("third")) == 1
    store.close()


def test_an_upgraded_schema_is_exactly_the_tables_of_the_code(old_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(old_url, tmp_path))
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert append_only.weakened(connection) == []
        if engine.dialect.name == "sqlite":  # which alembic does not compare
            rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master"))
            made = {row.name: row.sql for row in rows}
            assert made["dependencies"].rstrip().endswith("WITHOUT ROWID")
            assert "WITHOUT ROWID" not in made["components"]
    engine.dispose()


def test_rows_of_every_table_come_out_of_the_migrations_as_they_did_when_those_were_written(
    empty_url: str, tmp_path: Path
) -> None:
    """``upgraded_0003.json`` was made with the code of that day, by which the migrations carried their rows over."""
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0001")
    with engine.begin() as connection:
        fill(connection)
    upgrade(engine, "0003")
    with engine.connect() as connection:
        assert dump(connection) == json.loads((Path(__file__).parent / "upgraded_0003.json").read_text())
    engine.dispose()


def test_a_run_that_was_stopped_or_interrupted_says_so_by_its_state(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0004")
    rows = [
        ("1", "failed", "stopped: the program that ran it was left"),
        ("2", "failed", "interrupted: the process that ran it is gone"),
        ("3", "failed", "exit code 2\nstopped: by hand"),
        ("4", "done", "stopped: is only a word here"),
    ]
    insert = (
        "INSERT INTO suite_runs (id, suite, asset_id, version, why, state, started_at, detail)"
        " VALUES (:id, 'golden', 'bot', '1', 'schedule', :state, 1, :detail)"
    )
    with engine.begin() as connection:
        connection.execute(sa.text(insert), [{"id": i, "state": s, "detail": d} for i, s, d in rows])
    upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT id, state, detail FROM suite_runs ORDER BY id")).all()
    engine.dispose()
    assert [tuple(row) for row in kept] == [
        ("1", "stopped", "the program that ran it was left"),
        ("2", "interrupted", "the process that ran it is gone"),
        rows[2],
        rows[3],
    ]


def test_components_are_found_by_the_keys_of_today_after_an_upgrade(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0007")
    names = {
        "pkg:golang/github.com/Foo/Bar/sub": ("github.com/Foo/Bar/sub", "Go", "go/github.com/Foo/Bar/sub"),
        "pkg:conda/pytorch": ("pytorch", "conda", "conda/pytorch"),
        "pkg:github/a/b": ("a/b", None, "github/a/b"),
        "pkg:pypi/vllm": ("vllm", "PyPI", "pypi/vllm"),
    }
    rows = [
        {"id": ident, "version": "1", "kind": "package", "name": name, "ecosystem": ecosystem, "package": key}
        for ident, (name, ecosystem, key) in names.items()
    ]
    columns = ", ".join(rows[0])
    insert = f"INSERT INTO components ({columns}) VALUES (:{', :'.join(rows[0])})"
    with engine.begin() as connection:
        connection.execute(sa.text(insert), rows)
        named = sa.text("INSERT INTO advisory_names (advisory_id, kind, name) VALUES ('GO-1', 'go', :n)")
        connection.execute(named, [{"n": "github.com/Foo/Bar"}, {"n": "github.com/foo/bar"}])
    upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT id, ecosystem, package, source FROM components ORDER BY id")).all()
        keys = connection.execute(sa.text("SELECT kind, name FROM advisory_names")).all()
    engine.dispose()
    assert [tuple(row) for row in kept] == [
        ("pkg:conda/pytorch", None, None, None),
        ("pkg:github/a/b", None, None, None),
        ("pkg:golang/github.com/Foo/Bar/sub", "Go", "go/github.com/foo/bar/sub", "go/github.com/foo/bar"),
        ("pkg:pypi/vllm", "PyPI", "pypi/vllm", None),
    ]
    assert [tuple(row) for row in keys] == [("go", "github.com/foo/bar")]


def test_a_file_is_copied_before_it_is_upgraded(old_url: str, tmp_path: Path) -> None:
    SqlStore(old_url, tmp_path).close()
    copies = [p.name for p in tmp_path.glob("*.0001.*.bak")]
    assert len(copies) == (1 if old_url.startswith("sqlite") else 0)


_RUNS = """
INSERT INTO eval_runs VALUES ('r1', 'support-bot', '3.8.1', 'golden', 1795403400000000, NULL, 'evals', 'lm_eval', 7);
INSERT INTO eval_runs VALUES ('r2', 'support-bot', '3.8.2', 'golden', 1795407000000000, 'sha256:a', 'evals', 'lm_eval', 9);
INSERT INTO eval_scores VALUES ('r1', 'qa', 'accuracy', 0.9, TRUE, 0.01, 1000);
INSERT INTO eval_scores VALUES ('r2', 'qa', 'accuracy', 0.91, TRUE, NULL, NULL);
INSERT INTO baselines VALUES ('support-bot', 'golden', 'r1')
"""


@pytest.fixture
def totals_url(empty_url: str, tmp_path: Path) -> str:
    """A database at schema 0002 with runs of which only totals are known."""
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0002")
    with engine.begin() as connection:
        for statement in _RUNS.strip().split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return empty_url


def test_runs_from_before_items_were_kept_are_totals_that_wait_to_be_judged(totals_url: str, tmp_path: Path) -> None:
    store = SqlStore(totals_url, tmp_path)
    assert store.schema == HEAD
    with store.read() as tx:
        (_, first), (iteration, second) = tx.evals.runs("support-bot", "golden")
        assert (iteration, second.suite_digest, second.sheets) == (9, "sha256:a", ())
        assert tx.evals.get("r1", sheets=True) == first
        assert first.scores == (Score(task="qa", metric="accuracy", value=0.9, stderr=0.01, n=1000),)
        assert tx.evals.baseline("support-bot", "golden") == first
        assert tx.evals.comparison("r2") is None
        assert tx.evals.unjudged({"golden": "d"}, 20) == [
            ("support-bot", "golden", "r1"),
            ("support-bot", "golden", "r2"),
        ]
        assert (tx.evals.acceptances("support-bot"), tx.evals.suite_runs()) == ([], [])
    assert [t.verdict for t in store.trends("support-bot")] == [""]
    with store.write() as tx:
        assert tx.evals.attach(run_with_items("r2", "3.8.2", 0.91))
        tx.evals.put_comparison(comparison("r2", "r1", verdict_line()))
    assert [t.verdict for t in store.trends("support-bot")] == ["FAIL"]
    store.close()


def test_a_schema_that_was_upgraded_from_totals_is_exactly_the_tables_of_the_code(
    totals_url: str, tmp_path: Path
) -> None:
    engine = connect(normalize(totals_url, tmp_path))
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert sa.inspect(connection).get_pk_constraint("task_verdicts")["constrained_columns"] == [
            "run_id",
            "task",
            "metric",
            "slice",
        ]
    engine.dispose()


def test_the_migrations_are_one_line_up_to_the_schema_that_the_code_speaks() -> None:
    folder = Path(upgrade.__code__.co_filename).parent / "migrations" / "versions"
    numbers = sorted(path.name[:4] for path in folder.glob("0*.py"))
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
    assert numbers[-1] == HEAD
    assert set(numbers) == KNOWN


def test_what_was_there_before_the_log_recorded_it_is_recorded_as_it_was_found(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0001")
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    store = SqlStore(empty_url, tmp_path)
    with store.read() as tx:
        (line,) = tx.log.entries(limit=1)
        assert (line.action, line.hash) == ("records.found", link(line))
        assert line.records == tx.log.records()
        assert {name.partition("/")[0] for name in line.records} >= {
            "plans",
            "approvals",
            "runs",
            "steps",
            "journal",
            "holds",
        }
    store.close()


def test_names_from_before_crates_and_aliases_were_compared_are_as_the_code_makes_them(
    empty_url: str, tmp_path: Path
) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0011")
    record = "INSERT INTO advisories (id, source, modified, name, title, aliases, withdrawn, affected, links) VALUES ('{0}', 'osv', 1, '{0}', 't', '[\"{1}\"]', false, '[]', '[]')"
    crate = "INSERT INTO advisory_names (advisory_id, kind, name) VALUES ('PYSEC-1', 'crates.io', '{0}')"
    with engine.begin() as connection:
        connection.exec_driver_sql(record.format("PYSEC-1", "GHSA-1"))
        connection.exec_driver_sql(record.format("GHSA-1", "PYSEC-1"))
        for name in ("a_b-c", "a-b_c", "d_e", "d-e", "f"):
            connection.exec_driver_sql(crate.format(name))
        connection.exec_driver_sql(
            "INSERT INTO components (num, id, version, kind, name, ecosystem, package)"
            " VALUES (1, 'pkg:cargo/d_e', '1', 'package', 'd_e', 'crates.io', 'crates.io/d_e')"
        )
    upgrade(engine)
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM advisory_names ORDER BY name").scalars().all()
        assert names == ["a-b-c", "d-e", "f"]
        assert set(connection.exec_driver_sql("SELECT name FROM advisories").scalars()) == {"GHSA-1"}
        (package,) = connection.exec_driver_sql("SELECT package FROM components").scalars()
        assert package == "/".join(package_key("crates.io", "d_e"))
    engine.dispose()


def test_what_advisories_are_stored_of_their_sources_had_answered_for(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0015")
    record = "INSERT INTO advisories (id, source, modified, name, title, aliases, withdrawn, affected, links) VALUES ('{0}', '{1}', {2}, '{0}', 't', '[]', false, '[]', '[]')"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sources (id, kind, every_s, last_good_at, failures, reason, cursor)"
            " VALUES ('osv', 'osv', 60, 5000000, 0, '', '{}')"
        )
        for ident, source, modified in (("A-1", "osv", 1), ("A-2", "osv", 2), ("B-1", "ingest:osv", 7)):
            connection.exec_driver_sql(record.format(ident, source, modified))
            for kind, name in (("alias", ident), ("pypi", ident.lower()), ("npm", "x")):
                connection.exec_driver_sql(f"INSERT INTO advisory_names VALUES ('{ident}', '{kind}', '{name}')")
        for number, (package_, version) in enumerate(
            [("pypi/a", "1.0"), ("pypi/b", "latest"), ("npm/c", "v1.2"), ("npm/d", "1.x"), ("debian/e", ""), (None, "")]
        ):
            row = {"num": number, "id": str(number), "version": version, "package": package_}
            connection.execute(
                sa.text("INSERT INTO components (num, id, version, kind, name, package) VALUES (:num, :id, :version, 'package', 'n', :package)"),
                row,
            )  # fmt: skip
    upgrade(engine)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT source, ecosystem, read_at, records FROM coverage ORDER BY 1, 2")
        assert [tuple(row) for row in rows] == [
            ("ingest:osv", "npm", 7, 1),
            ("ingest:osv", "pypi", 7, 1),
            ("osv", "npm", 5_000_000, 2),
            ("osv", "pypi", 5_000_000, 2),
        ]
        unread = connection.exec_driver_sql("SELECT num FROM components WHERE NOT readable ORDER BY num").scalars()
        assert list(unread) == [1, 3, 4]
    engine.dispose()
