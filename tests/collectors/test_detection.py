"""Which kind a file is: by what it says at its top, wherever in the file that stands."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from pulse_tui.collectors import cyclonedx, osv, requirements, spdx
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import context

KINDS = file_formats(Kinds("collectors"))
LONG = [{"type": "library", "name": f"part-{n}", "version": "1"} for n in range(400)]
RECORD = {"id": "X-1", "modified": "2026-01-01T00:00:00Z", "summary": "s", "aliases": ["CVE-2026-1"]}


def kind_of(name: str, data: object) -> str | None:
    return detect(KINDS, name, Peek(data if isinstance(data, bytes) else json.dumps(data).encode()))


def zipped(**members: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data if isinstance(data, bytes) else json.dumps(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"components": LONG, "bomFormat": "CycloneDX"}, "cyclonedx"),
        ({"files": [{"SPDXID": f"F{n}", "x": "y" * 90} for n in range(90)], "spdxVersion": "SPDX-2.3"}, "spdx"),
        ({"sbom": {"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3"}}, "spdx"),
        ({"packages": {f"node_modules/{n}": {} for n in range(900)}, "lockfileVersion": 3}, "package_lock"),
        ({"details": "d" * 9_000, **RECORD}, "osv"),
        ({"affected": [{"versions": ["1.0"] * 2_000}], **RECORD}, "osv"),
        ([{"affected": [{"versions": ["1.0"] * 2_000}], **RECORD}], "osv"),
        ({"vulns": [RECORD]}, "osv"),
        ({"vulns": []}, "osv"),
        ({"results": [{"source": {}, "packages": [{"package": {}, "vulnerabilities": [RECORD]}]}]}, "osv_scanner"),
        ({"payload": "A" * 9_000, "payloadType": "application/vnd.in-toto+json", "signatures": []}, "in_toto"),
        ({"x": "bomFormat", "y": {"bomFormat": "CycloneDX", "spdxVersion": "SPDX-2.3", "lockfileVersion": 1}}, None),
        ({"summary": '"bomFormat": "CycloneDX"', **RECORD}, "osv"),
    ],
)
def test_the_key_that_names_a_format_may_stand_anywhere_at_the_top(data: object, kind: str | None) -> None:
    assert kind_of("a.json", data) == kind
    assert kind_of("a.json", json.dumps(data, indent=1).encode()) == kind
    assert kind_of("stdin", data) == kind


@pytest.mark.parametrize("name", ["model.sig", "a.sigstore", "multiple.intoto.jsonl", "app.build.slsa", "a.json"])
def test_a_statement_is_known_under_every_name_that_tools_give_it(name: str) -> None:
    assert (
        kind_of(name, {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": {}}) == "in_toto"
    )


def test_a_document_that_breaks_off_is_known_by_what_is_there_of_it() -> None:
    assert kind_of("a.json", b'{"bomFormat": "CycloneDX", "components": [') == "cyclonedx"
    assert kind_of("a.json", b'{"spdxVersion": "SPDX-2.3", "packages": [') == "spdx"


def test_yaml_is_of_advisories_only_when_it_says_an_id_and_a_time() -> None:
    assert kind_of("PYSEC-1.yaml", b"id: PYSEC-1\ndetails: x\nmodified: 2026-01-01T00:00:00Z\n") == "osv"
    assert kind_of("action.yml", b"name: x\nruns: {}\n") is None


def test_a_zip_is_of_advisories_only_when_it_holds_some() -> None:
    assert kind_of("all.zip", zipped(X__json=RECORD)) == "osv"
    assert kind_of("reports.zip", zipped(junit__xml=b"<testsuite/>")) is None
    assert kind_of("logs.zip", zipped(a__json={"eval": 1})) is None
    for empty in (zipped(), zipped(junit__xml=b"<testsuite/>")):
        with pytest.raises(SourceError, match="has no OSV record"):
            osv.parse("all.zip", empty, osv.Options(), context())


def told(found: Collected) -> list[str]:
    return [str(r.problem) for r in found.rejected]


def test_bills_of_two_formats_in_one_folder_are_each_read_by_their_own_source(tmp_path: Path) -> None:
    one = {"components": LONG, "bomFormat": "CycloneDX"}
    two = {"files": [{"SPDXID": f"F{n}", "x": "y" * 90} for n in range(90)], "spdxVersion": "SPDX-2.3", "name": "n"}
    two["packages"] = [{"name": "p", "SPDXID": "P", "versionInfo": "1"}]
    (tmp_path / "one.json").write_text(json.dumps(one))
    (tmp_path / "two.json").write_text(json.dumps(two))
    a = cyclonedx.collect(cyclonedx.Options(path=".", asset="a"), context(tmp_path))
    b = spdx.collect(spdx.Options(path=".", asset="a"), context(tmp_path))
    assert told(a) == told(b) == []
    assert [o.document for o in (*a.observations, *b.observations) if isinstance(o, Bill)] == ["one.json", "two.json"]


def test_a_bill_that_github_wraps_is_the_bill() -> None:
    inner = {"spdxVersion": "SPDX-2.3", "name": "r", "packages": [{"name": "p", "SPDXID": "P", "versionInfo": "1"}]}
    (bill,) = spdx.parse(
        "a.json", json.dumps({"sbom": inner}).encode(), spdx.Options(asset="a"), context()
    ).observations
    assert isinstance(bill, Bill)
    assert [c.label for c in bill.components] == ["p 1"]


def ids(name: str, data: object) -> list[str]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    found = osv.parse(name, raw, osv.Options(), context())
    assert told(found) == []
    return [o.id for o in found.observations if isinstance(o, Advisory)]


def test_records_are_taken_out_of_what_wraps_them() -> None:
    other = {**RECORD, "id": "X-2"}
    assert ids("a.json", {"vulns": [RECORD, other]}) == ["X-1", "X-2"]
    packages = [{"package": {}, "vulnerabilities": [RECORD]}, {"package": {}, "vulnerabilities": [RECORD, other]}, {}]
    assert ids("a.json", {"results": [{"source": {}, "packages": packages}]}) == ["X-1", "X-2"]
    assert ids("a.json", {"vulns": []}) == []
    bad = osv.parse("a.json", json.dumps({"vulns": [{"id": "X-9"}]}).encode(), osv.Options(), context())
    assert "a.json[0] X-9" in told(bad)[0]


def test_a_record_in_yaml_is_read_with_its_versions_as_they_are_written() -> None:
    text = (
        "id: PYSEC-1\nmodified: 2026-01-01T00:00:00Z\ndetails: |-\n  d\nwithdrawn: null\n"
        "affected:\n- package: {ecosystem: PyPI, name: x}\n  versions: [1.10, 2026-01-02]\n"
    )
    found = osv.parse("PYSEC-1.yaml", text.encode(), osv.Options(), context())
    (got,) = found.observations
    assert isinstance(got, Advisory)
    assert (got.affected[0].versions, got.withdrawn) == (("1.10", "2026-01-02"), False)
    assert ids("all.zip", zipped(PYSEC__yaml=text.encode())) == ["PYSEC-1"]
    with pytest.raises(SourceError, match="not YAML"):
        osv.parse("x.yaml", b"a: [", osv.Options(), context())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_text_that_windows_wrote_is_read_in_a_folder_too(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_text("vllm==0.8.5\n", encoding=encoding)
    found = requirements.collect(requirements.Options(path=".", asset="a"), context(tmp_path))
    (bill,) = found.observations
    assert isinstance(bill, Bill)
    assert [c.label for c in bill.components] == ["vllm 0.8.5"]
