"""Messages that did not arrive, from the shell: listed with their error, replayed under their key, dropped with a reason."""

from __future__ import annotations

from contextlib import closing

import pytest

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.moments import iso
from pulse_tui.wiring import House
from tests.cli.conftest import Shell


@pytest.fixture
def lost(shell: Shell) -> str:
    """A dead message, and one that is tried again."""
    house = House(shell.config)
    with closing(house), house.store.write() as tx:
        now = house.clock()
        for key, route in (("notify-1", "pager"), ("notify-2", "chat")):
            made = Delivery(
                key=key, kind="notify", route=route, payload={"title": "p95\x1b[2J", "event": "opened"}, created_at=now
            )
            failed = made.failed(now, "answered 401: who?", permanent=route == "pager")
            tx.plumbing.enqueue(failed)
    return iso(now)


def test_it_is_listed_with_its_error_and_the_exit_code_says_so(shell: Shell, lost: str) -> None:
    said = shell("delivery", "list")
    assert said.code == 1
    first, second = said.out.splitlines()
    assert first.startswith("dead    notify-1  notify to pager  opened: p95")
    assert "answered 401: who?" in first
    assert "\x1b" not in said.out
    assert "queued  notify-2" in second
    rows = shell("delivery", "list", "--route", "chat", "--json").json()
    assert [(r["key"], r["state"], r["attempts"]) for r in rows] == [("notify-2", "queued", 1)]
    assert lost


def test_it_is_replayed_under_its_key_and_the_log_says_by_whom(shell: Shell, lost: str) -> None:
    assert "1 message to pager replayed" in shell("delivery", "replay", "notify-1").out
    assert "delivery.replayed by ana" in shell("delivery", "show", "notify-1").out
    again = shell("delivery", "replay", "notify-1")
    assert (again.code, "is queued, and only what is dead can be replayed" in again.err) == (1, True)
    assert "nothing is dead" in shell("delivery", "replay", "--all").out


def test_it_is_dropped_only_with_a_reason_and_is_no_longer_late(shell: Shell, lost: str) -> None:
    assert shell("delivery", "drop", "notify-1").code == 1
    assert "dropped: by phone" in shell("delivery", "drop", "notify-1", "--why", "by phone").out
    assert shell("delivery", "drop", "notify-2", "--why", "by phone").code == 0
    said = shell("delivery", "list")
    assert (said.code, said.out) == (0, "every message arrived\n")
    assert "dropped by ana" in shell("delivery", "list", "--all").out


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (("replay",), "either a key or --route"),
        (("replay", "notify-1", "--all"), "either a key or --route"),
        (("drop", "--why", "x"), "either a key or --route"),
        (("show",), "needs a key"),
        (("list", "notify-1"), "takes no key"),
        (("show", "nothing"), "there is no message 'nothing'"),
        (("replay", "notify-"), "2 messages begin with 'notify-'"),
    ],
)
def test_a_line_that_does_not_say_which_is_refused(shell: Shell, lost: str, line: tuple[str, ...], why: str) -> None:
    said = shell("delivery", *line)
    assert (said.code, why in said.err) == (2, True), said.err


def test_the_doctor_does_not_call_nothing_waiting_what_waits_because_it_was_asked_to(shell: Shell) -> None:
    assert "ok   messages: none waits, none was lost" in (shell("refresh", "drop"), shell("doctor"))[1].out
    house = House(shell.config)
    with closing(house), house.store.write() as tx:
        now = house.clock()
        made = Delivery(
            key="notify-9", kind="notify", route="bus", payload={"title": "x", "event": "opened"}, created_at=now
        )
        tx.plumbing.enqueue(made.failed(now, "answered 429", limited=True, retry_after_s=3_600.0))
    said = shell("doctor").out
    assert "note messages: 1 message to bus on the way; the next attempt of some is at " in said
    assert "none waits" not in said
