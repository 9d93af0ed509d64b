"""The page of pushed signals, tried: its configuration, its requests and their answers, against an agent that runs."""

from __future__ import annotations

import json
import os
import re
import signal as signals
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from pulse_tui.cli.help import DOCS
from tests.fakes.pushing_agent import ready, start
from tests.servers.ports import free_port

PAGE = (DOCS / "pushed.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
ESTATE = """estate:
  assets:
    - {id: support-bot, asset_type: service, owner_team: ml, environments: {canary: {version: 1.0.1}, production: {version: 1.0.0}},
       releases: [{version: 1.0.0, state: promoted}, {version: 1.0.1, state: promoted, rollback_to: 1.0.0}]}
"""
TOKENS = {
    "CI_TOKEN": "ci-token-of-the-page-1",
    "EVALS_TOKEN": "evals-token-of-the-page",
    "EVALS_TOKEN_NEW": "evals-token-that-comes",
    "ALERTMANAGER_TOKEN": "alertmanager-of-the-page",
}


class There(NamedTuple):
    """An agent that runs with the configuration of the page."""

    folder: Path
    port: int


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    folder = tmp_path_factory.mktemp("page")
    folder.chmod(0o700)
    chosen = free_port()
    hooks = next(text for language, text in BLOCKS if language == "yaml" and text.startswith("hooks:"))
    file = folder / "pulse.yaml"
    file.write_text(f"database: sqlite:///pulse.db\n{ESTATE}{hooks.replace('8765', str(chosen))}")
    file.chmod(0o600)
    os.environ.update(TOKENS)
    process = start(folder)
    try:
        ready(chosen, process)
        yield There(folder, chosen)
        process.send_signal(signals.SIGTERM)
        assert process.wait(60) == 0, (folder / "agent.log").read_text()
    finally:
        process.kill()
        process.wait()


def test_every_request_of_the_page_is_answered_as_there_and_seen_by_the_commands(there: There, tmp_path: Path) -> None:
    requests = [
        (text, after[1]) for (language, text), after in pairwise(BLOCKS) if (language, after[0]) == ("sh", "json")
    ]
    assert len(requests) == 4
    for request, answer in requests:
        done = subprocess.run(
            ["sh", "-c", request.replace("8765", str(there.port))],
            capture_output=True, text=True, check=True, cwd=tmp_path, timeout=30, env={**os.environ, **TOKENS},
        )  # fmt: skip
        assert json.loads(done.stdout) == json.loads(answer)

    def pulse(*words: str) -> str:
        command = [sys.executable, "-m", "pulse_tui", *words, "--config", str(there.folder)]
        return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **TOKENS}, check=False).stdout

    status = json.loads(pulse("status", "--json"))
    assert {(a["asset"], a["environment"]) for a in status["alerts"]} == {
        ("support-bot", "canary"), ("support-bot", "production"),
    }  # fmt: skip
    assert {s["id"]: s["health"] for s in status["sources"]} == {"alertmanager": "good", "ci": "good", "evals": "never"}
    doctor = pulse("doctor")
    assert "POST /signals: ci, evals, alertmanager" in doctor
    assert "pushed, good, 2 accepted, 2 refused" in doctor
    assert "pushed, nothing came yet: POST /signals with its token" in doctor
    assert "severty" in pulse("status", "--quarantine")
    assert not any(token in doctor for token in TOKENS.values())
