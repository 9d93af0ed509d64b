"""``pulse-tui ingest``: by file and standard input, the kind told or found, good records beside refused ones."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from pulse_tui.cli import ingest
from tests.cli.conftest import Shell
from tests.fakes.small_estate import signal_line

LM_EVAL = {
    "results": {"qa": {"alias": "qa", "acc,none": 0.8, "acc_stderr,none": 0.01}},
    "configs": {"qa": {"task": "qa"}},
    "versions": {"qa": 1},
    "n-samples": {"qa": {"original": 100, "effective": 100}},
    "date": 1795430000.0,
}
JUNIT = """<testsuites><testsuite name="tools" tests="2" failures="1" timestamp="2026-11-20T10:00:00">
<testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite></testsuites>"""
OSV = {
    "id": "GHSA-test-0001",
    "modified": "2026-11-20T00:00:00Z",
    "summary": "[red]x[/red] \x1b[31mEVIL\x1b[0m",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "vllm"}, "versions": ["0.9.1"]}],
}


@pytest.fixture
def file(home: Path) -> Path:
    return home / "records.jsonl"


@pytest.mark.parametrize("kind", [[], ["signals"]])
def test_json_lines_land_with_and_without_their_kind(shell: Shell, file: Path, kind: list[str]) -> None:
    file.write_text(signal_line(id="a") + "\n" + signal_line(id="b", fingerprint="other") + "\n")
    said = shell("ingest", *kind, file, "--json")
    assert said.code == 0
    assert said.json()["tally"]["signals"] == 2


def test_an_array_lands(shell: Shell, home: Path) -> None:
    (home / "a.json").write_text(f"[{signal_line(id='a')}, {signal_line(id='b')}]")
    assert shell("ingest", home / "a.json", "--json").json()["tally"]["signals"] == 2


@pytest.mark.parametrize("kind", [[], ["signals"]])
def test_standard_input_lands_with_and_without_its_kind(
    shell: Shell, kind: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(signal_line().encode())))
    said = shell("ingest", *kind, "-", "--json")
    assert said.code == 0
    assert said.json()["tally"]["signals"] == 1


def test_the_same_again_is_a_duplicate_and_no_second_alert(shell: Shell, file: Path) -> None:
    file.write_text(signal_line())
    shell("ingest", file)
    said = shell("ingest", file, "--json").json()["tally"]
    assert (said["signals"], said["duplicates"], said["alerts"]) == (0, 1, 0)


def test_good_records_land_beside_refused_ones_which_can_be_read(shell: Shell, file: Path) -> None:
    bad = signal_line(id="b", severity="hgih")
    file.write_text("\n".join([signal_line(id="a"), bad, "not json", signal_line(id="c", titel="x"), '{"id": "d"']))
    said = shell("ingest", file)
    assert said.code == 1
    assert f"{file}:2: severity" in said.out
    assert f"{file}:3: " in said.out
    assert f"{file}:4: titel" in said.out
    assert f"{file}:5: " in said.out
    assert "pulse-tui status --quarantine" in said.out
    kept = shell("status", "--quarantine", "--json")
    assert kept.code == 1
    assert len(kept.json()) == 4
    assert any(row["raw"] == bad for row in kept.json())
    assert len(shell("status", "--json").json()["alerts"]) == 1


def test_a_signal_that_no_asset_claims_is_kept_and_counted(shell: Shell, file: Path) -> None:
    file.write_text(signal_line(asset_id=None, environment=None))
    said = shell("ingest", file)
    assert said.code == 0
    assert "1 matched no asset" in said.out


def test_an_escape_sequence_in_a_title_never_reaches_the_output(shell: Shell, file: Path) -> None:
    title = "p95 \x1b]0;pwned\x07\x1b[31mEVIL\x1b[0m \u202egnp.exe [red]loud[/red]"
    file.write_text(signal_line(title=title, summary=title))
    shell("ingest", file)
    alert = shell("status", "--json").json()["alerts"][0]["id"]
    for said in (shell("status"), shell("explain", alert), shell("audit", "export")):
        assert "\x1b" not in said.out
        assert "\u202e" not in said.out
    assert "[red]loud[/red]" in shell("explain", alert).out


def test_truncated_json_is_told_with_its_place_and_nothing_lands(shell: Shell, home: Path) -> None:
    (home / "a.json").write_text(f"[{signal_line(id='a')},\n{signal_line(id='b')}")
    said = shell("ingest", home / "a.json")
    assert said.code == 1
    assert "a.json:2:" in said.out
    assert "ends too early" in said.out
    assert shell("status", "--json").json()["alerts"] == []


@pytest.mark.parametrize(
    ("text", "word"), [("", "is empty"), ("\n \n", "is empty"), ("hello", "no known format"), ("\x00\xff", "no known")]
)
def test_a_file_of_no_kind_is_told(shell: Shell, home: Path, text: str, word: str) -> None:
    (home / "x.txt").write_text(text)
    said = shell("ingest", home / "x.txt")
    assert said.code == 1
    assert word in said.out


def test_one_bad_file_does_not_keep_the_others_out(shell: Shell, home: Path, file: Path) -> None:
    file.write_text(signal_line())
    said = shell("ingest", home / "missing.json", file, "--json")
    assert said.code == 1
    assert said.json()["tally"]["signals"] == 1
    assert "No such file" in said.json()["failures"][0]


def test_a_folder_is_no_file(shell: Shell, home: Path) -> None:
    said = shell("ingest", home)
    assert said.code == 1
    assert "Is a directory" in said.out


def test_a_misspelt_kind_names_the_nearest(shell: Shell, file: Path) -> None:
    file.write_text(signal_line())
    said = shell("ingest", "singals", file)
    assert said.code == 2
    assert "did you mean 'signals'?" in said.err
    assert shell("ingest", "signals").code == 2


def test_results_are_about_the_asset_that_is_named(shell: Shell, home: Path) -> None:
    (home / "results_x.json").write_text(json.dumps(LM_EVAL))
    said = shell("ingest", home / "results_x.json", "--asset", "my-bot", "--version", "1.1.0", "--suite", "golden")
    assert said.code == 0
    gate = shell("gate", "my-bot", "1.1.0", "--env", "canary", "--json").json()
    told = {r["name"]: r["detail"] for r in gate["reasons"]}
    assert "golden" in told["functional"]


def test_a_junit_report_is_found_by_its_root(shell: Shell, home: Path) -> None:
    (home / "report.xml").write_text(JUNIT)
    said = shell("ingest", home / "report.xml", "--asset", "my-bot", "--version", "1.1.0", "--suite", "tools", "--json")
    assert said.code == 0
    assert said.json()["tally"]["observations"] == 1


def test_an_advisory_is_found_by_its_fields(shell: Shell, home: Path) -> None:
    (home / "GHSA-test-0001.json").write_text(json.dumps(OSV))
    assert shell("ingest", home / "GHSA-test-0001.json").code == 0
    found = shell("status", "--json").json()["advisories"]
    assert "\x1b" not in json.dumps(found)


def test_a_large_file_lands_whole(shell: Shell, file: Path) -> None:
    calm = {"metric": "p95_latency", "value": 500.0, "objective": 800.0}
    file.write_text("\n".join(signal_line(id=f"s{i}", summary="x" * 3_000, evidence=calm) for i in range(1_000)))
    assert file.stat().st_size > 3_000_000
    assert shell("ingest", file, "--json").json()["tally"]["signals"] == 1_000


def test_without_any_configuration_the_embedded_database_takes_it(shell: Shell, home: Path) -> None:
    shutil.rmtree(shell.config)
    (home / "s.jsonl").write_text(signal_line())
    said = shell.bare("ingest", "s.jsonl")
    assert said.code == 0
    assert (home / ".local" / "state" / "pulse-tui" / "pulse.db").exists()
    assert shell.bare("status").code == 0


def test_a_result_that_is_refused_is_in_the_quarantine_and_is_no_absent_one(shell: Shell, home: Path) -> None:
    bad = LM_EVAL | {"results": {"qa": {"acc,none": float("nan")}}}
    (home / "results_1.json").write_text(json.dumps(bad))
    said = shell("ingest", home / "results_1.json", "--asset", "bot", "--version", "2")
    assert said.code == 1
    kept = shell("status", "--quarantine")
    assert "results.qa.acc,none is nan, not a finite number" in kept.out


def test_records_that_are_no_signals_are_counted_as_new_or_known(shell: Shell, home: Path) -> None:
    (home / "a.jsonl").write_text("".join(json.dumps(OSV | {"id": f"GHSA-test-000{n}"}) + "\n" for n in range(3)))
    assert "3 records read, all new" in shell("ingest", "osv", home / "a.jsonl").out
    assert "3 records read, nothing new" in shell("ingest", "osv", home / "a.jsonl").out
    with (home / "a.jsonl").open("a") as file:
        file.write(json.dumps(OSV | {"id": "GHSA-test-0009"}) + "\n")
    assert "4 records read, 1 new" in shell("ingest", "osv", home / "a.jsonl").out


def test_one_reason_is_told_once_however_many_records_it_is_of(shell: Shell, home: Path) -> None:
    bad = json.dumps({"schema": "pulse.signal/1"})
    (home / "s.jsonl").write_text("\n".join([bad] * 22) + "\n")
    said = shell("ingest", "signals", home / "s.jsonl")
    lines = [line for line in said.out.splitlines() if line.startswith("refused")]
    assert len(lines) == 1
    assert "22 records (" in lines[0]
    assert "and 19 more" in lines[0]


def test_options_of_a_kind_are_set_by_hand_and_a_misspelt_one_names_the_nearest(shell: Shell, home: Path) -> None:
    (home / "t.csv").write_text("item_id,score,topic\nq1,1,geo\nq2,0,math\n")
    file = home / "t.csv"
    given = ("--asset", "bot", "--version", "1")
    assert shell("ingest", file, *given, "--set", "metric=accuracy", "--set", 'slices=["topic"]').code == 0
    wrong = shell("ingest", file, *given, "--set", "metrik=accuracy")
    assert wrong.code == 2
    assert "did you mean 'metric'?" in wrong.err
    assert shell("ingest", file, *given, "--set", "metric").code == 2


def test_what_comes_in_gzip_is_read_from_a_file_and_from_a_folder_and_a_strange_zip_says_what_to_type(
    shell: Shell, home: Path
) -> None:
    (home / "r.jsonl.gz").write_bytes(gzip.compress(signal_line(id="a").encode()))
    assert shell("ingest", home / "r.jsonl.gz", "--json").json()["tally"]["signals"] == 1
    (home / "osv.json.gz").write_bytes(gzip.compress(json.dumps(OSV).encode()))
    assert shell("ingest", home / "osv.json.gz").code == 0
    (shell.config / "signals" / "b.jsonl.gz").write_bytes(gzip.compress(signal_line(id="b").encode()))
    (shell.config / "signals" / "c.jsonl.gz").write_bytes(gzip.compress(signal_line(id="c").encode())[:-9])
    said = shell("refresh", "drop").out
    assert "1 signal" in said
    assert "c.jsonl.gz" in said
    with zipfile.ZipFile(home / "r.json.zip", "w") as packed:
        packed.writestr("notes.txt", "nothing of any kind")
    said = shell("ingest", home / "r.json.zip").out
    assert "r.json.zip is a zip that holds nothing of a known format. Unpack it and give the file" in said


def advisory(number: int) -> dict[str, object]:
    return {
        "id": f"GHSA-{number}",
        "modified": "2026-11-20T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "vllm"}, "versions": [f"0.{number}"]}],
    }


def test_a_folder_of_a_kind_is_read_whole_and_what_is_left_out_is_said(shell: Shell, home: Path) -> None:
    folder = home / "osv"
    (folder / "below" / ".git").mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps(advisory(1)))
    (folder / "below" / "more.jsonl").write_text("".join(f"{json.dumps(advisory(n))}\n" for n in (2, 3)))
    (folder / "broken.json").write_text("{")
    (folder / "below" / "later.json.part").write_text("{")
    (folder / "below" / ".git" / "index.json").write_text("{")
    (folder / "README.md").write_text("# OSV")
    said = shell("ingest", "osv", folder)
    assert said.code == 1
    assert "3 records read, all new" in said.out
    assert said.out.count("could not be read") == 1
    assert "broken.json" in said.out
    assert "1 file left out, no data by the name: " in said.out
    assert "nothing new" in shell("ingest", "osv", folder).out


def test_a_folder_without_a_file_is_wrong_use(shell: Shell, home: Path) -> None:
    (home / "empty").mkdir()
    assert shell("ingest", "osv", home / "empty").code == 2


def test_a_long_file_is_read_in_pieces_and_a_bad_line_is_named_by_its_place_in_the_file(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PIECE", 200)
    lines = [json.dumps(advisory(n)) for n in range(40)]
    lines[33] = "nope"
    (home / "long.jsonl").write_text("\n".join(lines))
    said = shell("ingest", "osv", home / "long.jsonl", "--json")
    assert said.json()["tally"]["new"] == 39
    (refused,) = said.json()["refused"]
    assert "long.jsonl:34" in refused
