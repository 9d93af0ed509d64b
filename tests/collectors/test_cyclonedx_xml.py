"""CycloneDX in XML is the same bill as in JSON; what only XML can do to a reader is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import cyclonedx
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.report import Report
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import Severity
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import context

NS = 'xmlns="http://cyclonedx.org/schema/bom/1.6"'
DIGEST = "a" * 64
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<bom {NS} serialNumber="urn:uuid:1" version="1">
  <metadata>
    <timestamp>2026-11-20T10:00:00Z</timestamp>
    <component type="container" bom-ref="root"><name>ghcr.io/acme/bot:3.8.2</name><version>sha256:{DIGEST}</version></component>
  </metadata>
  <components>
    <component type="library" bom-ref="a">
      <group>org.acme</group><name>lib</name><version>1.2</version><purl>pkg:maven/org.acme/lib@1.2</purl>
      <components><component type="library" bom-ref="b"><name>inner</name><version>2</version></component></components>
    </component>
    <component type="library" bom-ref="c"><name>jinja2</name><version>3.1.2</version><scope>excluded</scope>
      <purl>pkg:pypi/jinja2@3.1.2</purl><properties><property name="x">y</property></properties>
      <hashes><hash alg="SHA-256">{DIGEST}</hash></hashes></component>
    <component type="file" bom-ref="f"><name>/etc/passwd</name></component>
  </components>
  <services><service bom-ref="s"><name>search</name></service></services>
  <dependencies><dependency ref="a"><dependency ref="c"/><dependency ref="a"/></dependency><dependency ref="c"><dependency ref="a"/></dependency></dependencies>
</bom>
"""
JSON: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "metadata": {
        "timestamp": "2026-11-20T10:00:00Z",
        "component": {"type": "container", "bom-ref": "root", "name": "ghcr.io/acme/bot:3.8.2", "version": f"sha256:{DIGEST}"},
    },
    "components": [
        {
            "type": "library", "bom-ref": "a", "group": "org.acme", "name": "lib", "version": "1.2", "purl": "pkg:maven/org.acme/lib@1.2",
            "components": [{"type": "library", "bom-ref": "b", "name": "inner", "version": "2"}],
        },
        {"type": "library", "bom-ref": "c", "name": "jinja2", "version": "3.1.2", "scope": "excluded", "purl": "pkg:pypi/jinja2@3.1.2"},
        {"type": "file", "bom-ref": "f", "name": "/etc/passwd"},
    ],
    "services": [{"bom-ref": "s", "name": "search"}],
    "dependencies": [{"ref": "a", "dependsOn": ["c", "a"]}, {"ref": "c", "dependsOn": ["a"]}],
}  # fmt: skip


def read(data: str, name: str = "bom.xml", **options: Any) -> Collected:
    return cyclonedx.parse(name, data.encode(), cyclonedx.Options(asset="bot", **options), context())


def test_both_forms_of_a_document_are_one_bill() -> None:
    assert read(XML).observations == read(json.dumps(JSON), "bom.xml").observations
    (bill,) = read(XML).observations
    assert isinstance(bill, Bill)
    assert {c.name for c in bill.components} == {"org.acme:lib", "jinja2", "search", "inner"}
    assert (bill.version, bill.digest) == ("3.8.2", f"sha256:{DIGEST}")


@pytest.mark.parametrize("name", ["bom.xml", "stdin", "x.cdx.xml"])
def test_it_is_known_by_its_root(name: str) -> None:
    formats = file_formats(Kinds("collectors"))
    assert detect(formats, name, Peek(XML.encode())) == "cyclonedx"
    assert detect(formats, name, Peek(b"<testsuites/>")) == "junit"


def test_in_a_folder_other_xml_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bom.xml").write_text(XML)
    (tmp_path / "junit.xml").write_text("<testsuites/>")
    found = cyclonedx.collect(cyclonedx.Options(path=".", asset="bot"), context(tmp_path))
    assert ([o.document for o in found.observations if isinstance(o, Bill)], found.rejected) == (["bom.xml"], ())


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or chr(0)};" * 10}">'.replace(f"&a{chr(0)};", "&a;") for n in range(1, 10))
    + f"]><bom {NS}><components><component><name>&a9;</name></component></components></bom>"
)
OUTSIDE = f'<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY x SYSTEM "file:///etc/passwd">]><bom {NS}><components><component><name>&x;</name></component></components></bom>'


