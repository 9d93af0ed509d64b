"""By which names and versions a component is looked for among advisories: the right ones, or it is not audited."""

from __future__ import annotations

import pytest

from pulse_tui.domain.advisory import Affected, Audit, VersionRange
from pulse_tui.domain.estate import Component, Dependency, Estate
from pulse_tui.domain.purl import component as named
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.advisories.matching import advisory_signals, audit, match, not_audited
from tests.enrich.build import GATEWAY, NOW, PRODUCTION, advisory, deployment


def answer(purl: str, *affected: Affected) -> Audit:
    return audit(advisory(affected=affected), named(purl)).audit


def entry(
    ecosystem: str, name: str, fixed: str | None = None, *, last: str | None = None, versions: str = ""
) -> Affected:
    ranges = (VersionRange(fixed=fixed, last_affected=last),) if fixed or last else ()
    return Affected(ecosystem=ecosystem, name=name, ranges=ranges, versions=tuple(versions.split()))


def estate(component: Component) -> Estate:
    return Estate(
        assets={GATEWAY.id: GATEWAY},
        deployments=(deployment(GATEWAY.id, PRODUCTION, "1"),),
        dependencies=(Dependency(asset_id=GATEWAY.id, component=component),),
    )


@pytest.mark.parametrize(
    ("affected", "expected"),
    [
        (entry("PyPI", "torch", last="2.6.0"), Audit.MATCHED),
        (entry("PyPI", "torch", versions="2.5.0 2.6.0"), Audit.MATCHED),
        (entry("PyPI", "torch", versions="2.6.0+cpu"), Audit.CLEAN),
        (entry("PyPI", "torch", versions="2.6.0+cu124"), Audit.MATCHED),
        (entry("PyPI", "torch", "2.6.0"), Audit.CLEAN),
        (entry("PyPI", "torch", "2.6.1"), Audit.MATCHED),
        (entry("PyPI", "torch", last="2.5.9"), Audit.CLEAN),
    ],
)
def test_a_local_build_is_its_release_to_bounds_that_name_no_build(affected: Affected, expected: Audit) -> None:
    assert answer("pkg:pypi/torch@2.6.0%2Bcu124", affected) is expected


LIBSSL = "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl"


