"""The past of a real estate: recorded by the thread that agents have, read again as of a moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.errors import NotFound, PulseError
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.frame import Frame
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.words import Environment
from pulse_tui.ports.tower import PastDesk
from pulse_tui.process import holder_name
from pulse_tui.rounds.recording import Recording
from pulse_tui.services.past.recorder import LEASE
from pulse_tui.services.past.retention import prune_frames
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.service.recording import FilePast, RecordingFile, read_recording
from pulse_tui.wiring import House
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later, signal
from tests.fakes.small_estate import write_estate


class Night:
    """A house whose board is looked at when the test says so."""

    def __init__(self, folder: Path, **config: str) -> None:
        self.clock = Clock()
        path = write_estate(folder, "http://127.0.0.1:9")
        with (path / "pulse.yaml").open("a", encoding="utf-8") as file:
            file.writelines(f"{key}: {value}\n" for key, value in config.items())
        self.house = House(path, clock=self.clock)
        self.house.sync()
        self.recording = Recording(self.house)

    def minute(self, n: float) -> bool:
        """At that minute the recorder looks; whether it wrote."""
        self.clock.now = later(minutes=n)
        self.recording._claimed = -1e9
        return self.recording.look()

    def fires(self, minute: float) -> str:
        """An alert opens; its id."""
        self.clock.now = later(minutes=minute)
        evidence = ServiceEvidence(metric="p95_latency", value=1600.0, objective=800.0, unit="ms")
        one = signal(
            asset_id="my-bot", environment=Environment.CANARY, evidence=evidence, occurred_at=self.clock.now,
            observed_at=self.clock.now, title="p95 latency of my-bot canary is over its objective",
        )  # fmt: skip
        before = {a.id for a in self.house.desk().board().alerts}
        ingest([one], [], self.house.judging, self.clock.now)
        return next(a.id for a in self.house.desk().board().alerts if a.id not in before)

    def past(self, minute: float) -> PastDesk:
        return self.house.desk().past(later(minutes=minute))


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    night = Night(tmp_path / "config")
    yield night
    night.house.close()


def test_a_moment_shows_what_was_open_then_and_not_what_is_now(night: Night) -> None:
    night.minute(0)
    alert = night.fires(10)
    night.minute(10)
    night.clock.now = later(minutes=20)
    night.house.desk("ana").resolve(alert, "it was a test")
    night.minute(20)
    assert [a.id for a in night.past(9).board().alerts] == []
    assert [(a.id, a.state) for a in night.past(15).board().alerts] == [(alert, "firing")]
    assert night.past(20).board().alerts == ()


def test_nothing_is_written_while_nothing_changes_but_a_sign_of_life(night: Night) -> None:
    night.minute(0)
    assert night.minute(60)  # the sources of the estate were never read, which was news in the meantime
    assert [night.minute(n) for n in (61, 62, 63, 64)] == [False] * 4
    assert night.minute(65)
    with night.house.store.read() as tx:
        assert (span := tx.frames.span()) is not None
        assert not span[1].news
        assert len(span[1].body) < 40


def test_the_page_of_an_alert_has_what_was_known_then_alone(night: Night) -> None:
    night.minute(0)
    alert = night.fires(10)
    night.minute(10)
    night.clock.now = later(minutes=20)
    night.house.desk("ana").acknowledge(alert)
    night.minute(20)
    page = night.past(15).story(alert)
    text = "\n".join((*page.changed, *page.risk, *page.todo, *page.why, *page.timeline))
    assert page.alert.state == "firing"
    assert "p95 latency of my-bot canary is over its objective" in text
    assert "service.ratio" in text
    assert "alert.opened" in text
    assert "acknowledged" not in text
    assert "acknowledged by ana" in "\n".join(night.past(25).story(alert).todo)
    with pytest.raises(NotFound, match=f"alert {alert} was not open at 2026-11-23T03:15:00Z"):
        night.past(5).story(alert)


def test_the_activity_ends_at_the_moment(night: Night) -> None:
    night.minute(0)
    alert = night.fires(10)
    night.minute(10)
    night.clock.now = later(minutes=20)
    night.house.desk("ana").acknowledge(alert)
    night.minute(20)
    night.clock.now = later(minutes=30)
    for then, acknowledged in ((15, False), (25, True)):
        rows = night.past(then).activity()
        assert rows
        assert all(row.at_us <= to_us(later(minutes=then)) for row in rows)
        assert any(row.action == "alert.acknowledged" for row in rows) is acknowledged


def test_every_call_of_a_desk_answers_as_of_then_or_is_refused_and_nothing_is_written(night: Night) -> None:
    night.minute(0)
    night.fires(10)
    night.minute(10)
    past = night.past(10)
    mark = night.house.store.change_mark()
    calls = [name for name in dir(PastDesk) if not name.startswith("_")]
    assert len(calls) > 80
    for name in calls:
        member = getattr(past, name)
        if not callable(member) or name in ("go", "step", "past", "landed", "described"):
            continue
        for arguments in ((), ("x",), ("x", "y"), ("x", "y", "z"), ("x", "y", "z", 1, "w")):
            with contextlib.suppress(TypeError):
                with contextlib.suppress(PulseError):
                    member(*arguments)
                break
    assert night.house.store.change_mark() == mark


def test_a_moment_before_the_first_record_says_when_records_begin_and_whether_earlier_ones_were_pruned(
    night: Night,
) -> None:
    night.clock.now = later(minutes=1)
    with pytest.raises(NotFound, match="nothing is on record"):
        night.past(0)
    night.minute(30)
    with pytest.raises(NotFound, match="is before the first record: records begin at 2026-11-23T03:40:00Z"):
        night.past(29)
    with night.house.store.write() as tx:
        tx.frames.add(Frame(at=later(hours=25), whole=True, body=b"!"))
    assert prune_frames(night.house.store, later(hours=26), later(hours=26))
    with pytest.raises(NotFound, match=r"is no longer kept: what was recorded before .* was pruned"):
        night.past(60)


def test_while_another_process_records_this_one_does_not_and_takes_over_when_it_is_gone(night: Night) -> None:
    with night.house.store.write() as tx:
        assert tx.plumbing.claim(LEASE, "elsewhere/1/0", NOW, 120.0)
    assert not night.minute(1)
    assert night.minute(4)
    with night.house.store.read() as tx:
        assert tx.plumbing.lease_until(LEASE, holder_name()) is not None
        assert (last := tx.frames.span()) is not None
        assert last[0].whole


def test_who_lost_the_lease_writes_nothing_more(night: Night) -> None:
    night.minute(0)
    with night.house.store.write() as tx:
        tx.plumbing.release(LEASE, holder_name())
        tx.plumbing.claim(LEASE, "elsewhere/1/0", NOW, 1e6)
    night.fires(1)
    night.recording._claimed = float("inf")
    with pytest.raises(PulseError, match="another process records"):
        night.recording.look()


def test_a_file_has_the_same_moments_and_pages_of_the_log_say_that_it_has_none(night: Night, tmp_path: Path) -> None:
    path = tmp_path / "night.pulse"
    file = RecordingFile(path, "small")
    night.recording = Recording(night.house, file)
    night.minute(0)
    alert = night.fires(10)
    night.minute(10)
    file.close()
    from pulse_tui.services.past.replay import replay_desk

    past = replay_desk(
        lambda: contextlib.nullcontext(FilePast(read_recording(path).frames)), later(minutes=10), night.clock.now
    )
    assert [a.id for a in past.board().alerts] == [alert]
    assert "the file has the board alone" in past.story(alert).why[0]
    with pytest.raises(NotFound, match="the activity is not on record"):
        past.activity()
    with night.house.store.read() as tx:
        assert tx.frames.span() is None


def test_a_file_that_takes_no_more_ends_the_recording_with_one_sentence(night: Night) -> None:
    class Full:
        def add(self, _frame: object) -> None:
            from pulse_tui.domain.errors import StorageError

            raise StorageError("recording to night.pulse stopped: No space left on device")

    said: list[str] = []
    recording = Recording(night.house, Full(), said.append)
    recording.start()
    assert recording._thread is not None
    recording._thread.join(60)
    assert not recording._thread.is_alive()
    assert said == ["recording to night.pulse stopped: No space left on device; the tower goes on"]


def test_nothing_is_recorded_where_the_configuration_says_off(tmp_path: Path) -> None:
    night = Night(tmp_path / "config", recording="off")
    night.recording.start()
    assert night.recording._thread is None
    night.house.close()
