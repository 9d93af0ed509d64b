"""The outbox on a database: pauses that are asked for, order, folding, routes that are down, kinds with a pace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from pulse_tui.actions import notify
from pulse_tui.domain.delivery import Delivery, DeliveryState
from pulse_tui.domain.errors import TargetError
from pulse_tui.ports import Answer, Route, SendContext
from pulse_tui.services.alerts.deliver import deliver, due_routes, empty
from pulse_tui.services.alerts.outbox import drop
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import NOW


class Receiver:
    """An action whose destination does what the test says; every message that it took, in order."""

    class Options(msgspec.Struct, frozen=True):
        """As of a kind without a pace."""

    def __init__(self) -> None:
        self.took: list[Delivery] = []
        self.receipts: list[str] = []
        self.tried: list[str] = []
        self.does: Callable[[Delivery], None] = lambda _delivery: None
        self._lock = threading.Lock()

    def respond(self, case: Any) -> Any:
        raise NotImplementedError

    def deliver(self, delivery: Delivery, options: Any, context: SendContext) -> str:
        with self._lock:
            self.tried.append(delivery.key)
        self.does(delivery)
        with self._lock:
            self.took.append(delivery)
            self.receipts.append(context.first_receipt)
        return f"took {len(self.took)}"

    @property
    def keys(self) -> list[str]:
        return [d.key for d in self.took]


class Slow(msgspec.Struct, frozen=True):
    """As of a kind that takes a message a second."""

    PACE_S: ClassVar[float] = 1.0
    AT_ONCE: ClassVar[int] = 1


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def parts(judge: JudgeParts, receiver: Receiver) -> JudgeParts:
    actions: Mapping[str, Any] = {**judge.actions, "receiver": receiver}
    routes = [Route(id="r", kind="receiver", options=Receiver.Options()), *judge.routes]
    return judge._replace(actions=actions, routes=routes)


def put(parts: JudgeParts, *keys: str, route: str = "r") -> None:
    with parts.store.write() as tx:
        for number, key in enumerate(keys):
            payload = {
                "event": key.split("/")[1] if "/" in key else "opened",
                "title": f"about {key}",
                "why": f"why {key}",
            }
            at = NOW + timedelta(milliseconds=number)
            tx.plumbing.enqueue(Delivery(key=key, kind="receiver", route=route, payload=payload, created_at=at))


def states(parts: JudgeParts) -> dict[str, DeliveryState]:
    with parts.store.read() as tx:
        return {d.key: d.state for d in tx.plumbing.deliveries(10_000) if d.kind == "receiver"}


def fail(**how: Any) -> Callable[[Delivery], None]:
    def does(_delivery: Delivery) -> None:
        raise TargetError("no", ambiguous=False, **how)

    return does


def test_a_thread_arrives_in_order_and_what_follows_knows_the_first_receipt(
    parts: JudgeParts, receiver: Receiver
) -> None:
    put(parts, "a/resolved", "a", "a/raised/1", "b")
    assert deliver(parts, "h", "r") == (4, 0, 0)
    assert [k for k in receiver.keys if k.startswith("a")] == ["a", "a/resolved", "a/raised/1"]
    assert dict(zip(receiver.keys, receiver.receipts, strict=True))["a/raised/1"].startswith("took ")
    assert receiver.receipts[receiver.keys.index("a")] == ""


def test_several_messages_are_under_way_at_once_but_never_two_of_a_thread(
    parts: JudgeParts, receiver: Receiver
) -> None:
    put(parts, *(f"t{n}" for n in range(40)), *(f"t{n}/resolved" for n in range(40)))
    under, most, lock = set[str](), [0], threading.Lock()
    met = threading.Event()

    def does(delivery: Delivery) -> None:
        with lock:
            assert delivery.thread not in under
            under.add(delivery.thread)
            most[0] = max(most[0], len(under))
            if len(under) > 1:
                met.set()
        met.wait(0.1)  # the first ones go alone
        with lock:
            under.discard(delivery.thread)

    receiver.does = does
    assert deliver(parts, "h", "r") == (80, 0, 0)
    assert most[0] > 1
    assert set(states(parts).values()) == {DeliveryState.SENT}


def test_a_destination_that_asks_for_a_pause_gets_nothing_meanwhile_whoever_asks(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    put(parts, "a", "b", "c")
    receiver.does = fail(limited=True, retry_after_s=30.0)
    emptied = empty("r", parts, "h")
    assert (emptied.sent, emptied.again_s, receiver.tried) == ((0, 1, 0), 30.0, ["a"])
    receiver.does = lambda _delivery: None
    clock.sleep(29)
    assert empty("r", parts, "another process").sent == (0, 0, 0)
    assert receiver.tried == ["a"]
    clock.sleep(1)
    assert empty("r", parts, "h").sent == (3, 0, 0)


def test_a_pause_of_a_year_is_not_obeyed(parts: JudgeParts, receiver: Receiver, clock: Clock) -> None:
    put(parts, "a")
    receiver.does = fail(limited=True, retry_after_s=365 * 86_400.0)
    assert empty("r", parts, "h").again_s == 3_600.0
    receiver.does = lambda _delivery: None
    clock.sleep(3_600)
    assert deliver(parts, "h", "r").sent == 1


def test_a_kind_with_a_pace_sends_one_and_says_when_the_next_may_go(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    slow = parts._replace(routes=[Route(id="r", kind="receiver", options=Slow())])
    put(slow, "a", "b", "c")
    for number, key in enumerate("abc", start=1):
        emptied = empty("r", slow, "h")
        assert (emptied.sent.sent, emptied.again_s) == (1, 1.0)
        assert empty("r", slow, "h").sent.sent == 0
        assert receiver.keys[-1] == key
        assert len(receiver.keys) == number
        clock.sleep(1)


def test_a_route_that_is_down_is_tried_by_three_and_everything_goes_when_one_arrives(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    put(parts, *(f"t{n}" for n in range(20)))
    receiver.does = fail()
    assert deliver(parts, "h", "r") == (0, 3, 0)
    clock.sleep(900)
    assert deliver(parts, "h", "r") == (0, 3, 0)
    receiver.does = lambda _delivery: None
    clock.sleep(1)
    put(parts, "new")
    clock.sleep(1_800)
    assert deliver(parts, "h", "r").sent == 21


def test_one_message_that_is_always_refused_holds_up_no_other(parts: JudgeParts, receiver: Receiver) -> None:
    put(parts, "poison", *(f"t{n}" for n in range(20)))

    def does(delivery: Delivery) -> None:
        if delivery.key == "poison":
            raise TargetError("500", ambiguous=True)

    receiver.does = does
    assert deliver(parts, "h", "r") == (20, 1, 0)


def test_what_is_superseded_while_the_route_is_down_is_said_by_the_last_message(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    put(parts, "a")
    receiver.does = fail()
    deliver(parts, "h", "r")
    put(parts, "a/raised/P1-1", "a/acknowledged/9", "a/resolved")
    receiver.does = lambda _delivery: None
    clock.sleep(60)
    deliver(parts, "h", "r")
    assert receiver.keys == ["a", "a/resolved"]
    assert receiver.took[1].payload["meanwhile"] == ("raised: why a/raised/P1-1; acknowledged: why a/acknowledged/9")
    found = states(parts)
    assert [found[k] for k in ("a/raised/P1-1", "a/acknowledged/9")] == [DeliveryState.FOLDED] * 2


def test_a_message_that_was_dropped_is_not_sent(parts: JudgeParts, receiver: Receiver) -> None:
    put(parts, "a", "b")
    drop(parts, "ana", "by phone", key="a")
    assert deliver(parts, "h", "r") == (1, 0, 0)
    assert receiver.keys == ["b"]


def test_a_route_that_got_another_kind_sends_what_was_queued_for_the_old_one(parts: JudgeParts, http: FakeHttp) -> None:
    put(parts, "a")
    moved = parts._replace(routes=[Route(id="r", kind="notify", options=notify.Options(url="http://new.test/"))])
    assert deliver(moved, "h", "r") == (1, 0, 0)
    assert http.asked[-1].json["key"] == "a"


def test_a_route_that_is_gone_keeps_its_messages_and_says_so(parts: JudgeParts) -> None:
    put(parts, "a", route="gone")
    assert deliver(parts, "h", "gone") == (0, 1, 0)
    with parts.store.read() as tx:
        (one,) = tx.plumbing.deliveries(route="gone")
    assert "no longer configured" in one.error


def test_a_commit_that_queued_something_wakes_its_route_and_another_does_not(parts: JudgeParts) -> None:
    woken: list[frozenset[str]] = []
    store: Any = parts.store
    store.on_queued = woken.append
    put(parts, "a")
    put(parts, "a")
    with parts.store.write() as tx:
        tx.plumbing.put_value("k", "1")
    assert woken == [frozenset({"r"})]
    with pytest.raises(ValueError, match="rolled back"):
        _rolled_back(parts)
    assert woken == [frozenset({"r"})]


def _rolled_back(parts: JudgeParts) -> None:
    with parts.store.write() as tx:
        tx.plumbing.wake({"x"})
        raise ValueError("rolled back")


def test_an_answer_with_retry_after_in_the_past_or_nonsense_waits_as_usual(
    parts: JudgeParts, http: FakeHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = parts._replace(routes=[Route(id="r", kind="notify", options=notify.Options(url="http://new.test/"))])
    put(parts, "a")
    monkeypatch.setattr(http, "send", lambda *_a, **_k: Answer(503, {"retry-after": "yesterday"}, b""))
    deliver(moved, "h", "r")
    with parts.store.read() as tx:
        (one,) = tx.plumbing.deliveries(route="r")
    assert timedelta(seconds=10) <= one.due - NOW <= timedelta(seconds=12)
    assert due_routes(parts) == []


def test_a_slow_destination_does_not_outlast_the_lease_of_its_route(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    put(parts, *(f"t{n}" for n in range(60)))
    pump, held = f"h/{threading.get_ident()}", list[bool]()

    def does(_delivery: Delivery) -> None:
        clock.sleep(2.5)  # the clock of all threads: 60 messages take 150 s
        with parts.store.read() as tx:
            until = tx.plumbing.lease_until("outbox:r", pump)
        held.append(until is not None and until > clock())

    receiver.does = does
    assert deliver(parts, "h", "r") == (60, 0, 0)
    assert held == [True] * 60


def test_a_pump_that_was_suspended_past_its_lease_sends_nothing_that_another_one_sent_and_writes_over_nothing(
    parts: JudgeParts, receiver: Receiver, clock: Clock
) -> None:
    put(parts, "a", "b", "c")
    receiver.does = lambda delivery: None

    def suspended(delivery: Delivery) -> None:
        """While ``a`` is under way the process stands still for two minutes, and another one sends everything."""
        receiver.does = lambda _delivery: None
        clock.pass_(minutes=2)
        deliver(parts, "another", "r")
        raise TargetError("no answer", ambiguous=True)

    receiver.does = suspended
    deliver(parts, "h", "r")
    assert sorted(receiver.tried) == ["a", "a", "b", "c"], (
        "what was under way goes out twice under one key, nothing else"
    )
    assert states(parts) == dict.fromkeys("abc", DeliveryState.SENT), "the failure of the late one is no news"