@pytest.mark.parametrize(
    ("purl", "affected", "expected"),
    [
        (LIBSSL, entry("Debian:12", "openssl", "3.0.13-1~deb12u1"), Audit.MATCHED),
        (LIBSSL, entry("Debian:12", "openssl", "3.0.11-1~deb12u1"), Audit.CLEAN),
        (LIBSSL, entry("Debian:12", "openssl", "3.0.2-1"), Audit.CLEAN),
        (LIBSSL, entry("Debian:11", "openssl", "3.0.13-1"), Audit.CLEAN),
        (LIBSSL, entry("Debian", "libssl3", "3.0.13-1"), Audit.MATCHED),
        ("pkg:deb/debian/lsb-base@11.6?distro=debian-12&upstream=sysvinit@3.06-4", entry("Debian:12", "sysvinit", "3.07"), Audit.MATCHED),
        ("pkg:deb/debian/lsb-base@11.6?distro=debian-12&upstream=sysvinit@3.06-4", entry("Debian:12", "sysvinit", "3.05"), Audit.CLEAN),
        ("pkg:rpm/redhat/openssl-libs@3.0.7-16.el9?epoch=1&distro=rhel-9.2&upstream=openssl-3.0.7-16.el9.src.rpm", entry("Red Hat:enterprise_linux:9::baseos", "openssl", "1:3.0.7-20.el9"), Audit.MATCHED),
        ("pkg:rpm/redhat/openssl-libs@3.0.7-16.el9?epoch=1&distro=rhel-9.2", entry("Red Hat:enterprise_linux:9::baseos", "openssl-libs", "0:4"), Audit.CLEAN),
        ("pkg:apk/alpine/libcrypto3@3.1.4-r5?distro=alpine-3.18.4&upstream=openssl", entry("Alpine:v3.18", "openssl", "3.1.4-r10"), Audit.MATCHED),
        ("pkg:apk/alpine/libcrypto3@3.1.4-r5?distro=alpine-3.18.4&upstream=openssl", entry("Alpine:v3.19", "openssl", "3.1.4-r10"), Audit.CLEAN),
        ("pkg:maven/org.x/core@2.24.1", entry("Maven", "org.x:core", "2.15.0"), Audit.CLEAN),
        ("pkg:maven/org.x/core@2.14.1", entry("Maven", "org.x:core", "2.15.0"), Audit.MATCHED),
        ("pkg:gem/rack@3.1.0", entry("RubyGems", "rack", "2.2.3"), Audit.CLEAN),
        ("pkg:gem/nokogiri@1.13.0-x86_64-linux", entry("RubyGems", "nokogiri", "1.13.4"), Audit.MATCHED),
        ("pkg:gem/nokogiri@1.13.4-x86_64-linux", entry("RubyGems", "nokogiri", "1.13.4"), Audit.CLEAN),
        ("pkg:gem/rack@2.2.3.rc1", entry("RubyGems", "rack", "2.2.3"), Audit.MATCHED),
        ("pkg:nuget/Newtonsoft.Json@13.0.3", entry("NuGet", "Newtonsoft.Json", "13.0.1"), Audit.CLEAN),
        ("pkg:composer/Symfony/http@6.4.1", entry("Packagist", "symfony/http", "6.4.2"), Audit.MATCHED),
        ("pkg:pypi/uvicorn%5Bstandard%5D@0.1", entry("PyPI", "uvicorn", "0.2"), Audit.MATCHED),
        ("pkg:npm/scope/name@1.0.0", entry("npm", "@scope/name", "2.0.0"), Audit.MATCHED),
        ("pkg:golang/github.com/burntsushi/toml@v1.0.0", entry("Go", "github.com/BurntSushi/toml", "1.1.0"), Audit.MATCHED),
        ("pkg:golang/golang.org/x/crypto@v0.1.0#ssh", entry("Go", "golang.org/x/crypto", "0.2.0"), Audit.MATCHED),
        ("pkg:golang/golang.org/x/crypto/ssh@v0.1.0", entry("Go", "golang.org/x/crypto", "0.2.0"), Audit.NOT_AUDITED),
        ("pkg:golang/golang.org/x/crypto/ssh@v0.3.0", entry("Go", "golang.org/x/crypto", "0.2.0"), Audit.CLEAN),
        ("pkg:golang/k8s.io/kubernetes@v1.2.0", entry("Go", "k8s.io/kubernetes/pkg/kubelet", "1.3.0"), Audit.NOT_AUDITED),
        ("pkg:golang/github.com/x/y/v2@v2.0.0", entry("Go", "github.com/x/y", "3.0.0"), Audit.CLEAN),
    ],
)  # fmt: skip
def test_a_package_is_judged_under_the_name_release_and_order_of_its_ecosystem(
    purl: str, affected: Affected, expected: Audit
) -> None:
    assert answer(purl, affected) is expected
    component = named(purl)
    found = match(advisory(affected=(affected,)), estate(component))
    assert [f.audit for f in found] == ([expected] if expected is not Audit.CLEAN else [])


def test_a_package_of_no_stated_release_is_judged_only_where_all_releases_agree() -> None:
    old, new = entry("Debian:11", "openssl", "1.1.1n-1"), entry("Debian:12", "openssl", "3.0.13-1")
    assert answer("pkg:deb/debian/openssl@3.0.11-1", old, new) is Audit.NOT_AUDITED
    assert answer("pkg:deb/debian/openssl@1.0.0-1", old, new) is Audit.MATCHED
    assert answer("pkg:deb/debian/openssl@3.1-1", old, new) is Audit.CLEAN


@pytest.mark.parametrize(
    ("component", "why"),
    [
        (named("pkg:conda/pytorch@2.5.0?channel=pytorch"), "type conda"),
        (named("pkg:generic/vllm@0.8.5"), "type generic"),
        (named("pkg:github/vllm-project/vllm@v0.8.5"), "type github"),
        (Component(id="name:torch", kind=ComponentKind.PACKAGE, name="torch", version="2"), "no package URL"),
        (named("pkg:pypi/torch@2"), ""),
        (Component(id="openai/gpt", kind=ComponentKind.HOSTED_MODEL, name="gpt"), ""),
        (Component(id="pkg:pypi/torch", kind=ComponentKind.PACKAGE, name="torch"), ""),
    ],
)
def test_what_no_advisory_can_name_is_said_with_the_reason(component: Component, why: str) -> None:
    assert (why in not_audited(component)) if why else (not_audited(component) == "")
    assert (
        match(advisory(affected=(entry("PyPI", "torch", "3"), entry("conda", "pytorch", "3"))), estate(component)) == []
        or not why
    )


