"""What the vex collector makes of OpenVEX, CycloneDX and CSAF: statements with their subject, or refusals with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulse_tui.collectors import cyclonedx, vex
from pulse_tui.domain.errors import SourceError, WrongUse
from pulse_tui.domain.source import Collected
from pulse_tui.domain.waiver import Justification, Statement, VexStatus
from pulse_tui.domain.words import Environment
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import context
from tests.collectors.shared_data import shared_data

PATH = "vulnerable_code_not_in_execute_path"
VLLM = "pkg:pypi/vllm@0.9.1"


def stated(**changes: Any) -> dict[str, Any]:
    one = {
        "vulnerability": {"name": "CVE-2026-1", "aliases": ["GHSA-1"]},
        "products": [{"@id": VLLM}],
        "status": "not_affected",
        "justification": PATH,
        "impact_statement": "that path is off",
    }
    return {k: v for k, v in {**one, **changes}.items() if v is not None}


def openvex(*statements: Any, **changes: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://vendor.example/vex/1",
        "author": "Vendor PSIRT",
        "timestamp": "2026-11-20T18:28:47.696004345-06:00",
        "version": 1,
        "statements": list(statements),
        **changes,
    }


def analysed(**changes: Any) -> dict[str, Any]:
    one = {
        "id": "CVE-2026-1",
        "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "that path is off"},
        "affects": [{"ref": VLLM}],
    }
    return {**one, **changes}


def cdx(*vulnerabilities: Any, **changes: Any) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "urn:uuid:50f729f5-1e3c-4d10-b0da-d2f1c02ca257",
        "metadata": {"timestamp": "2026-11-21T00:00:00Z", "authors": [{"name": "Vendor PSIRT"}]},
        "vulnerabilities": list(vulnerabilities),
        **changes,
    }


def read(document: Any, **options: Any) -> Collected:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return vex.parse("a.json", data, vex.Options(**options), context())


def made(document: Any, **options: Any) -> list[Statement]:
    got = read(document, **options)
    assert not got.rejected, [r.problem for r in got.rejected]
    return [o for o in got.observations if isinstance(o, Statement)]


def problems(document: Any, **options: Any) -> list[str]:
    got = read(document, **options)
    return [str(r.problem) for r in got.rejected]


def test_openvex_says_of_which_version_of_a_package_who_states_what_and_why() -> None:
    (one,) = made(openvex(stated()))
    assert (one.vulnerability, one.aliases, one.component_id, one.version) == (
        "CVE-2026-1", ("GHSA-1",), "pkg:pypi/vllm", "0.9.1",
    )  # fmt: skip
    assert (one.status, one.justification) == (VexStatus.NOT_AFFECTED, Justification.CODE_NOT_IN_EXECUTE_PATH)
    assert (one.author, one.rationale, one.within, one.asset_id) == ("Vendor PSIRT", "that path is off", None, None)
    assert one.at.isoformat() == "2026-11-21T00:28:47.696004+00:00"


def test_a_part_of_a_product_is_stated_within_it() -> None:
    image = "pkg:oci/alpine@sha256%3A12"
    product = {"@id": image, "subcomponents": [{"@id": "pkg:apk/alpine/libssl3@3.0.8-r3"}]}
    (one,) = made(openvex(stated(products=[product])))
    assert (one.component_id, one.version) == ("pkg:apk/alpine/libssl3", "3.0.8-r3")
    assert (one.within, one.within_version) == ("pkg:oci/alpine", "sha256:12")
    (named,) = made(openvex(stated(products=[product])), asset="gateway")
    assert (named.within, named.asset_id) == (None, "gateway")


def test_an_image_without_parts_is_all_that_is_in_it() -> None:
    (one,) = made(openvex(stated(products=[{"@id": "pkg:oci/alpine@sha256%3A12"}], status="fixed", justification=None)))
    assert (one.component_id, one.within, one.within_version) == (None, "pkg:oci/alpine", "sha256:12")


def test_an_asset_of_ours_is_known_with_its_environment() -> None:
    product = {"@id": "urn:pulse-tui:asset:embed%20gateway#production", "subcomponents": [{"@id": VLLM}]}
    (one,) = made(openvex(stated(products=[product])))
    assert (one.asset_id, one.environment, one.within) == ("embed gateway", Environment.PRODUCTION, None)


def test_the_package_url_may_stand_among_the_identifiers_and_the_first_version_of_the_format_is_read() -> None:
    (one,) = made(openvex(stated(products=[{"@id": "urn:x", "identifiers": {"purl": VLLM}}])))
    (old,) = made(
        openvex(stated(vulnerability="CVE-2026-1", products=[VLLM]), **{"@context": "https://openvex.dev/ns"})
    )
    assert one.component_id == old.component_id == "pkg:pypi/vllm"


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"justification": None}, "not_affected without a justification"),
        ({"justification": None, "impact_statement": None}, "not_affected without a justification"),
        ({"justification": "because"}, "there is no justification 'because'"),
        ({"status": "fine"}, "there is no status 'fine'"),
        ({"status": None}, "status"),
        ({"products": []}, "it names no product"),
        ({"products": [{"@id": "vllm"}]}, "'vllm' is no package URL"),
        ({"products": [{"@id": "pkg:"}]}, "is no package URL"),
        ({"products": [{}]}, "is no package URL"),
        ({"products": 7}, "products"),
        ({"vulnerability": {}}, "it names no vulnerability"),
        ({"vulnerability": {"name": "\x1b[31m"}}, "names no vulnerability"),
        ({"status": "fixed", "justification": None, "products": [{"@id": "pkg:pypi/vllm"}]}, "fixed in which version"),
        ({"products": [{"@id": "urn:pulse-tui:asset:x#moon"}]}, "there is no environment 'moon'"),
    ],
)
def test_a_statement_of_no_use_is_refused_and_the_others_are_kept(changes: dict[str, Any], what: str) -> None:
    got = read(openvex(stated(**changes), stated()))
    assert len(got.observations) == 1
    (problem,) = [str(r.problem) for r in got.rejected]
    assert what in problem
    assert problem.startswith("a.json statements[0]")
    assert "\x1b" not in problem


def test_a_statement_has_its_own_time_and_a_document_without_one_or_without_an_author_says_nothing() -> None:
    own = stated(timestamp="2026-11-01T00:00:00Z", last_updated="2026-11-02T00:00:00Z")
    assert made(openvex(own))[0].at.day == 2
    assert "no timestamp" in problems(openvex(stated(), timestamp="soon"))[0]
    with pytest.raises(SourceError, match="names no author"):
        read(openvex(stated(), author=" "))


@pytest.mark.parametrize(
    "origin", ["repository_url=repo.example", "vcs_url=git%2Bhttps://x/y", "download_url=https://x"]
)
def test_a_package_of_another_origin_is_not_that_of_its_registry(origin: str) -> None:
    ref = f"pkg:pypi/vllm@0.9.1?{origin}"
    document = openvex(stated(products=[{"@id": ref}]))
    assert read(document).observations == ()
    (problem,) = problems(document)
    assert "whether what runs here came from there is not known" in problem
    image = f"pkg:oci/serve@sha256%3A12?{origin}"
    assert len(made(openvex(stated(products=[{"@id": image}])))) == 1  # its digest names it, wherever it is


def test_cyclonedx_states_the_same_in_its_own_words() -> None:
    (one,) = made(cdx(analysed()))
    assert (one.component_id, one.version, one.status) == ("pkg:pypi/vllm", "0.9.1", VexStatus.NOT_AFFECTED)
    assert (one.justification, one.rationale, one.author) == (
        Justification.CODE_NOT_IN_EXECUTE_PATH, "that path is off", "Vendor PSIRT",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", VexStatus.FIXED), ("resolved_with_pedigree", VexStatus.FIXED), ("exploitable", VexStatus.AFFECTED),
        ("in_triage", VexStatus.UNDER_INVESTIGATION),
    ],
)  # fmt: skip
def test_each_state_of_cyclonedx_has_its_status(state: str, status: VexStatus) -> None:
    (one,) = made(cdx(analysed(analysis={"state": state, "response": ["will_not_fix"]})))
    assert (one.status, one.rationale, one.accepted) == (status, "will_not_fix", False)


def test_a_component_is_found_by_its_reference_in_the_document_or_by_a_link_to_another_bill() -> None:
    parts = [
        {
            "bom-ref": "outer",
            "name": "x",
            "components": [{"bom-ref": "r1", "purl": "pkg:pypi/vllm", "version": "0.9.1"}],
        }
    ]
    link = "urn:cdx:50f729f5/1#pkg:pypi/vllm@0.9.1"
    found = made(cdx(analysed(affects=[{"ref": "r1"}]), analysed(affects=[{"ref": link}]), components=parts))
    assert [(s.component_id, s.version) for s in found] == [("pkg:pypi/vllm", "0.9.1")] * 2


def test_versions_beside_a_reference_are_each_stated() -> None:
    versions = [{"version": "0.9.0"}, {"version": "0.9.1", "status": "unaffected"}]
    found = made(cdx(analysed(affects=[{"ref": "pkg:pypi/vllm", "versions": versions}])))
    assert [s.version for s in found] == ["0.9.0", "0.9.1"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"analysis": {"state": "not_affected"}}, "not_affected without a justification"),
        ({"analysis": {"state": "false_positive"}}, "not_affected without a justification"),
        ({"analysis": {"state": "not_affected", "justification": "x"}}, "there is no justification 'x'"),
        ({"analysis": {"state": "done"}}, "there is no state 'done'"),
        ({"affects": []}, "names nothing that it affects"),
        ({"affects": [{"ref": "root"}]}, "name the asset that it is about"),
        ({"affects": [{"ref": VLLM, "versions": [{"range": "vers:pypi/<2"}]}]}, "a range of versions"),
        ({"id": ""}, "it names no vulnerability"),
    ],
)
def test_what_cyclonedx_states_without_a_reason_or_a_package_is_refused(changes: dict[str, Any], what: str) -> None:
    root = {"timestamp": "2026-11-21T00:00:00Z", "component": {"bom-ref": "root", "name": "bot"}}
    got = read(cdx(analysed(**changes), analysed(), metadata=root))
    assert len(got.observations) == 1
    assert what in str(got.rejected[0].problem)


def test_the_subject_of_a_bill_is_an_asset_when_the_source_names_one() -> None:
    root = {"timestamp": "2026-11-21T00:00:00Z", "component": {"bom-ref": "root", "name": "bot"}}
    (one,) = made(cdx(analysed(affects=[{"ref": "root"}]), metadata=root), asset="bot")
    assert (one.asset_id, one.component_id) == ("bot", None)


def test_a_vulnerability_without_an_analysis_states_nothing() -> None:
    assert made(cdx({"id": "CVE-2026-1", "affects": [{"ref": VLLM}]})) == []


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "a.json"), (b"{", "a.json"), (b"[]", "no VEX document"), (b'{"a": 1}', "no VEX document"),
        (b'{"@context": "x", "statements": ' + b"[" * 10_000 + b"]" * 10_000 + b', "author": "x"}', "a.json"),
        (b'{"@context": "x", "statements": 7, "author": "x"}', "a.json"),
    ],
)  # fmt: skip
def test_what_is_no_vex_document_is_an_error_that_names_it(data: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        read(data)


def bulletin(*, flags: list[Any] | None = None, **status: list[str]) -> dict[str, Any]:
    purls = {"one": VLLM, "bare": None, "apk": "pkg:apk/alpine/libssl3@3.0.8-r3?distro=alpine-3.17"}
    names = [
        {"name": ident, "product_id": ident, **({"product_identification_helper": {"purl": purl}} if purl else {})}
        for ident, purl in purls.items()
    ]
    one = {"cve": "CVE-2026-1", "product_status": status, "flags": flags or []}
    return {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {"name": "Vendor PSIRT"},
            "tracking": {"id": "VEX-1", "current_release_date": "2026-11-20T00:00:00Z"},
        },
        "product_tree": {"full_product_names": names},
        "vulnerabilities": [one],
    }


def test_csaf_states_by_product_id_with_flags() -> None:
    flags = [{"label": PATH, "product_ids": ["one"]}]
    document = bulletin(known_not_affected=["one"], known_affected=["apk"], flags=flags)
    first, second = made(document)
    assert (first.component_id, first.version, first.justification) == (
        "pkg:pypi/vllm", "0.9.1", Justification.CODE_NOT_IN_EXECUTE_PATH,
    )  # fmt: skip
    assert (second.component_id, second.status) == ("pkg:apk/alpine/libssl3?distro=alpine-3.17", VexStatus.AFFECTED)
    assert (first.author, first.document) == ("Vendor PSIRT", "VEX-1")


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ({"known_not_affected": ["one"]}, "not_affected without a justification"),
        ({"fixed": ["bare"]}, "bare has no package URL"),
        ({"fixed": ["none"]}, "the product tree has no such product"),
    ],
)
def test_what_csaf_states_without_a_reason_or_of_nothing_is_refused(status: dict[str, list[str]], what: str) -> None:
    (problem,) = problems(bulletin(**status))
    assert what in problem


def test_a_review_that_would_never_come_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="review_days is 0"):
        read(openvex(stated()), review_days=0)


def test_vex_documents_are_recognised_and_no_bill_takes_them() -> None:
    kinds = file_formats(Kinds("collectors"))
    for document in (openvex(stated()), cdx(analysed()), bulletin(fixed=["one"])):
        assert detect(kinds, "a.json", Peek(json.dumps(document).encode())) == "vex"
    with_parts = json.dumps(cdx(analysed(), components=[{"name": "a", "type": "library"}])).encode()
    assert detect(kinds, "a.json", Peek(with_parts)) == "cyclonedx"
    assert cyclonedx.accepts("a.cdx.json", Peek(with_parts))


@pytest.mark.parametrize(
    ("name", "count", "refused"),
    [
        ("csaf-demo1.json", 1, 0), ("csaf-demo2.json", 1, 0), ("openvex-demo1.json", 2, 0), ("openvex-demo2.json", 10, 0), ("openvex-debian.json", 1, 0),
        ("openvex-package-product.json", 1, 0), ("openvex-image-no-subcomponents.json", 1, 0), ("vex-issue2549.json", 0, 3),
    ],
)  # fmt: skip
def test_real_documents_are_read(name: str, count: int, refused: int) -> None:
    data = (shared_data("advisories") / "vex" / name).read_bytes()
    got = vex.parse(name, data, vex.Options(), context())
    assert (len(got.observations), len(got.rejected)) == (count, refused)
