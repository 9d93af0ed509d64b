"""What a suite's entry may say, and what is told of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.errors import ConfigError
from pulse_tui.settings.load import suite_digests
from pulse_tui.settings.shapes import SuiteShape
from pulse_tui.settings.suites import fill
from pulse_tui.wiring import read_settings

VALUES = {"asset": "my-bot", "version": "1.2", "suite": "golden", "output": "/tmp/out"}


def suites(folder: Path, *lines: str) -> tuple[SuiteShape, ...]:
    body = "\n".join(f"    {line}" for line in lines)
    (folder / "pulse.yaml").write_text(f"suites:\n  - id: golden\n{body}\n")
    return read_settings(folder).suites


def test_a_suite_that_runs_itself_is_read(tmp_path: Path) -> None:
    (suite,) = suites(
        tmp_path,
        "path: suites/golden.jsonl",
        "command: [./run.sh, '{asset}@{version}', --out, '{output}']",
        "output: junit",
        "schedule: 30 2 * * mon-fri",
        "timeout: 2h",
        "max_age: 30d",
        "exit_codes: [0, 1]",
    )
    assert suite.command == ("./run.sh", "{asset}@{version}", "--out", "{output}")
    assert (suite.schedule, suite.timeout, suite.max_age) == ("30 2 * * mon-fri", 7_200.0, 30 * 86_400.0)
    assert suite.exit_codes == (0, 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("command: [run, '{verison}']", r"pulse.yaml:3: .*\{verison\}.*did you mean 'version'"),
        ("command: [run, '{foo}']", r"pulse.yaml:3: .*nothing is known as \{foo\}"),
        ("command: [' ']", r"pulse.yaml:3: .*the program is missing"),
        ("output: junti", r"pulse.yaml:3: .*'junti' is no kind of result file \(did you mean 'junit'"),
        ("output: mlflow", r"pulse.yaml:3: .*'mlflow' is no kind of result file"),
        ("max_age: soon", r"pulse.yaml:3: .*'soon' is not a duration"),
        ("schedule: daily", r"pulse.yaml:3: .*it has 1 fields, not five"),
        ("schedule: 61 2 * * *", r"pulse.yaml:3: .*'61' is no minute \(0-59\)"),
        ("schedule: 0 0 31 2 *", r"pulse.yaml:3: .*it never fires"),
        ("schedule: 0 0 * * *", r"pulse.yaml:3: .*there is no command to run"),
        ("comand: [run]", r"did you mean 'command'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        suites(tmp_path, line)


def test_a_digest_of_a_path_must_look_like_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pulse.yaml:4: .*is no sha256.*pulse-tui suite freeze golden"):
        suites(tmp_path, "path: x", "digest: latest")
    (stated,) = suites(tmp_path, "digest: v7-of-lm-eval")
    assert stated.digest == "v7-of-lm-eval"


def test_a_path_that_does_not_exist_is_no_error_of_the_configuration(tmp_path: Path) -> None:
    (suite,) = suites(tmp_path, "path: not/yet/there")
    assert suite.path == "not/yet/there"


def test_placeholders_are_replaced_and_nothing_else() -> None:
    command = [
        "{asset}",
        "a-{version}-b{version}",
        '{"json": 1}',
        "{{output}}",
        "${TOKEN}",
        "{output}/r.xml",
        "{}",
        "{1}",
    ]
    filled = ["my-bot", "a-1.2-b1.2", '{"json": 1}', "{output}", "${TOKEN}", "/tmp/out/r.xml", "{}", "{1}"]
    assert fill(command, VALUES) == filled


@given(st.text(), st.text())
def test_a_value_is_never_looked_into_or_split(before: str, value: str) -> None:
    quiet = before.replace("{", "").replace("}", "").replace("$", "")
    assert fill([f"{quiet}{{version}}"], {**VALUES, "version": value}) == [f"{quiet}{value}"]


def test_what_is_frozen_now_can_be_read_alone(tmp_path: Path) -> None:
    suites(tmp_path, "digest: aa")
    (tmp_path / "more.yaml").write_text("suites: [{id: two}, {id: three, digest: 'bb'}, {id: four, digest: null}]")
    assert suite_digests(tmp_path) == {"golden": "aa", "three": "bb"}
    (tmp_path / "more.yaml").write_text("suites: [{id: two")
    assert suite_digests(tmp_path) is None
