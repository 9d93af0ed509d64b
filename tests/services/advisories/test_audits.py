"""What no advisory can judge is counted and named wherever an asset is shown: never silently clean."""

from __future__ import annotations

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Observation
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.words import ComponentKind
from pulse_tui.services.advisories.audits import answers
from pulse_tui.services.advisories.story import advisory_story
from pulse_tui.services.components.tree import asset_tree, asset_unaudited
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.signals.ingest import Tally, ingest
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, PRODUCTION, changed, release
from tests.services.said import standing

BOT = "support-bot"


def component(ident: str, name: str, version: str = "1", ecosystem: str | None = None) -> Component:
    return Component(id=ident, kind=ComponentKind.PACKAGE, name=name, version=version, ecosystem=ecosystem)


CONDA = component("pkg:conda/pytorch", "pytorch")
UNSTATED = component("name:torch", "torch")
CRAN = component("pkg:cran/ggplot2", "ggplot2", "1", "CRAN")
NPM = component("pkg:npm/left-pad", "left-pad", "1", "npm")


def advisory(ident: str, affected: Affected, **changes: object) -> Advisory:
    made: Advisory = changed(
        Advisory(id=ident, source="osv", modified=NOW, title="t", cvss=9.8, affected=(affected,)), **changes
    )
    return made


def take(parts: RollbackParts, *items: Observation) -> Tally:
    return ingest(list(items), [], parts.judging, NOW)


def billed(parts: RollbackParts, *components: Component) -> None:
    with parts.store.write() as tx:
        tx.dependencies.drop_bill(BOT, "estate", NOW)
    take(parts, bill(*components))


def known(parts: RollbackParts) -> None:
    """Advisories of PyPI and CRAN are stored; one of them names a package of which no order is known."""
    take(
        parts,
        advisory("X-1", Affected("PyPI", "other", ("9",))),
        advisory("X-2", Affected("CRAN", "ggplot2", (), (VersionRange(fixed="2"),))),
    )


def test_each_component_is_named_with_the_reason(parts: RollbackParts) -> None:
    known(parts)
    billed(parts, package("vllm"), CONDA, UNSTATED, CRAN, NPM)
    reasons = {u.component.id: u.reason for u in asset_unaudited(parts.store, BOT, NOW)}
    assert reasons.keys() == {CONDA.id, UNSTATED.id, CRAN.id, NPM.id}
    assert "type conda" in reasons[CONDA.id]
    assert "no package URL" in reasons[UNSTATED.id]
    assert reasons[CRAN.id].startswith("X-2: no version order is known for CRAN")
    assert reasons[NPM.id] == "no feed covers npm"
    assert standing(parts.judging) == []


def test_the_asset_its_tree_and_the_pane_say_how_many(parts: RollbackParts) -> None:
    known(parts)
    billed(parts, package("vllm"), CONDA, UNSTATED)
    lines = [text for label, text in asset_story(parts, BOT) if label == "Audit"]
    assert lines[0].startswith("2 components not audited")
    assert len(lines) == 3
    found = asset_tree(parts.store, BOT, NOW)
    assert found.headline.endswith("; 2 not audited")
    notes = {row.name: row.note for row in found.rows}
    assert (notes["vllm"], "not audited: " in notes["pytorch"]) == ("", True)
    row = parts.store.board("acme", None, NOW).advisories[-1]
    assert (row.id, row.component, row.state) == (UNNAMED, "2 components", "not audited")
    listed = [text for label, text in advisory_story(parts.judging, UNNAMED, NOW).lines if label == "Not audited"]
    assert [line.split(": ")[:2] for line in listed] == [[BOT, "pytorch 1"], [BOT, "torch 1"]]


IMAGE = Component(id="pkg:oci/bot", kind=ComponentKind.IMAGE, name="bot", version="sha256:ab")
MODEL = Component(id="openai/gpt-4.1", kind=ComponentKind.HOSTED_MODEL, name="gpt-4.1")
TWO = component("pkg:cran/ggplot2", "ggplot2", "1.1", "CRAN")
EVERY = (package("vllm"), CONDA, UNSTATED, CRAN, TWO, NPM, IMAGE, MODEL)


def said_of(parts: RollbackParts, version: str) -> tuple[str, str, str, int]:
    """What the gate, the asset's page and the pane say, and how many the command lists."""
    (bill_reason,) = [r for r in gate(parts, BOT, version, PRODUCTION).reasons if r.name == "bill"]
    audit = next((text for label, text in asset_story(parts, BOT) if label == "Audit"), "")
    row = [r.component for r in parts.store.board("acme", None, NOW).advisories if r.id == UNNAMED]
    return bill_reason.detail, audit, "".join(row), len(asset_unaudited(parts.store, BOT, NOW))


