"""The ``hooks`` section: who may send, and every mistake with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.push import SILENT_S, Form
from pulse_tui.domain.words import SignalType
from pulse_tui.kinds import options_of
from pulse_tui.settings.hooks import HooksShape, in_scope
from pulse_tui.settings.load import load
from pulse_tui.settings.references import Known, broken, secrets
from pulse_tui.settings.shapes import Settings

ESTATE = "estate: {assets: [{id: support-bot, asset_type: service, owner_team: t}]}\n"


def read(folder: Path, text: str) -> Settings:
    folder.chmod(0o700)
    file = folder / "pulse.yaml"
    file.write_text(ESTATE + text)
    file.chmod(0o600)
    return load(folder, options_of)


def hooks(folder: Path, text: str) -> HooksShape:
    found = read(folder, text).hooks
    assert found is not None
    return found


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read(folder, text)
    return [str(p) for p in raised.value.problems]


def test_a_sender_has_a_token_a_scope_a_rate_and_a_form(tmp_path: Path) -> None:
    found = hooks(
        tmp_path,
        "hooks:\n  listen: 127.0.0.1:8765\n  senders:\n"
        '    - {id: ci, token: "${CI_TOKEN}", rate: 30/m, signal_types: [cve], every: 10m, confidence: 0.8}\n'
        '    - {id: am, token: ["${A}", "${B}"], form: alertmanager, labels: {asset: [app], severities: {p1: critical}}}\n',
    )
    ci, am = found.senders
    assert (ci.rate_s, ci.signal_types, ci.every_s, ci.confidence) == (0.5, (SignalType.CVE,), 600.0, 0.8)
    assert (am.form, am.tokens, am.every_s, am.rate_s) == (Form.ALERTMANAGER, ("${A}", "${B}"), SILENT_S, 200.0)
    assert am.labels.asset == ("app",)


def test_without_senders_it_is_what_it_was(tmp_path: Path) -> None:
    assert hooks(tmp_path, 'hooks: {listen: "[::1]:80"}\n').senders == ()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            '{id: ci, token: "secret-in-the-open"}',
            "expected text (the name of an environment variable, as ${CI_TOKEN})",
        ),
        ('{id: ci, token: "${T}", rate: fast}', "expected text (a rate, as 200/s)"),
        ('{id: ci, token: "${T}", signal_types: [cvee]}', "did you mean 'cve'?"),
        ('{id: ci, token: "${T}", form: alertmanger}', "did you mean 'alertmanager'?"),
        ('{id: ci, token: "${T}", asset: [x]}', "did you mean 'assets'?"),
        ('{id: ci, token: "${T}", confidence: 2}', "a number (>= 0, <= 1)"),
        ('{id: "a:b", token: "${T}"}', "expected text"),
        ("{id: ci, token: []}", "ci has 0 tokens"),
        ('{id: ci, token: ["${A}", "${B}", "${C}"]}', "ci has 3 tokens (one, or two while one is replaced)"),
        ('{id: ci, token: ["${A}", "${A}"]}', "ci has the token ${A} twice"),
        ("{id: ci}", "the key 'token' is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, entry: str, says: str) -> None:
    (problem,) = problems(tmp_path, f"hooks:\n  listen: 127.0.0.1:8765\n  senders:\n    - {entry}\n")
    assert problem.startswith("pulse.yaml:5:")
    assert says in problem
    assert "secret-in-the-open" not in problem


def test_a_token_that_two_have_and_an_id_that_is_taken_are_refused(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "sources: [{id: drop, kind: signals, path: signals}]\n"
        "hooks:\n  listen: 127.0.0.1:8765\n  senders:\n"
        '    - {id: a, token: "${T}"}\n    - {id: b, token: "${T}"}\n    - {id: a, token: "${U}"}\n    - {id: drop, token: "${V}"}\n',
    )
    assert [f.partition(": ")[2] for f in found] == [
        "hooks.senders: b has the token ${T} as a has (who sends is known by the token alone: give each its own)",
        "hooks.senders: the id 'a' is taken by another sender (a signal's source is its sender's id: give it another one)",
        "hooks.senders: the id 'drop' is taken by a source (a signal's source is its sender's id: give it another one)",
    ]
    assert [f.split(":")[1] for f in found] == ["7", "8", "9"]


def test_a_scope_that_names_nothing_is_found_and_the_tokens_are_secrets(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "hooks:\n  listen: 127.0.0.1:8765\n  senders:\n"
        '    - {id: ci, token: "${T}", assets: [suport-bot, "embed-*", "support-*"]}\n',
    )
    found = [f"{b.where}: {b.what}" for b in broken(settings, Known())]
    assert found == [
        "sender ci: there is no asset 'suport-bot' did you mean 'support-bot'?",
        "sender ci: no asset begins with 'embed-' known: support-bot",
    ]
    assert list(secrets(settings)) == [("sender ci", "T")]


def test_a_star_stands_for_any_end() -> None:
    assert in_scope("embed-gateway", ("embed-*",))
    assert in_scope("embed-", ("embed-*",))
    assert not in_scope("embed", ("embed-*", "embe"))
