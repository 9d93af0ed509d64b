"""Scanner reports: what each lists, claims and skips; what it does not say is not made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import grype, osv_scanner, pip_audit, sarif, trivy
from pulse_tui.collectors._shared import reports as shared
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.report import Claim, Report, Skipped
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import Severity
from pulse_tui.kinds import Kinds
from pulse_tui.ports import FileFormat, Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

KINDS: dict[str, FileFormat] = {
    "grype": grype,
    "osv_scanner": osv_scanner,
    "pip_audit": pip_audit,
    "sarif": sarif,
    "trivy": trivy,
}
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

PIP_AUDIT = {
    "dependencies": [
        {
            "name": "Jinja2",
            "version": "3.1.2",
            "vulns": [
                {
                    "id": "PYSEC-2026-1",
                    "fix_versions": ["3.1.3"],
                    "aliases": ["CVE-2026-1000", "GHSA-aaaa-bbbb-cccc"],
                    "description": "First line.\nMore.",
                }
            ],
        },
        {"name": "idna", "version": "3.7", "vulns": []},
        {"name": "ourlib", "skip_reason": "Dependency not found on PyPI and could not be audited: ourlib (1.0)"},
    ],
    "fixes": [],
}
TRIVY: dict[str, Any] = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-11-20T10:00:00.5Z",
    "ArtifactName": "ghcr.io/acme/bot:3.8.2",
    "ArtifactType": "container_image",
    "Metadata": {"RepoDigests": ["ghcr.io/acme/bot@sha256:" + "a" * 64]},
    "Trivy": {"Version": "0.66.0"},
    "Results": [
        {
            "Target": "ghcr.io/acme/bot:3.8.2 (debian 12.5)",
            "Class": "os-pkgs",
            "Type": "debian",
            "Packages": [
                {
                    "ID": "libssl3@3.0.11-1",
                    "Name": "libssl3",
                    "Identifier": {"PURL": "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5"},
                    "Version": "3.0.11",
                    "Release": "1",
                    "SrcName": "openssl",
                    "SrcVersion": "3.0.11",
                    "SrcRelease": "1",
                    "DependsOn": ["libc6@2.36-9"],
                },
                {
                    "ID": "libc6@2.36-9",
                    "Name": "libc6",
                    "Identifier": {"PURL": "pkg:deb/debian/libc6@2.36-9?distro=debian-12.5"},
                    "Version": "2.36",
                    "Release": "9",
                },
            ],
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2026-2000",
                    "VendorIDs": ["DSA-5000-1"],
                    "PkgID": "libssl3@3.0.11-1",
                    "PkgName": "libssl3",
                    "PkgIdentifier": {"PURL": "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12.5"},
                    "InstalledVersion": "3.0.11-1",
                    "FixedVersion": "3.0.13-1",
                    "Severity": "HIGH",
                    "SeveritySource": "nvd",
                    "Title": "openssl: \x1b[31mred\x1b[0m",
                    "CVSS": {
                        "nvd": {"V2Vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P", "V3Vector": V3},
                        "redhat": {"V3Vector": "x"},
                    },
                    "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2026-200",
                    "References": ["https://example.org/a", "javascript:alert(1)"],
                }
            ],
        },
        {"Target": "Licenses", "Class": "license"},
    ],
}
GRYPE: dict[str, Any] = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-aaaa-bbbb-cccc",
                "dataSource": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
                "severity": "Critical",
                "description": "Template injection.",
                "cvss": [{"version": "3.1", "vector": V3, "metrics": {"baseScore": 9.8}}],
                "fix": {"versions": ["3.1.3"], "state": "fixed"},
                "knownExploited": [{"cve": "CVE-2026-1000"}],
            },
            "relatedVulnerabilities": [{"id": "CVE-2026-1000"}],
            "artifact": {
                "name": "jinja2",
                "version": "3.1.2",
                "type": "python",
                "purl": "pkg:pypi/jinja2@3.1.2",
                "cpes": ["cpe:2.3:a:palletsprojects:jinja2:3.1.2:*:*:*:*:*:*:*"],
            },
        },
        {
            "vulnerability": {
                "id": "RHSA-2026:1",
                "severity": "Unknown",
                "fix": {"versions": [], "state": "not-fixed"},
            },
            "relatedVulnerabilities": [{"id": "CVE-2026-1"}, {"id": "CVE-2026-2"}],
            "artifact": {
                "name": "mystery",
                "version": "1.0",
                "type": "binary",
                "purl": "",
                "cpes": ["cpe:2.3:a:x:mystery:1.0:*:*:*:*:*:*:*"],
            },
        },
    ],
    "ignoredMatches": [{"vulnerability": {"id": "CVE-2026-9"}}],
    "source": {"type": "directory", "target": "/srv"},
    "descriptor": {
        "name": "grype",
        "version": "0.90.0",
        "timestamp": "2026-11-21T00:00:00Z",
        "db": {"status": {"schemaVersion": "v6.0.2", "built": "2026-11-19T04:00:00Z", "valid": True}},
    },
}
OSV_SCANNER: dict[str, Any] = {
    "results": [
        {
            "source": {"path": "/srv/requirements.txt", "type": "lockfile"},
            "packages": [
                {
                    "package": {"name": "jinja2", "version": "3.1.2", "ecosystem": "PyPI"},
                    "vulnerabilities": [
                        {
                            "id": "GHSA-aaaa-bbbb-cccc",
                            "modified": "2026-11-01T00:00:00Z",
                            "summary": "Template injection",
                            "aliases": ["CVE-2026-1000"],
                            "affected": [
                                {
                                    "package": {"ecosystem": "PyPI", "name": "jinja2"},
                                    "ranges": [
                                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.3"}]}
                                    ],
                                },
                                {
                                    "package": {"ecosystem": "npm", "name": "other"},
                                    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "9"}]}],
                                },
                            ],
                            "severity": [{"type": "CVSS_V3", "score": V3}],
                            "database_specific": {"severity": "CRITICAL"},
                        }
                    ],
                    "groups": [{"ids": ["GHSA-aaaa-bbbb-cccc"], "aliases": ["CVE-2026-1000"], "max_severity": "9.8"}],
                },
                {
                    "package": {"name": "openssl", "version": "3.0.11-1", "ecosystem": "Debian:12"},
                    "vulnerabilities": [{"id": "DSA-5000-1", "upstream": ["CVE-2026-2000", "CVE-2026-2010"]}],
                },
                {"package": {"commit": "deadbeef"}, "vulnerabilities": [{"id": "OSV-2026-1"}]},
            ],
        }
    ],
    "experimental_config": {"licenses": {"summary": False, "allowlist": None}},
}
SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "$schema": "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "Trivy",
                    "version": "0.66.0",
                    "rules": [
                        {
                            "id": "CVE-2026-3000",
                            "name": "OsPackageVulnerability",
                            "shortDescription": {"text": "musl: overflow"},
                            "helpUri": "https://avd.aquasec.com/nvd/cve-2026-300",
                            "properties": {"security-severity": "9.8", "tags": ["vulnerability", "CRITICAL"]},
                        }
                    ],
                }
            },
            "results": [
                {
                    "ruleId": "CVE-2026-3000",
                    "ruleIndex": 0,
                    "level": "error",
                    "message": {
                        "text": "Package: musl\nInstalled Version: 1.1.20-r4\nVulnerability CVE-2026-3000\nSeverity: CRITICAL\n"
                        "Fixed Version: 1.1.20-r5\nLink: [CVE-2026-3000](https://x)"
                    },
                    "locations": [{"message": {"text": "alpine: musl@1.1.20-r4"}}],
                    "partialFingerprints": {"primaryLocationLineHash": "abc"},
                },
                {"ruleId": "aws-access-key-id", "level": "error", "message": {"text": "Artifact: a.py\nSecret"}},
            ],
        },
        {
            "tool": {
                "driver": {
                    "name": "Grype",
                    "semanticVersion": "0.90.0",
                    "rules": [
                        {"id": "CVE-2026-1000-jinja2", "properties": {"purls": ["pkg:pypi/jinja2@3.1.2"], "security-severity": "0.0"}},
                        {"id": "GHSA-aaaa-bbbb-cccc-left-pad"},
                    ],
                }
            },
            "results": [
                {"ruleId": "CVE-2026-1000-jinja2", "level": "error", "message": {"text": "x"}},
                {
                    "ruleId": "GHSA-aaaa-bbbb-cccc-left-pad",
                    "level": "warning",
                    "message": {"text": "A low vulnerability in npm package: left-pad, version 1.0.0 was found at: /a"},
                },
                {"ruleId": "CVE-2026-1000-jinja2", "message": {"text": "x"}, "suppressions": [{"kind": "external"}]},
                {"ruleId": "CVE-2026-1000-jinja2", "message": {"text": "x"}, "baselineState": "absent"},
            ],
        },
        {
            "tool": {"driver": {"name": "osv-scanner", "rules": [{"id": "CVE-2026-4000", "deprecatedIds": ["CVE-2026-4000", "GHSA-dddd-eeee-ffff"]}]}},
            "results": [
                {
                    "ruleId": "CVE-2026-4000",
                    "level": "warning",
                    "message": {"text": "Package '@scope/pkg@2.0.0' is vulnerable to 'CVE-2026-4000' (also known as 'GHSA-dddd-eeee-ffff')."},
                }
            ],
        },
    ],
}  # fmt: skip
SAMPLES: dict[str, Any] = {
    "grype": GRYPE,
    "osv_scanner": OSV_SCANNER,
    "pip_audit": PIP_AUDIT,
    "sarif": SARIF,
    "trivy": TRIVY,
}


def read(kind: str, data: Any, **options: Any) -> Collected:
    module: Any = KINDS[kind]
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    found: Collected = module.parse("scan.json", raw, module.Options(asset="bot", **options), context())
    return found


def report(kind: str, data: Any = None, **options: Any) -> Report:
    found = read(kind, SAMPLES[kind] if data is None else data, **options)
    (one,) = found.observations
    assert isinstance(one, Report)
    return one


def labels(one: Report) -> list[str]:
    return [f"{c.ecosystem or '-'} {c.label}" for c in one.bill.components]


def claims(one: Report) -> dict[str, Claim]:
    return {c.id: c for c in one.claims}


def told(found: Collected) -> list[str]:
    return [str(r.problem) for r in found.rejected]


@pytest.mark.parametrize("kind", KINDS)
def test_each_report_is_known_by_what_it_says_whatever_its_name(kind: str) -> None:
    formats = file_formats(Kinds("collectors"))
    for name in ("scan.json", "stdin"):
        assert detect(formats, name, Peek(json.dumps(SAMPLES[kind]).encode())) == kind
        assert detect(formats, name, Peek(json.dumps(SAMPLES[kind], indent=2).encode())) == kind


def test_pip_audit_lists_all_and_names_what_it_skipped() -> None:
    one = report("pip_audit")
    assert labels(one) == ["PyPI jinja2 3.1.2", "PyPI idna 3.7"]
    assert not one.bill.partial
    assert [s.name for s in one.skipped] == ["ourlib"]
    claim = claims(one)["PYSEC-2026-1"]
    assert claim.aliases == ("CVE-2026-1000", "GHSA-aaaa-bbbb-cccc")
    assert (claim.fixed, claim.title, claim.severity) == (("3.1.3",), "First line.", None)
    assert one.at == NOW


def test_a_report_that_skipped_everything_claims_nothing_and_keeps_what_was_skipped() -> None:
    skipped = [{"name": f"p{n}", "skip_reason": "not found"} for n in range(3)]
    one = report("pip_audit", {"dependencies": skipped, "fixes": []})
    assert one.skipped == tuple(Skipped(f"p{n}", "not found") for n in range(3))
    assert (one.bill.components, one.claims) == ((), ())


def test_an_old_pip_audit_report_is_a_list() -> None:
    assert labels(report("pip_audit", PIP_AUDIT["dependencies"])) == ["PyPI jinja2 3.1.2", "PyPI idna 3.7"]


def test_trivy_lists_packages_with_their_source_package_and_who_needs_whom() -> None:
    one = report("trivy", version="3.8.2")
    assert labels(one) == ["Debian:12 libssl3 3.0.11-1", "Debian:12 libc6 2.36-9"]
    assert "upstream=openssl" in one.bill.components[0].id
    assert one.bill.edges == ((0, 1),)
    assert (one.bill.subject, one.bill.version) == ("ghcr.io/acme/bot:3.8.2", "3.8.2")
    assert one.bill.digest == "sha256:" + "a" * 64
    assert not one.bill.partial
    assert (one.tool_version, one.at.isoformat()) == ("0.66.0", "2026-11-20T10:00:00.500000+00:00")
    claim = claims(one)["CVE-2026-2000"]
    assert claim.component == one.bill.components[0]
    assert (claim.cvss, claim.vector, claim.severity) == (9.8, V3, Severity.HIGH)
    assert (claim.related, claim.aliases, claim.fixed) == (("DSA-5000-1",), (), ("3.0.13-1",))
    assert claim.title == "openssl: red"
    assert claim.links == ("https://avd.aquasec.com/nvd/cve-2026-200", "https://example.org/a")


def test_without_its_packages_trivy_names_the_vulnerable_ones_alone() -> None:
    result = {k: v for k, v in TRIVY["Results"][0].items() if k != "Packages"}
    one = report("trivy", {**TRIVY, "Results": [result]})
    assert one.bill.partial
    assert labels(one) == ["Debian:12 libssl3 3.0.11-1"]
    clean = report("trivy", {**TRIVY, "Results": None})
    assert clean.bill.partial
    assert clean.bill.components == ()


def test_a_folder_is_no_subject() -> None:
    assert report("trivy", {**TRIVY, "ArtifactName": ".", "ArtifactType": "filesystem"}).bill.subject is None


@pytest.mark.parametrize("options", [{"subject": "ghcr.io/acme/other"}, {"digest": "sha256:" + "b" * 64}])
def test_a_report_of_something_else_than_expected_is_refused_whole(options: dict[str, str]) -> None:
    found = read("trivy", TRIVY, **options)
    assert found.observations == ()
    assert "expected is" in told(found)[0]
    assert report("trivy", subject="ghcr.io/acme/bot", digest="sha256:" + "a" * 64).claims


def test_grype_names_only_what_it_found() -> None:
    one = report("grype")
    assert one.bill.partial
    assert labels(one) == ["PyPI jinja2 3.1.2", "- mystery 1.0"]
    assert one.bill.components[1].known_as == ("mystery",)
    first, second = claims(one)["GHSA-aaaa-bbbb-cccc"], claims(one)["RHSA-2026:1"]
    assert (first.aliases, first.known_exploited, first.severity) == (("CVE-2026-1000",), True, Severity.CRITICAL)
    assert (second.aliases, second.related) == ((), ("CVE-2026-1", "CVE-2026-2"))
    assert (second.severity, second.known_exploited) == (None, None)
    assert (one.ignored, one.tool_version) == (1, "0.90.0")
    assert one.database_at is not None
    assert (one.at.isoformat(), one.database_at.isoformat()) == (
        "2026-11-21T00:00:00+00:00",
        "2026-11-19T04:00:00+00:00",
    )


def test_an_older_grype_says_the_date_of_its_database_one_level_up() -> None:
    data = {**GRYPE, "descriptor": {"name": "grype", "db": {"built": "2026-01-02T00:00:00Z"}}}
    built = report("grype", data).database_at
    assert built is not None
    assert built.day == 2
    assert report("grype", {**GRYPE, "descriptor": {"db": 3}}).database_at is None


def test_osv_scanner_claims_with_the_fixes_of_its_own_package() -> None:
    one = report("osv_scanner")
    assert one.bill.partial
    assert labels(one) == ["PyPI jinja2 3.1.2", "Debian:12 openssl 3.0.11-1"]
    claim = claims(one)["GHSA-aaaa-bbbb-cccc"]
    assert (claim.fixed, claim.aliases, claim.cvss) == (("3.1.3",), ("CVE-2026-1000",), 9.8)
    assert claims(one)["DSA-5000-1"].related == ("CVE-2026-2000", "CVE-2026-2010")
    assert one.unplaced == 1


def test_osv_scanner_lists_all_packages_where_it_lists_one_without_findings() -> None:
    more = {"package": {"name": "idna", "version": "3.7", "ecosystem": "PyPI"}}
    packages = [*OSV_SCANNER["results"][0]["packages"], more]
    assert not report("osv_scanner", {"results": [{"packages": packages}]}).bill.partial
    licensed = {**more, "licenses": ["MIT"]}
    assert report("osv_scanner", {"results": [{"packages": [licensed]}]}).bill.partial


def test_sarif_names_packages_by_package_url_or_by_the_tools_own_sentence() -> None:
    found = read("sarif", SARIF)
    (one,) = found.observations
    assert isinstance(one, Report)
    assert one.tool == "grype+osv-scanner+trivy"
    assert one.bill.partial
    assert {(c.id, c.component.label) for c in one.claims} == {
        ("CVE-2026-3000", "musl 1.1.20-r4"),
        ("CVE-2026-1000", "jinja2 3.1.2"),
        ("GHSA-aaaa-bbbb-cccc", "left-pad 1.0.0"),
        ("CVE-2026-4000", "@scope/pkg 2.0.0"),
    }
    musl = claims(one)["CVE-2026-3000"]
    assert (musl.cvss, musl.severity, musl.fixed) == (9.8, Severity.CRITICAL, ("1.1.20-r5",))
    assert claims(one)["CVE-2026-4000"].aliases == ("GHSA-dddd-eeee-ffff",)
    assert claims(one)["CVE-2026-1000"].cvss is None
    assert claims(one)["GHSA-aaaa-bbbb-cccc"].severity is Severity.LOW
    assert (one.ignored, one.unplaced) == (1, 1)
    assert "aws-access-key-id names no vulnerability" in told(found)[0]


def test_a_scan_that_did_not_end_well_may_have_found_more() -> None:
    run = {"tool": {"driver": {"name": "Trivy"}}, "results": [], "invocations": [{"executionSuccessful": False}]}
    assert report("sarif", {"version": "2.1.0", "runs": [run]}).bill.refused == 1


# --------------------------------------------------------------------------- bad input

BROKEN: dict[str, Any] = {
    "grype": {**GRYPE, "matches": [{"vulnerability": 1}, *GRYPE["matches"]]},
    "osv_scanner": {"results": [{"packages": [{"package": 7}, *OSV_SCANNER["results"][0]["packages"]]}]},
    "pip_audit": {"dependencies": [{"name": 1, "vulns": []}, *PIP_AUDIT["dependencies"]]},
    "sarif": {**SARIF, "runs": [{"tool": 3}, *SARIF["runs"]]},
    "trivy": {**TRIVY, "Results": [{"Packages": 3}, *TRIVY["Results"]]},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_another_shape_is_refused_and_counted_the_others_land(kind: str) -> None:
    found = read(kind, BROKEN[kind])
    (one,) = found.observations
    assert isinstance(one, Report)
    assert one.bill.refused == 1
    assert {c.id for c in one.claims} == {c.id for c in report(kind).claims}
    assert any("[0]" in t for t in told(found))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_off_or_nested_too_deeply_is_refused_whole(kind: str) -> None:
    whole = json.dumps(SAMPLES[kind]).encode()
    deep = b"[" * 10_000 + b"]" * 10_000
    places = {
        "grype": b"matches",
        "osv_scanner": b"results",
        "pip_audit": b"dependencies",
        "sarif": b"runs",
        "trivy": b"Results",
    }
    for data in (
        whole[: len(whole) // 2],
        b"",
        b"\x00\xff",
        b'{"' + places[kind] + b'": ' + deep + b', "SchemaVersion": 2}',
    ):
        with pytest.raises(SourceError):
            read(kind, data)


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_needs_an_asset(kind: str) -> None:
    module: Any = KINDS[kind]
    with pytest.raises(SourceError, match="does not name the asset"):
        module.parse("scan.json", json.dumps(SAMPLES[kind]).encode(), module.Options(), context())


@pytest.mark.parametrize("name", ["evil\u202egnp", "evil\x1b[31m"])
def test_a_name_that_could_deceive_is_refused_and_counted(name: str) -> None:
    found = read(
        "pip_audit",
        {"dependencies": [{"name": name, "version": "1", "vulns": []}, {"name": "ok", "version": "1", "vulns": []}]},
    )
    (one,) = found.observations
    assert isinstance(one, Report)
    assert labels(one) == ["PyPI ok 1"]
    assert one.bill.refused == 1


def test_a_package_that_is_listed_twice_counts_once() -> None:
    twice = [PIP_AUDIT["dependencies"][0]] * 2
    one = report("pip_audit", {"dependencies": twice})
    assert labels(one) == ["PyPI jinja2 3.1.2"]
    assert len(one.claims) == 2


def test_claims_without_end_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MOST_CLAIMS", 1)
    with pytest.raises(SourceError, match="claims"):
        read("grype", GRYPE)


def test_a_hundred_thousand_packages_are_read() -> None:
    many = [{"name": f"p{n}", "version": "1", "vulns": []} for n in range(100_000)]
    assert len(report("pip_audit", {"dependencies": many}).bill.components) == 100_000


# --------------------------------------------------------------------------- real ones


def test_real_reports_are_read() -> None:
    raw = shared_data("advisories", "scanner_outputs", "pip-audit", "ai_stack.json").read_bytes()
    one = report("pip_audit", raw)
    assert len(one.bill.components) + len(one.skipped) == 14
    assert len(one.claims) > 50
    licences = shared_data("advisories", "scanner_outputs", "trivy", "fs_license.json").read_bytes()
    assert labels(report("trivy", licences)) == ["PyPI argparse 1.2.1", "PyPI simplejson 3.6.5"]
    for file in sorted(shared_data("advisories", "scanner_outputs", "grype").glob("*.golden")):
        found = read("grype", file.read_bytes()) if file.name.startswith("Test") else None
        assert found is None or told(found) == []


# --------------------------------------------------------------------------- a folder


def test_reports_of_several_scanners_in_one_folder_are_each_read_by_their_own_source(tmp_path: Path) -> None:
    folder = tmp_path / "bot@3.8.2"
    folder.mkdir()
    for kind in ("grype", "osv_scanner", "pip_audit", "trivy"):
        (folder / f"{kind}.json").write_text(json.dumps(SAMPLES[kind]))
    (folder / "cut.json").write_text('{"matches": [')
    for kind in ("grype", "osv_scanner", "pip_audit", "trivy"):
        module: Any = KINDS[kind]
        found = module.collect(module.Options(path="."), context(tmp_path))
        (one,) = found.observations
        assert isinstance(one, Report)
        assert (one.bill.asset_id, one.bill.version, one.bill.document) == ("bot", "3.8.2", f"{kind}.json")
        refused = {str(r.problem).partition(":")[0] for r in found.rejected} - {f"bot@3.8.2/{kind}.json"}
        assert refused == {"bot@3.8.2/cut.json"}, "what is broken may be one"
        again = module.collect(module.Options(path="."), context(tmp_path, cursor=found.cursor))
        assert again.unchanged


def test_a_file_that_is_named_is_read_whatever_it_says(tmp_path: Path) -> None:
    (tmp_path / "bot@1").mkdir()
    (tmp_path / "bot@1" / "a.json").write_text(json.dumps(SAMPLES["grype"]))
    with pytest.raises(SourceError, match="not a valid Trivy report"):
        trivy.collect(trivy.Options(path="bot@1/a.json", asset="bot"), context(tmp_path))
