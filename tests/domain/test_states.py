"""The state machines: every move that is not allowed is refused, whatever came before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.audit import GENESIS, AuditEntry, link
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age, from_us, iso, to_us
from pulse_tui.domain.release import Lineage, ReleaseState
from pulse_tui.domain.rollback import StepRecord, StepState, decode_plan
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.words import Priority
from tests.fakes.chain import broken_at
from tests.fakes.nouns import NOW, PRODUCTION, alert, changed, hold, later, plan, release, step

_FINAL_RELEASE = {ReleaseState.RETIRED}


@given(st.lists(st.sampled_from(list(ReleaseState)), max_size=8))
def test_a_release_never_leaves_retirement_and_quarantine_ends_only_by_an_evaluation(moves: list[ReleaseState]) -> None:
    item = release("1")
    for to in moves:
        before = item.state
        try:
            item = item.move(to)
        except Refused:
            continue
        assert item.state is to
        assert before not in _FINAL_RELEASE or to is before
        if before is ReleaseState.QUARANTINED and to is not before:
            assert to in (ReleaseState.EVALUATED, ReleaseState.RETIRED)
        assert item.usable is (to not in (ReleaseState.QUARANTINED, ReleaseState.RETIRED))


@given(st.lists(st.sampled_from(list(StepState)), max_size=10))
def test_a_step_is_never_sent_again_after_it_was_undone(moves: list[StepState]) -> None:
    item, passed = StepRecord(run_id="r", index=0), [StepState.PENDING]
    for to in moves:
        try:
            item = item.move(to)
        except Refused:
            assert item.state is passed[-1]
            continue
        if to is not passed[-1]:
            assert passed[-1] is not StepState.UNDONE
            assert to is not StepState.PENDING
            if to is StepState.SENT:
                # After a failure only when somebody resumes the run that halted there.
                assert passed[-1] in (StepState.INTENT, StepState.UNKNOWN, StepState.FAILED)
            if to is StepState.INTENT:
                assert passed[-1] is StepState.PENDING
        passed.append(to)
    assert item.state is passed[-1]


_DEEDS = st.lists(st.sampled_from(["again", "ack", "suppress", "lapse", "resolve", "urgent"]), max_size=12)


@given(_DEEDS)
def test_a_closed_episode_never_opens_again(deeds: list[str]) -> None:
    item, closed, count = alert(1, priority=Priority.P3), False, 1
    for minute, deed in enumerate(deeds):
        at = later(minutes=minute)
        try:
            if deed == "ack":
                item = item.acknowledge("ana", later(minutes=minute + 2))
            elif deed == "suppress":
                item = item.suppress("ana", later(minutes=minute + 2), "known")
            elif deed == "lapse":
                item = item.lapse(at)
            elif deed == "resolve":
                item, closed = item.resolve(at, "over"), True
            else:
                priority = Priority.P1 if deed == "urgent" else Priority.P4
                item = item.seen_again(decision_id="d", signal_id="s", at=at, priority=priority, title="t")
                count += 1
        except Refused:
            assert closed
        assert item.open is not closed
        assert item.count == count
        assert item.priority.rank <= Priority.P3.rank


def test_a_resolve_that_came_first_wins_over_an_acknowledgement() -> None:
    over = alert(1).resolve(NOW, "fixed")
    with pytest.raises(Refused, match=r"already resolved\n  - fixed"):
        over.acknowledge("ana", later(hours=1))
    assert over.resolve(later(hours=1), "again") is over


def test_silence_and_acknowledgement_run_out_by_themselves() -> None:
    for hushed in (alert(1).acknowledge("ana", later(hours=1)), alert(1).suppress("ana", later(hours=1), "x")):
        assert hushed.lapse(later(minutes=59)) is hushed
        assert hushed.lapse(later(hours=1)) == alert(1)
    assert alert(1).lapse(later(days=9)).state is AlertState.FIRING


def test_a_list_of_alerts_has_production_before_canary_and_what_is_muted_after_both_and_says_how() -> None:
    canary, production = alert(1), alert(2, environment=PRODUCTION)
    waived = alert(3, environment=PRODUCTION).suppress("ana", later(hours=1), "x", waived=True)
    low = alert(4, priority=Priority.P4)
    assert sorted([waived, low, canary, production], key=lambda a: a.order) == [production, canary, waived, low]
    assert [a.word for a in (canary, waived, alert(1).suppress("ana", later(hours=1), "x"))] == [
        "firing", "waived", "muted",
    ]  # fmt: skip


def test_an_old_report_does_not_turn_the_clock_back() -> None:
    again = alert(1).seen_again(decision_id="d", signal_id="s", at=later(hours=-9), priority=Priority.P4, title="t")
    assert (again.last_at, again.count) == (NOW, 2)


def test_a_hold_covers_its_version_its_asset_or_everything() -> None:
    assert hold(version="1").covers("support-bot", "1")
    assert not hold(version="1").covers("support-bot", "2")
    assert not hold().covers("other", "1")
    assert hold(asset_id=None).covers("other", "1")
    assert not hold(lifted_at=NOW).covers("support-bot", "1")


def test_lineage_says_what_is_not_the_same() -> None:
    old, new = (
        Lineage(base_model="a", prompt_template="v8", eval_run="1"),
        Lineage(base_model="a", prompt_template="v9"),
    )
    assert new.difference(old) == ["prompt template v8 -> v9"]
    assert Lineage().difference(old) == ["base model a -> none", "prompt template v8 -> none"]


def test_a_source_is_never_good_failing_or_late() -> None:
    status = SourceStatus(id="s", kind="feed", every_s=100)
    assert status.health(NOW) is Health.NEVER
    good = changed(status, last_good_at=NOW)
    assert good.health(later(seconds=300)) is Health.GOOD
    assert good.health(later(seconds=301)) is Health.LATE
    assert changed(good, failures=1).health(NOW) is Health.FAILING
    assert [changed(good, failures=n).next_delay_s() for n in (0, 1, 2, 3, 4, 99)] == [100, 200, 400, 800, 1600, 1600]


# --------------------------------------------------------------------------- plans


@pytest.mark.parametrize("field", list(plan().__struct_fields__))
def test_any_other_field_is_another_hash(field: str) -> None:
    made = plan()
    value = getattr(made, field)
    other = {
        "steps": (step("a"), step("b")),
        "environment": next(e for e in type(made.environment) if e is not made.environment),
        "approvals_needed": 2,
        "created_at": later(seconds=1),
        "expires_at": later(hours=2),
    }.get(field, f"{value}x")
    assert changed(made, **{field: other}).hash != made.hash


_PARAMS = st.dictionaries(
    st.text(max_size=5), st.text(max_size=5) | st.integers() | st.booleans() | st.none(), max_size=4
)


@given(_PARAMS, _PARAMS, st.text(max_size=10), st.text(max_size=10))
def test_a_hash_is_stable_and_tells_every_step_apart(
    one: dict[str, object], two: dict[str, object], expected: str, desired: str
) -> None:
    made = plan(steps=(step(params=one, expected=expected, desired=desired),))
    reordered = plan(steps=(step(params=dict(reversed(one.items())), expected=expected, desired=desired),))
    assert made.hash == reordered.hash == decode_plan(made.canonical()).hash
    other = plan(steps=(step(params=two, expected=expected, desired=desired),))
    same = one == two and [type(one[k]) for k in one] == [type(two[k]) for k in one]
    assert (made.hash == other.hash) is same
    swapped = plan(steps=(step(params=one, expected=desired, desired=expected),))
    assert (made.hash == swapped.hash) is (expected == desired)


# --------------------------------------------------------------------------- the audit chain


def _chain(rows: list[tuple[str, str]]) -> list[AuditEntry]:
    out: list[AuditEntry] = []
    for i, (actor, what) in enumerate(rows, start=1):
        previous = out[-1].hash if out else GENESIS
        line = AuditEntry(
            seq=i, at=NOW, actor=actor, action="did", subject=what, detail={"x": what}, previous=previous, hash=""
        )
        out.append(msgspec.structs.replace(line, hash=link(line)))
    return out


_ROWS = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), min_size=1, max_size=6)


@given(_ROWS, st.data())
def test_no_line_can_be_changed_left_out_or_moved(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    chain = _chain(rows)
    assert broken_at(chain) is None
    at = data.draw(st.integers(0, len(chain) - 1))
    field = data.draw(st.sampled_from(["actor", "subject", "action"]))
    bad = changed(chain[at], **{field: getattr(chain[at], field) + "!"})
    assert broken_at([*chain[:at], bad, *chain[at + 1 :]]) == (at + 1, "its content was changed")
    if at < len(chain) - 1:
        assert broken_at([*chain[:at], *chain[at + 1 :]]) is not None
        assert broken_at([*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]]) is not None


# --------------------------------------------------------------------------- time


@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)), st.integers(-23, 23))  # noqa: DTZ001  offset added below
def test_a_moment_is_the_same_after_storage(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert from_us(to_us(moment)) == moment
    assert from_us(to_us(moment)).tzinfo is UTC
    assert iso(moment) == iso(moment.astimezone(UTC))


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="add an offset"):
        to_us(datetime(2026, 1, 1))  # noqa: DTZ001  what is tested


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "<1m"), (59, "<1m"), (60, "1m"), (3_599, "59m"), (3_600, "1h"), (86_399, "23h"), (10**6, "11d")],
)
def test_ages_are_coarse(seconds: int, words: str) -> None:
    assert age(to_us(NOW), to_us(NOW + timedelta(seconds=seconds))) == words
    assert age(None, 0) == "-"