@pytest.mark.parametrize(
    ("purl", "affected", "alerts"),
    [
        ("pkg:cran/x@1.0", entry("CRAN", "x", "2.0"), False),  # no order of versions is known
        ("pkg:pypi/x@1.0", entry("PyPI", "x"), False),  # the advisory names commits only
        ("pkg:golang/golang.org/x/crypto/ssh@v0.1.0", entry("Go", "golang.org/x/crypto", "0.2.0"), False),
        ("pkg:pypi/x", entry("PyPI", "x", "2.0"), True),  # unpinned: it may be the affected one
        ("pkg:cran/x", entry("CRAN", "x", "2.0"), True),
        ("pkg:pypi/x@latest", entry("PyPI", "x", "2.0"), True),
    ],
)
def test_what_was_not_audited_alerts_only_where_the_installed_version_is_what_is_not_known(
    purl: str, affected: Affected, alerts: bool
) -> None:
    there = estate(named(purl))
    found = match(advisory(affected=(affected,)), there)
    assert [f.audit for f in found] == [Audit.NOT_AUDITED]
    assert bool(advisory_signals(advisory(affected=(affected,)), found, there, NOW)) is alerts


def test_of_two_components_of_one_label_the_worse_answer_is_kept() -> None:
    bare = Component(id="pkg:pypi/x", kind=ComponentKind.PACKAGE, name="x 1.0", ecosystem="PyPI")
    pinned = Component(id="pkg:npm/x", kind=ComponentKind.PACKAGE, name="x", version="1.0", ecosystem="npm")
    there = estate(pinned)
    there = Estate(
        assets=there.assets,
        deployments=there.deployments,
        dependencies=(*there.dependencies, Dependency(asset_id=GATEWAY.id, component=bare)),
    )
    both = (entry("npm", "x", "2.0.0"), entry("PyPI", "x 1.0", "2.0"))
    (finding,) = match(advisory(affected=both), there)
    assert finding.audit is Audit.MATCHED


def test_malicious_code_is_critical_whatever_its_record_states() -> None:
    there = estate(named("pkg:pypi/x@1.0"))
    found = advisory(
        id="MAL-2026-1", aliases=(), severity=None, cvss=None, affected=(entry("PyPI", "x", versions="1.0"),)
    )
    (signal,) = advisory_signals(found, match(found, there), there, NOW)
    assert (signal.severity.value, signal.evidence.severity_stated) == ("critical", True)


@pytest.mark.parametrize(
    ("purl", "affected"),
    [
        ("pkg:cargo/serde_json@1.0.0", entry("crates.io", "serde-json", "1.0.1")),
        ("pkg:cargo/tokio-util@0.7.0", entry("crates.io", "Tokio_util", "0.7.1")),
        ("pkg:golang/std@go1.20.1", entry("Go", "stdlib", "1.20.5")),
        ("pkg:golang/std@1.20.1", entry("Go", "stdlib", "1.20.5")),
        ("pkg:golang/toolchain@go1.20", entry("Go", "toolchain", "1.20.5")),
        (
            "pkg:swift/github.com/apple/swift-nio@2.0.0",
            entry("SwiftURL", "https://github.com/apple/swift-nio.git", "2.1.0"),
        ),
        ("pkg:swift/github.com/apple/swift-nio@2.0.0", entry("SwiftURL", "github.com/apple/swift-nio", "2.1.0")),
        ("pkg:githubactions/github/codeql-action/analyze@v2", entry("GitHub Actions", "github/codeql-action", "3.0.0")),
        ("pkg:githubactions/github/codeql-action@v2#analyze", entry("GitHub Actions", "github/codeql-action", "3.0.0")),
    ],
)
def test_names_that_tools_and_databases_spell_differently_are_one(purl: str, affected: Affected) -> None:
    assert answer(purl, affected) is Audit.MATCHED


@pytest.mark.parametrize(
    "purl",
    ["pkg:golang/x.org/y@(devel)", "pkg:npm/y@git+https://x/y.git",
     "pkg:githubactions/x/y@0e58ed8671d6b60d0890c21b07f8835ace038e67", "pkg:pypi/y@latest", "pkg:pypi/y"],
)  # fmt: skip
def test_a_version_that_cannot_be_ordered_is_never_clean(purl: str) -> None:
    found = named(purl)
    affected = entry(found.ecosystem or "", found.name, "99")
    assert answer(purl, affected) is Audit.NOT_AUDITED
