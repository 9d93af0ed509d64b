"""``pulse-tui suite``: freeze in place, check, list, run, pin."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Said, Shell

OLD = """\
suites:
  - id: golden
    tasks:
      - {name: qa, metric: acc}
"""
NEW = """\
suites:
  - id: golden          # what our users ask
    path: golden        # the items
    tasks:
      - {name: tools, metric: pass_rate}
    baselines: {my-bot: 1.0.1}
    command: [PYTHON, run.py, "{asset}", "{version}", "{output}"]
    schedule: 30 2 * * *
  - {id: loose, path: loose.jsonl}   # in one line
"""
RUN = """\
import pathlib, sys
asset, version, output = sys.argv[1:]
print("measuring", asset, version)
if version == "9.9.9":
    sys.exit("no such model")
pathlib.Path(output, "report.xml").write_text(
    '<testsuite name="tools" tests="2"><testcase name="a"/><testcase name="b"/></testsuite>'
)
"""


@pytest.fixture
def config(shell: Shell) -> Path:
    """The estate's configuration with two suites."""
    path = shell.config / "pulse.yaml"
    text = path.read_text()
    assert OLD in text
    path.write_text(text.replace(OLD, NEW.replace("PYTHON", json.dumps(sys.executable))))
    (shell.config / "golden").mkdir()
    (shell.config / "golden" / "items.jsonl").write_text('{"id": 1, "input": "hello"}\n')
    (shell.config / "loose.jsonl").write_text("{}\n")
    (shell.config / "run.py").write_text(RUN)
    return path


def log(shell: Shell) -> list[dict[str, object]]:
    return [e for e in map(json.loads, shell("audit", "export").out.splitlines()) if "suite" in str(e)]


def test_freeze_writes_into_the_configuration_and_check_says_whether_it_holds(shell: Shell, config: Path) -> None:
    before = config.read_text()
    assert shell("suite", "check").code == 0
    said = shell("suite", "freeze", "golden")
    assert said.code == 0, said.err
    assert "frozen: golden as sha256:" in said.out
    digest = said.out.split()[3].rstrip(",")
    assert config.read_text() == before.replace("ask\n", f"ask\n    digest: {digest}\n")
    assert shell("suite", "freeze", "loose").code == 0
    assert '- {id: loose, digest: "sha256:' in config.read_text()
    assert "ok   golden: unchanged" in shell("suite", "check").out
    (config.parent / "golden" / "items.jsonl").write_text("{}")
    said = shell("suite", "check", "golden")
    assert said.code == 1
    assert "NO   golden: changed: golden differs from what was frozen" in said.out
    assert shell("suite", "check", "loose").code == 0
    states = {one["suite"]: one["state"] for one in shell("suite", "check", "--json").json()}
    assert (states["golden"], states["loose"]) == ("changed", "unchanged")
    assert "is frozen as" not in shell("suite", "freeze", "golden").out
    assert shell("suite", "check").code == 0
    frozen = [e for e in log(shell) if e["action"] == "suite.frozen"]
    assert [e["actor"] for e in frozen] == ["ana"] * 3


def test_freeze_refuses_personal_data_unless_told(shell: Shell, config: Path) -> None:
    (config.parent / "golden" / "items.jsonl").write_text('{"input": "I am ana@example.com"}\n')
    before = config.read_text()
    said = shell("suite", "freeze", "golden")
    assert said.code == 1
    assert "items.jsonl:1: e-mail address an…@ex…" in said.err
    assert config.read_text() == before
    assert shell("suite", "freeze", "golden", "--allow-personal-data").code == 0
    assert "digest: sha256:" in config.read_text()


def test_a_configuration_in_one_file_is_written_too(shell: Shell, config: Path) -> None:
    said = shell.bare("suite", "freeze", "golden", "--config", config)
    assert said.code == 0, said.err
    assert "digest: sha256:" in config.read_text()


def test_what_is_not_there_is_told_with_the_nearest(shell: Shell, config: Path) -> None:
    said = shell("suite", "freeze", "goldn")
    assert said.code == 2
    assert "did you mean 'golden'?" in said.err
    assert "did you mean 'golden'?" in shell("suite", "check", "goldn").err
    assert "did you mean 'golden'?" in shell("suite", "run", "goldn").err
    (config.parent / "loose.jsonl").unlink()
    said = shell("suite", "freeze", "loose")
    assert said.code == 1
    assert "loose.jsonl does not exist" in said.err


@pytest.mark.parametrize(
    "words", [["freeze"], ["freeze", "a", "b"], ["pin", "golden"], ["list", "golden"], ["thaw", "x"]]
)
def test_wrong_use_is_told(shell: Shell, config: Path, words: list[str]) -> None:
    assert shell("suite", *words).code == 2


