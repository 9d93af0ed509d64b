"""The log: what a line is, what is left out of it, and a reader that does not read."""

from __future__ import annotations

import json
import os
import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.happening import Happening, Level, happening
from pulse_tui.environment import redact
from pulse_tui.service.log import Log, in_journal, to_descriptor
from pulse_tui.settings.service import LogForm

AT = datetime(2026, 11, 30, 2, 40, tzinfo=UTC)


def written(*what: str, form: LogForm = LogForm.JSON, level: Level = Level.DEBUG, journal: bool = False) -> list[str]:
    lines: list[str] = []
    log = Log(lambda: AT, redact, form=form, level=level, journal=journal, write=lines.append)
    for each in what:
        log(each)
    log.close(2.0)
    return lines


def test_a_line_of_json_says_when_how_bad_which_event_and_about_what() -> None:
    (line,) = written(Happening("news: it failed", "round_failed", Level.WARNING, source="news", seconds=1.5))
    assert json.loads(line) == {
        "at": "2026-11-30T02:40:00Z", "level": "warning", "event": "round_failed", "message": "news: it failed",
        "source": "news", "seconds": 1.5,
    }  # fmt: skip


def test_a_plain_sentence_is_an_information() -> None:
    assert json.loads(written("hello")[0])["event"] == "message"
    assert written("hello", form=LogForm.TEXT) == ["2026-11-30T02:40:00Z info    hello\n"]


def test_the_journal_gets_the_priority_it_reads() -> None:
    (line,) = written(Happening("x", "y", Level.ERROR), form=LogForm.TEXT, journal=True)
    assert line.startswith("<3>2026")


def test_what_is_less_than_the_level_is_not_written() -> None:
    every = [Happening(level.value, "x", level) for level in Level]
    assert [json.loads(line)["message"] for line in written(*every, level=Level.WARNING)] == ["warning", "error"]


def test_a_secret_is_taken_out_of_the_message_and_of_what_it_is_about() -> None:
    text = "https://ana:hunter2hunter2@host/x answered 401, token=abcdefabcdef"
    (line,) = written(Happening(text, "x", where=text))
    assert "hunter2" not in line
    assert "abcdefabcdef" not in line


@given(st.text(max_size=200), st.sampled_from(LogForm))
def test_one_happening_is_one_line_whatever_it_quotes(text: str, form: LogForm) -> None:
    (line,) = written(happening(text, "x"), form=form)
    assert line.endswith("\n")
    assert len(line[:-1].splitlines()) == 1
    assert "\x1b" not in line
    if form is LogForm.JSON:
        assert json.loads(line)["event"] == "x"


def test_a_reader_that_waits_holds_up_nobody_and_what_is_missing_is_counted() -> None:
    free, begun, lines = threading.Event(), threading.Event(), list[str]()

    def slow(line: str) -> None:
        begun.set()
        free.wait(120)
        lines.append(line)

    log = Log(lambda: AT, redact, form=LogForm.JSON, write=slow, waiting=10)
    log("first")
    assert begun.wait(60)
    before = time.monotonic()
    for n in range(1_000):
        log(f"line {n}")
    assert time.monotonic() - before < 60
    assert log.dropped == 990
    assert log.flush(0.01) is False
    free.set()
    log("late")
    log.close(5)
    missing = [found["lines"] for line in lines if (found := json.loads(line))["event"] == "log_lines_missing"]
    assert sum(missing) == log.dropped


def test_a_reader_that_is_gone_ends_nothing() -> None:
    read, write = os.pipe()
    os.close(read)
    log = Log(lambda: AT, redact, write=lambda line: to_descriptor(line, write))
    log("x")
    log.close(2)
    os.close(write)


@pytest.mark.parametrize("stream", ["", "x", "1:2", "nonsense:"])
def test_a_stream_that_is_another_one_is_not_the_journal(stream: str) -> None:
    assert in_journal({"JOURNAL_STREAM": stream}) is False


def test_the_journal_is_known_by_its_device_and_inode() -> None:
    read, write = os.pipe()
    there = os.fstat(write)
    assert in_journal({"JOURNAL_STREAM": f"{there.st_dev}:{there.st_ino}"}, write)
    os.close(read)
    os.close(write)
