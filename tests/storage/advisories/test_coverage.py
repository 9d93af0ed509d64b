"""What sources answered for, on both databases; the pane's own statement among it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.ports import Covered, Covering
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW

LATER = NOW + timedelta(hours=1)
VLLM, RAY = ("PyPI", "vLLM"), ("PyPI", "ray")


def of(store: SqlStore, *packages: tuple[str, str]) -> list[Covering]:
    with store.read() as tx:
        return tx.coverage.of(packages)


def put(store: SqlStore, item: Coverage, now: datetime = NOW) -> None:
    with store.write() as tx:
        tx.coverage.put(item, now)


def test_who_answered_is_found_however_ecosystem_and_package_are_spelt(store: SqlStore) -> None:
    put(store, Coverage(source="osv", at=NOW, packages=(VLLM, ("Debian:12", "OpenSSL")), records=7))
    put(store, Coverage(source="dump", at=NOW, ecosystems=("PyPI", "Debian:11")))
    assert of(store, ("pypi", "VLLM")) == [
        Covering("dump", "pypi", "", NOW, NOW, 0),
        Covering("osv", "pypi", "vllm", NOW, NOW, 7),
    ]
    assert [row.source for row in of(store, ("Debian:12", "openssl"))] == ["osv"], "a dump of 11 says nothing of 12"
    assert [row.source for row in of(store, ("Debian:11", "openssl"))] == ["dump", "osv"]
    assert of(store, ("npm", "vllm")) == of(store) == []
    with store.read() as tx:
        assert tx.coverage.asked(["PyPI", "npm", "Debian"]) == {"pypi", "debian"}


def test_a_whole_answer_takes_the_place_of_the_earlier_one_and_another_is_added(store: SqlStore) -> None:
    put(store, Coverage(source="osv", at=NOW, packages=(VLLM, RAY), whole=True))
    put(store, Coverage(source="osv", at=LATER, packages=(RAY,), ecosystems=("npm",), whole=True), LATER)
    assert of(store, VLLM) == []
    assert of(store, RAY) == [Covering("osv", "pypi", "ray", LATER, LATER, 0)]
    put(store, Coverage(source="osv", at=LATER, ecosystems=("Go",)), LATER)
    assert len(of(store, RAY, ("npm", "x"), ("Go", "x"))) == 3


def test_nothing_new_is_an_answer_for_ecosystems_and_not_for_packages(store: SqlStore) -> None:
    put(store, Coverage(source="osv", at=NOW, packages=(RAY,), ecosystems=("npm",)))
    with store.write() as tx:
        tx.coverage.touch("osv", LATER)
    assert [(r.ecosystem, r.at, r.read_at) for r in of(store, RAY, ("npm", "x"))] == [
        ("npm", NOW, LATER),
        ("pypi", NOW, NOW),
    ]


def test_a_source_is_summed_up_and_dropped(store: SqlStore) -> None:
    put(store, Coverage(source="osv", at=NOW, packages=(RAY, VLLM), ecosystems=("npm", "PyPI"), records=3))
    with store.write() as tx:
        assert tx.coverage.summary() == [
            Covered("osv", "npm", 0, NOW, NOW, 3),
            Covered("osv", "pypi", 0, NOW, NOW, 3),
            Covered("osv", "pypi", 2, NOW, NOW, 3),
        ]
        tx.coverage.drop("osv")
        assert tx.coverage.summary() == []


def test_the_pane_counts_what_nobody_answers_for_now(store: SqlStore) -> None:
    with store.write() as tx:
        tx.dependencies.put_bill(bill(package("vllm"), package("ray"), package("odd", "latest")))
        tx.plumbing.put_source(SourceStatus(id="osv", kind="osv", every_s=3_600.0))
        tx.plumbing.put_source(SourceStatus(id="weekly", kind="osv", every_s=7 * 86_400.0))

    def counted(at: datetime) -> str:
        found = [row.component for row in store.board("acme", None, at).advisories if row.id == UNNAMED]
        return "".join(found)

    assert counted(NOW) == "3 components"
    put(store, Coverage(source="osv", at=NOW, packages=(RAY,)))
    assert (counted(NOW), counted(NOW + timedelta(hours=25))) == ("2 components", "3 components")
    put(store, Coverage(source="weekly", at=NOW, ecosystems=("PyPI",)))
    assert [counted(NOW + timedelta(days=days)) for days in (1, 20, 22)] == [
        "1 component",
        "1 component",
        "3 components",
    ]
    assert store.board("acme", None, NOW + timedelta(days=20)).changes_us is not None
