"""Heads of the audit log are kept in files and in the system's log, and a place that takes none is named."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from pulse_tui.anchors import Anchors, anchors_in
from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import ConfigError, PulseError
from pulse_tui.domain.vote import Head, Payload
from tests.fakes.nouns import NOW

HASH = "ab" * 32
LINE = f"audit 7 {HASH} 2026-11-23T02:40:00Z plan.approved 0123456789ab support-bot/canary by ana"


def test_a_file_keeps_every_anchor_and_nobody_else_reads_it(tmp_path: Path) -> None:
    anchors = Anchors(["kept.log"], tmp_path)
    anchors.write(LINE)
    anchors.write(LINE.replace("audit 7", "audit 8"))
    assert list(anchors_in(tmp_path / "kept.log")) == [Anchor(7, HASH), Anchor(8, HASH)]
    assert (tmp_path / "kept.log").stat().st_mode & 0o777 == 0o600


def test_the_systems_log_gets_it_as_a_security_notice_and_a_copy_of_that_log_is_read(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as log:
        log.bind(str(tmp_path / "log"))
        Anchors(["syslog"], tmp_path, str(tmp_path / "log")).write(LINE)
        assert log.recv(4096).decode() == f"<37>pulse_tui: {LINE}"
    (tmp_path / "auth.log").write_text(f"Nov 23 02:40:00 jump-1 pulse_tui: {LINE}\nsome other line\naudit x y\n")
    assert list(anchors_in(tmp_path / "auth.log")) == [Anchor(7, HASH)]


def test_every_place_that_took_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PulseError) as failed:
        Anchors(["absent/kept.log", "syslog", "good.log"], tmp_path, str(tmp_path / "no-socket")).write(LINE)
    assert f"{tmp_path}/absent/kept.log: No such file" in str(failed.value)
    assert f"{tmp_path}/no-socket: No such file" in str(failed.value)
    assert list(anchors_in(tmp_path / "good.log")) == [Anchor(7, HASH)]


def test_a_file_of_anchors_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        list(anchors_in(tmp_path / "absent.log"))


def test_a_vote_that_was_signed_is_an_anchor_and_so_is_the_contents_of_a_bundle(tmp_path: Path) -> None:
    vote = Payload(
        plan=HASH, decision="yes", principal="ana", reason="sure", nonce="0" * 32, at=NOW, expires_at=NOW,
        audit=Head(seq=7, hash=HASH),
    )  # fmt: skip
    (tmp_path / "01-ana.json").write_bytes(vote.encoded())
    (tmp_path / "CONTENTS").write_text(f"run r1\nsigned ana votes/01-ana {HASH} chain/000000002\naudit 9 {HASH}\n")
    assert list(anchors_in(tmp_path / "01-ana.json")) == [Anchor(7, HASH)]
    assert list(anchors_in(tmp_path / "CONTENTS")) == [Anchor(9, HASH)]
