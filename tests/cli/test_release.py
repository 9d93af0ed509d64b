"""Releases, the inventory and components through the real entrance."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell
from tests.fakes.small_estate import authorise, measure, signal_line

WHY = ("--why", "measured twice")
PRODUCTION = ("my-bot", "1.1.0", "--env", "production")


@pytest.fixture
def measured(shell: Shell) -> Shell:
    """1.0.1 and 1.1.0 have a functional and a safety verdict that say PASS, and a rollback is drilled and pre-authorised."""
    authorise(shell.config)
    for version in ("1.0.1", "1.1.0"):
        measure(shell.config, version)
    return shell


def test_the_gate_tells_every_reason_with_what_to_do_and_as_json(measured: Shell) -> None:
    shell = measured
    said = shell("gate", "my-bot", "1.1.0", "--env", "production")
    assert said.code == 0
    assert said.out.startswith("GO: my-bot 1.1.0 to production (policy ")
    assert "note approval: missing: 1.1.0 is not approved: it is evaluated" in said.out
    assert "pulse-tui release approve my-bot 1.1.0 --why REASON" in said.out
    data = shell("gate", "my-bot", "1.1.0", "--env", "production", "--json").json()
    assert set(data) == {"asset", "version", "environment", "go", "policy", "reasons", "beside"}
    assert set(data["reasons"][0]) == {"name", "status", "blocking", "detail", "todo"}
    assert {r["status"] for r in data["reasons"]} <= {"ok", "failed", "missing"}


def test_production_is_closed_without_verdicts_and_canary_is_not(shell: Shell) -> None:
    said = shell("gate", *PRODUCTION)
    assert said.code == 1
    assert "NO   functional: missing: no functional suite names my-bot" in said.out
    assert "NO   safety: missing: no safety suite names my-bot" in said.out
    assert shell("gate", "my-bot", "1.1.0", "--env", "canary").code == 0


def test_an_undecided_verdict_holds_until_its_risk_is_accepted_by_one_who_may(shell: Shell) -> None:
    authorise(shell.config)
    measure(shell.config, "1.0.1")
    measure(shell.config, "1.1.0", accuracy=0.883)
    said = shell("gate", *PRODUCTION)
    assert said.code == 1
    assert (
        "NO   functional: undecided: run golden-1.1.0 of golden against 1.0.1: qa acc 0.9 -> 0.883: -1.7 pp" in said.out
    )
    assert "pulse-tui release accept-risk my-bot 1.1.0 --env production --gate functional" in said.out
    accept = ("release", "accept-risk", *PRODUCTION, "--gate", "functional", "--days", "7")
    refused = shell(*accept, *WHY, by="mallory")
    assert (refused.code, refused.out) == (1, "")
    assert "cyd may not act in production" in shell(*accept, *WHY, by="cyd").err
    assert shell(*accept).code == 2, "a reason is missing"
    assert shell("gate", *PRODUCTION).code == 1
    accepted = shell(*accept, *WHY)
    assert (accepted.code, accepted.err) == (0, "")
    assert accepted.out.startswith("risk accepted by ana until ")
    opened = shell("gate", *PRODUCTION)
    assert opened.code == 0, opened
    assert "note functional: accepted: run golden-1.1.0" in opened.out
    assert "measured twice" in opened.out
    assert shell("audit", "verify").code == 0


def test_a_loss_that_was_measured_is_no_risk_to_accept(shell: Shell) -> None:
    measure(shell.config, "1.0.1")
    measure(shell.config, "1.1.0", accuracy=0.8)
    said = shell("release", "accept-risk", *PRODUCTION, "--gate", "functional", "--days", "7", *WHY)
    assert (said.code, said.out) == (1, "")
    assert "no functional verdict of my-bot 1.1.0 is undecided" in said.err
    assert "NO   functional: run golden-1.1.0 of golden against 1.0.1" in shell("gate", *PRODUCTION).out


def test_the_policy_says_what_closes_the_gate(measured: Shell) -> None:
    shell = measured
    config = shell.config / "pulse.yaml"
    rule = "{id: a, owner: x, review: 2027-05-01, on: [cve], priority: P4, all: [asset.known]}"
    text = config.read_text()
    config.write_text(f"{text}policy:\n  gate: {{production: {{approval: blocking}}}}\n  rules: [{rule}]\n")
    said = shell("gate", "my-bot", "1.1.0", "--env", "production")
    assert said.code == 1
    assert "NO   approval: missing:" in said.out
    assert shell("release", "approve", "my-bot", "1.1.0", *WHY).code == 0
    assert shell("gate", "my-bot", "1.1.0", "--env", "production").code == 0
    config.write_text(f"{text}policy:\n  gate: {{production: {{aproval: blocking}}}}\n  rules: [{rule}]\n")
    wrong = shell("gate", "my-bot", "1.1.0", "--env", "production")
    assert wrong.code == 2
    assert "did you mean 'approval'?" in wrong.err


def test_a_release_is_approved_promoted_and_shown(measured: Shell) -> None:
    shell = measured
    approved = shell("release", "approve", "my-bot", "1.1.0", *WHY)
    assert approved.out == "approved by ana: my-bot 1.1.0\n"
    promoted = shell(
        "release",
        "promote",
        "my-bot",
        "1.1.0",
        "--env",
        "production",
        *WHY,
        by="ben",
    )
    assert promoted.code == 0, promoted
    assert promoted.out.startswith("promoted by ben: my-bot 1.1.0 to production, gate ")
    rows = {(r["asset"], r["environment"]): r["version"] for r in shell("status", "--json").json()["registry"]}
    assert rows["my-bot", "production"] == "1.1.0"
    history = shell("release", "history", "my-bot")
    assert "1.1.0" in history.out
    assert {r["version"] for r in shell("release", "history", "my-bot", "--json").json()} == {"1.0.0", "1.0.1", "1.1.0"}
    shown = shell("release", "show", "my-bot", "1.1.0").out
    assert "release.promoted by ben: measured twice" in shown
    assert "Rollback to: production: 1.0.1" in shown
    diff = shell("release", "diff", "my-bot", "1.0.1", "1.1.0").out
    assert "Digest: sha256:bb -> sha256:cc" in diff
    assert "1.1.0" in shell("release", "calendar").out
    assert shell("audit", "verify").code == 0


def test_a_closed_gate_refuses_the_promotion_with_its_reasons(shell: Shell) -> None:
    assert shell("freeze", "my-bot", "--why", "audit week").code == 0
    said = shell("release", "promote", "my-bot", "1.1.0", "--env", "production", *WHY)
    assert (said.code, said.out) == (1, "")
    assert "audit week" in said.err
    assert "pulse-tui gate my-bot 1.1.0 --env production" in said.err


def test_what_serves_is_quarantined_with_a_hint_and_never_retired(shell: Shell) -> None:
    said = shell("release", "quarantine", "my-bot", "1.0.1", *WHY, "--json")
    assert "pulse-tui rollback plan my-bot --env production" in said.json()["done"]
    assert shell("gate", "my-bot", "1.0.1", "--env", "production").code == 1
    refused = shell("release", "retire", "my-bot", "1.1.0", *WHY)
    assert refused.code == 1
    assert "it serves in canary" in refused.err
    assert shell("release", "retire", "my-bot", "1.0.0", *WHY).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("approve", "my-bot", "1.1.0"), 2, "a reason is missing"),
        (("approve", "my-bot"), 2, "release approve takes 2 names, 1 were given"),
        (("promote", "my-bot", "1.1.0", *WHY), 2, "release promote needs --env"),
        (("promote", "my-bot", "1.1.0", "--env", "moon", *WHY), 2, "invalid choice"),
        (("diff", "my-bot", "1.1.0"), 2, "ASSET OLDER NEWER"),
        (("show", "my-bto", "1.1.0"), 2, "did you mean 'my-bot'?"),
        (("show", "my-bot", "1.1.1"), 2, "did you mean '1.1.0'?"),
        (("history", "my-bto"), 2, "did you mean 'my-bot'?"),
        (("show", "my-bot", "\x1b]0;owned\x07"), 2, "no release"),
        (("approve", "my-bot", "' OR 1=1 --", *WHY), 2, "no release"),
    ],
)
def test_wrong_use_is_said_and_nothing_is_printed(
    shell: Shell, arguments: tuple[str, ...], code: int, word: str
) -> None:
    said = shell("release", *arguments)
    assert (said.code, said.out) == (code, "")
    assert word in said.err
    assert "\x1b" not in said.err


def test_a_stranger_decides_nothing(shell: Shell) -> None:
    for deed in (("approve",), ("quarantine",), ("retire",), ("promote", "--env", "canary")):
        said = shell("release", deed[0], "my-bot", "1.1.0", *deed[1:], *WHY, by="mallory")
        assert said.code == 1
        assert "'mallory' is not in the operators' file" in said.err
    said = shell("release", "promote", "my-bot", "1.1.0", "--env", "production", *WHY, by="cyd")
    assert "cyd may not act in production" in said.err


def test_the_inventory_lists_what_is_not_declared_and_exits_with_1(shell: Shell, home: object) -> None:
    file = shell.config / "ghost.jsonl"
    file.write_text(signal_line(asset_id="ghost", title="x \u202e y"))
    assert shell("ingest", file).code == 0
    said = shell("inventory")
    assert said.code == 1
    assert "undeclared ghost: " in said.out
    assert "Declare it under estate.assets" in said.out
    assert "\u202e" not in said.out
    kinds = {r["kind"] for r in shell("inventory", "--json").json()}
    assert kinds == {"undeclared", "unseen"}  # its two sources were never read


def test_components_are_shown_from_both_ends(shell: Shell) -> None:
    config = shell.config / "pulse.yaml"
    text = config.read_text().replace(
        "      releases:\n", "      components:\n        - purl: pkg:pypi/vllm@0.9.1\n      releases:\n", 1
    )
    config.write_text(text)
    tree = shell("components", "tree", "my-bot")
    assert tree.code == 0
    assert tree.out.startswith("my-bot: since 1.0.1 was deployed (")
    assert "  vllm 0.9.1  package" in tree.out
    users = shell("components", "users", "vllm")
    assert "my-bot 0.9.1 (production, canary): directly, owner ml-team" in users.out
    assert shell("components", "users", "vllm", "--json").json()["rows"][0]["asset"] == "my-bot"
    assert [c["name"] for c in shell("components", "find", "LLM", "--json").json()] == ["vllm"]
    assert shell("components", "find", "zzz").code == 1
    for view in ("tree", "users"):
        missing = shell("components", view, "zzz\x1b[2J")
        assert (missing.code, missing.out) == (2, "")
        assert "\x1b" not in missing.err
