"""``pulse-tui tripwire`` on an estate whose model changes without a note, from the first round to the pinned baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.tripwire import ProbeKind
from tests.cli.conftest import Shell
from tests.servers.chat_api import KEY, ChatApi
from tests.servers.loopback import Loopback, Reply

SOURCE = """\
sources:
  - id: wire
    kind: tripwire
    url: "{url}/v1"
    token: "${{CHAT_KEY}}"
    model: chat-large
    vendor: openai
    asset: my-bot
    repeats: 1
    learn: 3
"""


@pytest.fixture
def api(server: Loopback, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> ChatApi:
    """A model behind the tripwire of my-bot."""
    (shell.config / "tripwire.yaml").write_text(SOURCE.format(url=server.url))
    monkeypatch.setenv("CHAT_KEY", KEY)
    api = ChatApi(server)
    api.rates = dict.fromkeys(ProbeKind, 1.0) | {ProbeKind.REFUSAL: 0.0}
    return api


def rounds(shell: Shell, count: int) -> None:
    for _ in range(count):
        assert shell("refresh", "wire").code == 0


def test_before_the_first_round_nothing_is_known(shell: Shell, api: ChatApi) -> None:
    said = shell("tripwire")
    assert said.code == 1
    assert said.out.startswith("? wire: chat-large no round yet")
    assert api.calls == 0


def test_while_it_learns_it_is_not_good(shell: Shell, api: ChatApi) -> None:
    del api
    rounds(shell, 2)
    said = shell("tripwire", "wire")
    assert said.code == 1
    assert "◌ wire: chat-large learning" in said.out
    assert "learning the baseline of chat-large: 2 of 3 rounds" in said.out
    assert "learning" in shell("status").out


def test_a_hidden_prompt_is_shown_by_every_room_until_it_is_pinned(shell: Shell, api: ChatApi) -> None:
    rounds(shell, 4)
    assert shell("tripwire").code == 0
    api.hidden_tokens = 20
    rounds(shell, 1)
    said = shell("tripwire", "wire")
    assert said.code == 1
    assert "▲ prompt tokens  shifted  340 over 14 prompts -> 620, +20 in each" in said.out
    status = shell("status")
    assert "prompt tokens of chat-large moved without a note: my-bot" in status.out
    assert "pulse-tui tripwire pin wire --why REASON" in status.out
    rounds(shell, 2)
    done = shell("tripwire", "pin", "wire", "--why", "the vendor confirmed a new template")
    assert done.code == 0
    assert done.out.startswith("pinned by ana: wire, baseline of 3 rounds of chat-large")
    assert shell("tripwire").code == 0
    assert "moved without a note" not in shell("status").out
    assert "tripwire.pinned" in shell("audit", "export").out


def test_the_answer_as_json_has_every_number(shell: Shell, api: ChatApi) -> None:
    del api
    rounds(shell, 4)
    (one,) = shell("tripwire", "--json").json()
    assert (one["source"], one["state"], one["assets"]) == ("wire", "within its baseline", ["my-bot"])
    assert one["tokens_a_day"] == 4 * one["rounds"][0]["tokens"]
    assert {line["state"] for line in one["metrics"]} == {"within"}


def test_a_failing_endpoint_is_a_failing_source_and_the_key_is_nowhere(shell: Shell, api: ChatApi) -> None:
    rounds(shell, 3)
    api.instead = Reply.json({"error": {"message": f"Incorrect API key provided: {KEY}"}}, 401)
    failed = shell("refresh", "wire")
    assert failed.code == 1
    said = shell("tripwire", "wire")
    assert said.code == 1
    assert "not known  its last round failed" in said.out
    doctor = shell("doctor")
    told = failed.out + failed.err + said.out + doctor.out + shell("status").out + shell("audit", "export").out
    assert "401" in told
    assert KEY not in told
    assert KEY.encode() not in b"".join(p.read_bytes() for p in Path(shell.config).glob("pulse.db*"))


def test_names_are_checked(shell: Shell, api: ChatApi) -> None:
    del api
    assert shell("tripwire", "wires").code == 2
    assert "wire" in shell("tripwire", "wires").err
    assert shell("tripwire", "a", "b").code == 2
    assert shell("tripwire", "pin").code == 2
    assert "no round of a tripwire" in shell("tripwire", "pin", "wire", "--why", "x").err


def test_without_a_tripwire_that_is_what_it_says(shell: Shell) -> None:
    said = shell("tripwire")
    assert (said.code, said.out) == (0, "no tripwire is configured: see pulse-tui help vendors\n")
