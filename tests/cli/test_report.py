"""``pulse-tui report``: vendors in words, Markdown, HTML and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Shell

CONFIG = """
name: t
database: sqlite:///pulse.db
estate:
  assets:
    - id: bot
      asset_type: service
      owner_team: ml
      components: [{model: openai/gpt-4.1}, {model: "odd<b>*x*/m"}]
"""


def test_a_vendor_that_nobody_reads_is_unknown_in_every_form(shell: Shell, home: Path) -> None:
    (home / "pulse.yaml").write_text(CONFIG)
    config = ("--config", home / "pulse.yaml")
    said = shell.bare("report", *config)
    assert (said.code, "openai\n  ? no source reads it: what it announces is not known" in said.out) == (0, True)
    (_, first) = json.loads(shell.bare("report", "--json", *config).out)["vendors"]
    assert (first["assets"], first["sources"], first["silent"], first["watched"]) == (["bot"], [], 0, False)
    markdown = shell.bare("report", "--markdown", "--days", "30", *config).out
    assert "## odd\\<b\\>\\*x\\*" in markdown
    page = shell.bare("report", "--html", *config).out
    assert "<h2>odd&lt;b&gt;*x*</h2>" in page
    assert page.rstrip().endswith("</html>")


def test_no_span_is_refused(shell: Shell, home: Path) -> None:
    assert home.is_dir()
    said = shell("report", "--days", "0")
    assert (said.code, "--days 0 is no span" in said.err) == (2, True)
