"""``pulse-tui refresh`` against a server that misbehaves: the reason is told, the last good state stays."""

from __future__ import annotations

import sqlite3

import pytest

from pulse_tui.services.parts import RollbackParts
from pulse_tui.wiring import House
from tests.cli.conftest import Shell
from tests.fakes.small_estate import Target, signal_line
from tests.servers.loopback import Loopback, Reply

ITEM = "<item><guid>{0}</guid><title>{1}</title><link>https://acme.test/{0}</link><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate></item>"
HEAD = '<?xml version="1.0"?><rss version="2.0"><channel><title>news</title>'


def _feed(*titles: str) -> bytes:
    items = "".join(ITEM.format(i, t) for i, t in enumerate(titles))
    return f"{HEAD}{items}</channel></rss>".encode()


GOOD = _feed("model-x is deprecated and shuts down on 2027-03-01")


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(500, headers={"Retry-After": "0"}), "500"),
        (Reply(404), "404"),
        (Reply(body=GOOD, cut_at=len(GOOD) // 2), "news"),
        (Reply(body=b"{}"), "feed"),
        (Reply(drop=True), "news"),
    ],
    ids=["500", "404", "half a feed", "no feed", "no answer"],
)
def test_a_bad_answer_is_a_failed_source_and_the_next_good_one_heals_it(
    shell: Shell, server: Loopback, reply: Reply, word: str
) -> None:
    server.on("GET", "/feed", reply)
    said = shell("refresh", "news")
    assert said.code == 1
    assert said.out.startswith("FAIL news: ")
    assert word in said.out
    status = {s["id"]: s for s in shell("status", "--json").json()["sources"]}
    assert status["news"]["health"] == "failing"
    server.on("GET", "/feed", Reply(body=GOOD))
    assert shell("refresh", "news").code == 0
    assert {s["id"]: s["health"] for s in shell("status", "--json").json()["sources"]}["news"] == "good"


def test_a_server_that_is_not_there_is_told_with_its_address(shell: Shell, server: Loopback) -> None:
    url = server.url
    server.close()
    said = shell("refresh", "news")
    assert said.code == 1
    assert f"{url}/feed cannot be reached" in said.out


def test_a_feed_is_read_up_to_2_mb(shell: Shell, server: Loopback) -> None:
    def entries(number: int) -> bytes:
        return _feed(*[f"note {i} " + "x" * 19_000 for i in range(number)])

    server.on("GET", "/feed", Reply(body=entries(100)), Reply(body=entries(150)))
    assert shell("refresh", "news").code == 0
    said = shell("refresh", "news")
    assert said.code == 1
    assert "over the cap of 2,097,152 bytes" in said.out


def test_a_file_that_stands_refused_is_in_the_exit_code_and_on_the_last_line_until_it_is_mended(shell: Shell) -> None:
    folder = shell.config / "signals"
    (folder / "bad.json").write_text("{")
    for _ in range(2):
        said = shell("refresh", "drop")
        assert said.code == 1, "also in a round in which nothing changed"
        assert said.out.startswith("part drop: ")
        assert "; its file is refused: bad.json:1:2: the JSON ends too early" in said.out
        assert said.out.splitlines()[-1] == "1 of 1 sources is not good: drop"
    assert shell("refresh", "drop", "--json").json()["rounds"][0]["refused"].startswith("its file is ")
    (folder / "bad.json").unlink()
    said = shell("refresh", "drop")
    assert (said.code, said.out) == (0, "ok   drop: unchanged\n")


def test_status_is_no_success_when_nobody_knows_how_production_stands(shell: Shell) -> None:
    shell("refresh", "drop")
    assert shell("status").code == 0
    with sqlite3.connect(shell.config / "pulse.db") as connection:
        connection.execute("UPDATE sources SET last_good_at = last_good_at - 3600000000")
    said = shell("status")
    assert said.code == 1
    assert "nothing urgent" not in said.out
    assert "pulse-tui refresh, or start a tower or pulse-tui agent    nothing came since" in said.out


def test_a_chore_that_breaks_stops_no_other_and_makes_a_refresh_fail(
    shell: Shell, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_house: House) -> RollbackParts:
        raise RuntimeError("a bug")

    monkeypatch.setattr(House, "rollback", property(broken))
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    said = shell("refresh", "drop")
    assert said.code == 1
    assert "FAIL housekeeping broke: internal error: RuntimeError: a bug" in said.out
    assert " sent, 0 to be tried again, 0 failed permanently" in said.out
