from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pulse_tui.domain.advisory import Advisory, Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component, Dependency, Estate
from pulse_tui.domain.words import ComponentKind, Recommended, Severity
from pulse_tui.enrich.advisories.groups import merged
from pulse_tui.enrich.advisories.matching import (
    advisory_fingerprint,
    advisory_signals,
    audit,
    judge_version,
    match,
    severity_of,
)
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import component_key, package_key
from tests.enrich.build import CANARY, ESTATE, GATEWAY, NLTK, NOW, PRODUCTION, SHADOW, VLLM, advisory, deployment


def pypi(*versions: str, ranges: tuple[VersionRange, ...] = ()) -> Affected:
    return Affected(ecosystem="PyPI", name="vllm", versions=versions, ranges=ranges)


def said(affected: Affected, version: str | None, ecosystem: str = "PyPI") -> Audit:
    return judge_version(affected, version, ecosystem)[0]


RANGE = VersionRange(introduced="0.6.0", fixed="0.9.2")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.5.9", Audit.CLEAN),
        ("0.6.0", Audit.MATCHED),
        ("0.9.1", Audit.MATCHED),
        ("0.9.2rc1", Audit.MATCHED),
        ("0.9.2", Audit.CLEAN),
        ("v0.9.1", Audit.MATCHED),
        ("0.10.0", Audit.CLEAN),
        ("not-a-version", Audit.NOT_AUDITED),
        ("", Audit.NOT_AUDITED),
        (None, Audit.NOT_AUDITED),
    ],
)
def test_a_range_holds_from_introduced_up_to_fixed(version: str | None, expected: Audit) -> None:
    assert said(pypi(ranges=(RANGE,)), version) is expected


def test_introduced_zero_is_the_beginning_of_time() -> None:
    assert said(pypi(ranges=(VersionRange(introduced="0", fixed="1.0"),)), "0.0.0.dev1") is Audit.MATCHED


def test_last_affected_is_inside() -> None:
    span = pypi(ranges=(VersionRange(introduced="1.0", last_affected="1.2"),))
    assert [said(span, v) for v in ("1.2", "1.2.0", "1.2.1")] == [Audit.MATCHED, Audit.MATCHED, Audit.CLEAN]


def test_a_range_without_end_affects_every_later_version() -> None:
    assert said(pypi(ranges=(VersionRange(introduced="1.0"),)), "99.0") is Audit.MATCHED


def test_lists_and_several_ranges_are_a_union() -> None:
    both = pypi("3.0", ranges=(RANGE, VersionRange(introduced="2.0", fixed="2.1")))
    assert [said(both, v) for v in ("0.7.0", "2.0.5", "3.0", "1.5")] == [Audit.MATCHED] * 3 + [Audit.CLEAN]


def test_a_listed_version_is_found_in_another_spelling() -> None:
    assert said(pypi("1.0.0"), "1.0") is Audit.MATCHED


def test_an_event_that_cannot_be_read_is_not_audited_and_the_reason_names_it() -> None:
    answer, reason = judge_version(pypi(ranges=(VersionRange(introduced="2.0", fixed="2.6.0-NA"),)), "2.1", "PyPI")
    assert answer is Audit.NOT_AUDITED
    assert "2.6.0-NA" in reason


def test_the_list_decides_even_when_an_event_cannot_be_read() -> None:
    broken = pypi("2.1", ranges=(VersionRange(introduced="2.0", fixed="2.6.0-NA"),))
    assert said(broken, "2.1") is Audit.MATCHED


def test_a_readable_bound_rules_a_version_out_although_the_other_cannot_be_read() -> None:
    broken = pypi(ranges=(VersionRange(introduced="2.0", fixed="2.6.0-NA"),))
    assert said(broken, "1.9") is Audit.CLEAN


def test_an_unreadable_range_does_not_hide_a_match_of_another() -> None:
    mixed = pypi(ranges=(VersionRange(introduced="x.y", fixed="z"), RANGE))
    assert said(mixed, "0.9.1") is Audit.MATCHED


def test_an_ecosystem_without_order_is_decided_by_its_list_only() -> None:
    cran = Affected(ecosystem="CRAN", name="curl", versions=("7.88.1-10",), ranges=(VersionRange(fixed="7.88.1-11"),))
    assert said(cran, "7.88.1-10", "CRAN") is Audit.MATCHED
    answer, reason = judge_version(cran, "7.88.1-9", "CRAN")
    assert answer is Audit.NOT_AUDITED
    assert "CRAN" in reason


def test_an_advisory_that_names_nothing_is_not_clean() -> None:
    assert said(pypi(), "1.0") is Audit.NOT_AUDITED


