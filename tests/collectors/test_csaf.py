"""The csaf collector: product trees as vendors fill them in, what is affected and fixed, and where they are published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import csaf
from pulse_tui.collectors._shared.csaf import document_of, read_products
from pulse_tui.domain.advisory import Advisory, Audit, VersionRange
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import ComponentKind, Severity
from pulse_tui.enrich.advisories.matching import Judgement, audit
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import detect, file_formats
from tests.collectors.contexts import context, quick_web
from tests.collectors.csaf_documents import (
    AT,
    branch,
    document,
    driver,
    encoded,
    rolie,
    tree,
    version,
    vulnerability,
)
from tests.collectors.shared_data import shared_data
from tests.fakes.http import FakeHttp
from tests.servers.loopback import Loopback, Reply


def read(value: Any) -> Collected:
    return csaf.parse("bulletin.json", value if isinstance(value, bytes) else encoded(value), csaf.Options(), context())


def records(got: Collected) -> list[Advisory]:
    return [o for o in got.observations if isinstance(o, Advisory)]


def one(value: Any) -> Advisory:
    (advisory,) = records(read(value))
    return advisory


def told(got: Collected) -> list[str]:
    return [str(r.problem) for r in got.rejected]


def judged(advisory: Advisory, product: str, version: str | None, *platform: str) -> Judgement:
    component = Component(
        id="x", kind=ComponentKind.VECTOR_STORE, name="x", version=version, known_as=(product,), platform=platform
    )
    return audit(advisory, component)


def answers(advisory: Advisory, product: str, *versions: str, on: tuple[str, ...] = ()) -> list[Audit]:
    return [judged(advisory, product, v, *on).audit for v in versions]


V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
IN, OUT, OPEN = Audit.MATCHED, Audit.CLEAN, Audit.NOT_AUDITED


def test_a_record_is_of_its_publisher_document_and_vulnerability() -> None:
    advisory = one(document(tree("Store", version("a", "1.0")), vulnerability(known_affected=["a"])))
    assert (advisory.id, advisory.aliases, advisory.name) == (
        "Acme PSIRT/5614/CVE-2026-100",
        ("CVE-2026-100",),
        "CVE-2026-100",
    )
    assert (advisory.title, advisory.cvss, advisory.severity) == ("Acme has a flaw.", 7.8, Severity.HIGH)
    assert advisory.modified == datetime(2026, 11, 3, tzinfo=UTC)


def test_a_product_is_found_by_its_name_with_and_without_its_vendor() -> None:
    advisory = one(
        document(
            tree("Vector Store", version("a", "1.0"), version("b", "1.1")),
            vulnerability(known_affected=["a", "b"], fixed=[]),
        )
    )
    assert answers(advisory, "Acme Vector Store", "1.0", "1.1", "1.2") == [IN, IN, OUT]
    assert answers(advisory, "vector-store", "1.0") == [IN]
    assert answers(advisory, "Other Vector Store", "1.0") == [OUT]


def test_exact_versions_name_their_fix() -> None:
    products = tree("Store", version("a", "1.0"), version("f", "1.1"))
    advisory = one(document(products, vulnerability(known_affected=["a"], first_fixed=["f"])))
    assert answers(advisory, "Acme Store", "1.0", "1.0.5", "1.1") == [IN, OUT, OUT]
    assert judged(advisory, "Acme Store", "1.0").fixed == ("1.1",)


@pytest.mark.parametrize("words", ["vers:generic/>=1.0|<2.0", ">= 1.0 < 2.0", "from 1.0 up to but not including 2.0"])
def test_a_range_of_versions(words: str) -> None:
    products = tree("Store", version("a", words, "product_version_range"))
    advisory = one(document(products, vulnerability(known_affected=["a"])))
    assert answers(advisory, "Acme Store", "0.9", "1.0", "1.9", "2.0") == [OUT, IN, IN, OUT]


def test_words_that_cannot_be_read_are_not_audited() -> None:
    products = tree("Store", version("a", "see the table of affected builds", "product_version_range"))
    verdict = judged(one(document(products, vulnerability(known_affected=["a"]))), "Acme Store", "1.0")
    assert (verdict.audit, verdict.possible) == (OPEN, True)
    assert "see the table of affected builds" in verdict.reason


def test_a_product_without_a_version_ends_at_its_fix() -> None:
    store = {"category": "product_name", "name": "Store", "product": {"product_id": "p", "name": "Acme Store"}}
    fixed = branch("product_name", "Store", version("f", "2.0"), version("g", "1.5"))
    all_of_it = {"branches": [branch("vendor", "Acme", store)]}
    assert answers(one(document(all_of_it, vulnerability(known_affected=["p"]))), "Acme Store", "1", "9") == [IN, IN]
    with_fix = {"branches": [branch("vendor", "Acme", store, fixed)]}
    advisory = one(document(with_fix, vulnerability(known_affected=["p"], fixed=["f"])))
    assert answers(advisory, "Acme Store", "1.9", "2.0") == [IN, OUT]
    two = one(document(with_fix, vulnerability(known_affected=["p"], fixed=["f", "g"])))
    assert answers(two, "Acme Store", "1.4", "1.6", "2.0") == [IN, OPEN, OUT]


def test_a_product_that_is_fixed_or_not_affected_is_not_named() -> None:
    products = tree("Store", version("a", "1.0"), version("b", "1.1"), version("c", "1.2"))
    advisory = one(document(products, vulnerability(fixed=["b"], known_not_affected=["a"])))
    assert advisory.affected == ()
    waiting = one(document(products, vulnerability(under_investigation=["a"])))
    assert "the vendor is still investigating" in judged(waiting, "Acme Store", "1.0").reason


def test_a_driver_is_judged_on_its_system_and_within_its_release_train() -> None:
    advisory = one(driver())
    assert answers(advisory, "NVIDIA Tesla", "550.54", "550.144.03", on=("linux",)) == [IN, OUT]
    assert answers(advisory, "NVIDIA Tesla", "535.100", "535.230.02", "535.240", on=("Linux",)) == [IN, OUT, OUT]
    assert answers(advisory, "NVIDIA Tesla", "545.23", "470.1", on=("Ubuntu 22.04",)) == [IN, IN]
    assert answers(advisory, "NVIDIA Tesla", "553.10", "553.62", on=("windows",)) == [IN, OUT]
    assert answers(advisory, "NVIDIA Tesla", "553.10", "560.1", on=()) == [OPEN, OUT]
    assert answers(advisory, "cpe:2.3:a:nvidia:tesla:*:*:*:*:*:*:*:*", "550.54", on=("linux",)) == [IN]
    assert judged(advisory, "NVIDIA Tesla", "550.54", "linux").fixed == ("550.144.03",)
    assert "it needs" in judged(advisory, "NVIDIA Tesla", "550.54").reason


def test_a_product_is_found_by_its_package_url_and_its_cpe_name() -> None:
    helpers = [
        version("p", "1.0", purl="pkg:pypi/Serve.Kit@1.0"),
        version("c", "2.0", cpe="cpe:/a:acme:store:2.0"),
        version("bad", "3.0", cpe="cpe:nonsense"),
    ]
    got = read(document(tree("Store", *helpers), vulnerability(known_affected=["p", "c", "bad"])))
    (advisory,) = records(got)
    package = Component(
        id="pkg:pypi/serve-kit", kind=ComponentKind.PACKAGE, name="serve-kit", ecosystem="PyPI", version="1.0"
    )
    assert audit(advisory, package).audit is IN
    assert answers(advisory, "cpe:2.3:a:acme:store:*:*:*:*:*:*:*:*", "2.0", "3.0") == [IN, OUT]
    assert told(got) == [
        "bulletin.json 5614: the cpe of product 'bad' is no CPE name: it begins neither with cpe:2.3: nor with cpe:/"
    ]


def relation(ident: str, product: str, other: str, category: str = "installed_on") -> dict[str, Any]:
    return {
        "category": category,
        "full_product_name": {"product_id": ident, "name": f"{product} on {other}"},
        "product_reference": product,
        "relates_to_product_reference": other,
    }


def test_a_product_that_is_installed_on_another_is_affected_there_alone() -> None:
    products = tree("Store", version("a", "1.0"))
    products["branches"].append(
        branch("vendor", "Other", version("os", "Windows", cpe="cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"))
    )
    products["relationships"] = [relation("both", "a", "os")]
    advisory = one(document(products, vulnerability(known_affected=["both"])))
    assert answers(advisory, "Acme Store", "1.0", "1.1", on=("windows",)) == [IN, OUT]
    assert answers(advisory, "Acme Store", "1.0", on=("linux",)) == [OUT]
    assert answers(advisory, "Acme Store", "1.0") == [OPEN]


def test_a_document_of_csaf_2_1_is_read_too() -> None:
    helper = {"purls": ["pkg:pypi/serve@1.0"]}
    part = {
        "category": "product_version",
        "name": "1.0",
        "product": {"product_id": "a", "name": "s", "product_identification_helper": helper},
    }
    item = {**vulnerability(known_affected=["a"]), "metrics": [{"content": {"cvss_v4": {"vectorString": V4}}}]}
    advisory = one(document(tree("Serve", part), item, csaf_version="2.1"))
    assert (advisory.affected[0].ecosystem, advisory.cvss) == ("PyPI", 9.3)


def test_a_package_of_a_distribution_is_of_its_release() -> None:
    rpm = version("k", "kernel-5.14.0-70.el9", purl="pkg:rpm/redhat/kernel@5.14.0-70.el9?arch=x86_64")
    rhel = version("rhel", "Red Hat Enterprise Linux 9", "product_name", cpe="cpe:/o:redhat:enterprise_linux:9::baseos")
    products = {
        "branches": [branch("vendor", "Red Hat", rpm, rhel)],
        "relationships": [relation("r", "k", "rhel", "default_component_of")],
    }
    advisory = one(document(products, vulnerability(fixed=["r"])))
    (affected,) = advisory.affected
    assert (affected.ecosystem, affected.name, affected.ranges[0].fixed) == ("Red Hat:9", "kernel", "5.14.0-70.el9")


def test_a_package_without_a_version_is_affected_in_every_one() -> None:
    rpm = version("k", "kernel", purl="pkg:rpm/redhat/kernel?arch=src&epoch=1")
    rhel = version("rhel", "Red Hat Enterprise Linux 9", "product_name", cpe="cpe:/o:redhat:enterprise_linux:9")
    products = {
        "branches": [branch("vendor", "Red Hat", rpm, rhel)],
        "relationships": [relation("r", "k", "rhel", "default_component_of")],
    }
    (affected,) = one(document(products, vulnerability(known_affected=["r"]))).affected
    assert (affected.ecosystem, affected.versions, affected.ranges) == ("Red Hat:9", (), (VersionRange(),))


def test_a_version_stands_below_its_line_and_below_a_family() -> None:
    products = {
        "branches": [
            branch("vendor", "Cisco", branch("product_family", "Cisco IOS", branch("product_version", "12.2", version("s", "12.2(6)I1", "service_pack"))))
        ]
    }  # fmt: skip
    advisory = one(document(products, vulnerability(known_affected=["s"])))
    assert answers(advisory, "Cisco IOS", "12.2(6)I1", "12.2") == [IN, OUT]


def test_relationships_in_any_order_are_read_and_circles_are_named() -> None:
    products = tree("Store", version("a", "1.0"), version("b", "Linux"))
    products["relationships"] = [relation("z", "y", "b"), relation("y", "a", "b")]
    assert read_products(document_of(document(products)).product_tree).by_id.keys() == {"a", "b", "y", "z"}
    chain = [relation(f"r{n}", f"r{n + 1}", "b") for n in range(20_000)]
    products["relationships"] = [*chain, relation("r20000", "a", "b")]
    assert len(read_products(document_of(document(products)).product_tree).by_id) == 20_003
    products["relationships"] = [relation("z", "y", "b"), relation("y", "z", "b"), relation("w", "w", "w")]
    got = read(document(products, vulnerability(known_affected=["z", "a"])))
    assert any("3 relationships name each other or no product: z, y, w" in t for t in told(got))
    assert any("names products that the tree has not: z" in t for t in told(got))
    assert answers(records(got)[0], "Acme Store", "1.0") == [IN]


def test_deep_and_wide_trees_are_read() -> None:
    wide = tree("Store", *(version(f"v{n}", f"1.{n}") for n in range(5_000)))
    assert answers(one(document(wide, vulnerability(known_affected=["v4999"]))), "Acme Store", "1.4999") == [IN]
    deep: Any = version("a", "1.0")
    for _ in range(3_000):
        deep = branch("product_family", "f", deep)
    text = b'{"document": {}, "product_tree": ' + b'{"branches": [' * 20_000 + b"]}" * 20_000 + b"}"
    with pytest.raises(SourceError, match="nested too deeply"):
        read(text)


@pytest.mark.parametrize(
    "value",
    [
        b'{"document": {"csaf_version"',
        b"[]",
        b'{"document": {}}',
        b'{"document": {"tracking": {"id": "x"}, "publisher": {"name": "y"}}}',
        b'{"document": {"tracking": {"id": "x", "current_release_date": "soon"}, "publisher": {"name": "y"}}}',
        b'{"document": 5}',
        b"",
    ],
)
def test_what_is_no_whole_document_is_an_error(value: bytes) -> None:
    with pytest.raises(SourceError, match=r"bulletin\.json"):
        read(value)


def test_a_threat_that_is_exploited_is_known_to_be() -> None:
    item = {
        **vulnerability(known_affected=["a"]),
        "threats": [{"category": "exploit_status", "details": "Publicly Disclosed:No;Exploited:Yes;Latest"}],
    }
    assert one(document(tree("Store", version("a", "1.0")), item)).known_exploited is True
    item["threats"][0]["details"] = "Exploited:No"
    assert one(document(tree("Store", version("a", "1.0")), item)).known_exploited is None


def test_a_document_covers_the_products_that_it_names() -> None:
    got = read(document(tree("Store", version("a", "1.0")), vulnerability(known_affected=["a"])))
    (coverage,) = (o for o in got.observations if isinstance(o, Coverage))
    assert coverage.packages == (("product", "Acme Store"), ("product", "Store"))


def test_a_vex_profile_is_not_taken_for_an_advisory() -> None:
    formats = file_formats(Kinds("collectors"))
    assert detect(formats, "b.json", Peek(encoded(driver()))) == "csaf"
    vex = document({}, category="csaf_vex")
    assert detect(formats, "b.json", Peek(encoded(vex))) != "csaf"


@pytest.mark.parametrize("name", ["csaf-demo1.json", "csaf-demo2.json"])
def test_real_documents_are_read(name: str) -> None:
    data = shared_data("advisories", "vex", name).read_bytes()
    got = csaf.parse(name, data, csaf.Options(), context())
    assert (len(records(got)), told(got)) == (1, [])
    (product,) = read_products(document_of(json.loads(data)).product_tree).by_id.values()
    assert product.names == (("Alpine:3.17", "libcrypto3"),)


# ------------------------------------------------------------------ where vendors publish


class Rounds:
    """Rounds from where the last one stopped."""

    def __init__(self, server: Loopback, base: Path) -> None:
        self.server, self.base, self.cursor = server, base, Cursor()

    def __call__(self, path: str, **options: Any) -> Collected:
        at = context(self.base, http=quick_web(), cursor=self.cursor, source="acme")
        got = csaf.collect(csaf.Options(url=f"{self.server.url}{path}", **options), at)
        self.cursor = got.cursor
        return got


@pytest.fixture
def rounds(server: Loopback, tmp_path: Path) -> Rounds:
    return Rounds(server, tmp_path)


def bulletin(number: int) -> dict[str, Any]:
    return document(
        tree(f"Store {number}", version("a", "1.0")),
        vulnerability(f"CVE-2026-{number}", known_affected=["a"]),
        ident=f"{number}",
    )


def covered(got: Collected) -> list[tuple[str, str]]:
    return [p for o in got.observations if isinstance(o, Coverage) for p in o.packages]


def test_provider_metadata_leads_to_feeds_whose_documents_are_read_once(server: Loopback, rounds: Rounds) -> None:
    feed = {
        "rolie": {
            "feeds": [
                {"url": f"{server.url}/white.json", "tlp_label": "WHITE"},
                {"url": f"{server.url}/red.json", "tlp_label": "RED"},
            ]
        }
    }
    server.on("GET", "/pm.json", Reply.json({"distributions": [feed]}))
    server.on("GET", "/white.json", Reply.json(rolie("1.json", "2.json")))
    for number in (1, 2, 3):
        server.on("GET", f"/{number}.json", Reply.json(bulletin(number)))
    first = rounds("/pm.json")
    assert [r.name for r in records(first)] == ["CVE-2026-1", "CVE-2026-2"]
    assert ("product", "Acme Store 1") in covered(first)
    assert rounds("/pm.json").unchanged
    server.on("GET", "/white.json", Reply.json(rolie("1.json", "2.json", "3.json")))
    assert [r.name for r in records(rounds("/pm.json"))] == ["CVE-2026-3"]
    assert not [r for r in server.log if r.path == "/red.json"]


def test_a_list_of_changes_and_an_index_are_read_too(server: Loopback, rounds: Rounds, tmp_path: Path) -> None:
    server.on("GET", "/csaf/changes.csv", Reply(body=f'"2026/1.json","{AT}"\n"2026/2.json.asc","{AT}"\n'.encode()))
    server.on("GET", "/csaf/index.txt", Reply(body=b"2026/1.json\n"))
    server.on("GET", "/csaf/2026/1.json", Reply.json(bulletin(1)))
    server.on(
        "GET",
        "/pm.json",
        Reply.json(
            {"distributions": [{"directory_url": f"{server.url}/csaf"}, {"directory_url": f"{server.url}/vex"}]}
        ),
    )
    for path in ("/pm.json", "/csaf/changes.csv", "/csaf/index.txt", "/csaf/2026/1.json"):
        own = Rounds(server, tmp_path)
        assert [r.name for r in records(own(path))] == ["CVE-2026-1"]
        assert own(path).unchanged


def test_a_first_load_goes_on_round_by_round_and_covers_nothing_before_it_is_whole(
    server: Loopback, rounds: Rounds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csaf, "ROUND", 2)
    server.on("GET", "/feed.json", Reply.json(rolie("1.json", "2.json", "3.json")))
    for number in (1, 2, 3):
        server.on("GET", f"/{number}.json", Reply.json(bulletin(number)))
    first = rounds("/feed.json")
    assert (len(records(first)), covered(first), first.again_s) == (2, [], 10.0)
    last = rounds("/feed.json")
    assert (len(records(last)), last.again_s) == (1, None)
    assert {("product", f"Acme Store {n}") for n in (1, 2, 3)} <= set(covered(last))


def test_a_document_that_is_gone_or_broken_is_refused_and_the_others_are_read(server: Loopback, rounds: Rounds) -> None:
    server.on("GET", "/feed.json", Reply.json(rolie("1.json", "2.json", "3.json", "http://169.254.169.254/4.json")))
    server.on("GET", "/1.json", Reply(404))
    server.on("GET", "/2.json", Reply.json({"document": {}}))
    server.on("GET", "/3.json", Reply.json(bulletin(3)))
    got = rounds("/feed.json")
    assert [r.name for r in records(got)] == ["CVE-2026-3"]
    assert len(told(got)) == 3
    assert any("is not its own" in t for t in told(got))
    assert rounds("/feed.json").unchanged


def test_documents_from_before_a_day_are_left_out(server: Loopback, rounds: Rounds) -> None:
    server.on("GET", "/feed.json", Reply.json(rolie("1.json", updated="2020-01-01T00:00:00Z")))
    assert records(rounds("/feed.json", since="2024-01-01")) == []
    assert not [r for r in server.log if r.path == "/1.json"]


@pytest.mark.parametrize(
    "value",
    [{}, [], {"distributions": 5}, {"feed": 5}, {"distributions": [{"rolie": 5}, 7, {"rolie": {"feeds": [3]}}]}],
)
def test_an_index_that_is_none_leads_to_nothing(server: Loopback, rounds: Rounds, value: Any) -> None:
    server.on("GET", "/pm.json", Reply.json(value))
    if isinstance(value, dict) and value:
        assert rounds("/pm.json").observations == ()
    else:
        with pytest.raises(SourceError, match="no index of CSAF documents"):
            rounds("/pm.json")


def test_a_source_without_a_vendor_says_which_there_are(tmp_path: Path) -> None:
    for options in (csaf.Options(), csaf.Options(provider="acme"), csaf.Options(provider="nvidia", path=".")):
        with pytest.raises(SourceError, match="microsoft, nvidia, redhat, siemens, suse"):
            csaf.collect(options, context(tmp_path))


def test_a_folder_of_documents_is_read(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(encoded(bulletin(1)))
    got = csaf.collect(csaf.Options(path="."), context(tmp_path))
    assert [r.name for r in records(got)] == ["CVE-2026-1"]
    assert csaf.collect(csaf.Options(path="."), context(tmp_path, cursor=got.cursor)).unchanged


class Repository(FakeHttp):
    """GitHub: the tree of a repository, and its files where they are served raw."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[str, Any]] = {}
        self.asked_for: list[tuple[str, dict[str, str]]] = []

    def get_json(self, url: str, params: Any = None, headers: Any = None, *, named_by: str | None = None) -> Any:
        del params, named_by
        self.asked_for.append((url, dict(headers or {})))
        if url == "https://api.github.com/repos/NVIDIA/product-security/git/trees/HEAD?recursive=1":
            return {"tree": [{"path": p, "sha": sha, "type": "blob"} for p, (sha, _) in self.files.items()]}
        path = url.removeprefix("https://raw.githubusercontent.com/NVIDIA/product-security/HEAD/").partition("#")[0]
        return self.files[path][1]


def test_a_repository_of_documents_is_read_and_what_changed_in_it_again(tmp_path: Path) -> None:
    http = Repository()
    http.files = {
        "2026/1/1.json": ("a", bulletin(1)),
        "2026/1/CVE-2026-1.json": ("b", {}),
        "2026/1/1.json.sha256": ("c", {}),
        "README.md": ("d", {}),
    }
    cursor = Cursor()

    def names() -> list[str]:
        nonlocal cursor
        at = context(tmp_path, http=http, cursor=cursor, source="nvidia", secrets={"GH": "s3cr3t"})
        got = csaf.collect(csaf.Options(provider="nvidia", token="${GH}"), at)
        cursor = got.cursor
        assert told(got) == []
        return [r.name for r in records(got)]

    assert names() == ["CVE-2026-1"]
    assert names() == []
    http.files["2026/1/1.json"] = ("e", bulletin(1))
    http.files["2026/2/2.json"] = ("f", bulletin(2))
    assert names() == ["CVE-2026-1", "CVE-2026-2"]
    assert {url.split("/")[2] for url, headers in http.asked_for if headers} == {"api.github.com"}
