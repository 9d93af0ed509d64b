"""A webhook is believed once, and only when it is genuine and fresh; what is refused is kept, in bounds."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulse_tui.collectors import mlflow
from pulse_tui.domain.errors import NotFound, Refused, Replayed
from pulse_tui.domain.source import Rejected
from pulse_tui.ports import HookRequest
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.hint import DELIVERIES, KEPT, RAW, Replays, take_hint
from pulse_tui.settings.shapes import SourceShape
from pulse_tui.storage.store import SqlStore
from tests.collectors.shared_data import shared_data
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import judging

SECRET = "s3cret-key"
BODY = b'{"entity": "model_version_alias", "action": "created", "data": {"name": "bot", "alias": "champion"}}'


@dataclass
class House:
    """A registry that sends webhooks, a feed that does not, and what was kept of the refused ones."""

    parts: JudgeParts
    clock: Clock
    seen: Replays = field(default_factory=Replays)

    def take(self, request: HookRequest, source: str = "registry") -> str:
        return take_hint(source, request, self.parts, self.seen).delivery

    def request(self, delivery: str = "d-1", body: bytes = BODY, secret: str = SECRET, age_s: int = 0) -> HookRequest:
        stamp = str(int(self.clock().timestamp()) - age_s)
        digest = hmac.new(secret.encode(), f"{delivery}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return HookRequest(
            {"x-mlflow-delivery-id": delivery, "x-mlflow-timestamp": stamp, "x-mlflow-signature": signature}, body
        )

    @property
    def kept(self) -> list[Rejected]:
        with self.parts.store.read() as tx:
            return [rejected for _, rejected in tx.signals.quarantined(1_000)][::-1]


@pytest.fixture
def house(tmp_path: Any, clock: Clock) -> Any:
    store = SqlStore(sqlite_file(tmp_path / "hints.db"), tmp_path)
    options = mlflow.Options(url="http://registry.test", webhook_secret=SECRET)
    sources = {
        "registry": SourceShape(id="registry", kind="mlflow", every=300.0, options=options),
        "open": SourceShape(id="open", kind="mlflow", every=300.0, options=mlflow.Options(url="http://x.test")),
        "drop": SourceShape(id="drop", kind="signals", every=300.0, options=None),
        "unset": SourceShape(
            id="unset",
            kind="mlflow",
            every=300.0,
            options=mlflow.Options(url="http://x.test", webhook_secret="${PULSE_NOT_SET_ANYWHERE}"),
        ),
    }
    yield House(judging(store, tmp_path, clock, sources=sources), clock)
    store.close()


def test_a_genuine_webhook_is_taken_once_and_leaves_nothing_behind(house: House) -> None:
    assert house.take(house.request("d-1")) == "d-1"
    assert house.take(house.request("d-2")) == "d-2"
    assert house.kept == []


def test_the_recorded_deliveries_of_a_real_server_are_genuine_when_they_are_fresh(house: House) -> None:
    recorded = json.loads(shared_data("mlflow", "webhook_deliveries.json").read_text())
    for headers, body in recorded:
        lower = {name.lower(): value for name, value in headers.items()}
        house.clock.now = datetime.fromtimestamp(int(lower["x-mlflow-timestamp"]) + 2, UTC)
        request = HookRequest(lower, body.encode())
        assert house.take(request) == lower["x-mlflow-delivery-id"]
        with pytest.raises(Replayed):
            house.take(request)
        house.clock.pass_(minutes=6)
        with pytest.raises(Refused):
            house.take(request)


def test_a_replay_is_refused_for_as_long_as_it_could_pass_for_fresh(house: House) -> None:
    early = house.request("d-1", age_s=-295)  # the sender's clock is almost five minutes ahead
    assert house.take(early) == "d-1"
    for _ in range(9):
        house.clock.pass_(minutes=1)
        with pytest.raises(Replayed):
            house.take(early)
    house.clock.pass_(minutes=1)
    with pytest.raises(Refused):
        house.take(early)
    assert [r.problem.where for r in house.kept] == ["webhook d-1"] * 10
    assert house.kept[0].problem.what.startswith("replayed")
    assert house.kept[0].source == "registry"


def test_a_forged_delivery_neither_passes_nor_spoils_the_genuine_one(house: House) -> None:
    with pytest.raises(Refused) as told:
        house.take(house.request("d-1", secret="wrong"))
    assert not isinstance(told.value, Replayed)
    assert house.take(house.request("d-1")) == "d-1"


@pytest.mark.parametrize("change", ["body", "delivery", "time", "no signature", "no headers"])
def test_whatever_is_changed_after_signing_is_refused_and_kept(house: House, change: str) -> None:
    headers, body = house.request("d-1")
    headers = dict(headers)
    if change == "body":
        body = BODY.replace(b"champion", b"canary")
    elif change == "delivery":
        headers["x-mlflow-delivery-id"] = "d-2"
    elif change == "time":
        headers["x-mlflow-timestamp"] = str(int(headers["x-mlflow-timestamp"]) + 1)
    elif change == "no signature":
        del headers["x-mlflow-signature"]
    else:
        headers = {}
    with pytest.raises(Refused):
        house.take(HookRequest(headers, body))
    (kept,) = house.kept
    assert kept.raw == body
    assert kept.problem.where == f"webhook {headers.get('x-mlflow-delivery-id', 'without an id')}"
    assert kept.problem.what


def test_a_stale_webhook_is_refused_and_kept(house: House) -> None:
    with pytest.raises(Refused):
        house.take(house.request(age_s=400))
    with pytest.raises(Refused):
        house.take(house.request(age_s=-400))
    assert len(house.kept) == 2


def test_an_unknown_source_is_not_found_and_a_near_name_is_offered(house: House) -> None:
    with pytest.raises(NotFound, match="registry"):
        house.take(house.request(), "registri")
    assert house.kept == []


@pytest.mark.parametrize("source", ["drop", "open", "unset"])
def test_a_source_that_cannot_verify_believes_nothing(house: House, source: str) -> None:
    with pytest.raises(Refused):
        house.take(house.request(), source)
    assert [r.source for r in house.kept] == [source]
    assert SECRET not in house.kept[0].problem.what


def test_a_verifier_that_breaks_believes_nothing(house: House) -> None:
    class Broken:
        @staticmethod
        def hint(*_args: object) -> None:
            raise ZeroDivisionError("oops")

    house.parts = house.parts._replace(source_kinds={"mlflow": Broken()})  # type: ignore[dict-item]
    with pytest.raises(Refused, match="ZeroDivisionError"):
        house.take(house.request())
    assert "ZeroDivisionError" in house.kept[0].problem.what


def test_a_flood_of_forgeries_is_kept_in_bounds_counted_and_told(house: House) -> None:
    for n in range(500):
        with pytest.raises(Refused):
            house.take(house.request(f"d-{n}", body=b"x" * 100_000, secret="wrong"))
    kept = house.kept
    assert len(kept) == KEPT + 1
    assert (
        kept[-1].problem.what
        == f"more than {KEPT} webhooks were refused within a minute: the rest of it is counted only"
    )
    assert {len(r.raw) for r in kept} == {RAW, 0}
    house.clock.pass_(minutes=1)
    assert house.take(house.request("fine")) == "fine"
    with pytest.raises(Refused):
        house.take(house.request("after", secret="wrong"))
    later = house.kept[KEPT + 1 :]
    assert [r.problem.where for r in later] == ["webhooks", "webhook after"]
    assert later[0].problem.what.startswith(f"{500 - KEPT} more webhooks were refused in the minute from ")


def test_one_sources_flood_hides_nothing_of_another(house: House) -> None:
    for n in range(KEPT * 3):
        with pytest.raises(Refused):
            house.take(house.request(f"d-{n}", secret="wrong"))
    with pytest.raises(Refused):
        house.take(house.request(), "open")
    assert house.kept[-1].source == "open"


def test_a_delivery_id_writes_nothing_on_the_screen(house: House) -> None:
    with pytest.raises(Refused):
        house.take(house.request("\x1b[2J" + "d" * 10_000, secret="wrong"))
    where = house.kept[0].problem.where
    assert "\x1b" not in where
    assert len(where) < 100


def test_memory_of_deliveries_is_bounded_and_lapses() -> None:
    seen, now = Replays(), datetime(2026, 11, 23, tzinfo=UTC)
    assert all(seen.take("a", f"d-{n}", now) for n in range(DELIVERIES))
    assert not seen.take("a", "d-0", now)
    assert seen.take("a", "one more", now)
    assert seen.take("a", "d-0", now)  # the eldest was forgotten for it
    assert seen.take("b", "d-1", now)
    assert seen.take("a", "d-5", now + timedelta(minutes=11))


def test_of_threads_that_bring_the_same_delivery_one_is_believed() -> None:
    seen, now = Replays(), datetime(2026, 11, 23, tzinfo=UTC)
    taken: list[bool] = []
    barrier = threading.Barrier(8)

    def bring() -> None:
        barrier.wait()
        taken.append(seen.take("a", "d-1", now))

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 7 + [True]