def test_without_a_configuration_there_is_nothing_to_freeze(shell: Shell, home: Path) -> None:
    said = shell.bare("suite", "list")
    assert said.code == 0
    assert "no suites are configured" in said.out
    assert shell.bare("suite", "freeze", "golden").code != 0


def test_a_run_now_is_taken_in_and_listed(shell: Shell, config: Path) -> None:
    shell("suite", "freeze", "golden")
    said = shell("suite", "run", "golden")
    assert said.code == 0, said.out + said.err
    assert "golden on my-bot 1.0.1 (ana): done, run suite:" in said.out
    assert "golden on my-bot 1.1.0 (ana): done" in said.out
    listed = shell("suite", "list", "--json").json()
    golden = next(row for row in listed if row["id"] == "golden")
    assert golden["state"] == "unchanged"
    (baseline,) = golden["baselines"]
    assert (baseline["asset"], baseline["version"]) == ("my-bot", "1.0.1")
    assert [version for version, _, _ in baseline["measured"]] == ["1.1.0", "1.0.1"]
    assert len(golden["executions"]) == 2
    text = shell("suite", "list").out
    assert "golden: unchanged as sha256:" in text
    assert "command    30 2 * * * (next " in text
    assert "my-bot 1.1.0 (ana) done" in text
    assert "loose: not frozen" in text


def test_a_run_of_one_version_that_fails_says_why(shell: Shell, config: Path) -> None:
    said = shell("suite", "run", "golden", "--version", "9.9.9")
    assert said.code == 1
    assert "golden on my-bot 9.9.9 (ana): failed: exit code 1" in said.out
    assert "no such model" in said.out
    assert "suite golden on my-bot 9.9.9 is failing" in shell("status").out
    assert shell("suite", "run", "golden", "--asset", "my-bto").code == 2


def test_a_suite_that_changed_is_not_run(shell: Shell, config: Path) -> None:
    shell("suite", "freeze", "golden")
    (config.parent / "golden" / "items.jsonl").write_text("{}")
    said = shell("suite", "run", "golden")
    assert said.code == 1
    assert "suite golden is not run: golden differs from what was frozen" in said.err


def test_a_suite_without_command_cannot_be_run(shell: Shell, config: Path) -> None:
    assert "suite loose has no command" in shell("suite", "run", "loose").err


def test_a_pin_moves_the_baseline_to_a_version_or_a_run(shell: Shell, config: Path) -> None:
    shell("suite", "run", "golden")
    assert shell("suite", "pin", "golden", "my-bot", "1.1.0").code == 2  # without a reason
    said = shell("suite", "pin", "golden", "my-bot", "1.1.0", "--why", "the new normal")
    assert said.code == 0, said.err
    listed = shell("suite", "list", "--json").json()
    (baseline,) = next(row for row in listed if row["id"] == "golden")["baselines"]
    assert baseline["version"] == "1.1.0"
    older = next(run for version, run, _ in baseline["measured"] if version == "1.0.1")
    assert shell("suite", "pin", "golden", "my-bot", older[:14], "--why", "back").code == 0
    said = shell("suite", "pin", "golden", "my-bot", "1.1.1", "--why", "x")
    assert said.code == 2
    assert "did you mean '1.1.0'?" in said.err
    pinned = [e for e in log(shell) if e["action"] == "baseline.pinned"]
    assert [e["actor"] for e in pinned] == ["pulse-tui", "ana", "ana"]


def doctor(shell: Shell) -> Said:
    return shell("doctor")


def test_the_doctor_looks_at_suites_and_their_commands(shell: Shell, config: Path) -> None:
    shell("suite", "freeze", "golden")
    said = doctor(shell).out
    assert "ok   suite golden: golden is what was frozen" in said
    assert "ok   suite golden's command: " in said
    (config.parent / "loose.jsonl").unlink()
    config.write_text(config.read_text().replace(json.dumps(sys.executable), "no-such-program"))
    said = doctor(shell).out
    assert "FAIL suite loose: loose.jsonl does not exist" in said
    assert "FAIL suite golden's command: 'no-such-program' was not found" in said


def test_a_misspelt_placeholder_is_told_with_its_line(shell: Shell, config: Path) -> None:
    config.write_text(config.read_text().replace("{version}", "{verison}"))
    said = shell("suite", "list")
    assert said.code == 2
    line = next(n for n, text in enumerate(config.read_text().splitlines(), 1) if "verison" in text)
    assert (
        f"pulse.yaml:{line}: suites: golden.command: nothing is known as {{verison}} (did you mean 'version'?"
        in said.err
    )
