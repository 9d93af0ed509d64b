"""The house rules are part of the test command: floors, lint, format and types."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.typed_kinds import typed_kinds

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "check", "--no-cache", "."), id="lint"),
        pytest.param(("ruff", "format", "--check", "--no-cache", "."), id="format"),
    ],
)
def test_the_tree_is_clean_under(command: tuple[str, ...]) -> None:
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_types_fit_and_every_kind_keeps_its_protocol(tmp_path: Path) -> None:
    kinds = tmp_path / "kinds_that_were_found.py"
    kinds.write_text(typed_kinds())
    done = run("mypy", "pulse_tui", "tests", str(kinds))
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_only_go_down() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dependency_has_an_upper_bound() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    unbounded = [d for d in listed if "==" not in d and "<" not in d and not d.startswith("pulse_tui")]
    assert unbounded == []
