"""NVD's configurations on a declared product and its platform: matched, clean, or not audited with what is missing."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.cpe import Configuration, CpeMatch, CpeNode, Operator
from pulse_tui.domain.estate import Component
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.configurations import ended, judge_configurations, stated
from pulse_tui.enrich.advisories.coverage import unreadable
from pulse_tui.enrich.advisories.matching import audit, not_audited
from pulse_tui.enrich.lookups import keys_of

DRIVER = "cpe:2.3:a:nvidia:gpu_display_driver:*:*:*:*:*:*:*:*"
BOX = "cpe:2.3:o:acme:box_firmware:*:*:*:*:*:*:*:*"
LINUX = "cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*"


def name(product: str = "acme:serve", version: str = "*", update: str = "*", part: str = "a", target: str = "*") -> str:
    return f"cpe:2.3:{part}:{product}:{version}:{update}:*:*:*:{target}:*:*"


def of(*configurations: Configuration, affected: tuple[Affected, ...] = ()) -> Advisory:
    return Advisory(
        id="NVD/CVE-2026-1",
        source="nvd",
        modified=datetime(2026, 11, 1, tzinfo=UTC),
        title="t",
        affected=affected,
        configurations=configurations,
    )


def any_of(*matches: CpeMatch, negate: bool = False) -> Configuration:
    return Configuration(nodes=(CpeNode(matches=matches, negate=negate),))


def both(*nodes: CpeNode) -> Configuration:
    return Configuration(nodes=nodes, operator=Operator.AND)


def node(*matches: CpeMatch, operator: Operator = Operator.OR, negate: bool = False) -> CpeNode:
    return CpeNode(matches=matches, operator=operator, negate=negate)


def part(
    *known_as: str, version: str | None = None, platform: tuple[str, ...] = (), ident: str = "pkg:generic/serve"
) -> Component:
    return Component(
        id=ident, kind=ComponentKind.PACKAGE, name="serve", version=version, known_as=known_as, platform=platform
    )


def says(configuration: Configuration, version: str | None, *platform: str, known_as: str = name()) -> tuple[str, str]:
    answer = judge_configurations(of(configuration), part(known_as, version=version, platform=platform))
    return (answer.audit.value, answer.reason) if answer is not None else (CLEAN, "it is not named")


MATCHED, CLEAN, OPEN = "matched", "clean", "not audited"


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        ({"start_including": "1.2"}, ("1.2", "1.2.0", "2"), ("1.1", "1.2-rc1")),
        ({"start_excluding": "1.2"}, ("1.2.1", "1.2a"), ("1.2", "1.2.0", "1.1")),
        ({"end_including": "1.2"}, ("1.2", "1.2.0", "0.9", "1.2-rc1"), ("1.2.1", "1.2a")),
        ({"end_excluding": "1.2"}, ("1.1.9", "1.2-rc1"), ("1.2", "1.2.0", "1.10")),
        ({"start_including": "550", "end_excluding": "550.127.05"}, ("550.54.15",), ("535.1", "550.127.05", "560")),
        ({}, ("1", "anything"), ()),
    ],
)
def test_the_four_bounds(bounds: dict[str, str], inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    tree = any_of(CpeMatch(name(), **bounds))  # type: ignore[arg-type]
    assert {says(tree, v)[0] for v in inside} == {MATCHED}
    assert {says(tree, v)[0] for v in outside} <= {CLEAN}


@pytest.mark.parametrize(
    ("criteria", "version", "answer"),
    [
        (name(version="1.2"), "1.2", MATCHED),
        (name(version="1.2"), "1.2.0", MATCHED),
        (name(version="1.2"), "1.3", CLEAN),
        (name(version="1.2", update="rc1"), "1.2-rc1", MATCHED),
        (name(version="1.2", update="rc1"), "1.2 RC 1", MATCHED),
        (name(version="1.2", update="rc1"), "1.2", CLEAN),
        (name(version="1.2", update="-"), "1.2", MATCHED),
        (name(version="1.2", update="-"), "1.2-rc1", CLEAN),
        (name(version="1.2"), "1.2-rc1", MATCHED),
        (name(version="22.7", update="r2.3"), "22.7r2.3", MATCHED),
        (name(version="22.7", update="r2.3"), "22.7r2", CLEAN),
        (name(version="1.2*"), "1.25", MATCHED),
        (name(version="1.2*"), "1.3", CLEAN),
        (name(version="-"), "1.2", OPEN),
        (name(version="-"), None, MATCHED),
        (name(version="1.2"), "latest", OPEN),
        (name(version="1.2"), None, OPEN),
        (name(version="*"), None, MATCHED),
    ],
)
def test_versions_of_the_name_itself(criteria: str, version: str | None, answer: str) -> None:
    assert says(any_of(CpeMatch(criteria)), version)[0] == answer


def test_a_cpe_name_with_its_version_needs_no_other() -> None:
    tree = any_of(CpeMatch(name(version="8.1", update="sp1")))
    assert says(tree, None, known_as=name(version="8.1", update="sp1"))[0] == MATCHED
    assert says(tree, None, known_as=name(version="8.1", update="sp2"))[0] == CLEAN
    assert says(tree, None, known_as=name(version="8.1", update="-"))[0] == CLEAN


def test_a_bound_that_cannot_be_read_is_clean_only_when_the_other_excludes() -> None:
    tree = any_of(CpeMatch(name(), start_including="1.0", end_excluding="see vendor"))
    assert says(tree, "0.9")[0] == CLEAN
    assert says(tree, "1.1") == (OPEN, "the advisory's version 'see vendor' cannot be read")


def test_a_range_of_a_driver_counts_for_the_platform_it_is_of() -> None:
    tree = any_of(
        CpeMatch(name("nvidia:gpu_display_driver", target="linux"), start_including="550", end_excluding="550.127.05"),
        CpeMatch(name("nvidia:gpu_display_driver", target="windows"), start_including="550", end_excluding="553.24"),
    )
    assert says(tree, "551.1", "linux", known_as=DRIVER)[0] == CLEAN
    assert says(tree, "551.1", LINUX, known_as=DRIVER)[0] == CLEAN
    assert says(tree, "551.1", "Windows", known_as=DRIVER)[0] == MATCHED
    assert says(tree, "551.1", known_as=DRIVER) == (
        OPEN,
        "it needs windows, and the platform of serve is not declared",
    )
    assert says(tree, "560.1", known_as=DRIVER)[0] == CLEAN
    answer = judge_configurations(of(tree), part(DRIVER, version="550.54", platform=("linux",)))
    assert answer is not None
    assert answer.fixed == ("550.127.05",)


ON_WINDOWS = both(
    node(CpeMatch(name(), end_excluding="2.0")),
    node(CpeMatch("cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*", vulnerable=False)),
)


@pytest.mark.parametrize(
    ("platform", "answer"),
    [
        (("cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*",), MATCHED),
        (("cpe:2.3:o:microsoft:windows:11:*:*:*:*:*:*:*",), MATCHED),
        (("windows",), MATCHED),
        (("Microsoft Windows",), MATCHED),
        ((LINUX,), CLEAN),
        (("linux",), CLEAN),
        (("Windows Server 2022",), MATCHED),
        (("Ubuntu 22.04",), CLEAN),
        (("cpe:2.3:h:acme:box:-:*:*:*:*:*:*:*",), OPEN),
        (("DGX H100",), OPEN),
        ((), OPEN),
    ],
)
def test_what_it_must_run_on(platform: tuple[str, ...], answer: str) -> None:
    assert says(ON_WINDOWS, "1.0", *platform)[0] == answer
    assert says(ON_WINDOWS, "2.0", *platform)[0] == CLEAN


def test_a_family_of_systems_is_one_word() -> None:
    on = both(ON_WINDOWS.nodes[0], node(CpeMatch("cpe:2.3:o:linux:linux_kernel:-:*:*:*:*:*:*:*", vulnerable=False)))
    assert says(on, "1.0", "Ubuntu 22.04")[0] == MATCHED
    ten = both(ON_WINDOWS.nodes[0], node(CpeMatch("cpe:2.3:o:microsoft:windows_10:-:*:*:*:*:*:*:*", vulnerable=False)))
    assert says(ten, "1.0", "windows")[0] == OPEN
    assert says(ten, "1.0", "windows 10")[0] == MATCHED
    assert says(ten, "1.0", "linux")[0] == CLEAN


def test_a_platform_that_is_not_declared_is_named() -> None:
    answer = judge_configurations(of(ON_WINDOWS), part(name(), version="1.0"))
    assert answer is not None
    assert answer.reason == "it needs microsoft windows, and the platform of serve is not declared"
    assert answer.possible
    needs = both(ON_WINDOWS.nodes[0], node(CpeMatch(name("x:y", version="3", part="o"), vulnerable=False)))
    assert says(needs, "1.0", name("x:y", version="4", part="o"))[0] == CLEAN
    assert says(needs, "1.0", name("x:y", version="3", part="o"))[0] == MATCHED
    assert says(needs, "1.0", name("x:y", part="o"))[0] == OPEN


def test_a_platform_is_never_the_vulnerable_part() -> None:
    assert says(ON_WINDOWS, "11", known_as="cpe:2.3:o:microsoft:windows:*:*:*:*:*:*:*:*")[0] == CLEAN
    alone = any_of(CpeMatch(name(), vulnerable=False), CpeMatch(name("other:one")))
    assert says(alone, "1.0")[0] == CLEAN


def test_firmware_runs_on_the_device_of_its_name() -> None:
    hardware = [CpeMatch(name(f"acme:{h}", version="-", part="h"), vulnerable=False) for h in ("box", "crate")]
    tree = both(node(CpeMatch(BOX, end_excluding="2.0")), node(*hardware))
    assert says(tree, "1.9", known_as=BOX)[0] == MATCHED
    shared = both(node(CpeMatch(name("acme:os", part="o"), end_excluding="2.0")), node(*hardware))
    assert says(shared, "1.9", known_as=name("acme:os", part="o"))[0] == OPEN
    assert says(shared, "1.9", "acme crate", known_as=name("acme:os", part="o"))[0] == MATCHED
    assert says(shared, "1.9", "acme barrel 9", known_as=name("acme:os", part="o"))[0] == OPEN
    assert says(shared, "1.9", "H200", known_as=name("acme:os", part="o"))[0] == CLEAN


def test_negation_turns_a_node_and_a_configuration_around() -> None:
    fixed = CpeMatch(name(), start_including="2.0")
    assert says(any_of(fixed, negate=True), "1.0")[0] == MATCHED
    assert says(any_of(fixed, negate=True), "2.0")[0] == CLEAN
    assert says(any_of(fixed, negate=True), None)[0] == OPEN
    not_on = both(
        node(CpeMatch(name())),
        node(CpeMatch("cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*", vulnerable=False), negate=True),
    )
    assert says(not_on, "1.0", "linux")[0] == MATCHED
    assert says(not_on, "1.0", "windows")[0] == CLEAN
    assert says(not_on, "1.0")[0] == OPEN


def test_an_edition_that_is_not_declared_is_not_known() -> None:
    tree = any_of(CpeMatch("cpe:2.3:a:acme:serve:*:*:*:*:enterprise:*:*:*", end_excluding="2.0"))
    assert says(tree, "1.0")[0] == OPEN
    assert says(tree, "1.0", known_as="cpe:2.3:a:acme:serve:*:*:*:*:community:*:*:*")[0] == CLEAN
    assert says(tree, "1.0", known_as="cpe:2.3:a:acme:serve:*:*:*:*:enterprise:*:*:*")[0] == MATCHED


def test_criteria_that_are_no_cpe_names_and_empty_trees_match_nothing() -> None:
    assert says(any_of(CpeMatch("cpe:2.3:a:Soap::Lite:x:*"), CpeMatch(name(version="1.0"))), "1.1")[0] == CLEAN
    assert says(any_of(CpeMatch("cpe:2.3:a:Soap::Lite:x:*"), CpeMatch(name(version="1.0"))), "1.0")[0] == MATCHED
    with_unreadable = both(node(CpeMatch(name())), node(CpeMatch("cpe:2.3:broken", vulnerable=False)))
    assert says(with_unreadable, "1.0") == (OPEN, "the advisory's 'cpe:2.3:broken' is no CPE name")
    assert says(Configuration(), "1.0")[0] == CLEAN


def test_two_thousand_nodes_are_read() -> None:
    nodes = tuple(node(CpeMatch(name(f"acme:p{n}", version=f"{n}"))) for n in range(2_000))
    tree = Configuration(nodes=(*nodes, node(CpeMatch(name(version="7")))))
    assert says(tree, "7")[0] == MATCHED
    assert says(tree, "8")[0] == CLEAN


LEAVES = (
    CpeMatch(name(), end_excluding="2"),
    CpeMatch(name(), start_including="3"),
    CpeMatch(name("x:os", version="-", part="o"), vulnerable=False),
    CpeMatch(name("y:hw", version="-", part="h"), vulnerable=False),
)
NODES = st.builds(
    CpeNode,
    matches=st.lists(st.sampled_from(LEAVES), min_size=1, max_size=3).map(tuple),
    operator=st.sampled_from(Operator),
    negate=st.booleans(),
)


def brute(tree: Configuration, version: int, os: bool, hw: bool) -> bool:
    """Two-valued: everything is known."""
    truth = dict(zip(LEAVES, (version < 2, version >= 3, os, hw), strict=True))
    own, values = False, []
    for one in tree.nodes:
        held = [truth[m] for m in one.matches]
        value = all(held) if one.operator is Operator.AND else any(held)
        values.append(value != one.negate)
        own |= any(truth[m] != one.negate for m in one.matches if m.vulnerable)
    whole = all(values) if tree.operator is Operator.AND else any(values)
    if tree.operator is Operator.OR and not tree.negate:
        return any(
            v and any(truth[m] != n.negate for m in n.matches if m.vulnerable)
            for v, n in zip(values, tree.nodes, strict=True)
        )
    return own and whole != tree.negate


@given(st.lists(NODES, min_size=1, max_size=3).map(tuple), st.sampled_from(Operator), st.booleans())
def test_what_is_all_known_is_answered_as_by_two_valued_logic_and_less_known_never_contradicts_it(
    nodes: tuple[CpeNode, ...], operator: Operator, negate: bool
) -> None:
    tree = Configuration(nodes=nodes, operator=operator, negate=negate)
    for version, os, hw in itertools.product((1, 2, 3), (True, False), (True, False)):
        platform = name("x:os" if os else "z:os", part="o"), name("y:hw" if hw else "z:hw", part="h")
        expected = MATCHED if brute(tree, version, os, hw) else CLEAN
        assert says(tree, str(version), *platform)[0] == expected
        for less in (platform[:1], platform[1:], ()):
            assert says(tree, str(version), *less)[0] in (expected, OPEN)
        assert says(tree, None, *platform)[0] in (expected, OPEN)


def test_matching_asks_the_configurations_of_what_is_declared_by_name() -> None:
    advisory = of(any_of(CpeMatch(name(), end_excluding="2.0")), affected=(Affected("cpe", "acme:serve"),))
    for kind in (ComponentKind.PACKAGE, ComponentKind.VECTOR_STORE, ComponentKind.PLUGIN, ComponentKind.ENDPOINT):
        component = Component(id="x", kind=kind, name="serve", version="1.0", known_as=(name(),))
        assert keys_of(component) == (("cpe", "acme:serve"),)
        assert component.auditable
        found = audit(advisory, component)
        assert (found.audit, found.fixed) == (Audit.MATCHED, ("2.0",))
    other = part(name("acme:other"), version="1.0")
    assert audit(advisory, other).audit is Audit.CLEAN
    assert audit(of(affected=(Affected("cpe", "acme:serve"),)), part(name(), version="1.0")).audit is Audit.NOT_AUDITED


def test_a_package_with_a_cpe_name_is_judged_by_both_and_the_worse_counts() -> None:
    package = Component(
        id="pkg:pypi/serve",
        kind=ComponentKind.PACKAGE,
        name="serve",
        ecosystem="PyPI",
        version="1.0",
        known_as=(name(),),
    )
    assert keys_of(package) == (("pypi", "serve"), ("cpe", "acme:serve"))
    by_cpe = of(any_of(CpeMatch(name(), end_excluding="2.0")), affected=(Affected("cpe", "acme:serve"),))
    by_name = of(affected=(Affected("PyPI", "serve", ("1.0",)),))
    neither = of(affected=(Affected("PyPI", "serve", ("0.9",)), Affected("cpe", "acme:serve", ("0.9",))))
    assert [audit(a, package).audit for a in (by_cpe, by_name, neither)] == [Audit.MATCHED, Audit.MATCHED, Audit.CLEAN]


def test_a_device_has_no_version_and_a_product_whose_version_nobody_stated_is_not_readable() -> None:
    assert not unreadable(part("cpe:2.3:h:acme:box:-:*:*:*:*:*:*:*"))
    assert unreadable(part(name()))
    assert not unreadable(part(name(version="1.0")))
    assert unreadable(part(name(), version="latest"))


def test_what_no_advisory_can_name_says_what_to_declare() -> None:
    assert not_audited(part()).endswith("type generic: declare its cpe or product")
    store = Component(id="pinecone", kind=ComponentKind.VECTOR_STORE, name="pinecone")
    assert "without the product name or CPE name" in not_audited(store)
    assert not_audited(part(name())) == ""


def test_the_ranges_of_its_products_are_shown_and_do_not_decide() -> None:
    (affected,) = stated((ON_WINDOWS,))
    assert affected == Affected("cpe", "acme:serve", (), (VersionRange(fixed="2.0"),))
    advisory = of(ON_WINDOWS, affected=(affected,))
    assert audit(advisory, part(name(), version="1.0", platform=("linux",))).audit is Audit.CLEAN
    exact = stated((any_of(CpeMatch(name(version="22.7", update="r2.3")), CpeMatch(name(version="-"))),))
    assert exact == (Affected("cpe", "acme:serve", ("22.7 r2.3",), ()),)


def test_a_fix_that_an_operator_settled_ends_the_ranges_that_it_lies_in() -> None:
    tree = any_of(
        CpeMatch(name(), end_excluding="2.0"),
        CpeMatch(name(), start_including="3.0", end_including="3.5"),
        CpeMatch(name(version="1.8")),
        CpeMatch(name("acme:other"), end_excluding="2.0"),
    )
    (settled,) = ended((tree,), ("cpe", "acme:serve"), "1.5")
    assert [says(settled, v)[0] for v in ("1.4", "1.5", "1.8", "3.2")] == [MATCHED, CLEAN, CLEAN, MATCHED]
    assert says(settled, "1.8", known_as=name("acme:other"))[0] == MATCHED
