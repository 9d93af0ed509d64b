"""``:ctx`` between an estate on SQLite and one on a real PostgreSQL: checked first, and nothing of the one that was left stays."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.terminal import ENTER, ESCAPE, Terminal
from tests.fakes.databases import postgres

ESTATE = """
name: {name}
database: {database}
estate:
  assets:
    - id: {name}-bot
      asset_type: service
      owner_team: ml
      tier: customer-facing
      environments:
        production: {{version: 3.8.1, since: "2026-11-20T00:00:00Z", critical: true}}
    - id: {name}-two
      asset_type: service
      owner_team: ml
      tier: internal
      environments:
        production: {{version: 1.0.0, since: "2026-11-20T00:00:00Z"}}
"""
LONG_S = 60.0
UP = "\x1b[A"


def estate(folder: Path, name: str, database: str) -> Path:
    folder.mkdir()
    (folder / "pulse.yaml").write_text(ESTATE.format(name=name, database=database))
    return folder


def go(terminal: Terminal, name: str) -> None:
    terminal.type(":")
    terminal.wait_for("command")
    terminal.type(f"ctx {name}")
    terminal.wait_for(f"▌ctx {name}")
    terminal.type(ENTER)


def test_from_sqlite_to_postgresql_and_back_and_nowhere_when_the_other_is_broken_or_gone(tmp_path: Path) -> None:
    server = postgres()
    database = server.create()
    estate(tmp_path / "a", "lite", "sqlite:///pulse.db")
    estate(tmp_path / "b", "post", server.named(database))
    estate(tmp_path / "gone", "gone", server.named("pulse_never"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pulse.yaml").write_text("name: broken\nestat: {}\n")
    mine = tmp_path / "home" / ".config" / "pulse-tui"
    mine.mkdir(parents=True)
    contexts = "".join(f"  {name}: {tmp_path / where}\n" for name, where in
                       (("lite", "a"), ("post", "b"), ("broken", "broken"), ("gone", "gone")))  # fmt: skip
    (mine / "tower.yaml").write_text(f"contexts:\n{contexts}")
    home = {"HOME": str(tmp_path / "home")}
    with Terminal(["--config", tmp_path / "a"], columns=120, lines=36, environment=home) as terminal:
        terminal.wait_for("PULSE lite", "lite-bot", seconds=LONG_S)
        terminal.type("1/")
        terminal.wait_for("!text")
        terminal.type("two")
        terminal.wait_for("1 of 2")
        terminal.type(ENTER)
        terminal.wait_for("Enter open")
        terminal.type(" E")
        terminal.wait_for("1 marked", "ENV↑")

        for name, why in (("broken", "unknown section 'estat'"), ("gone", "pulse_never")):
            go(terminal, name)
            terminal.wait_for("✖", seconds=LONG_S)
            terminal.type("L")
            terminal.wait_for("Log of this tower", why, seconds=LONG_S)
            terminal.type(ESCAPE)
            terminal.wait_for("PULSE lite", "1 marked", "ENV↑", "/two")

        go(terminal, "post")
        screen = terminal.wait_for("PULSE post", "post-bot", "post-two", seconds=LONG_S)
        assert not any(word in screen for word in ("lite-", "marked", "↑", "/two"))
        terminal.wait_for("another estate", seconds=LONG_S)
        terminal.type(":")
        terminal.wait_for("command")
        terminal.type(UP)
        terminal.read(0.3)
        assert "ctx post" not in terminal.wait_for("command"), "what was run in the other estate is not recalled here"
        terminal.type(ESCAPE)
        terminal.wait_gone("pane 4")

        server.drop(database)  # it goes away while it is shown
        go(terminal, "lite")
        terminal.wait_for("PULSE lite", "/two", "ENV↑", seconds=LONG_S)
        assert "marked" not in terminal.wait_for("1 of 2"), "marks end with the tower that had them"
        go(terminal, "post")
        terminal.wait_for("✖", seconds=LONG_S)
        terminal.wait_for("PULSE lite")
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
