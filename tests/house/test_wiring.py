"""Wiring's own small judgements: whose lease is dead, where kinds come from, what a secret may be."""

import os
import socket
import subprocess
import sys

import pytest

from pulse_tui.domain.errors import ConfigError, PulseError
from pulse_tui.kinds import FAMILIES, Kinds, options_of
from pulse_tui.wiring import holder_name, is_dead, secret


def test_this_process_is_not_dead() -> None:
    assert not is_dead(holder_name())
    assert not is_dead(f"{holder_name()}/run-1/3")


def test_a_process_of_this_host_that_is_gone_is_dead() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from pulse_tui.wiring import holder_name; print(holder_name())"],
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
