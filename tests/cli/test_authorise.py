"""Pre-authorisations from the shell: asked for, voted on, listed, revoked."""

from __future__ import annotations

from contextlib import closing

from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.prepared import TRIGGER, drill

ASK = ("rollback", "authorise", "my-bot", "--env", "production", "--trigger", TRIGGER)
WHY = ("--why", "the nights are long")


def rehearse(shell: Shell) -> None:
    house = House(shell.config)
    with closing(house):
        house.sync()
        drill(house.rollback, "my-bot")


def test_one_is_asked_for_voted_on_listed_and_revoked(shell: Shell) -> None:
    refused = shell(*ASK, *WHY)
    assert refused.code == 1
    assert (
        "no drill of playbook any-rollback is recorded: pulse-tui rollback drill my-bot --env production" in refused.err
    )
    rehearse(shell)
    asked = shell(*ASK, *WHY)
    assert asked.code == 0
    assert "proposed: waits for 2 of: ana, ben" in asked.out
    name = shell(*ASK, *WHY, "--json").json()["hash"]
    assert shell("rollback", "authorisations").code == 1, "it waits for votes"
    assert f"pulse-tui rollback approve {name[:12]}" in shell("status").out
    for who in ("ana", "ben"):
        voted = shell("rollback", "approve", name[:12], "--why", "drilled", by=who)
        assert (voted.code, voted.err) == (0, "")
    assert "valid until" in voted.out
    assert "(ana, ben)" in voted.out
    assert shell("rollback", "authorisations").code == 0
    assert "PRE-AUTHORISATIONS" not in shell("status").out
    assert "a rollback in production is pre-authorised: accuracy-regression by" in (
        shell("gate", "my-bot", "1.1.0", "--env", "production").out
    )
    assert "ok   pre-authorised: 1 of 1 production deployments" in shell("doctor").out
    revoked = shell("rollback", "revoke", name[:12], "--why", "we hired people")
    assert "revoked: by ana: we hired people" in revoked.out
    assert "no rollback of my-bot" not in shell("gate", "my-bot", "1.1.0", "--env", "production").out
    assert shell("audit", "verify").code == 0


def test_what_is_missing_or_wrong_is_named(shell: Shell) -> None:
    rehearse(shell)
    assert "needs --env" in shell("rollback", "authorise", "my-bot", "--trigger", TRIGGER, *WHY).err
    assert "needs --trigger" in shell("rollback", "authorise", "my-bot", "--env", "production", *WHY).err
    unknown = shell("rollback", "authorise", "my-bot", "--env", "production", "--trigger", "acuracy-regression", *WHY)
    assert "did you mean 'accuracy-regression'?" in unknown.err
    assert "is no duration" in shell(*ASK, "--for", "a while", *WHY).err
    assert "lasts from an hour to 90 days" in shell(*ASK, "--for", "400d", *WHY).err
    assert shell(*ASK).code == 2, "a reason is missing"
    assert "no single pre-authorisation is named" in shell("rollback", "revoke", "0123456789", *WHY).err
    assert "cyd may not act in production" in shell(*ASK, *WHY, by="cyd").err
