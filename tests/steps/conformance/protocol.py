"""What is true of every kind of step at its target. A target is a file in ``tests/fakes/step_targets``."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from tests.fakes.step_targets import At, Fault, opened

WRITERS = 4


def at(kind: str, folder: Path) -> Iterator[At]:
    """The kind at its target, until the test ends."""
    with opened(kind, folder) as target:
        yield At(kind, target, folder)


def fail(at: At, fault: Fault) -> TargetError:
    """The error of the write that goes wrong so."""
    if fault not in at.target.faults:
        pytest.skip(f"a {at.kind} target has no way to be {fault}")
    at.target.fault(fault)
    before, after = at.target.values
    with pytest.raises(TargetError) as caught:
        at.write(after, before)
    return caught.value


def tried(at: At, value: str, expected: str, key: str = "run-0") -> TargetError | None:
    """The error of a write, when there is one."""
    try:
        at.write(value, expected, key)
    except TargetError as error:
        return error
    return None


class Protocol:
    """The tests; a fixture ``at`` gives the kind at its target."""

    def test_the_value_is_read_moved_read_back_and_undone(self, at: At) -> None:
        before, after = at.target.values
        assert at.read() == at.target.holds() == before
        at.write(after, before)
        assert at.read() == at.target.holds() == after
        at.write(before, after, key="run-0-undo", epoch=2)
        assert at.read() == at.target.holds() == before
        assert at.target.effects() == [after, before]

    def test_the_value_is_that_of_the_release_and_its_preflight_passes(self, at: At) -> None:
        for value in at.target.values:
            release = at.target.release(value)
            assert at.module.value_of(at.options, release) == value
            checks = at.module.check(at.options, release, at.context)
            assert [c for c in checks if c.blocking and not c.ok] == []
            assert all(c.name and c.detail and c.detail.isprintable() for c in checks)
        assert at.target.effects() == []

    def test_the_target_is_one_line_without_a_secret_and_always_the_same(self, at: At) -> None:
        name = at.module.target(at.options)
        assert name
        assert name.isprintable()
        assert name == at.module.target(msgspec.convert(at.target.options, at.module.Options))
        assert not [value for value in at.target.secrets.values() if value in name]

    def test_another_value_than_expected_is_refused_and_stays(self, at: At) -> None:
        before, after = at.target.values
        with pytest.raises(TargetError) as caught:
            at.write(before + "1", after)
        assert not caught.value.ambiguous
        assert at.target.holds() == before
        assert at.target.effects() == []

    def test_the_same_write_again_is_no_second_effect(self, at: At) -> None:
        before, after = at.target.values
        at.write(after, before)
        at.write(after, before)
        assert at.target.holds() == after
        assert at.target.effects() == [after]
        assert at.landed() is not False

    def test_a_key_that_took_effect_takes_none_again_after_somebody_moved_it_back(self, at: At) -> None:
        if not at.target.keyed:
            pytest.skip("the target knows no keys: the executor re-reads it after the run")
        before, after = at.target.values
        at.write(after, before)
        at.target.put(before)
        at.write(after, before)
        assert at.target.holds() == before
        assert at.target.effects() == [after]

    def test_an_older_epoch_is_refused(self, at: At) -> None:
        if not at.target.fenced:
            pytest.skip("the target knows no epochs: the lease is checked right before the send")
        before, after = at.target.values
        at.write(after, before, epoch=5)
        with pytest.raises(TargetError) as caught:
            at.write(before, after, key="late", epoch=4)
        assert not caught.value.ambiguous
        assert at.target.holds() == after

    def test_of_racing_writers_one_wins_and_the_others_are_refused(self, at: At) -> None:
        if not at.target.compares:
            pytest.skip("the target compares nothing: the executor re-reads it after the run")
        before, _ = at.target.values

        def write(number: int) -> TargetError | None:
            return tried(at, f"{before}-{number}", before, key=f"run{number}-0")

        with ThreadPoolExecutor(WRITERS) as pool:
            errors = [error for error in pool.map(write, range(WRITERS)) if error is not None]
        assert len(errors) == WRITERS - 1
        assert not [error for error in errors if error.ambiguous]
        assert at.target.effects() == [at.target.holds()] == [at.read()]

    def test_a_refusal_is_never_ambiguous(self, at: At) -> None:
        assert not fail(at, Fault.REFUSED).ambiguous
        assert at.target.holds() == at.target.values[0]

    def test_no_answer_and_nothing_happened_is_ambiguous_and_may_be_sent_again(self, at: At) -> None:
        before, after = at.target.values
        assert fail(at, Fault.LOST).ambiguous
        assert at.target.holds() == before
        assert at.landed() is not True
        at.write(after, before)
        assert at.target.effects() == [after]

    def test_no_answer_and_it_happened_is_ambiguous_and_no_second_effect_when_sent_again(self, at: At) -> None:
        before, after = at.target.values
        assert fail(at, Fault.LANDED).ambiguous
        assert at.target.holds() == at.read() == after
        assert at.landed() is not False
        at.write(after, before)
        assert at.target.effects() == [after]

    def test_a_write_that_does_nothing_reads_back_as_what_was_there(self, at: At) -> None:
        if Fault.IGNORED not in at.target.faults:
            pytest.skip(f"a {at.kind} target cannot accept and do nothing")
        before, after = at.target.values
        at.target.fault(Fault.IGNORED)
        at.write(after, before)
        assert at.read() == at.target.holds() == before

    def test_a_target_that_is_gone_is_an_error_and_never_an_empty_value(self, at: At) -> None:
        before, after = at.target.values
        at.target.vanish()
        with pytest.raises(TargetError) as unread:
            at.read()
        assert not unread.value.ambiguous
        with pytest.raises(TargetError) as unsent:
            at.write(after, before)
        assert not unsent.value.ambiguous

    @pytest.mark.parametrize(
        "odd", ["3.8.1\nevil: 1", "3.8.1\x1b[2J", "-3.8.1", "3.8.1\u202e", " ", "a" * 600, "{key}"]
    )
    def test_an_odd_value_is_refused_or_held_whole_and_never_another_one(self, at: At, odd: str) -> None:
        before, _ = at.target.values
        error = tried(at, odd, before)
        if error is None:
            assert at.target.effects() == [odd]
            assert at.read().isprintable()
            assert at.read() not in ("3.8.1", before, "")
        else:
            assert not error.ambiguous
            assert error.what.isprintable()
            assert at.read() == at.target.holds() == before
