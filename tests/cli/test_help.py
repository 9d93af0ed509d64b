"""``pulse-tui help``: the documentation on a jump host, without a browser, a configuration or a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulse_tui.cli.help import topics
from pulse_tui.cli.reading import plain
from tests.cli.conftest import Shell


def test_without_a_topic_every_page_is_listed(shell: Shell) -> None:
    said = shell.bare("help")
    assert said.code == 0
    for topic in topics():
        assert f"  {topic.name} " in said.out
    assert {"commands", "keys", "gates", "registry", "policy", "rollback", "sources", "glossary"} <= {
        t.name for t in topics()
    }


@pytest.mark.parametrize("topic", [t.name for t in topics()])
def test_every_page_is_plain_text(shell: Shell, topic: str) -> None:
    said = shell.bare("help", topic)
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    assert "](" not in said.out
    assert "|---" not in said.out


def test_a_misspelt_topic_names_the_nearest(shell: Shell) -> None:
    said = shell.bare("help", "gaets")
    assert (said.code, said.out) == (2, "")
    assert "there is no help on 'gaets'. Did you mean 'gates'?" in said.err


def test_a_topic_that_resembles_nothing_points_to_the_list(shell: Shell) -> None:
    assert "no help on 'zzzzzz'. See pulse-tui help for the topics" in shell.bare("help", "zzzzzz").err


def test_a_path_is_no_topic(shell: Shell) -> None:
    assert shell.bare("help", "../settings/load").code == 2


def test_the_options_of_a_kind_are_a_topic(shell: Shell) -> None:
    said = shell.bare("help", "webhook")
    assert said.code == 0
    for option in ("read_url", "write_url", "artifact_url", "headers", "method"):
        assert f"`{option}`" in said.out
    assert "required" in said.out


def test_an_old_name_and_the_default_of_a_duration_stand_in_the_table(shell: Shell) -> None:
    said = shell.bare("help", "git")
    assert "the old name of `timeout`" in " ".join(said.out.split())
    assert "2m" in said.out


def test_a_command_is_a_topic(shell: Shell) -> None:
    assert "usage: pulse-tui compare" in shell.bare("help", "compare").out


def test_json_carries_the_page(shell: Shell) -> None:
    assert shell.bare("help", "gates", "--json").json()["markdown"].startswith("# Gates\n")
    assert {"name", "about"} == set(shell.bare("help", "--json").json()[0])


def test_a_broken_configuration_does_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "pulse.yaml").write_text("sorces: []\n")
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "help", "rollback"],
        env={**os.environ, "PULSE_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Rollback\n========\n")


# --------------------------------------------------------------------------- pages as text
PAGE = """\
# Title

A paragraph with **bold**, *stress*, `code *as* is`, a [page](gates.md#frozen) and [CEL](https://cel.dev) that is long enough
to be wrapped.

- one
- two, which
  goes on

| a | b | |
|---|---|---|
| x \\| y | a long cell that has to be wrapped in a narrow terminal | |

```
code    stays | as **it** is, however long the line may be, because it is copied from here into a file
```
"""


def test_markup_becomes_plain_text() -> None:
    text = plain(PAGE, 200)
    assert text.startswith(
        "Title\n=====\n\nA paragraph with bold, stress, `code *as* is`, a page (pulse-tui help gates)"
    )
    assert "CEL (https://cel.dev)" in text
    assert "\n- one\n- two, which goes on\n" in text
    assert "x | y" in text
    assert "  code    stays | as **it** is" in text


@pytest.mark.parametrize("width", [40, 60, 80, 110])
def test_text_and_tables_keep_to_the_width_and_code_does_not(width: int) -> None:
    lines = plain(PAGE, width).splitlines()
    assert [line for line in lines if len(line) > width and not line.startswith("  code")] == []
    assert any(len(line) > width for line in lines) is (width < 100)


def test_a_column_without_a_word_takes_no_room() -> None:
    assert plain("| a | b |\n|---|---|\n| x | |\n", 80).splitlines()[0].rstrip() == "a  b"
    assert plain("| a | |\n|---|---|\n| x | |\n", 80) == "a\n-\nx\n"