def test_gate_asset_pane_and_command_count_the_same(parts: RollbackParts) -> None:
    known(parts)
    with parts.store.read() as tx:
        serving = tx.estate.deployment(BOT, PRODUCTION)
    assert serving is not None
    with parts.store.write() as tx:
        tx.dependencies.drop_bill(BOT, "estate", NOW)
    take(parts, changed(bill(*EVERY), version=serving.version))
    said, audit, pane, listed = said_of(parts, serving.version)
    assert "; 6 components not audited" in said
    assert audit.startswith("6 components not audited")
    assert (pane, listed) == ("6 components", 6)
    page = [text for label, text in advisory_story(parts.judging, UNNAMED, NOW).lines if label == "Not audited"]
    assert [line.split(": ")[1] for line in page] == [u.component.label for u in asset_unaudited(parts.store, BOT, NOW)]


def test_the_bill_of_a_release_that_serves_nowhere_counts_in_its_gate_and_not_in_the_pane(parts: RollbackParts) -> None:
    known(parts)
    with parts.store.write() as tx:
        tx.dependencies.drop_bill(BOT, "estate", NOW)
        tx.estate.add_release(release("4"))
    take(parts, changed(bill(*EVERY), version="4"))
    said, audit, pane, listed = said_of(parts, "4")
    assert "; 6 components not audited" in said
    assert (audit, pane, listed) == ("", "", 0)


def test_an_image_is_not_audited_by_itself(parts: RollbackParts) -> None:
    known(parts)
    billed(parts, IMAGE, MODEL)
    (one,) = asset_unaudited(parts.store, BOT, NOW)
    assert (one.component, "bill of materials of what is in the image" in one.reason) == (IMAGE, True)
    with parts.store.read() as tx:
        assert [a.audit for a in answers(tx, [IMAGE, MODEL], NOW)] == [Audit.NOT_AUDITED]


def test_without_such_components_the_pane_says_nothing_of_them(parts: RollbackParts) -> None:
    known(parts)
    billed(parts, package("vllm"))
    assert all(row.id != UNNAMED for row in parts.store.board("acme", None, NOW).advisories)
    assert asset_unaudited(parts.store, BOT, NOW) == []


def test_a_package_is_found_by_its_source_and_by_the_tree_of_its_module_whichever_comes_first(
    parts: RollbackParts,
) -> None:
    libssl = component("pkg:deb/debian/libssl3?distro=debian-12&upstream=openssl", "libssl3", "3.0.11-1", "Debian:12")
    ssh = component("pkg:golang/golang.org/x/crypto/ssh", "golang.org/x/crypto/ssh", "v0.1.0", "Go")
    weak = (
        advisory("D-1", Affected("Debian:12", "openssl", (), (VersionRange(fixed="3.0.13-1"),))),
        advisory("G-1", Affected("Go", "golang.org/x/crypto", (), (VersionRange(fixed="0.2.0"),))),
    )
    found = {("D-1", "matched"), ("G-1", "not audited")}

    def findings() -> set[tuple[str, str]]:
        with parts.store.read() as tx:
            return {(f.advisory_id, f.audit.value) for f in tx.advisories.findings(asset_id=BOT)}

    billed(parts, libssl, ssh)
    take(parts, *weak)
    assert findings() == found
    take(parts, bill(package("ray")))
    assert findings() == set()
    take(parts, bill(libssl, ssh))
    assert findings() == found


def test_malicious_code_is_a_p1_inside_the_house_too_and_no_other_rule_adds_to_it(parts: RollbackParts) -> None:
    billed(parts, package("ultralytics", "8.3.41"))
    found = advisory("MAL-2026-1", Affected("PyPI", "ultralytics", ("8.3.41",)), cvss=None)
    take(parts, found)
    assert set(standing(parts.judging)) == {"malicious-package"}
    story = advisory_story(parts.judging, "MAL-2026-1", NOW)
    lines = dict(story.lines)
    assert (bool(story.alert), story.asset) == (True, BOT)
    assert "malicious code" in lines["What is the risk"]
    assert "ultralytics 8.3.41 matched" in lines["In production"]
    (first, *advised) = [text for label, text in story.lines if label == "What to do now"]
    assert first.startswith("P1 ")
    assert advised
    assert "remove it" in lines["Malicious"]


def test_an_advisory_that_notifies_nobody_names_the_version_that_mends_it(parts: RollbackParts) -> None:
    take(parts, advisory("X-8", Affected("PyPI", "elsewhere", ("1",))))
    assert ("What to do now", "nothing: it reaches nothing that is known") in advisory_story(
        parts.judging, "X-8", NOW
    ).lines


def test_an_unstated_severity_is_asked_about_and_not_taken_for_medium(parts: RollbackParts) -> None:
    billed(parts, package("vllm", "0.9.1"))
    take(parts, advisory("X-9", Affected("PyPI", "vllm", ("0.9.1",)), cvss=None))
    assert set(standing(parts.judging)) == {"cve-severity-unknown"}


def test_advisories_of_commits_alone_are_named_once_with_their_number(parts: RollbackParts) -> None:
    told = take(parts, *(advisory(f"G-{n}", Affected("PyPI", "x")) for n in range(3))).sentence()
    assert "nothing can be matched with it (3 times)" in told
    assert told.count("nothing can be matched") == 1