def test_go_versions_have_a_leading_v() -> None:
    go = Affected(ecosystem="Go", name="example.com/m", ranges=(VersionRange(introduced="1.0.0", fixed="1.2.0"),))
    assert said(go, "v1.1.0", "Go") is Audit.MATCHED


SEMVER_IN_ORDER = [
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "1.1.0", "2.0.0",
]  # fmt: skip


def read(text: str) -> Any:
    npm = order("npm")
    assert npm is not None
    return npm(text)


def semver(text: str) -> Any:
    version = read(text)
    assert version is not None
    return version


def test_semantic_versions_are_in_the_order_of_the_specification() -> None:
    versions = [semver(text) for text in SEMVER_IN_ORDER]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


def test_a_leading_v_and_a_missing_minor_or_patch_are_forgiven() -> None:
    assert semver("v1.2.0") == semver("=1.2") == semver("V1.2.0+linux") == semver("1.2.0")
    assert semver("1") == semver("1.0.0") < semver("1.0.1-rc.1")
    assert read("1." + "0" * 300) is None


@pytest.mark.parametrize("text", ["1", "v1.2", "01.2.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3.4", "x", ""])
def test_what_is_no_semantic_version_is_not_guessed_at(text: str) -> None:
    assert (read(text) is not None) == (text in ("1", "v1.2"))


IDS = st.one_of(
    st.integers(0, 99).map(str),
    st.text("abcXYZ-", min_size=1, max_size=3),
    st.from_regex(r"[0-9][a-z]", fullmatch=True),
)
SEMVERS = st.builds(
    lambda r, pre, build: ".".join(map(str, r)) + ("-" + ".".join(pre) if pre else "") + ("+b" if build else ""),
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
    st.lists(IDS, max_size=3),
    st.booleans(),
)


@given(SEMVERS, SEMVERS, SEMVERS)
def test_semver_order_is_total_antisymmetric_and_transitive(x: str, y: str, z: str) -> None:
    a, b, c = semver(x), semver(y), semver(z)
    assert sum((a < b, a == b, a > b)) == 1
    assert not (a <= b <= c) or a <= c
    assert (a == b) == (hash(a) == hash(b) and a <= b <= a)


@given(SEMVERS)
def test_build_metadata_has_no_part_in_the_order(text: str) -> None:
    assert semver(text.partition("+")[0] + "+other.1") == semver(text)


RELEASES = st.lists(st.integers(0, 20), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))


@given(st.lists(RELEASES, max_size=4), st.lists(st.tuples(RELEASES, RELEASES), max_size=3), RELEASES)
def test_a_version_is_matched_exactly_when_a_list_or_a_range_has_it(
    versions: list[str], spans: list[tuple[str, str]], version: str
) -> None:
    affected = pypi(*versions, ranges=tuple(VersionRange(introduced=a, fixed=b) for a, b in spans))
    mine = Version(version)
    inside = mine in map(Version, versions) or any(Version(a) <= mine < Version(b) or False for a, b in spans)
    beginning = any(a == "0" and mine < Version(b) for a, b in spans)
    answer = said(affected, version)
    if inside or beginning:
        assert answer is Audit.MATCHED
    else:
        assert answer is (Audit.CLEAN if versions or spans else Audit.NOT_AUDITED)


def test_names_are_compared_as_their_ecosystem_compares_them() -> None:
    assert package_key("PyPI", "Jupyter.Server") == package_key("pypi", "jupyter_server") == ("pypi", "jupyter-server")
    assert package_key("golang", "example.com/M") == ("go", "example.com/m")
    bare = Component(id="pkg:npm/left-pad", kind=ComponentKind.PACKAGE, name="left-pad")
    assert component_key(bare) == ("npm", "left-pad")
    assert component_key(Component(id="openai/gpt", kind=ComponentKind.HOSTED_MODEL, name="gpt")) is None


def test_an_advisory_reaches_the_asset_that_uses_the_package_with_the_fix_named() -> None:
    (finding,) = match(advisory(), ESTATE)
    assert (finding.asset_id, finding.component, finding.environment) == ("embed-gateway", "vllm 0.9.1", PRODUCTION)
    assert (finding.audit, finding.fixed) == (Audit.MATCHED, ("0.9.2",))
    assert "0.6.0" in finding.reason


def test_a_withdrawn_advisory_has_no_findings() -> None:
    assert match(advisory(withdrawn=True), ESTATE) == []
    assert audit(advisory(withdrawn=True), VLLM).audit is Audit.CLEAN


