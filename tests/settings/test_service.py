"""The ``service`` section: what is written wrongly is named at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.happening import Level
from pulse_tui.settings.service import LogForm, ServiceShape
from pulse_tui.wiring import read_settings


def service(folder: Path, text: str) -> ServiceShape:
    (folder / "pulse.yaml").write_text(text)
    return read_settings(folder).service


def test_left_out_it_listens_nowhere_and_logs_text(tmp_path: Path) -> None:
    assert service(tmp_path, "name: x\n") == ServiceShape(listen=None, log=LogForm.TEXT, level=Level.INFO)


def test_an_address_is_a_host_and_a_port(tmp_path: Path) -> None:
    found = service(tmp_path, 'service: {listen: "[::1]:9464", log: json, level: warning}\n')
    assert (found.host, found.port, found.log, found.level) == ("::1", 9464, LogForm.JSON, Level.WARNING)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("service:\n  listen: 9464\n", "service.listen"),
        ("service:\n  listen: localhost\n", "host and port, as 127.0.0.1:8443"),
        ("service:\n  log: jsn\n", "did you mean 'json'?"),
        ("service:\n  level: warn\n", "did you mean 'warning'?"),
        ("service:\n  lisen: 127.0.0.1:1\n", "did you mean 'listen'?"),
    ],
)
def test_what_is_wrong_is_named_at_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        service(tmp_path, text)
    (problem,) = wrong.value.problems
    assert problem.where.startswith("pulse.yaml:2")
    assert words in str(problem)
