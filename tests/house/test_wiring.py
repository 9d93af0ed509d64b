"""Wiring's own small judgements: whose lease is dead, where kinds come from, what a secret may be."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from pulse_tui.domain.errors import ConfigError, PulseError, StorageError
from pulse_tui.environment import SHORTEST_SECRET, redact, secret, secret_url
from pulse_tui.kinds import FAMILIES, Kinds, options_of
from pulse_tui.process import holder_name, is_dead
from pulse_tui.storage.engine import normalize, shown


def test_this_process_is_not_dead() -> None:
    assert not is_dead(holder_name())
    assert not is_dead(f"{holder_name()}/run-1/3")


def test_a_process_of_this_host_that_is_gone_is_dead() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pulse_tui.process import holder_name; print(holder_name())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert is_dead(done.stdout.strip())
    assert is_dead(done.stdout.strip() + "/run-1")


def test_nothing_is_said_of_another_host_another_boot_or_an_unreadable_name() -> None:
    space, pid = holder_name().split(":")[-2:]
    assert not is_dead(f"elsewhere:{space}:999999999")
    assert not is_dead(f"{socket.gethostname()}:1-other:999999999")
    assert not is_dead("ben")
    assert not is_dead("")
    assert pid == str(os.getpid())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_kind_is_a_file_and_every_one_can_be_imported(family: str) -> None:
    kinds = Kinds(family)
    assert len(kinds) >= 2
    for kind in kinds:
        assert isinstance(options_of(family, kind), type)


def test_an_unknown_kind_names_the_known_ones() -> None:
    assert "mlflow" in options_of("collectors", "mlfow")  # type: ignore[operator]


def test_a_kind_that_cannot_be_imported_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = Kinds("steps")
    monkeypatch.setitem(kinds._where, "broken", "no_such_package.step")
    with pytest.raises(PulseError, match=r"broken.*cannot be imported"):
        kinds["broken"]


def test_a_secret_comes_from_the_environment_and_a_missing_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_TEST_TOKEN", "s3cret")
    assert secret("Bearer ${PULSE_TEST_TOKEN}") == "Bearer s3cret"
    with pytest.raises(ConfigError, match="PULSE_NOT_SET"):
        secret("${PULSE_NOT_SET}")


@pytest.mark.parametrize("password", ["p@ss", "a:b", "a/b", "50%", "p%40", "?#[x] y", "ü@é", "://@:/", "${X}"])
def test_any_password_works_in_a_database_url_and_is_never_shown(
    password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_TEST_PASSWORD", password)
    monkeypatch.setenv("PULSE_TEST_HOST", "db.test:5433")
    filled = secret_url("postgresql://us${PULSE_TEST_PASSWORD}er:${PULSE_TEST_PASSWORD}@${PULSE_TEST_HOST}/pulse?a=b@c")
    url = normalize(filled, tmp_path)
    assert (url.username, url.password) == (f"us{password}er", password)
    assert (url.host, url.port, url.database) == ("db.test", 5433, "pulse")
    if len(password) >= SHORTEST_SECRET:
        assert redact(str(url.password).encode()) == redact(quote(password, safe="").encode()) == b"***"
    assert password not in shown(url.set(username="ana"))


def test_a_whole_database_url_in_a_variable_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_TEST_URL", "postgresql://ana:p%40ss@db/pulse")
    assert secret_url("${PULSE_TEST_URL}") == "postgresql://ana:p%40ss@db/pulse"
    monkeypatch.setenv("PULSE_TEST_FOLDER", "/srv/a@b")
    assert secret_url("sqlite:///${PULSE_TEST_FOLDER}/pulse.db") == "sqlite:////srv/a@b/pulse.db"


@pytest.mark.parametrize("url", ["postgresql://ana:p@ss:x@db/pulse", "ana:s3cret@db", "postgresql:ana:s3cret@db"])
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is no database URL") as refused:
        normalize(url, tmp_path)
    assert "ss" not in str(refused.value).partition("Write")[0]
    assert "s3cret" not in str(refused.value)
