"""CycloneDX and SPDX: what lands, what is refused by its place, and what is not a bill of this asset."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import cyclonedx, spdx
from pulse_tui.collectors._shared.bills import BillOptions
from pulse_tui.domain.bill import ROOT, Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.report import Report
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.advisories.matching import not_audited
from pulse_tui.ports import Peek
from pulse_tui.services.signals.door import admitted
from tests.collectors.contexts import NOW, context
from tests.collectors.shared_data import shared_data

SHA = "sha256:" + "ab" * 32


def bill_of(collected: Collected) -> Bill:
    (bill,) = collected.observations
    assert isinstance(bill, Bill)
    return bill


def lines(bill: Bill) -> set[tuple[str, str]]:
    """Edges by label; "." is the asset."""
    names = {ROOT: ".", **{i: c.label for i, c in enumerate(bill.components)}}
    return {(names[a], names[b]) for a, b in bill.edges}


def problems(collected: Collected) -> list[str]:
    return [str(r.problem) for r in collected.rejected]


def part(name: str, version: str | None = "1", **more: Any) -> dict[str, Any]:
    said = {"type": "library", "name": name, "purl": f"pkg:pypi/{name}@{version}", "bom-ref": name}
    return {**said, "version": version, **more}


def cdx(options: cyclonedx.Options | None = None, *, name: str = "bom.json", **parts: Any) -> Collected:
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", **parts}
    return cyclonedx.parse(
        name, json.dumps(document).encode(), options or cyclonedx.Options(asset="support-bot"), context()
    )


IMAGE = {
    "timestamp": "2026-11-20T10:00:00Z",
    "component": {"bom-ref": "top", "type": "container", "name": "ghcr.io/acme/bot:3.8.2", "version": SHA},
}


def test_components_edges_subject_and_time_land() -> None:
    bill = bill_of(
        cdx(
            metadata=IMAGE,
            components=[part("vllm", "0.9.1"), part("ray", "2.9"), part("torch", "2.6")],
            dependencies=[{"ref": "top", "dependsOn": ["vllm"]}, {"ref": "vllm", "dependsOn": ["ray", "torch"]}],
        )
    )
    assert lines(bill) == {(".", "vllm 0.9.1"), ("vllm 0.9.1", "ray 2.9"), ("vllm 0.9.1", "torch 2.6")}
    assert (bill.asset_id, bill.document, bill.version) == ("support-bot", "bom.json", "3.8.2")
    assert (bill.subject, bill.digest) == ("ghcr.io/acme/bot:3.8.2", SHA)
    assert bill.at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert bill.components[0].id == "pkg:pypi/vllm"


def test_nested_parts_models_services_and_unnamed_packages_have_their_kind() -> None:
    bill = bill_of(
        cdx(
            components=[
                part("app", components=[part("inner")]),
                {"type": "machine-learning-model", "name": "openai/gpt-4.1-2025-04-14", "version": "1"},
                {"type": "library", "group": "acme", "name": "core", "version": "2", "bom-ref": "c"},
                {"type": "file", "name": "/etc/passwd", "bom-ref": "f"},
            ],
            services=[{"name": "search", "bom-ref": "s"}],
            dependencies=[{"ref": "c", "dependsOn": ["s", "f"]}, {"ref": "f", "dependsOn": ["c"]}],
        )
    )
    found = {c.id: (c.kind, c.name, c.ecosystem) for c in bill.components}
    assert found["openai/gpt-4.1-2025-04-14"] == (ComponentKind.HOSTED_MODEL, "openai/gpt-4.1", None)
    assert found["name:acme/core"] == (ComponentKind.PACKAGE, "acme/core", None)
    assert found["service:search"][0] is ComponentKind.ENDPOINT
    assert lines(bill) == {("app 1", "inner 1"), ("acme/core 2", "search")}
    assert len(bill.components) == 5


def test_duplicates_fold_and_a_second_owner_of_a_ref_is_refused() -> None:
    told = cdx(components=[part("a"), part("a", **{"bom-ref": "a2"}), part("b", **{"bom-ref": "a"}), part("a", "2")])
    bill = bill_of(told)
    assert [c.label for c in bill.components] == ["a 1", "b 1", "a 2"]
    assert len(problems(told)) == 2
    assert "bom-ref 'a' is that of another component" in problems(told)[0]


def test_what_cannot_be_read_is_refused_by_its_place_and_the_rest_lands() -> None:
    told = cdx(
        components=[
            part("a"),
            {"type": "library"},
            7,
            {"name": "b", "purl": "nonsense", "version": "1"},
            {"name": " "},
        ],
        dependencies=[{"ref": "a", "dependsOn": ["gone"]}, {"ref": "nobody", "dependsOn": ["a"]}, {"dependsOn": []}],
    )
    assert [c.label for c in bill_of(told).components] == ["a 1", "b 1"]
    text = "\n".join(problems(told))
    for expected in (
        "bom.json: components[1]: Object missing required field `name`",
        "components[2]",
        "components[3]: 'nonsense' is not a package URL",
        "components[4]: the component has no name",
        "dependencies[0]: dependsOn 'gone' is not a component of this document",
        "dependencies[1]: ref 'nobody'",
        "dependencies[2]",
    ):
        assert expected in text


def test_what_a_document_excludes_in_every_version_is_not_loaded() -> None:
    collected = cdx(components=[
        part("torch", purl="pkg:pypi/torch@2", scope="excluded"),
        part("black", purl="pkg:pypi/black@1", scope="excluded"),
        part("torch", "3", purl="pkg:pypi/torch@3", scope="required"),
        part("odd", purl="pkg:pypi/odd@1", scope=["excluded"]),
    ])  # fmt: skip
    assert bill_of(collected).loaded == (("pkg:pypi/black", False),)


def test_a_ring_is_kept_and_hangs_on_the_asset() -> None:
    bill = bill_of(
        cdx(
            components=[part("a"), part("b"), part("c")],
            dependencies=[
                {"ref": "a", "dependsOn": ["b", "a"]},
                {"ref": "b", "dependsOn": ["c"]},
                {"ref": "c", "dependsOn": ["a"]},
            ],
        )
    )
    assert lines(bill) == {(".", "a 1"), ("a 1", "b 1"), ("b 1", "c 1"), ("c 1", "a 1")}


@pytest.mark.parametrize("said", ["ghcr.io/acme/bot:3.8.2", "ghcr.io/acme/bot"])
def test_the_expected_subject_and_digest_let_it_in(said: str) -> None:
    options = cyclonedx.Options(asset="bot", subject=said, digest=SHA)
    assert bill_of(cdx(options, metadata=IMAGE, components=[part("a")])).digest == SHA


def test_a_bill_of_another_image_is_refused_with_both_names() -> None:
    told = cdx(cyclonedx.Options(asset="bot", subject="ghcr.io/acme/gateway"), metadata=IMAGE, components=[part("a")])
    assert not told.observations
    assert "describes 'ghcr.io/acme/bot:3.8.2', expected is 'ghcr.io/acme/gateway'" in problems(told)[0]
    other = cdx(cyclonedx.Options(asset="bot", digest="sha256:" + "cd" * 32), metadata=IMAGE)
    assert not other.observations
    assert SHA in problems(other)[0]
    silent = cdx(cyclonedx.Options(asset="bot", digest=SHA), components=[part("a")])
    assert "does not state the digest" in problems(silent)[0]


def test_a_component_whose_name_cannot_be_shown_is_refused_by_name_and_is_no_other_one() -> None:
    hostile = [
        {"name": "a\x1b[31m[bold]\u202eb", "version": "1\n2"},
        {"name": "b", "version": "1\u200b"},
        {"name": "a[bold]b"},
    ]
    (bill,), refused = admitted([bill_of(cdx(components=[{"type": "library", **c} for c in hostile]))])
    assert isinstance(bill, Bill)
    assert [(c.name, c.version) for c in bill.components] == [("a[bold]b", None)]
    assert bill.refused == 2
    assert all(is_clean(str(r.problem)) for r in refused)


@pytest.mark.parametrize("module", [cyclonedx, spdx])
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b'{"bomFormat": "CycloneDX", "spdxVersion": "SPDX-2.3", "components": [', "ends too early"),
        (b"[]", "is no"),
        (b"{}", "has no"),
        (b'{"components": 7, "packages": 7}', "is no"),
        (b'{"bomFormat": "SPDX", "spdxVersion": "SPDX-3.0"}', "is no"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"\xff\xfe\x00", "b.json"),
    ],
)
def test_a_file_that_is_no_bill_says_why(module: ModuleType, data: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        module.parse("b.json", data, module.Options(asset="a"), context())


def test_parts_within_parts_are_read_to_a_depth_and_then_told() -> None:
    nested: dict[str, Any] = part("leaf")
    for level in range(90):
        nested = part(f"p{level}", components=[nested])
    told = cdx(components=[nested])
    assert len(bill_of(told).components) > 60
    assert "levels deep, not deeper" in problems(told)[0]


def test_many_refusals_are_a_number() -> None:
    told = cdx(components=[part("a"), *([{}] * 500)])
    assert len(told.rejected) == 51
    assert "450 more records" in problems(told)[-1]


def test_asset_and_version_come_from_the_folder_and_a_missing_asset_names_the_flag() -> None:
    bill = bill_of(cdx(cyclonedx.Options(), name="x/support-bot@3.8.10/bom.json", components=[part("a")]))
    assert (bill.asset_id, bill.version, bill.document) == ("support-bot", "3.8.10", "bom.json")
    given_asset = bill_of(cdx(cyclonedx.Options(asset="a"), name="/tmp/x/bom.json", components=[part("a")]))
    assert (given_asset.asset_id, given_asset.version, given_asset.document) == ("a", None, "bom.json")
    with pytest.raises(SourceError, match="Give --asset"):
        cdx(cyclonedx.Options(), components=[part("a")])


def test_a_folder_is_read_once_oldest_version_first_and_leaves_the_other_kind(tmp_path: Path) -> None:
    for version in ("3.8.10", "3.8.9"):
        folder = tmp_path / f"bot@{version}"
        folder.mkdir()
        (folder / "bom.json").write_text(json.dumps({"bomFormat": "CycloneDX", "components": [part("a", version)]}))
    (tmp_path / "other.json").write_text(json.dumps({"spdxVersion": "SPDX-2.3"}))
    options = cyclonedx.Options(path=".", environments=(Environment.CANARY,))
    first = cyclonedx.collect(options, context(tmp_path))
    assert [b.version for b in first.observations if isinstance(b, Bill)] == ["3.8.9", "3.8.10"]
    assert all(b.environments == (Environment.CANARY,) for b in first.observations if isinstance(b, Bill))
    assert not first.rejected
    again = cyclonedx.collect(options, context(tmp_path, cursor=Cursor(bookmark=first.cursor.bookmark)))
    assert again.unchanged


def test_five_thousand_components_in_ten_megabytes_take_a_second_or_so() -> None:
    noise = [{"name": f"p:{i}", "value": "x" * 60} for i in range(18)]
    parts = [part(f"p{i}", properties=noise) for i in range(5_000)]
    links = [{"ref": f"p{i}", "dependsOn": [f"p{(i * 7 + k) % 5000}" for k in range(4)]} for i in range(5_000)]
    data = json.dumps({"bomFormat": "CycloneDX", "components": parts, "dependencies": links}).encode()
    assert len(data) > 9_000_000
    before = time.process_time()
    bill = bill_of(cyclonedx.parse("b.json", data, cyclonedx.Options(asset="a"), context()))
    assert time.process_time() - before < 3.0
    assert len(bill.components) == 5_000


# --------------------------------------------------------------------------- SPDX


def unit(name: str, version: str = "1", **more: Any) -> dict[str, Any]:
    purl = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
    return {
        "name": name,
        "SPDXID": f"SPDXRef-{name}",
        "versionInfo": version,
        "externalRefs": [{**purl, "referenceLocator": f"pkg:pypi/{name}@{version}"}],
        **more,
    }


def relation(above: str, kind: str, below: str) -> dict[str, str]:
    return {"spdxElementId": above, "relationshipType": kind, "relatedSpdxElement": below}


def spdx_of(options: spdx.Options | None = None, **parts: Any) -> Collected:
    document = {"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "acme", **parts}
    return spdx.parse("b.spdx.json", json.dumps(document).encode(), options or spdx.Options(asset="a"), context())


TOP = {"name": "ghcr.io/acme/bot:3.8.2", "SPDXID": "SPDXRef-top", "primaryPackagePurpose": "CONTAINER"}


def test_spdx_relationships_of_both_directions_are_edges() -> None:
    told = spdx_of(
        creationInfo={"created": "2026-11-20T10:00:00Z"},
        packages=[{**TOP, "versionInfo": SHA}, unit("vllm"), unit("ray"), unit("torch")],
        files=[{"SPDXID": "SPDXRef-File"}],
        relationships=[
            relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-top"),
            relation("SPDXRef-top", "DEPENDS_ON", "SPDXRef-vllm"),
            relation("SPDXRef-ray", "DEPENDENCY_OF", "SPDXRef-vllm"),
            relation("SPDXRef-vllm", "CONTAINS", "SPDXRef-torch"),
            relation("SPDXRef-top", "CONTAINS", "SPDXRef-torch"),
            relation("SPDXRef-vllm", "CONTAINS", "SPDXRef-File"),
            relation("SPDXRef-vllm", "TEST_DEPENDENCY_OF", "SPDXRef-nowhere"),
        ],
    )
    bill = bill_of(told)
    assert not told.rejected
    assert lines(bill) == {(".", "vllm 1"), ("vllm 1", "ray 1"), ("vllm 1", "torch 1")}
    assert (bill.subject, bill.digest, bill.version) == ("ghcr.io/acme/bot:3.8.2", SHA, "3.8.2")
    assert bill.at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_spdx_refuses_what_it_cannot_place_and_another_subject() -> None:
    told = spdx_of(
        packages=[unit("a"), {"name": "x"}, unit("b", SPDXID="SPDXRef-a"), {"name": "plain", "SPDXID": "SPDXRef-p"}],
        relationships=[relation("SPDXRef-a", "DEPENDS_ON", "SPDXRef-gone"), {"spdxElementId": 1}],
    )
    assert [c.id for c in bill_of(told).components] == ["pkg:pypi/a", "pkg:pypi/b", "name:plain"]
    assert bill_of(told).at == NOW
    text = "\n".join(problems(told))
    for expected in ("packages[1]", "packages[2]: SPDXID", "relationships[0]: DEPENDS_ON names 'SPDXRef-gone'"):
        assert expected in text
    other = spdx_of(spdx.Options(asset="a", subject="bot"), packages=[unit("a")])
    assert not other.observations
    assert "describes 'acme', expected is 'bot'" in problems(other)[0]


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "components", "bom-ref", "purl", "SPDXID", "externalRefs", "ref", "dependsOn", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSONS, max_size=4), st.lists(JSONS, max_size=3), JSONS)
def test_any_json_is_read_or_refused(parts: list[Any], links: list[Any], top: Any) -> None:
    document = {
        "bomFormat": "CycloneDX",
        "spdxVersion": "SPDX-2.3",
        "components": parts,
        "packages": parts,
        "dependencies": links,
        "relationships": links,
        "metadata": {"component": top},
    }
    for module in (cyclonedx, spdx):
        try:
            told = module.parse("b.json", json.dumps(document).encode(), module.Options(asset="a"), context())
        except SourceError:
            continue
        if not parts:
            assert "it lists no component" in problems(told)[-1]
            continue
        bill = bill_of(told)
        assert all(ROOT <= a < len(bill.components) and 0 <= b < len(bill.components) for a, b in bill.edges)


def test_real_bills_of_two_formats_say_the_same() -> None:
    folder = shared_data("advisories", "sbom", "generated")
    one = bill_of(_read(cyclonedx, folder / "syft_venv.cdx.json", cyclonedx.Options(asset="a")))
    two = bill_of(_read(spdx, folder / "syft_venv.spdx.json", spdx.Options(asset="a")))
    assert {c.label for c in one.components} == {c.label for c in two.components}
    assert lines(one) == lines(two)
    trivy = bill_of(_read(cyclonedx, folder / "trivy_proj.cdx.json", cyclonedx.Options(asset="a")))
    assert ("requirements.txt", "vllm 0.5.0") in lines(trivy)


def _read(module: ModuleType, path: Path, options: BillOptions) -> Collected:
    data = path.read_bytes()
    assert module.accepts(path.name, Peek(data))
    told = module.parse(path.name, data, options, context())
    assert isinstance(told, Collected)
    return told


def test_a_bill_counts_the_records_that_may_have_named_components() -> None:
    bill = bill_of(
        cdx(components=[part("a"), {"name": 7}, {"name": ""}], dependencies=[{"ref": "x", "dependsOn": ["y"]}, 3])
    )
    assert (len(bill.components), bill.refused) == (1, 2)


def test_a_document_that_lists_nothing_is_refused_and_one_of_vulnerabilities_is_no_bill() -> None:
    empty = cdx(components=[])
    assert empty.observations == ()
    assert "it lists no component" in problems(empty)[0]
    with pytest.raises(SourceError, match="VEX document"):
        cdx(vulnerabilities=[{"id": "CVE-2026-1"}])
    with_parts = cdx(components=[part("a")], vulnerabilities=[{"id": "CVE-2026-1"}])
    (scan,) = with_parts.observations
    assert isinstance(scan, Report)
    assert (len(scan.bill.components), scan.unplaced) == (1, 1)


def test_the_source_package_is_taken_from_the_properties_that_trivy_writes() -> None:
    def made(**source: str) -> str:
        properties = [{"name": f"aquasecurity:trivy:Src{k}", "value": v} for k, v in source.items()]
        one = part(
            "libssl3", "3.0.11-1", purl="pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12", properties=properties
        )
        (found,) = bill_of(cdx(components=[one])).components
        return found.id

    plain = "pkg:deb/debian/libssl3?distro=debian-12"
    assert made() == plain
    assert made(Name="openssl", Version="3.0.11", Release="1", Epoch="0") == f"{plain}&upstream=openssl"
    assert made(Name="openssl", Version="3.0.12", Release="1", Epoch="1") == f"{plain}&upstream=openssl%401:3.0.12-1"


def test_a_part_that_only_holds_others_is_nothing_to_audit() -> None:
    parts = [
        {"type": "application", "name": "requirements.txt"},
        {"type": "operating-system", "name": "debian", "version": "12"},
        {"type": "application", "name": "tool", "version": "1"},
    ]
    found = bill_of(cdx(components=parts)).components
    assert [c.id for c in found] == ["group:requirements.txt", "group:debian", "name:tool"]
    assert [bool(not_audited(c)) for c in found] == [False, False, True]


# --------------------------------------------------------------------------- SPDX 3

CONTEXT_3 = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"


def element(kind: str, ident: str, name: str = "", version: str = "", **more: Any) -> dict[str, Any]:
    said = {"type": kind, "spdxId": f"urn:{ident}", "name": name or ident, "creationInfo": "_:c"}
    return said | ({"software_packageVersion": version} if version else {}) | more


def uses(above: str, *below: str, kind: str = "dependsOn") -> dict[str, Any]:
    to = [f"urn:{b}" for b in below]
    return {
        "type": "Relationship",
        "spdxId": f"urn:r-{above}-{kind}",
        "from": f"urn:{above}",
        "relationshipType": kind,
        "to": to,
    }


def graph_of(*elements: Any) -> bytes:
    made = {"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1", "created": "2026-11-20T10:00:00Z"}
    document = element("SpdxDocument", "doc", rootElement=["urn:sbom"])
    sbom = element("software_Sbom", "sbom", rootElement=["urn:app"])
    return json.dumps({"@context": CONTEXT_3, "@graph": [made, document, sbom, *elements]}).encode()


def spdx3(*elements: Any) -> Collected:
    return spdx.parse("bom.spdx3.json", graph_of(*elements), spdx.Options(asset="support-bot"), context())


APP = element("software_Package", "app", "ghcr.io/acme/bot:3.8.2", software_primaryPurpose="container",
              verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": "ab" * 32}])  # fmt: skip
VLLM = element("software_Package", "vllm", "vllm", "0.9.1", software_packageUrl="pkg:pypi/vllm@0.9.1")
IDENT = {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/ray@2.9"}
RAY = element("software_Package", "ray", "ray", externalIdentifier=[IDENT])


def test_a_graph_of_spdx_3_lands_with_its_edges_subject_and_models() -> None:
    model = element(
        "ai_AIPackage",
        "model",
        "meta-llama/Llama-3.1-8B",
        software_packageUrl="pkg:huggingface/meta-llama/Llama-3.1-8B",
    )
    bare = element("software_Package", "own", "own-lib", "1")
    data = [APP, VLLM, RAY, model, bare, element("software_File", "file"), element("Person", "ana"),
            uses("app", "vllm"), uses("vllm", "ray"), uses("app", "vllm", "ray", "file", kind="contains"),
            uses("vllm", "file", kind="contains")]  # fmt: skip
    assert spdx.accepts("bom.json", Peek(graph_of(*data)))
    got = spdx3(*data)
    bill = bill_of(got)
    assert problems(got) == []
    assert lines(bill) == {(".", "vllm 0.9.1"), ("vllm 0.9.1", "ray 2.9")}
    kinds = {c.name: c.kind for c in bill.components}
    assert kinds["own-lib"] is ComponentKind.PACKAGE
    assert sum(k is ComponentKind.HOSTED_MODEL for k in kinds.values()) == 1
    assert [c.name for c in bill.components if not_audited(c)] == ["own-lib"]
    assert (bill.subject, bill.digest, bill.version) == ("ghcr.io/acme/bot:3.8.2", SHA, "3.8.2")
    assert bill.at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_an_element_of_spdx_3_that_cannot_be_read_is_refused_by_its_place_and_not_gone() -> None:
    got = spdx3(VLLM, element("software_Package", "x", "x", software_packageUrl=7), uses("vllm", "nowhere"), "odd")
    bill = bill_of(got)
    assert [c.label for c in bill.components] == ["vllm 0.9.1"]
    assert bill.refused == 2
    assert any("@graph[4]" in p for p in problems(got))
    assert any("'urn:nowhere', which is not a package of this document" in p for p in problems(got))


def test_what_may_stand_several_times_in_spdx_3_may_stand_once_without_a_list() -> None:
    one = element("software_Package", "x", "x", software_packageVersion="1")
    one["externalIdentifier"] = {"externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/x@1"}
    many = {
        **one,
        "spdxId": "urn:y",
        "name": "y",
        "externalIdentifier": ["_:b1", {**one["externalIdentifier"], "identifier": "pkg:pypi/y@1"}],
    }
    link = {**uses("x", "x"), "to": "urn:y"}
    bill = bill_of(spdx3(one, many, link))
    assert [c.id for c in bill.components] == ["pkg:pypi/x", "pkg:pypi/y"]
    assert ("x 1", "y 1") in lines(bill)


@pytest.mark.parametrize("elements", [[], [element("Person", "ana")]])
def test_a_graph_without_packages_is_no_bill(elements: list[Any]) -> None:
    got = spdx3(*elements)
    assert (got.observations, len(got.rejected)) == ((), 1)
    assert "lists no component" in problems(got)[0]
