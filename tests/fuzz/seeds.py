"""A good document of every kind, small: what is changed at random, and what is read while something breaks in it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Answer, CollectContext, Fetched
from tests.collectors import csaf_documents as csaf
from tests.collectors import test_cyclonedx_xml as bom_xml
from tests.collectors import test_epss as epss
from tests.collectors import test_ghsa as ghsa
from tests.collectors import test_github_actions as github
from tests.collectors import test_gitlab as gitlab
from tests.collectors import test_kev as kev
from tests.collectors import test_lm_eval_samples as harness
from tests.collectors import test_more_locks as locks
from tests.collectors import test_promptfoo as promptfoo
from tests.collectors import test_pytest_benchmark as benchmark
from tests.collectors import test_scanner_reports as scans
from tests.collectors import test_vex as vex
from tests.collectors import vendor_documents as vendors
from tests.collectors.contexts import NOW, context
from tests.collectors.inspect_logs import as_eval, as_json, four
from tests.collectors.test_changelog import TAGGED as CHANGELOG
from tests.collectors.test_deprecations import STATES as ENDS
from tests.collectors.test_feed import ATOM
from tests.enrich.vendors.catalogues import build as catalogues
from tests.enrich.vendors.catalogues.test_lists import ROUTED
from tests.fakes import nvd_year
from tests.fakes.http import FakeHttp
from tests.fuzz.hostile import RECORD, SIGNAL, UV, zipped


class Seed(NamedTuple):
    """A file that its kind reads."""

    kind: str
    name: str
    data: bytes
    options: Mapping[str, Any] = {}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


_PURL = [{"referenceType": "purl", "referenceLocator": "pkg:pypi/vllm@0.9.1"}]
_CDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {
        "timestamp": "2026-11-23T01:00:00Z",
        "component": {"name": "bot", "version": "1", "type": "container"},
    },
    "components": [
        {"type": "library", "name": "vllm", "version": "0.9.1", "bom-ref": "a", "purl": "pkg:pypi/vllm@0.9.1"},
        {"type": "machine-learning-model", "name": "openai/gpt-4.1", "bom-ref": "b", "components": [{"name": "x"}]},
    ],
    "services": [{"name": "store", "bom-ref": "c"}],
    "dependencies": [{"ref": "a", "dependsOn": ["b", "nobody"]}],
}
_SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "bot",
    "creationInfo": {"created": "2026-11-23T01:00:00Z"},
    "documentDescribes": ["SPDXRef-1"],
    "packages": [
        {"SPDXID": f"SPDXRef-{i}", "name": f"n{i}", "versionInfo": "1", "externalRefs": _PURL} for i in (1, 2)
    ],
    "relationships": [
        {"spdxElementId": "SPDXRef-1", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-2"}
    ],
}
_SPDX3 = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {"type": "SpdxDocument", "spdxId": "u:d", "rootElement": ["u:1"]},
        {"type": "software_Package", "spdxId": "u:1", "name": "bot"},
        {"type": "software_Package", "spdxId": "u:2", "name": "vllm", "software_packageUrl": "pkg:pypi/vllm@0.9.1"},
        {"type": "ai_AIPackage", "spdxId": "u:3", "name": "openai/gpt-4.1"},
        {"type": "Relationship", "from": "u:1", "to": ["u:2", "u:3"], "relationshipType": "dependsOn"},
    ],
}
_NPM = {
    "lockfileVersion": 3,
    "name": "web",
    "packages": {
        "": {"name": "web", "dependencies": {"a": "^1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"@s/b": "1"}},
        "node_modules/@s/b": {"version": "2.0.0", "optionalDependencies": {"c": "1"}},
    },
}
_NPM1 = {
    "lockfileVersion": 1,
    "dependencies": {"a": {"version": "1.0.0", "requires": {"b": "1"}, "dependencies": {"b": {"version": "2.0.0"}}}},
}
_JUNIT = (
    '<?xml version="1.0"?><testsuites><testsuite name="bot@1" tests="3" failures="1" timestamp="2026-11-23T01:00:00">'
    '<properties><property name="suite_digest" value="sha256:aa"/></properties>'
    '<testcase classname="c" name="a" time="0.5"><properties><property name="score" value="0.7"/></properties></testcase>'
    '<testcase classname="c" name="b"><failure message="no"/></testcase><testcase name="d"><skipped/></testcase>'
    "</testsuite></testsuites>"
)
_CSV = "item_id,score,model,task,latency_ms,slice\na,1,bot@1,t,12,x|y\nb,0,bot@1,t,13,x\nc,0.5,bot@2,t,,\n"
_UV = (
    UV
    + 'dependencies = [{name = "vllm", extra = ["gpu"]}]\n[[package]]\nname = "vllm"\nversion = "0.9.1"\n'
    + 'dependencies = []\n[package.optional-dependencies]\ngpu = [{name = "cuda"}]\n'
    + '[[package]]\nname = "cuda"\nversion = "12"\n'
)
_PINS = (
    "-r other.txt\nvllm[gpu]==0.9.1 ; python_version > '3' \\\n    --hash=sha256:aa\n    # via\n    #   bot\n"
    "requests>=2 # why\nhttps://x/y-1.0-py3-none-any.whl\n-e .\ntorch @ https://x/torch.zip\nbot==1\n"
)
_YAML = (
    b"id: OSV-1\nmodified: 2026-01-01T00:00:00Z\nsummary: &s x\ndetails: *s\naffected:\n- package: {ecosystem: PyPI, name: a}\n"
    b"  ranges:\n  - type: ECOSYSTEM\n    events: [{introduced: '0'}, {fixed: 1.10}]\n"
)
_OSV = {
    "id": "GHSA-1",
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Bad \u00e9",
    "aliases": ["CVE-2026-1"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "a"},
            "ranges": [
                {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}, {"introduced": "2.0.0"}]}
            ],
            "database_specific": {"severity": "HIGH"},
        }
    ],
    "references": [{"url": "https://x/y"}],
}
_STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "predicateType": "https://slsa.dev/provenance/v1",
    "subject": [{"name": "bot", "digest": {"sha256": "a" * 64}}, {"name": "none", "digest": {}}],
    "predicate": {
        "buildDefinition": {"externalParameters": {"workflow": {"ref": "refs/tags/v1", "repository": "https://x/y"}}},
        "runDetails": {"builder": {"id": "https://x"}, "metadata": {"finishedOn": "2026-11-01T00:00:00Z"}},
    },
}

SEEDS: tuple[Seed, ...] = (
    Seed("uv_lock", "bot@1/uv.lock", _UV.encode()),
    Seed("requirements", "bot@1/requirements.txt", _PINS.encode()),
    Seed("package_lock", "bot@1/package-lock.json", _json(_NPM)),
    Seed("package_lock", "bot@2/package-lock.json", _json(_NPM1)),
    Seed("cyclonedx", "bot@1/bom.cdx.json", _json(_CDX)),
    Seed("spdx", "bot@1/sbom.spdx.json", _json(_SPDX)),
    Seed("spdx", "bot@2/sbom.spdx.json", _json(_SPDX3)),
    Seed("cyclonedx", "bot@2/bom.xml", bom_xml.XML.encode()),
    *(Seed(kind, f"bot@{n}/{name.removeprefix('bot.')}", text.encode()) for n, (name, (kind, text)) in enumerate(locks.FILES.items())),
    Seed("pnpm_lock", "bot@6/pnpm-lock.yaml", locks.PNPM6.encode()),
    Seed("pnpm_lock", "bot@5/pnpm-lock.yaml", locks.PNPM5.encode()),
    *(Seed(k, f"bot@1/{k}.{'sarif' if k == 'sarif' else 'json'}", _json(d)) for k, d in scans.SAMPLES.items()),
    Seed("junit", "bot@1/junit.xml", _JUNIT.encode()),
    Seed("items", "table.csv", _CSV.encode()),
    Seed("items", "table.jsonl", b'{"item_id":"a","score":1,"model":"bot@1","slice":["x"]}\n' * 1),
    Seed("items", "packed.csv.gz", gzip.compress(_CSV.encode(), mtime=0)),
    Seed("lm_eval", "bot@1/results.json", _json(harness.results())),
    Seed("promptfoo", "out.json", promptfoo.output([promptfoo.row("a"), promptfoo.row("b", 0, test=1)])),
    Seed("promptfoo", "out.jsonl", promptfoo.lines([promptfoo.row("a"), promptfoo.row("b", 0, test=1)])),
    Seed("pytest_benchmark", "bot@1/bench.json", benchmark.document(benchmark.benchmark(stats=benchmark.STATS | {"data": benchmark.ROUNDS}))),
    Seed("ghsa", "g.json", _json([ghsa.record(1), ghsa.record(2)])),
    Seed("kev", "kev.json", kev.catalogue(kev.line(), kev.line("CVE-2026-1000"))),
    Seed("epss", "epss.csv", epss.WHOLE),
    Seed("nvd", "nvd.json", nvd_year.year_file(2)),
    Seed("vex", "open.json", _json(vex.openvex(vex.stated()))),
    Seed("vex", "cdx.json", _json(vex.cdx(vex.analysed()))),
    Seed("vex", "csaf.json", _json(vex.bulletin(fixed=["one", "apk"]))),
    Seed("csaf", "bulletin.json", csaf.encoded(csaf.driver())),
    Seed("osv", "all.jsonl", _json(_OSV) + b"\n" + RECORD + b"\n"),
    Seed("osv", "one.yaml", _YAML),
    Seed("osv", "all.zip", zipped(("a.json", RECORD), ("b.yaml", _YAML))),
    Seed("inspect_ai", "log.json", as_json(four()), {"asset": "bot", "version": "1"}),
    Seed("inspect_ai", "log.eval", as_eval(four()), {"asset": "bot", "version": "1"}),
    Seed("in_toto", "p.intoto.jsonl", _json(_STATEMENT)),
    Seed("signals", "s.jsonl", _json(SIGNAL) + b"\n" + _json(SIGNAL | {"id": "p:2"}) + b"\n"),
)  # fmt: skip
"""What is read from files."""


class Canned(FakeHttp):
    """A web whose answers are bodies by a part of their address; a body that is no JSON is an answer that is none."""

    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        super().__init__()
        self.bodies = bodies

    def _body(self, url: str) -> bytes:
        return next((body for part, body in self.bodies.items() if part in url), b"")

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        del headers, elsewhere
        return Fetched(self._body(url), False, cursor)

    def get_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        named_by: str | None = None,
    ) -> Any:
        del params, headers, named_by
        try:
            return msgspec.json.decode(self._body(url))
        except (ValueError, RecursionError):
            raise SourceError(f"{url} is no JSON") from None

    def send(self, method: str, url: str, **more: Any) -> Answer:
        del method, more
        return Answer(200, {}, self._body(url))


class Served(NamedTuple):
    """A source that is asked: its options, and the answers by a part of the address. The first is changed at random."""

    kind: str
    options: Mapping[str, Any]
    bodies: Mapping[str, bytes]


_A = "5f" * 20
_LABELS = {"org.opencontainers.image.version": "3.8.1", "pulse.component": "pkg:pypi/vllm@0.9.1, nonsense"}
_AT = "2026-11-20T10:00:00Z"
_IMAGE = _json({"created": _AT, "config": {"Labels": _LABELS}})

ASKED: Mapping[str, Mapping[str, Any]] = {
    "changelog": {"url": "http://v.example/page", "vendor": "openai"},
    "deprecations": {"url": "http://v.example/ends", "vendor": "openai"},
    "statuspage": {"url": "http://v.example/i.json", "vendor": "openai"},
    "github_releases": {"repository": "a/vllm"},
    "models_dev": {},
    "litellm": {},
    "openrouter": {},
    "model_list": {"url": "http://v.example/models", "platform": "openai"},
}
"""What vendors publish, as it is asked for."""

SERVED: tuple[Served, ...] = (
    *(Served(kind, ASKED[kind], {"/": vendors.KINDS[kind].good()}) for kind in ("statuspage", "github_releases")),
    Served("feed", {"url": "http://v.example/feed", "vendor": "openai"}, {"feed": ATOM.encode()}),
    Served("changelog", {"url": "http://v.example/log", "vendor": "acme"}, {"log": CHANGELOG.encode()}),
    Served("deprecations", {"url": "http://v.example/ends", "vendor": "acme"}, {"ends": ENDS.encode()}),
    Served("models_dev", {"url": "http://v.example/api.json"}, {"api.json": catalogues.models_dev(m=catalogues.MODEL, n=catalogues.with_(status="beta"))}),
    Served("litellm", {"url": "http://v.example/prices.json"}, {"prices.json": catalogues.prices(m=catalogues.priced(), n=catalogues.priced(rpm=5, deprecation_date="2027-01-01"))}),
    Served("openrouter", {"url": "http://v.example/models"}, {"models": _json({"data": [ROUTED]})}),
    Served("model_list", {"url": "http://v.example/models", "platform": "acme"}, {"models": _json({"data": [{"id": "m", "shutdown_date": "2027-01-01", "aliases": ["n"], "name": "o"}], "has_more": False})}),
    Served("ghsa", {"url": "http://g.example"}, {"advisories": _json([ghsa.record(1)])}),
    Served("kev", {}, {"known_exploited": kev.catalogue(kev.line())}),
    Served("epss", {}, {"epss_scores": epss.WHOLE}),
    Served("nvd", {}, {"cves": nvd_year.year_file(2)}),
    Served(
        "csaf",
        {"url": "https://v.example/feed.json"},
        {"feed.json": csaf.encoded(csaf.rolie("d.json")), "d.json": csaf.encoded(csaf.driver())},
    ),
    Served("osv", {"bulk_url": "http://v.example", "ecosystems": ["PyPI"]}, {"modified_id": b"2026-11-01T00:00:00Z,GHSA-1\n2026-10-01T00:00:00Z,OSV-1\n", "all.zip": zipped(("a.json", RECORD))}),
    Served("osv", {"url": "http://v.example/all.json"}, {"all.json": _json([_OSV])}),
    Served(
        "github_actions",
        {
            "repository": "acme/bot",
            "workflows": [
                {"workflow": "build.yml", "asset": "bot", "means": "build"},
                {"workflow": "Deploy", "asset": "bot", "means": "deployment", "environment": "production"},
            ],
        },
        {"runs": _json({"workflow_runs": [github.run(1), github.deploy(2, "3.8.2")]})},
    ),
    Served(
        "gitlab",
        {
            "project": "acme/bot",
            "pipelines": [{"asset": "bot", "means": "build", "ref": "^v"}],
            "environments": {"prod/eu": {"asset": "bot", "environment": "production"}},
        },
        {"pipelines": _json([gitlab.pipeline(1), gitlab.pipeline(2)]), "deployments": _json([gitlab.deployment(3, "3.8.1")])},
    ),
    Served(
        "huggingface",
        {"repos": [{"repo": "acme/refunds", "asset": "bot", "environments": {"main": "production"}}, {"repo": "acme/other"}]},
        {
            "refunds/refs": _json({"branches": [{"name": "main", "targetCommit": _A}], "tags": [{"name": "v1.0", "targetCommit": _A}]}),
            "commits": _json([{"id": _A, "title": "t", "date": _AT, "authors": [{"user": "ana"}]}]),
            "other": _json({"sha": _A, "lastModified": _AT}),
        },
    ),
    Served(
        "mlflow",
        {"url": "http://r.example", "environments": {"champion": "production"}},
        {
            "registered-models": _json(
                {"registered_models": [{"name": n, "aliases": [{"alias": "champion", "version": "1"}], "tags": [{"key": "tier", "value": "internal"}]} for n in ("bot", "web")]}
            ),
            "model-versions": _json(
                {"model_versions": [{"name": n, "version": "1", "creation_timestamp": 1_795_000_000_000, "current_stage": "None", "source": "s3://x", "status": "READY", "tags": [{"key": "semver", "value": "3.8.1"}]} for n in ("bot", "web")]}
            ),
        },
    ),
    Served(
        "oci",
        {"images": [{"image": "r.example/acme/bot:3.8.1", "asset": "bot", "environment": "production"}]},
        {
            "manifests": _json({"schemaVersion": 2, "annotations": _LABELS, "config": {"digest": f"sha256:{hashlib.sha256(_IMAGE).hexdigest()}"}}),
            "blobs": _IMAGE,
        },
    ),
    Served(
        "prometheus",
        {"url": "http://p.example", "objectives": [{"asset": "bot", "environment": "canary", "latency": {"p95": "p95[$window]", "objective": "800ms"}}]},
        {
            "query_range": _json({"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[NOW.timestamp() - 60 * i, "900"] for i in range(30, 0, -1)]}]}}),
            "query": _json({"status": "success", "data": {"resultType": "scalar", "result": [NOW.timestamp(), f"{NOW.timestamp():.3f}"]}}),
        },
    ),
)  # fmt: skip
"""What is asked of servers."""

KINDS = Kinds("collectors")


def options_of(kind: str, options: Mapping[str, Any]) -> Any:
    """As the configuration would give them."""
    return msgspec.convert(dict(options), KINDS[kind].Options)


def parse(seed: Seed, data: bytes, where: CollectContext | None = None) -> Collected:
    """Read a file's content as its kind."""
    found: Collected = KINDS[seed.kind].parse(seed.name, data, options_of(seed.kind, seed.options), where or context())
    return found


def served(source: Served, body: bytes | None = None) -> Callable[[], Collected]:
    """A round of the source, its first answer being ``body``."""
    first = next(iter(source.bodies))
    bodies = dict(source.bodies) if body is None else {**source.bodies, first: body}
    options = options_of(source.kind, source.options)
    where = context(http=Canned(bodies))
    return lambda: KINDS[source.kind].collect(options, where)