def test_clean_components_give_no_finding_and_unjudged_ones_do() -> None:
    fixed = advisory(affected=(pypi(ranges=(VersionRange(fixed="0.5"),)),))
    assert match(fixed, ESTATE) == []
    unreadable = advisory(affected=(pypi(ranges=(VersionRange(fixed="2.6.0-NA"),)),))
    assert [f.audit for f in match(unreadable, ESTATE)] == [Audit.NOT_AUDITED]


def test_a_dependency_counts_only_where_the_asset_is_deployed_with_it() -> None:
    estate = Estate(
        assets={GATEWAY.id: GATEWAY},
        deployments=(deployment("embed-gateway", PRODUCTION, "1"), deployment("embed-gateway", CANARY, "2")),
        dependencies=(Dependency(asset_id="embed-gateway", component=VLLM, environments=(CANARY, SHADOW)),),
    )
    assert [f.environment for f in match(advisory(), estate)] == [CANARY]
    idle = msgspec.structs.replace(estate, deployments=())
    assert [f.environment for f in match(advisory(), idle)] == [None]


def test_signals_are_one_per_asset_and_environment_with_a_stable_fingerprint() -> None:
    first = advisory()
    (signal,) = advisory_signals(first, match(first, ESTATE), ESTATE, NOW)
    assert signal.title == "CVE-2026-3248 reaches embed-gateway"
    assert (signal.severity, signal.confidence, signal.owner_team) == (Severity.CRITICAL, 0.9, "platform-ai")
    assert (signal.evidence.component, signal.evidence.installed) == ("pkg:pypi/vllm", "0.9.1")
    twin = advisory(id="PYSEC-2026-1", source="pypa", aliases=("CVE-2026-3248",))
    (other,) = advisory_signals(twin, match(twin, ESTATE), ESTATE, NOW)
    assert other.fingerprint == signal.fingerprint == advisory_fingerprint(first, "embed-gateway", PRODUCTION)
    assert other.id != signal.id


def test_what_was_not_audited_carries_little_confidence_and_asks_for_a_look() -> None:
    unreadable = advisory(affected=(pypi(ranges=(VersionRange(fixed="2.6.0-NA"),)),))
    (signal,) = advisory_signals(unreadable, match(unreadable, ESTATE), ESTATE, NOW)
    assert signal.confidence == 0.4
    assert signal.recommended_action is Recommended.REVIEW
    assert "may reach" in signal.title


def test_a_severity_that_nobody_stated_is_not_known_and_said() -> None:
    silent = advisory(severity=None, cvss=None)
    (signal,) = advisory_signals(silent, match(silent, ESTATE), ESTATE, NOW)
    assert (signal.confidence, signal.evidence.severity_stated) == (0.9, False)
    assert "states no severity" in (signal.summary or "")
    assert severity_of(advisory(severity=None, cvss=7.0)) is Severity.HIGH


def test_a_low_advisory_outside_production_is_a_signal_of_that_environment() -> None:
    low = advisory(
        severity=Severity.LOW,
        affected=(Affected(ecosystem="PyPI", name="NLTK", versions=(NLTK.version or "",)),),
    )
    (signal,) = advisory_signals(low, match(low, ESTATE), ESTATE, NOW)
    assert (signal.asset_id, signal.environment, signal.recommended_action) == ("lab", SHADOW, Recommended.NOTE)


@pytest.mark.parametrize(
    ("ghsa", "pysec", "expected"),
    [
        ((VersionRange(fixed="0.9.3"),), (VersionRange(fixed="0.9.2"),), ["0.9.3", "0.9.2"]),
        ((VersionRange(fixed="0.9.2"), VersionRange("0.10", "0.11")), (VersionRange(fixed="0.10.5"),),
         ["0.11", "0.9.2", "0.10.5"]),
        ((VersionRange(fixed="0.9.2"),), (VersionRange(),), ["0.9.2"]),
        ((VersionRange(fixed="0.9.2"),), (VersionRange(fixed="0.9.2"),), ["0.9.2"]),
    ],
)  # fmt: skip
def test_the_fix_that_every_record_calls_free_of_it_is_named_first(
    ghsa: tuple[VersionRange, ...], pysec: tuple[VersionRange, ...], expected: list[str]
) -> None:
    records = [
        Advisory(id=i, source="osv", modified=NOW, title="t", aliases=("CVE-2026-1",),
                 affected=(Affected("PyPI", "vllm", (), ranges),))
        for i, ranges in (("GHSA-1", ghsa), ("PYSEC-1", pysec))
    ]  # fmt: skip
    findings = [f for r in records for f in match(r, ESTATE)]
    (signal,) = advisory_signals(merged(records), findings, ESTATE, NOW)
    assert signal.evidence.fixed == expected
