"""Components of bills that no package URL names, and a CPE name does."""

from __future__ import annotations

from pulse_tui.domain.estate import Component
from pulse_tui.enrich.lookups import keys_of
from tests.collectors.test_bills import APP, bill_of, cdx, element, part, problems, spdx3, spdx_of, unit, uses

CPE = "cpe:2.3:a:acme:store:2.3.1:*:*:*:*:*:*:*"


def test_a_component_without_a_package_url_is_found_by_its_cpe_name() -> None:
    (found,) = bill_of(cdx(components=[part("Store", "2.3.1", type="application", purl="", cpe=CPE)])).components
    assert (found.id, found.known_as, keys_of(found)) == ("cpe:acme:store", (CPE,), (("cpe", "acme:store"),))
    reference = {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": CPE}
    (other,) = bill_of(spdx_of(packages=[unit("Store", "2.3.1", externalRefs=[reference])])).components
    assert (other.id, other.known_as) == (found.id, found.known_as)


def test_so_it_is_in_a_graph_of_spdx_3() -> None:
    named = {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": CPE}
    one = element("software_Package", "p", "Store", "2.3.1", externalIdentifier=[named])
    (found,) = bill_of(spdx3(APP, one, uses("app", "p"))).components
    assert (found.id, found.known_as) == ("cpe:acme:store", (CPE,))


def test_a_package_of_an_ecosystem_is_not_looked_for_by_a_guessed_name() -> None:
    def one(purl: str) -> Component:
        (found,) = bill_of(cdx(components=[part("x", purl=purl, cpe=CPE)])).components
        return found

    assert one("pkg:pypi/x@1").known_as == ()
    assert one("pkg:generic/x@1").known_as == (CPE,)
    assert one("pkg:oci/x@sha256:1").known_as == ()


def test_a_name_that_is_none_is_refused_and_the_component_kept() -> None:
    got = cdx(components=[part("x", purl="", cpe="cpe:2.3:a:acme")])
    assert [c.known_as for c in bill_of(got).components] == [()]
    assert any("is no CPE name: it has 2 fields, not 11" in p for p in problems(got))