@pytest.mark.parametrize("data", [LAUGHS, OUTSIDE, f'<!DOCTYPE bom SYSTEM "http://x/y.dtd"><bom {NS}/>'])
def test_entities_are_never_expanded_or_fetched(data: str) -> None:
    with pytest.raises(SourceError, match="DOCTYPE"):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        XML[: len(XML) // 2],
        f"<bom {NS}>",
        "<bom/>",
        f"<sbom {NS}/>",
        f"<bom {NS}><metadata><component/></metadata></bom>",
    ],
)
def test_what_is_cut_off_or_is_no_bill_is_refused(data: str) -> None:
    try:
        found = read(data)
    except SourceError:
        return
    assert (found.observations, len(found.rejected)) == ((), 1)


def test_parts_within_parts_are_read_so_deep_and_no_deeper() -> None:
    deep = "<components><component type='library'><name>n</name><version>1</version>" * 10_000
    deep += "</component></components>" * 10_000
    found = read(f"<bom {NS}>{deep}</bom>")
    (bill,) = found.observations
    assert isinstance(bill, Bill)
    assert bill.refused >= 1
    assert "levels deep" in str(found.rejected[0].problem)


def test_a_component_without_a_name_is_refused_the_others_land() -> None:
    found = read(XML.replace("<name>jinja2</name>", ""))
    (bill,) = found.observations
    assert isinstance(bill, Bill)
    assert bill.refused == 1
    assert "components[1]" in str(found.rejected[0].problem)


# --------------------------------------------------------------------------- what a scanner states beside the bill

STATED = [
    {
        "id": "CVE-2026-1000",
        "references": [{"id": "GHSA-aaaa-bbbb-cccc"}],
        "ratings": [
            {"severity": "high"},
            {"severity": "critical", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
        ],
        "description": "First line.\nMore.",
        "advisories": [{"url": "https://example.org/a"}],
        "affects": [{"ref": "urn:cdx:1/1#c"}],
    },
    {"id": "CVE-2026-2000", "affects": [{"ref": "c"}], "analysis": {"state": "not_affected"}},
    {"id": "CVE-2026-3000", "affects": [{"ref": "nowhere"}]},
]
IN_XML = """<vulnerabilities>
<vulnerability><id>CVE-2026-1000</id><references><reference><id>GHSA-aaaa-bbbb-cccc</id></reference></references>
<ratings><rating><severity>high</severity></rating>
<rating><severity>critical</severity><vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</vector></rating></ratings>
<description>First line.
More.</description><advisories><advisory><url>https://example.org/a</url></advisory></advisories>
<affects><target><ref>urn:cdx:1/1#c</ref></target></affects></vulnerability>
<vulnerability><id>CVE-2026-2000</id><affects><target><ref>c</ref></target></affects><analysis><state>not_affected</state></analysis></vulnerability>
<vulnerability><id>CVE-2026-3000</id><affects><target><ref>nowhere</ref></target></affects></vulnerability>
</vulnerabilities></bom>"""


def test_vulnerabilities_beside_the_components_are_claims_of_the_scanner_that_wrote_them() -> None:
    tools = {"components": [{"type": "application", "name": "trivy", "version": "0.66.0"}]}
    found = read(json.dumps({**JSON, "metadata": {**JSON["metadata"], "tools": tools}, "vulnerabilities": STATED}))
    (one,) = found.observations
    assert isinstance(one, Report)
    assert (one.tool, one.tool_version, one.bill.partial, len(one.bill.components)) == ("trivy", "0.66.0", False, 4)
    (claim,) = one.claims
    assert (claim.id, claim.aliases, claim.component.label) == (
        "CVE-2026-1000",
        ("GHSA-aaaa-bbbb-cccc",),
        "jinja2 3.1.2",
    )
    assert (claim.severity, claim.cvss, claim.title) == (Severity.CRITICAL, 9.8, "First line.")
    assert (one.ignored, one.unplaced) == (1, 1)
    (other,) = read(XML.replace("</bom>", IN_XML)).observations
    assert isinstance(other, Report)
    assert other.claims == one.claims


def test_an_empty_list_of_vulnerabilities_is_a_bill_and_no_report_that_ends_claims() -> None:
    (one,) = read(json.dumps({**JSON, "vulnerabilities": []})).observations
    assert isinstance(one, Bill)
