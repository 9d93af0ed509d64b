"""``pulse-tui alert ack --match``: each alert by itself, and the answer names what was refused."""

from __future__ import annotations

from tests.cli.conftest import Shell
from tests.fakes.small_estate import authorise, signal_line


def test_what_matches_is_acknowledged_each_by_itself_and_none_is_refused(shell: Shell) -> None:
    authorise(shell.config)
    (shell.config / "signals" / "one.json").write_text(signal_line(environment="production", current_version="1.0.1"))
    shell("refresh", "drop")
    said = shell("alert", "ack", "--match", "true", by="cyd")
    assert (said.code, "cyd may not act in production" in said.err) == (1, True), said
    assert "0 alerts acknowledged" in said.err
    said = shell("alert", "ack", "--match", "true", by="ana")
    assert (said.code, said.out.strip()) == (0, "1 alert acknowledged by ana")
    said = shell("alert", "ack", "--match", "true", by="ana")
    assert (said.code, "there is no open alert to acknowledge" in said.err) == (1, True)
