"""The pane counts in SQL what the pages judge in Python: for every estate, every coverage, at every moment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.advisories.ledger import ledger
from pulse_tui.services.components.tree import asset_unaudited
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW
from tests.servers import forms
from tests.services.advisories.test_audits import BOT, IMAGE, component
from tests.services.advisories.test_coverage import shown_on
from tests.services.estates import fill

ECOSYSTEMS = {"pypi": "PyPI", "npm": "npm", "deb/debian": "Debian:12", "cran": "CRAN", "golang": "Go"}
NAMES = ("a", "b_c", "B-c")
VERSIONS = ("1.0.0", "latest", "", "2:1.0-1")
PRODUCT = Component(
    id="driver", kind=ComponentKind.PLUGIN, name="driver", version="550.54", known_as=("cpe:2.3:a:nvidia:gpu_driver:*:*:*:*:*:*:*:*",)
)  # fmt: skip
PACKAGES = st.builds(
    lambda kind, name, version, source: component(
        f"pkg:{kind}/{name}{'?upstream=src' if source else ''}", name, version, ECOSYSTEMS[kind]
    ),
    st.sampled_from(sorted(ECOSYSTEMS)),
    st.sampled_from(NAMES),
    st.sampled_from(VERSIONS),
    st.booleans(),
)
COMPONENTS = st.lists(PACKAGES | st.sampled_from((IMAGE, PRODUCT)), max_size=6, unique_by=lambda c: (c.id, c.version))
COVERED = st.builds(
    lambda source, ecosystems, packages, hours: (source, ecosystems, packages, hours),
    st.sampled_from(("osv", "slow", "ingest:osv")),
    st.lists(st.sampled_from((*ECOSYSTEMS.values(), "Debian", "Debian:11", "cpe")), max_size=3),
    st.lists(st.tuples(st.sampled_from(sorted(ECOSYSTEMS.values())), st.sampled_from((*NAMES, "src"))), max_size=4),
    st.sampled_from((0, 23, 25, 100, 167, 169, 800)),
)


@settings(max_examples=forms.examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(COMPONENTS, st.lists(COVERED, max_size=4))
def test_pane_pages_and_ledger_count_the_same(
    components: list[Component], answers: list[tuple[str, list[str], list[tuple[str, str]], int]]
) -> None:
    with TemporaryDirectory() as folder:
        store = SqlStore(sqlite_file(Path(folder) / "pulse.db"), Path(folder))
        fill(store)
        with store.write() as tx:
            for asset_id in tx.estate.load().assets:
                for head in tx.dependencies.bills(asset_id):
                    tx.dependencies.drop_bill(asset_id, head.origin, NOW)
            tx.dependencies.put_bill(bill(*components))
            tx.plumbing.put_source(SourceStatus(id="osv", kind="osv", every_s=3_600.0))
            tx.plumbing.put_source(SourceStatus(id="slow", kind="osv", every_s=10 * 86_400.0))
            for source, ecosystems, packages, hours in answers:
                at = NOW - timedelta(hours=hours)
                one = Coverage(source=source, at=at, ecosystems=tuple(ecosystems), packages=tuple(packages))
                tx.coverage.put(one, at)
        pages = len(asset_unaudited(store, BOT, NOW))
        assert (shown_on(store, NOW), ledger(store, NOW).not_audited) == (pages, pages)
        store.close()
