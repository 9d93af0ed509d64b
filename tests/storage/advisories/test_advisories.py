from __future__ import annotations

from pulse_tui.domain.advisory import Advisory, Affected, Audit, Finding, VersionRange
from pulse_tui.domain.words import Environment, Priority, Severity
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, PRODUCTION, changed, later, run_of, score

RECORD = Advisory(
    id="GHSA-1",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    aliases=("CVE-2026-3248",),
    severity=Severity.CRITICAL,
    cvss=9.8,
    known_exploited=None,
    affected=(Affected("PyPI", "Jupyter_Server", ("1.0",), (VersionRange(fixed="0.9.2"),)),),
)


def test_an_advisory_is_new_once_and_again_when_it_changed(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.advisories.put([RECORD]) == [RECORD]
        assert tx.advisories.put([RECORD]) == []
        newer = changed(RECORD, modified=later(days=1), known_exploited=True, aliases=("CVE-2026-1",))
        assert tx.advisories.put([newer]) == [newer]
        assert tx.advisories.get("GHSA-1") == newer
        assert tx.advisories.get("CVE-2026-1") == newer
        assert tx.advisories.get("CVE-2026-3248") is None


def test_an_advisory_is_found_however_a_package_is_spelt(store: SqlStore) -> None:
    with store.write() as tx:
        tx.advisories.put([RECORD, changed(RECORD, id="GHSA-2", affected=(Affected("npm", "jupyter-server"),))])
        assert [a.id for a in tx.advisories.touching([("PyPI", "jupyter-server"), ("PyPI", "other")])] == ["GHSA-1"]
        assert tx.advisories.touching([]) == []
        many = [("PyPI", f"p{i}") for i in range(2_000)]
        assert [a.id for a in tx.advisories.touching([*many, ("npm", "jupyter-server")])] == ["GHSA-2"]


def test_findings_take_policys_word_and_go_with_their_advisory(store: SqlStore) -> None:
    def finding(environment: Environment | None) -> Finding:
        return Finding(
            advisory_id="GHSA-1", asset_id="gw", component="vllm 0.9.1", environment=environment, audit=Audit.MATCHED
        )

    with store.write() as tx:
        tx.advisories.put([RECORD])
        tx.advisories.put_findings([finding(PRODUCTION), finding(None)])
        tx.advisories.set_priority("CVE-2026-3248", "gw", PRODUCTION, Priority.P1)
        assert {f.environment: f.priority for f in tx.advisories.findings("GHSA-1")} == {
            PRODUCTION: Priority.P1,
            None: Priority.UNKNOWN,
        }
        row = store_row(tx.advisories.findings())
        tx.advisories.swap_findings(tx.advisories.findings_of(["GHSA-1"]), ())
        assert tx.advisories.findings() == []
    assert row == 2


def store_row(findings: list[Finding]) -> int:
    return len(findings)


def test_runs_are_kept_once_and_the_baseline_is_pinned(store: SqlStore) -> None:
    first = run_of("r1", "3.8.1", 0.914, suite_digest="sha256:x")
    second = changed(run_of("r2", "3.8.2", 0.862), scores=(score(0.1, stderr=0.01, n=5), score(1.0, "a", "b")))
    with store.write() as tx:
        assert tx.evals.add(first, 7)
        assert not tx.evals.add(first, 8)
        assert tx.evals.add(second, 9)
        assert tx.evals.baseline("support-bot", "golden") is None
        tx.evals.pin("support-bot", "golden", "r1")
        tx.evals.pin("support-bot", "golden", "r2")
        tx.evals.pin("support-bot", "golden", "r1")
        assert tx.evals.baseline("support-bot", "golden") == first
        assert tx.evals.has("r2")
        assert not tx.evals.has("r3")
        found = tx.evals.get("r2")
        assert found is not None
        assert set(found.scores) == set(second.scores)
        assert [(i, r.id) for i, r in tx.evals.runs("support-bot", "golden")] == [(7, "r1"), (9, "r2")]
