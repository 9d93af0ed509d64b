"""Whatever the texts are, matching answers: nothing raises, and nothing unknown is clean."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.coverage import unreadable
from pulse_tui.enrich.advisories.index import AdvisoryIndex
from pulse_tui.enrich.advisories.matching import audit
from pulse_tui.enrich.advisories.ranges import Event, ranges
from pulse_tui.enrich.advisories.versions import order
from tests.enrich.build import advisory
from tests.servers import forms

ECOSYSTEMS = st.sampled_from(
    ["PyPI", "npm", "Go", "Debian:12", "Alpine:v3.18", "Red Hat:enterprise_linux:9", "Maven", "RubyGems", "NuGet",
     "Packagist", "crates.io", "CRAN", "GitHub Actions", "SwiftURL", "cpe", "product"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=12),
    st.text("0123456789.-+~^_:!vabr", max_size=14),
    st.sampled_from(["", "0", "latest", "2.6.0-NA"]),
)
EVENTS = st.lists(st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), TEXTS), max_size=5)


@settings(max_examples=forms.examples(400))
@given(ECOSYSTEMS, EVENTS, st.lists(TEXTS, max_size=3), st.none() | TEXTS)
def test_no_text_breaks_matching_and_an_unread_version_is_never_clean(
    ecosystem: str, events: list[Event], listed: list[str], version: str | None
) -> None:
    entry = Affected(ecosystem=ecosystem, name="x", versions=tuple(listed), ranges=ranges(events, ecosystem))
    made = advisory(affected=(entry,))
    component = Component(id="pkg:y/x", kind=ComponentKind.PACKAGE, name="x", version=version, ecosystem=ecosystem)
    found = audit(made, component)
    assert AdvisoryIndex([made]).answer(component).audit in (found.audit, Audit.NOT_AUDITED)
    if unreadable(component):
        assert found.audit is not Audit.CLEAN
        assert AdvisoryIndex([]).answer(component).audit is Audit.NOT_AUDITED


@given(ECOSYSTEMS, TEXTS, TEXTS, TEXTS)
def test_a_bound_that_can_be_read_and_rules_a_version_out_is_enough(
    ecosystem: str, version: str, fixed: str, unread: str
) -> None:
    read = order(ecosystem.partition(":")[0].lower())
    if read is None or read(version) is None or read(fixed) is None or read(unread) is not None or unread == "0":
        return
    if read(version) < read(fixed):
        return
    entry = Affected(ecosystem=ecosystem, name="x", ranges=(VersionRange(introduced=unread, fixed=fixed),))
    component = Component(id="pkg:y/x", kind=ComponentKind.PACKAGE, name="x", version=version, ecosystem=ecosystem)
    local = "+" in version and ecosystem == "PyPI"
    assert local or audit(advisory(affected=(entry,)), component).audit is Audit.CLEAN
