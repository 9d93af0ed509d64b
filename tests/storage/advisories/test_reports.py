"""Reports of scanners, and bills that list only some components, on each database."""

from __future__ import annotations

from pulse_tui.domain.report import Skipped, StoredReport
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, changed, later

REPORT = StoredReport(
    asset_id="support-bot", origin="trivy/scan.json", source="scan", document="scan.json", version=None, tool="trivy",
    tool_version="0.66.0", at=NOW, database_at=None, claims=("trivy/support-bot/scan.json/CVE-2026-1",), components=3, partial=True,
    skipped=(Skipped("torch", "not on PyPI"),), unplaced=1,
)  # fmt: skip


def test_a_report_is_new_once_and_comes_back_as_it_was(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.reports.put(REPORT)
        assert not tx.reports.put(REPORT)
        assert tx.reports.put(changed(REPORT, at=later(days=1), database_at=NOW, partial=False))
        other = changed(REPORT, asset_id="other")
        tx.reports.put(other)
    with store.read() as tx:
        found = tx.reports.get("support-bot", REPORT.origin)
        assert found == changed(REPORT, at=later(days=1), database_at=NOW, partial=False)
        assert [r.asset_id for r in tx.reports.all()] == ["other", "support-bot"]
        assert tx.reports.all("other") == [other]
    with store.write() as tx:
        tx.reports.drop("other", REPORT.origin)
        assert tx.reports.get("other", REPORT.origin) is None


def test_a_bill_that_lists_only_some_takes_nothing_from_what_is_declared(store: SqlStore) -> None:
    some = changed(bill(package("jinja2", "3.1.2")), partial=True)
    with store.write() as tx:
        tx.dependencies.put_bill(some)
        (head,) = tx.dependencies.bills("support-bot")
        assert (head.partial, head.components) == (True, 1)
        tx.dependencies.put_bill(changed(some, partial=False))
        (head,) = tx.dependencies.bills("support-bot")
        assert head.partial is False


def test_what_a_transaction_read_of_a_bill_is_read_again_once_it_changed_it(store: SqlStore) -> None:
    one = bill(package("jinja2", "3.1.2"))
    with store.write() as tx:
        tx.dependencies.put_bill(one)
        assert [e.child.version for e in tx.dependencies.edges("support-bot", every=True)] == ["3.1.2"]
        tx.dependencies.put_bill(changed(one, components=(package("jinja2", "3.1.3"),)))
        assert [e.child.version for e in tx.dependencies.edges("support-bot", every=True)] == ["3.1.3"]
        tx.dependencies.drop_bill("support-bot", one.origin, NOW)
        assert tx.dependencies.edges("support-bot", every=True) == []
