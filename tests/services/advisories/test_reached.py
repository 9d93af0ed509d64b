"""Whether one vulnerability reaches a release: the same answer, asked alone or of everything that reaches it."""

from __future__ import annotations

import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.advisories.of_release import advisories_of, release_reached
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, PRODUCTION, changed, release

NAMELESS = Component(id="name:torch", kind=ComponentKind.PACKAGE, name="torch", version="1")
OWN = bill(package("torch", "2.5.0"), package("idna", "3.7"))


@pytest.mark.parametrize(
    ("made_of", "expected"),
    [
        (changed(OWN, version="9.0.0"), True),
        (changed(bill(package("torch", "2.7.0")), version="9.0.0"), False),
        (changed(bill(package("torch", None)), version="9.0.0"), None),
        (changed(bill(package("idna", "3.7")), version="9.0.0"), False),
        (changed(bill(package("idna", "3.7")), version="9.0.0", refused=1), None),
        (changed(bill(package("idna", "3.7")), version="9.0.0", partial=True), None),
        (changed(bill(NAMELESS), version="9.0.0"), None),
        (bill(package("idna", "3.7")), None),
        (OWN, True),
        (None, None),
    ],
)
def test_asked_alone_it_is_the_same(parts: RollbackParts, made_of: Bill | None, expected: bool | None) -> None:
    ranges = (VersionRange(fixed="2.6.0"),)
    record = Advisory(
        id="GHSA-x",
        source="osv",
        modified=NOW,
        title="t",
        aliases=("CVE-2026-1",),
        affected=(Affected("PyPI", "torch", (), ranges),),
    )
    made = release("9.0.0", iteration=90)
    with parts.store.write() as tx:
        tx.estate.add_release(made)
        for head in tx.dependencies.bills("support-bot"):
            tx.dependencies.drop_bill("support-bot", head.origin, NOW)
    ingest([record, *([made_of] if made_of is not None else [])], [], parts.judging, NOW)
    with parts.store.read() as tx:
        for name in ("CVE-2026-1", "GHSA-x"):
            assert release_reached(tx, made, name) is expected
            assert advisories_of(tx, parts.judging, made, PRODUCTION).reaches(name, tx) is expected
