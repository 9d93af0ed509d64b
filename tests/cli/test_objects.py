"""What a command prints with ``--json`` is what the tower shows of the same thing as YAML or JSON."""

from __future__ import annotations

import json
import shlex
from contextlib import closing
from typing import Any

import pytest
import yaml

from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.moments import iso
from pulse_tui.domain.ref import Ref, RefKind, note_ref, release_ref
from pulse_tui.domain.typed import line, shows
from pulse_tui.tui.common.object import forms
from pulse_tui.wiring import House, now
from tests.cli.conftest import Shell
from tests.cli.test_note import HEAD, ITEM
from tests.cli.test_waiver import ADD, OFF, OSV
from tests.fakes.prepared import drill
from tests.fakes.small_estate import measure, signal_line
from tests.servers.loopback import Loopback, Reply


@pytest.fixture
def refs(shell: Shell, server: Loopback) -> dict[RefKind, Ref]:
    """An estate in which there is one of each; their names."""
    at = iso(now())
    (shell.config / "signals" / "one.json").write_text(signal_line(observed_at=at, occurred_at=at))
    items = ITEM.format("n1", "gpt-4.1 is deprecated and shuts down on 2027-03-01")
    server.on("GET", "/feed", Reply(body=f"{HEAD}{items}</channel></rss>".encode()))
    shell("refresh")
    given = shell.config / "given"
    given.mkdir()
    (given / "requirements.txt").write_text("vllm==0.9.1\n")
    (given / "osv.json").write_text(json.dumps(OSV))
    shell("ingest", "requirements", str(given / "requirements.txt"), "--asset", "my-bot")
    shell("ingest", "osv", str(given / "osv.json"))
    shell(*ADD, *OFF, "--until", "30d")
    shell("silence", "add", "--match", 'asset.id == "nobody"', "--for", "2h", "--why", "a test")
    shell("freeze", "my-bot", "--why", "a test")
    shell("freeze", "override", "my-bot", "1.1.0", "--env", "production", "--why", "users cannot log in at all now")
    shell("refresh")
    measure(shell.config, "1.0.1")
    measure(shell.config, "1.1.0", accuracy=0.85)
    with closing(House(shell.config)) as house:
        house.sync()
        drill(house.rollback, "my-bot")
        with house.store.write() as tx:
            made = Delivery(
                key="notify-1", kind="notify", route="pager", payload={"title": "p95"}, created_at=house.clock()
            )
            tx.plumbing.enqueue(made.failed(house.clock(), "answered 401", permanent=True))
    ask = ("--env", "production", "--trigger", "accuracy-regression", "--why", "the nights are long")
    asked = shell("rollback", "authorise", "my-bot", *ask, "--json").json()
    plan = shell("rollback", "plan", "my-bot", "--env", "canary", "--json").json()
    holds = shell("freeze", "list", "--json").json()
    (note,) = shell("note", "list", "--json").json()
    alert = next(a for a in shell("status", "--json").json()["alerts"] if "p95" in a["title"])
    found = [
        Ref(RefKind.ALERT, alert["id"]), Ref(RefKind.ASSET, "my-bot"), Ref(RefKind.ADVISORY, "CVE-2026-3248"),
        Ref(RefKind.INCIDENT, shell("incident", "list", "--every", "--json").json()[0]["id"]),
        Ref(RefKind.COMPONENT, "pkg:pypi/vllm@0.9.1"), release_ref("my-bot", "1.1.0"), Ref(RefKind.RUN, "golden-1.1.0"),
        Ref(RefKind.PLAN, plan["hash"]), Ref(RefKind.AUTHORISATION, asked["hash"]), note_ref("news", note["key"]),
        Ref(RefKind.SILENCE, shell("silence", "list", "--json").json()[0]["id"]),
        Ref(RefKind.WAIVER, shell("waiver", "list", "--json").json()[0]["id"]), Ref(RefKind.DELIVERY, "notify-1"),
        Ref(RefKind.REVIEW, shell("review", "list", "--json").json()[0]["key"]),
        Ref(RefKind.HOLD, holds[0]["id"]),
    ]  # fmt: skip
    return {ref.kind: ref for ref in found}


def _still(data: Any) -> Any:
    """Without the moment at which targets were asked."""
    if isinstance(data, dict):
        return {name: _still(value) for name, value in data.items() if name != "checked_us"}
    return [_still(value) for value in data] if isinstance(data, list) else data


def test_the_command_and_the_tower_show_the_same_of_every_kind(shell: Shell, refs: dict[RefKind, Ref]) -> None:
    assert set(refs) == {kind for kind in RefKind if shows(Ref(kind, "a b"))}
    with closing(House(shell.config)) as house:
        house.sync()
        desk = house.desk("ana")
        for ref in refs.values():
            said = shell(*shlex.split(line(shows(ref)))[1:], "--json")
            assert said.err == "", ref
            written = forms(desk.described(ref))
            assert _still(json.loads(written.json)) == _still(said.json()), ref
            assert _still(yaml.safe_load(written.yaml)) == _still(said.json()), ref
            assert "/hook" not in written.json, "the address of a route is a secret"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("asset", "show", "nobot"), "nobot"),
        (("suite", "show", "r-9"), "there is no run 'r-9'"),
        (("silence", "show", "s-9"), "there is no silence 's-9'"),
        (("review", "show", "rv-9"), "there is no review 'rv-9'"),
    ],
)
def test_what_is_not_there_is_named_with_what_to_do(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    said = shell(*words)
    assert said.code != 0
    assert sentence in said.err
