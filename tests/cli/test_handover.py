"""What the next shift must know: each thing that needs a person is in it, and every form has the same."""

from __future__ import annotations

import json
import re

from pulse_tui.domain.moments import iso
from pulse_tui.domain.views.people import Handover
from pulse_tui.wiring import now
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target, signal_line


def _sections(shell: Shell, *more: str) -> dict[str, list[str]]:
    said = shell("handover", "--since", "8h", "--format", "json", *more)
    assert said.code == 0, said
    found: dict[str, list[str]] = said.json()["sections"]
    return found


def test_what_waits_names_whose_vote_is_missing_and_the_command(shell: Shell) -> None:
    plan = shell("rollback", "plan", "my-bot", "--env", "production", "--json").json()["hash"]
    assert shell("rollback", "approve", plan, "--why", "it fell").code == 0
    [line] = _sections(shell)["WAITS FOR WHOM"]
    assert line.startswith(
        f"plan {plan[:12]} (my-bot in production, 1.0.1 -> 1.0.0) proposed: ana approved; waits for 1 of: ben"
    )
    assert line.endswith(f"-> pulse-tui rollback approve {plan[:12]} --why REASON")


def test_a_run_that_stopped_stands_first_with_how_to_go_on(shell: Shell, target: Target) -> None:
    shell("rollback", "plan", "my-bot", "--env", "production")
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--json").json()["hash"]
    shell("rollback", "approve", plan, "--why", "p95")
    target.applies = False  # what it answers and what it holds are two things
    shell("rollback", "run", plan)
    first, *_ = _sections(shell)["WAITS FOR WHOM"]
    assert "my-bot in canary" in first or "my-bot/canary" in first
    assert "-> pulse-tui rollback" in first


def test_what_is_frozen_has_its_condition_and_what_is_snoozed_its_end(shell: Shell) -> None:
    (shell.config / "signals" / "one.json").write_text(signal_line(observed_at=iso(now()), occurred_at=iso(now())))
    shell("refresh", "drop")
    [alert] = shell("status", "--json").json()["alerts"]
    assert shell("freeze", "my-bot", "--why", "release party").code == 0
    assert shell("alert", "silence", alert["id"], "--hours", "2", "--why", "known").code == 0
    found = _sections(shell)
    assert any("freeze" in line and "my-bot" in line and "until" in line for line in found["FROZEN"])
    [snoozed] = [line for line in found["SNOOZED OR IN HAND"] if alert["id"] in line]
    assert re.search(r"by ana, until 20.*Z: known", snoozed)
    assert not any(alert["id"] in line for line in found["OPEN"])


def test_a_source_that_fails_is_in_it(shell: Shell) -> None:
    (shell.config / "pulse.yaml").write_text((shell.config / "pulse.yaml").read_text().replace("/feed", "/gone"))
    for _ in range(3):
        shell("refresh", "news")
    assert any(line.startswith("news is ") for line in _sections(shell)["SOURCES"])


def test_text_markdown_and_json_say_the_same(shell: Shell) -> None:
    (shell.config / "signals" / "one.json").write_text(signal_line(observed_at=iso(now()), occurred_at=iso(now())))
    shell("refresh", "drop")
    shell("rollback", "plan", "my-bot", "--env", "production")
    text = shell("handover", "--since", "8h").out
    marked = shell("handover", "--since", "8h", "--format", "markdown").out
    plain = re.sub(r"\\(.)", r"\1", marked)
    for heading, lines in _sections(shell).items():
        assert heading in text
        assert f"### {heading.capitalize()}" in marked
        for line in lines:
            same = re.sub(r"\b(in )?(<1|\d+)m\b|expires in \w+", "", line)[:60]
            assert same in re.sub(r"\b(in )?(<1|\d+)m\b|expires in \w+", "", text)
            assert same in re.sub(r"\b(in )?(<1|\d+)m\b|expires in \w+", "", plain)


def test_what_comes_from_outside_makes_no_link_and_no_picture_in_a_ticket() -> None:
    made = Handover("a", "b", "ana", (("OPEN", ("![x](http://evil.test) <script> `rm` | a_b",)),))
    line = made.markdown()[-1]
    assert line == r"- \!\[x\](http://evil.test) \<script\> \`rm\` \| a\_b"
    assert json.loads(json.dumps(made.plain()))["sections"] == {"OPEN": ["![x](http://evil.test) <script> `rm` | a_b"]}


def test_a_time_that_is_none_says_how_to_write_one(shell: Shell) -> None:
    said = shell("handover", "--since", "yesterday")
    assert said.code == 2
    assert "'yesterday' is no time. write 12h or 2d, at most 31d" in said.err
