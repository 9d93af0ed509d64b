"""Documents that are small and well formed enough to be read, and made so that reading them takes for ever, or all memory."""

from __future__ import annotations

import gzip
import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Hostile(NamedTuple):
    """A file as somebody hostile writes it; ``kind`` None: it is to be detected."""

    kind: str
    name: str
    data: bytes


HOSTILE: dict[str, Callable[[], Hostile]] = {}


def _all(kind: str, name: str, made: Mapping[str, Callable[[], bytes | str]], prefix: str = "") -> None:
    for what, make in made.items():
        HOSTILE[f"{kind}: {prefix}{what}"] = _built(kind, name, make)


def _built(kind: str, name: str, make: Callable[[], bytes | str]) -> Callable[[], Hostile]:
    def build() -> Hostile:
        data = make()
        return Hostile(kind, name, data.encode() if isinstance(data, str) else data)

    return build


# --- bills and lock files

UV = 'version = 1\n[[package]]\nname = "x"\nversion = "1"\nsource = { virtual = "." }\n'


def _uv_edges(versions: int, needs: int) -> str:
    head = UV + "dependencies = [" + ",".join(['{name = "n"}'] * needs) + "]\n"
    rest = "".join(
        f'[[package]]\nname = "n"\nversion = "{i}"\ndependencies = [{{name = "n"}}]\n' for i in range(versions)
    )
    return head + rest


_all(
    "uv_lock",
    "bot@1/uv.lock",
    {
        "a dotted key of 100,000 parts": lambda: UV + ".".join("a" * 100_000) + " = 1\n",
        "a dotted table of 100,000 parts": lambda: UV + "[" + ".".join("a" * 100_000) + "]\n",
        "an inline dotted key": lambda: UV + "z = {" + ".".join("a" * 100_000) + " = 1}\n",
        "a dotted key with blanks and quotes": lambda: UV + " . ".join(['"a"'] * 50_000) + " = 1\n",
        "3,000 versions of one name that need each other": lambda: _uv_edges(3_000, 3_000),
        "20,000 tables": lambda: UV + "".join(f"[t{i}.a.b.c]\nx = 1\n" for i in range(20_000)),
        "a list 100,000 deep": lambda: UV + "z = " + "[" * 100_000,
        "a package with 200,000 extras of one dependency": lambda: (
            UV
            + 'dependencies = [{name = "n", extra = ['
            + '"e",' * 200_000
            + ']}]\n[[package]]\nname="n"\nversion="1"\n'
        ),
        "one long string": lambda: UV + 'z = "' + "\\u0301" * 300_000 + '"\n',
        "a version of 5 MB digits": lambda: UV + f'[[package]]\nname = "n"\nversion = "{"9" * 5_000_000}"\n',
        "an integer of 1 MB": lambda: UV + "z = " + "9" * 1_000_000 + "\n",
    },
)

_CRATE = '[[package]]\nname = "n"\nversion = "{}"\nsource = "git+https://x/y"\n'
_all(
    "cargo_lock",
    "bot@1/Cargo.lock",
    {
        "3,000 versions of one name that need each other": lambda: "".join(
            _CRATE.format(i) + 'dependencies = ["n"]\n' for i in range(3_000)
        ),
        "a dependency of 5 MB": lambda: _CRATE.format(1) + 'dependencies = ["' + "a " * 2_500_000 + '"]\n',
        "200,000 dependencies": lambda: _CRATE.format(1) + "dependencies = [" + '"n",' * 200_000 + "]\n",
    },
)
_all(
    "poetry_lock",
    "bot@1/poetry.lock",
    {
        "3,000 versions of one name that need each other": lambda: (
            "".join(
                f'[[package]]\nname = "n"\nversion = "{i}"\n[package.dependencies]\nn = "*"\n' for i in range(3_000)
            )
            + "[metadata]\n"
        ),
        "a name of 5 MB dashes": lambda: f'[[package]]\nname = "a{"-" * 5_000_000}"\nversion = "1"\n[metadata]\n',
    },
)
_all(
    "go_mod",
    "bot@1/go.mod",
    {
        "300,000 requirements": lambda: (
            "module x\ngo 1.22\nrequire (\n" + "".join(f"a.b/c{i} v1.0.0\n" for i in range(300_000))
        ),
        "a line of 5 MB": lambda: "module x\ngo 1.22\nrequire " + "a/" * 2_500_000 + " v1\n",
        "1,000,000 blocks": lambda: "module x\ngo 1.22\n" + "require (\n)\n" * 1_000_000,
        "a block of blanks": lambda: "module x\n" + "require" + " " * 2_000_000 + "(\n",
        "blanks before a module": lambda: " " * 3_000_000 + "module x\n",
    },
)
_all(
    "pnpm_lock",
    "bot@1/pnpm-lock.yaml",
    {
        "aliases": lambda: (
            "lockfileVersion: 9\na: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"b{i}: &b{i} [{','.join([f'*b{i - 1}' if i else '*a'] * 9)}]\n" for i in range(9))
        ),
        "deep maps": lambda: "lockfileVersion: 9\nz: " + "{a: " * 50_000,
        "each needs each": lambda: (
            "lockfileVersion: '9.0'\nimporters: {.: {dependencies: {p0: {version: 1.0.0}}}}\nsnapshots:\n"
            + "".join(
                f"  p{i}@1.0.0: {{dependencies: {{{', '.join(f'p{j}: 1.0.0' for j in range(300))}}}}}\n"
                for i in range(300)
            )
        ),
        "a key of brackets": lambda: "lockfileVersion: '9.0'\nsnapshots:\n  ? '" + "a(" * 500_000 + "'\n  : {}\n",
    },
)
_all(
    "yarn_lock",
    "bot@1/yarn.lock",
    {
        "a key of 15,000 quotes": lambda: "# yarn lockfile v1\n" + '"' * 15_000 + ":\n  version 1\n",
        "a key of backslashes": lambda: '# yarn lockfile v1\n"' + "\\" * 15_000 + ":\n  version 1\n",
        "a key of colons": lambda: "# yarn lockfile v1\n" + ":a" * 9_000 + "\n  version 1\n",
        "2,000,000 lines of nothing": lambda: "# yarn lockfile v1\n" + "\n" * 2_000_000,
        "entries without end": lambda: (
            "# yarn lockfile v1\n" + "".join(f'a{i}@1:\n  version "1"\n' for i in range(150_000))
        ),
        "one package in 20,000 versions that need each other": lambda: (
            "# yarn lockfile v1\n"
            + "".join(f'n@{i}:\n  version "{i}"\n  dependencies:\n    n "9999999"\n' for i in range(20_000))
        ),
    },
)
_all(
    "conda",
    "bot@1/environment.yml",
    {
        "200,000 packages": lambda: (
            "channels: [x]\ndependencies:\n" + "".join(f"- p{i}=1.0.0=0\n" for i in range(200_000))
        ),
        "a spec of blanks": lambda: "channels: [x]\ndependencies:\n- 'a" + " " * 500_000 + "!'\n",
        "a spec of equals": lambda: "channels: [x]\ndependencies:\n- 'a" + "=" * 500_000 + "'\n",
        "an explicit line of dashes": lambda: "@EXPLICIT\nhttps://x/" + "a-" * 900 + "\n",
    },
)
_all(
    "sarif",
    "bot@1/scan.sarif",
    {
        "a message of packages": lambda: json.dumps(
            {
                "runs": [
                    {
                        "tool": {"driver": {"name": "t"}},
                        "results": [{"ruleId": "CVE-2026-1000", "message": {"text": "Package '" * 500_000}}],
                    }
                ]
            }
        ),
        "100,000 results of one rule that is not there": lambda: json.dumps(
            {"runs": [{"tool": {"driver": {"name": "t"}}, "results": [{"ruleId": "x"}] * 100_000}]}
        ),
        "a message of lines": lambda: json.dumps(
            {
                "runs": [
                    {
                        "tool": {"driver": {"name": "t"}},
                        "results": [{"ruleId": "CVE-2026-1000", "message": {"text": "Package: a\n" * 500_000}}],
                    }
                ]
            }
        ),
    },
)
_all(
    "grype",
    "bot@1/scan.json",
    {
        "a match with 300,000 related ones": lambda: json.dumps(
            {
                "descriptor": {},
                "matches": [
                    {
                        "vulnerability": {"id": "CVE-2026-1000", "fix": {"versions": ["1"] * 300_000}},
                        "relatedVulnerabilities": [{"id": f"CVE-{i}"} for i in range(100_000)],
                        "artifact": {"name": "a", "version": "1", "type": "python"},
                    }
                ],
            }
        ),
        "200,000 matches of one package": lambda: json.dumps(
            {
                "descriptor": {},
                "matches": [{"vulnerability": {"id": "C-1"}, "artifact": {"name": "a", "version": "1"}}] * 200_000,
            }
        ),
    },
)

_all(
    "requirements",
    "bot@1/requirements.txt",
    {
        "a line of 100,000 blanks": lambda: "a" + " " * 99_990 + "b\n",
        "lines of 100,000 blanks": lambda: ("a" + " " * 99_990 + "b\n") * 50,
        "a line of blanks behind a pin": lambda: "a==1" + " " * 99_990 + "!\n",
        "options of 90,000 blanks": lambda: "a" + " -" * 45_000 + "\n",
        "100,000 continuation lines": lambda: "a \\\n" * 100_000 + "\n",
        "long continuation lines": lambda: ("a" * 90_000 + " \\\n") * 100 + "\n",
        "blanks joined by continuations": lambda: (" " * 99_000 + "a \\\n") * 20 + "\n",
        "brackets": lambda: "a" + "[" * 90_000 + "\n",
        "an address": lambda: "a" * 30_000 + "://" + "#egg=" * 12_000 + "\n",
        "an address of a+": lambda: "a+" * 45_000 + "\n",
        "a wheel of dashes": lambda: "https://x/" + "a-" * 45_000 + ".whl\n",
        "a wheel of numbers": lambda: "a" + "-1" * 45_000 + ".whl\n",
        "wheels of slashes": lambda: "/a-1" * 22_000 + "-.whl\n",
        "semicolons": lambda: "a==1" + ";" * 90_000 + "\n",
        "a marker nested 20,000 deep": lambda: "a ; " + "(" * 20_000 + "os_name=='x'" + ")" * 20_000 + "\n",
        "a marker of 10,000 terms": lambda: "a ; " + " or ".join(["os_name=='x'"] * 6_000) + "\n",
        "specifiers": lambda: "a" + ",".join([">=1.0.0"] * 12_000) + "\n",
        "extras": lambda: "a[" + ",".join(["x"] * 45_000) + "]>=1\n",
        "dots for a name": lambda: "a" + "-" * 90_000 + "b!\n",
        "a version of 90,000 digits": lambda: "a==" + "9" * 90_000 + "\n",
        "300,000 lines of a requirement": lambda: "".join(f"p{i}==1\n" for i in range(300_000)),
        "200,000 vias": lambda: "a==1\n# via\n" + "".join(f"#   p{i}\n" for i in range(200_000)),
        "comments": lambda: "a==1 " + " #" * 45_000 + "\n",
        "tabs and form feeds": lambda: "a" + "\f\t" * 45_000 + "==1\n",
        "2,000,000 empty lines": lambda: "\n" * 2_000_000 + "a==1\n",
    },
)


def _lock(packages: dict[str, Any]) -> str:
    return json.dumps({"lockfileVersion": 3, "name": "x", "packages": packages})


def _v1(deep: int) -> str:
    return (
        '{"lockfileVersion":1,"dependencies":' + '{"a":{"version":"1","dependencies":' * deep + "{}" + "}}" * deep + "}"
    )


_all(
    "package_lock",
    "bot@1/package-lock.json",
    {
        "a path 100,000 folders deep with 300 dependencies": lambda: _lock(
            {"/".join("a" * 100_000): {"version": "1", "dependencies": {f"d{i}": "1" for i in range(300)}}}
        ),
        "1,000 paths 1,000 folders deep with 100 dependencies": lambda: _lock(
            {
                f"{i}/" + "/".join("a" * 1_000): {"version": "1", "dependencies": {f"d{j}": "1" for j in range(100)}}
                for i in range(1_000)
            }
        ),
        "version 1 nested 400 deep": lambda: _v1(400),
        "version 1 nested 100,000 deep": lambda: _v1(100_000),
        "200,000 packages": lambda: _lock({f"node_modules/p{i}": {"version": "1"} for i in range(200_000)}),
        "a name of 10 MB": lambda: _lock({"node_modules/" + "a" * 10_000_000: {"version": "1"}}),
        "a package of 500,000 dependencies": lambda: _lock(
            {"": {"dependencies": {f"d{i}": "1" for i in range(500_000)}}, "node_modules/a": {"version": "1"}}
        ),
    },
)


def _cdx(**more: Any) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", **more})


def _part(i: int, **more: Any) -> dict[str, Any]:
    return {"type": "library", "name": f"n{i}", "version": "1", "bom-ref": f"r{i}", "purl": f"pkg:pypi/n{i}@1", **more}


def _nest(deep: int) -> str:
    inner = '{"name":"a","components":[' * deep + "]}" * deep
    return f'{{"bomFormat":"CycloneDX","components":[{inner}]}}'


_all(
    "cyclonedx",
    "bot@1/bom.cdx.json",
    {
        "2,000 components that all depend on all": lambda: _cdx(
            components=[_part(i) for i in range(1_000)],
            dependencies=[{"ref": f"r{i}", "dependsOn": [f"r{j}" for j in range(1_000)]} for i in range(1_000)],
        ),
        "100,000 components": lambda: _cdx(components=[_part(i) for i in range(100_000)]),
        "300,000 dependencies on nothing": lambda: _cdx(
            components=[_part(0)], dependencies=[{"ref": "r0", "dependsOn": ["x"] * 300_000}]
        ),
        "parts 900 deep": lambda: _nest(900),
        "parts 200,000 deep": lambda: _nest(200_000),
        "a purl of 4,000 %": lambda: _cdx(
            components=[_part(i, purl="pkg:pypi/" + "%41" * 1_300) for i in range(3_000)]
        ),
        "a purl of slashes": lambda: _cdx(components=[_part(i, purl="pkg:pypi/" + "a/" * 2_000) for i in range(3_000)]),
        "a purl of qualifiers": lambda: _cdx(
            components=[_part(i, purl="pkg:deb/a@1?" + "a=b&" * 1_000) for i in range(3_000)]
        ),
        "a name of 10 MB": lambda: _cdx(components=[{"type": "library", "name": "a-" * 5_000_000, "version": "1"}]),
        "names of dashes": lambda: _cdx(
            components=[{"type": "machine-learning-model", "name": "a-" * 50_000, "version": "1"} for _ in range(20)]
        ),
        "models of numbers": lambda: _cdx(
            components=[{"type": "machine-learning-model", "name": "gpt-" + "4-" * 50_000} for _ in range(20)]
        ),
        "models of dots": lambda: _cdx(
            components=[{"type": "machine-learning-model", "name": "us." + "a." * 50_000} for _ in range(20)]
        ),
        "models of letters": lambda: _cdx(
            components=[{"type": "machine-learning-model", "name": "bedrock/" + "a" * 100_000} for _ in range(20)]
        ),
        "marks": lambda: _cdx(components=[_part(0, name="e" + "\u0301\u0327" * 200_000)]),
        "escape sequences": lambda: _cdx(components=[_part(0, name="\x1b[" * 200_000)]),
        "open escape sequences": lambda: _cdx(components=[_part(0, name="\x1b]" * 200_000)]),
        "a digest of 10 MB": lambda: _cdx(
            metadata={"component": {"name": "x", "version": "sha256:" + "a" * 10_000_000}}, components=[_part(0)]
        ),
        "1,000,000 hashes": lambda: (
            '{"bomFormat":"CycloneDX","metadata":{"component":{"name":"x","hashes":['
            + ",".join(["{}"] * 1_000_000)
            + ']}},"components":[{"name":"n","version":"1"}]}'
        ),
        "3,000,000 empty components": lambda: (
            '{"bomFormat":"CycloneDX","components":[' + ",".join(["{}"] * 3_000_000) + "]}"
        ),
        "3,000,000 other values": lambda: (
            '{"bomFormat":"CycloneDX","components":[],"x":[' + ",".join(["{}"] * 3_000_000) + "]}"
        ),
        "2,000,000 keys": lambda: "{" + ",".join(f'"{i:x}":0' for i in range(2_000_000)) + ',"bomFormat":"CycloneDX"}',
        "two services that nest": lambda: _cdx(
            services=[{"name": "a", "services": [{"name": f"b{i}"} for i in range(100_000)]}]
        ),
    },
)


def _spdx(**more: Any) -> str:
    return json.dumps({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "x", **more})


def _package(i: int) -> dict[str, Any]:
    refs = [{"referenceType": "purl", "referenceLocator": f"pkg:pypi/n{i}@1"}]
    return {"SPDXID": f"SPDXRef-{i}", "name": f"n{i}", "versionInfo": "1", "externalRefs": refs}


_all(
    "spdx",
    "bot@1/sbom.spdx.json",
    {
        "1,000,000 relations": lambda: _spdx(
            packages=[_package(i) for i in range(1_000)],
            relationships=[
                {
                    "spdxElementId": f"SPDXRef-{i}",
                    "relationshipType": "DEPENDS_ON",
                    "relatedSpdxElement": f"SPDXRef-{j}",
                }
                for i in range(500)
                for j in range(400)
            ],
        ),
        "a chain of 50,000 packages": lambda: _spdx(
            packages=[_package(i) for i in range(50_000)],
            relationships=[
                {
                    "spdxElementId": f"SPDXRef-{i}",
                    "relationshipType": "CONTAINS",
                    "relatedSpdxElement": f"SPDXRef-{i + 1}",
                }
                for i in range(49_999)
            ],
        ),
        "a ring of files": lambda: _spdx(
            packages=[_package(0)],
            files=[{"SPDXID": f"SPDXRef-f{i}", "fileName": "f"} for i in range(50_000)],
            relationships=[
                {
                    "spdxElementId": f"SPDXRef-f{i}",
                    "relationshipType": "CONTAINS",
                    "relatedSpdxElement": f"SPDXRef-f{(i + 1) % 50_000}",
                }
                for i in range(50_000)
            ],
        ),
        "300,000 purls of one package": lambda: _spdx(
            packages=[
                {
                    "SPDXID": "SPDXRef-0",
                    "name": "n",
                    "externalRefs": [
                        {"referenceType": "purl", "referenceLocator": f"pkg:pypi/n{i}@1"} for i in range(300_000)
                    ],
                }
            ]
        ),
        "200,000 packages described": lambda: _spdx(
            packages=[_package(i) for i in range(20_000)], documentDescribes=[f"SPDXRef-{i}" for i in range(20_000)]
        ),
        "2,000,000 empty packages": lambda: _spdx()[:-1] + ',"packages":[' + ",".join(["{}"] * 2_000_000) + "]}",
    },
)


def _spdx3(graph: list[dict[str, Any]]) -> str:
    return json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph})


_all(
    "spdx",
    "bot@1/sbom.spdx3.json",
    {
        "100,000 elements of version 3": lambda: _spdx3(
            [{"type": "software_Package", "spdxId": f"u:{i}", "name": f"n{i}"} for i in range(100_000)]
        ),
        "relations of version 3": lambda: _spdx3(
            [{"type": "software_Package", "spdxId": f"u:{i}", "name": f"n{i}"} for i in range(2_000)]
            + [
                {
                    "type": "Relationship",
                    "from": f"u:{i}",
                    "to": [f"u:{j}" for j in range(400)],
                    "relationshipType": "dependsOn",
                }
                for i in range(1_000)
            ]
        ),
    },
)

# --- results

_all(
    "junit",
    "bot@1/junit.xml",
    {
        "300,000 cases": lambda: (
            '<testsuite name="bot@1">'
            + "".join(f'<testcase name="t{i}" classname="c"/>' for i in range(300_000))
            + "</testsuite>"
        ),
        "2,000,000 short elements": lambda: "<testsuite>" + "<a/>" * 2_000_000 + "</testsuite>",
        "20,000 suites in each other": lambda: "<testsuite>" * 20_000 + "</testsuite>" * 20_000,
        "2,000 suites in each other that fail": lambda: (
            '<testsuite name="bot@1" failures="1">' * 900
            + "".join(f'<testcase name="t{i}"><failure/></testcase>' for i in range(20_000))
            + "</testsuite>" * 900
        ),
        "20,000 suites beside each other that fail": lambda: (
            "<testsuites>"
            + '<testsuite name="bot@1" failures="1"><testcase name="a"><failure/></testcase></testsuite>' * 20_000
            + "</testsuites>"
        ),
        "a root of comments": lambda: "<!---->" * 140_000 + "<testsuite/>",
        "a root of open comments": lambda: "<!--" * 250_000,
        "a root of instructions": lambda: "<?a?>" * 200_000 + "<b/>",
        "a root of instructions and blanks": lambda: "<?a?> " * 160_000 + "<b/>",
        "a root of blanks": lambda: " " * 1_000_000 + "<b/>",
        "20,000 namespaces": lambda: (
            "<testsuite " + " ".join(f'xmlns:n{i}="u{i}"' for i in range(20_000)) + '><testcase name="a"/></testsuite>'
        ),
        "20,000 namespaces one in the other": lambda: (
            "<testsuite>" + "".join(f'<a xmlns:n{i}="u{i}">' for i in range(20_000)) + "</a>" * 20_000 + "</testsuite>"
        ),
        "20,000 elements in a namespace of 64 kB": lambda: (
            f'<testsuite xmlns:n="{"u" * 65_000}">' + "<n:a/>" * 20_000 + "</testsuite>"
        ),
        "100,000 different elements of long names": lambda: (
            "<testsuite>" + "".join(f"<a{'b' * 300}{i}/>" for i in range(50_000)) + "</testsuite>"
        ),
        "100,000 attributes": lambda: (
            '<testsuite name="bot@1"><testcase name="a" '
            + " ".join(f'a{i}="1"' for i in range(100_000))
            + "/></testsuite>"
        ),
        "a name of 10 MB": lambda: f'<testsuite name="bot@1"><testcase name="{"a" * 10_000_000}"/></testsuite>',
        "a suite's name without a release": lambda: (
            f'<testsuite name="{"a" * 1_000_000}"><testcase name="a"/></testsuite>'
        ),
        "a name of entities": lambda: f'<testsuite name="bot@1"><testcase name="{"&amp;" * 1_000_000}"/></testsuite>',
        "a time of commas": lambda: (
            f'<testsuite name="bot@1"><testcase name="a" time="1{",111" * 500_000}x"/></testsuite>'
        ),
        "a time of 1e308": lambda: '<testsuite name="bot@1"><testcase name="a" time="1e308"/></testsuite>',
        "300,000 properties": lambda: (
            '<testsuite name="bot@1"><properties>'
            + '<property name="slice" value="x"/>' * 300_000
            + '</properties><testcase name="a"/></testsuite>'
        ),
        "300,000 slices of a case": lambda: (
            '<testsuite name="bot@1"><testcase name="a"><properties>'
            + "".join(f'<property name="slice" value="{i}"/>' for i in range(200_000))
            + "</properties></testcase></testsuite>"
        ),
        "100,000 tasks": lambda: (
            '<testsuites name="bot@1">'
            + "".join(f'<testsuite name="s{i}"><testcase name="a"/></testsuite>' for i in range(50_000))
            + "</testsuites>"
        ),
        "UTF-16": lambda: ("\ufeff<testsuite>" + "<a/>" * 300_000 + "</testsuite>").encode("utf-16-le"),
    },
)

_all(
    "items",
    "table.csv",
    {
        "200,000 columns": lambda: "item_id,score," + ",".join(f"c{i}" for i in range(200_000)) + "\na,1\n",
        "200,000 columns and rows under them": lambda: (
            "item_id,score," + ",".join(f"c{i}" for i in range(200_000)) + "\n" + ("a,1" + "," * 200_000 + "\n") * 40
        ),
        "200,000 columns of one name": lambda: "item_id,score" + ",c" * 200_000 + "\na,1\n",
        "a model of 80 kB": lambda: "item_id,score,model\na,1," + "a" * 80_000 + "\n",
        "100 models of 80 kB": lambda: (
            "item_id,score,model\n" + "".join(f"a,1,{i}{'a' * 80_000}\n" for i in range(100))
        ),
        "30,000 models": lambda: "item_id,score,model\n" + "".join(f"a,1,bot@{i}\n" for i in range(30_000)),
        "30,000 models without a release": lambda: (
            "item_id,score,model\n" + "".join(f"a,1,m{i}\n" for i in range(30_000))
        ),
        "30,000 suites": lambda: "item_id,score,model,suite\n" + "".join(f"a,1,bot@1,s{i}\n" for i in range(30_000)),
        "2,000 models and 2,000 odd rows": lambda: (
            "item_id,score,model\n"
            + "".join(f"a,1,bot@{i}\n" for i in range(5_000))
            + "".join(f"a,1,bot@{i},x\n" for i in range(5_000))
        ),
        "an id of 10 MB": lambda: "item_id,score,model\n" + "a" * 10_000_000 + ",1,bot@1\n",
        "an open quote": lambda: 'item_id,score,model\na,1,"' + "a\n" * 3_000_000,
        "300,000 rows": lambda: "item_id,score,model\n" + "".join(f"i{i},1,bot@1\n" for i in range(300_000)),
        "50,000 tasks": lambda: "item_id,score,model,task\n" + "".join(f"i,1,bot@1,t{i}\n" for i in range(50_000)),
        "20,000 metrics": lambda: (
            "item_id,score,model,metric\n" + "".join(f"i{i},1,bot@1,m{i}\n" for i in range(20_000))
        ),
        "20,000 slices of one item": lambda: (
            "item_id,score,model,slice\ni,1,bot@1," + "|".join(f"s{i}" for i in range(200_000)) + "\n"
        ),
        "50,000 bad rows": lambda: "item_id,score,model\n" + "".join(f"i{i},x,bot@1\n" for i in range(50_000)),
        "5,000,000 empty lines": lambda: "item_id,score,model\n" + "\n" * 5_000_000 + "a,1,bot@1\n",
        "rows of commas": lambda: "item_id,score,model\n" + ("," * 1_000_000 + "\n") * 10,
        "metric names": lambda: (
            "item_id,score,model,metric\n" + "".join(f"i{i},1,bot@1,{'_per_' * 20_000}{i}\n" for i in range(20))
        ),
        "a score of a million digits": lambda: "item_id,score,model\na," + "9" * 1_000_000 + ",bot@1\n",
    },
)

_all(
    "items",
    "table.jsonl",
    {
        "300,000 rows": lambda: "".join(f'{{"item_id":"i{i}","score":1,"model":"bot@1"}}\n' for i in range(300_000)),
        "an integer of a million digits": lambda: '{"item_id":"a","score":' + "9" * 1_000_000 + ',"model":"bot@1"}\n',
        "a row of 1,000,000 lists": lambda: (
            '{"item_id":"a","score":1,"model":"bot@1","x":[' + ",".join(["[]"] * 3_000_000) + "]}\n"
        ),
        "a row nested 200,000 deep": lambda: (
            '{"item_id":"a","score":1,"model":"bot@1","x":' + "[" * 200_000 + "]" * 200_000 + "}\n"
        ),
        "an unfinished row nested deep": lambda: '{"item_id":"a","score":1,"model":"bot@1"}\n' + '{"a":' * 200_000,
        "a model of 80 kB": lambda: '{"item_id":"a","score":1,"model":"' + "a" * 80_000 + '"}\n',
        "10,000,000 brackets as lines": lambda: '{"item_id":"a","score":1,"model":"bot@1"}\n' + "{\n" * 300_000,
    },
)
_all("items", "table.csv.gz", {"a gzip bomb": lambda: gzip.compress(b"item_id,score,model\n" + b"\n" * 2**28, 1)})


def _harness(results: Any, **more: Any) -> str:
    return json.dumps({"results": results, "configs": {}, "versions": {}, "model_name": "bot@1", "date": 1.0, **more})


_all(
    "lm_eval",
    "bot@1/results.json",
    {
        "20,000 tasks": lambda: _harness({f"t{i}": {"acc,none": 0.5, "acc_stderr,none": 0.1} for i in range(20_000)}),
        "a task of 50,000 metrics": lambda: _harness({"t": {f"m{i},none": 0.5 for i in range(50_000)}}),
        "a model name of 1 MB": lambda: _harness({"t": {"acc,none": 0.5}}, model_name="a" * 1_000_000),
        "groups in each other": lambda: _harness(
            {f"t{i}": {"acc,none": 0.5} for i in range(3_000)},
            group_subtasks={f"t{i}": [f"t{j}" for j in range(3_000)] for i in range(300)},
        ),
        "a date of 1e308": lambda: _harness({"t": {"acc,none": 0.5}}, date=1e308),
        "metric names of dashes": lambda: _harness({"t": {"a_" * 50_000 + ",none": 0.5, "_per_" * 50_000: 0.5}}),
        "2,000,000 values": lambda: (
            '{"results":{"t":{"acc,none":0.5}},"configs":{},"x":[' + ",".join(["[]"] * 3_000_000) + "]}"
        ),
    },
)

_all(
    "promptfoo",
    "output.json",
    {
        "100,000 rows": lambda: json.dumps(
            {
                "evalId": "e",
                "results": {
                    "version": 3,
                    "prompts": [],
                    "results": [
                        {
                            "provider": {"id": "bot@1"},
                            "score": 1,
                            "success": True,
                            "testCase": {"vars": {"q": str(i)}},
                            "vars": {"q": str(i)},
                        }
                        for i in range(100_000)
                    ],
                },
            }
        ),
        "20,000 providers": lambda: json.dumps(
            {
                "evalId": "e",
                "results": {
                    "version": 3,
                    "prompts": [],
                    "results": [
                        {
                            "provider": {"id": f"bot@{i}"},
                            "score": 1,
                            "success": True,
                            "testCase": {"vars": {"q": "1"}},
                            "vars": {"q": "1"},
                        }
                        for i in range(20_000)
                    ],
                },
            }
        ),
        "a provider of 1 MB": lambda: json.dumps(
            {
                "evalId": "e",
                "results": {
                    "version": 3,
                    "prompts": [],
                    "results": [{"provider": {"id": "a" * 1_000_000}, "score": 1, "success": True, "vars": {"q": "1"}}],
                },
            }
        ),
        "3,000,000 values": lambda: (
            '{"evalId":"e","results":{"version":3,"prompts":[],"results":[{"x":['
            + ",".join(["[]"] * 3_000_000)
            + "]}]}}"
        ),
        "blanks": lambda: " " * 3_000_000 + "{",
    },
)
_all(
    "promptfoo",
    "output.xml",
    {"XML of 1,000,000 elements": lambda: "<promptfoo>" + "<a/>" * 1_000_000 + "</promptfoo>"},
)

_all(
    "pytest_benchmark",
    "bot@1/benchmark.json",
    {
        "50,000 benchmarks": lambda: json.dumps(
            {
                "machine_info": {},
                "commit_info": {},
                "datetime": "2026-11-23T01:18:27+00:00",
                "version": "4",
                "benchmarks": [
                    {
                        "name": f"b{i}",
                        "fullname": f"b{i}",
                        "stats": {"mean": 1.0, "stddev": 0.1, "rounds": 5, "data": [1.0] * 20},
                    }
                    for i in range(50_000)
                ],
            }
        )
    },
)


def zipped(*members: tuple[str, bytes], deflate: bool = True) -> bytes:
    """A zip of these members; names may repeat."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
            for name, data in members:
                archive.writestr(name, data)
    return out.getvalue()


def overlapping(member: bytes, count: int, name: str = "a.json") -> bytes:
    """A zip whose table lists one member ``count`` times: it unpacks to ``count`` times what it holds."""
    one = zipped((name, member))
    at = one.rindex(b"PK\x01\x02")
    end = one.rindex(b"PK\x05\x06")
    entry = one[at:end]
    length = len(name)
    entries = []
    for i in range(count):
        other = f"{i:x}".encode().rjust(length - 5, b"0")[: length - 5] + name.encode()[-5:]
        entries.append(entry[:46] + other + entry[46 + length :])
    table = b"".join(entries)
    whole = bytearray(one[:at] + table + one[end:])
    stop = len(whole) - 22
    struct.pack_into("<HHII", whole, stop + 8, min(count, 65_535), min(count, 65_535), len(table), at)
    return bytes(whole)


RECORD = b'{"id":"OSV-1","modified":"2026-01-01T00:00:00Z","summary":"x","affected":[{"package":{"ecosystem":"PyPI","name":"a"},"versions":["1"]}]}'


def _osv(**more: Any) -> str:
    return json.dumps({"id": "OSV-1", "modified": "2026-01-01T00:00:00Z", "summary": "x", **more})


def _affected(**more: Any) -> dict[str, Any]:
    return {"package": {"ecosystem": "PyPI", "name": "a"}, **more}


def _events(count: int, ecosystem: str, version: str) -> str:
    events = [{"introduced": version.format(i)} for i in range(count)]
    return _osv(
        affected=[
            {"package": {"ecosystem": ecosystem, "name": "a"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
        ]
    )


_all(
    "osv",
    "all.json",
    {
        "200,000 versions": lambda: _osv(affected=[_affected(versions=[f"1.{i}" for i in range(200_000)])]),
        "100,000 events of PyPI": lambda: _events(50_000, "PyPI", "1.{}"),
        "versions of 100 kB digits": lambda: _events(50, "PyPI", "{}" + "9" * 100_000),
        "versions of npm of 100 kB": lambda: _events(50, "npm", "1.{}." + "9" * 100_000),
        "versions of many dots": lambda: _events(50, "Maven", "1" + ".{}" * 1 + ".1" * 50_000),
        "a name of dots": lambda: _osv(
            affected=[_affected(package={"ecosystem": "PyPI", "name": "a" + "." * 499}) for _ in range(10_000)]
        ),
        "100,000 affected": lambda: _osv(affected=[_affected()] * 100_000),
        "100,000 aliases": lambda: _osv(affected=[_affected()], aliases=[f"CVE-{i}" for i in range(200_000)]),
        "details of 10 MB lines": lambda: _osv(affected=[_affected()], details="\n" * 10_000_000),
        "a CVSS vector of 10 MB": lambda: _osv(
            affected=[_affected()], severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/" + "AV:N/" * 1_000_000}]
        ),
        "a CVSS v4 vector of 1 MB": lambda: _osv(
            affected=[_affected()], severity=[{"type": "CVSS_V4", "score": "CVSS:4.0/" + "AV:N/" * 200_000}]
        ),
        "a CVSS v2 vector of 1 MB": lambda: _osv(
            affected=[_affected()], severity=[{"type": "CVSS_V2", "score": "AV:N/" * 200_000}]
        ),
        "100,000 severities": lambda: _osv(
            affected=[_affected()], severity=[{"type": "CVSS_V4", "score": f"CVSS:4.0/{i}"} for i in range(100_000)]
        ),
        "database_specific of 3,000,000 lists": lambda: (
            _osv(affected=[_affected()])[:-1] + ',"database_specific":[' + ",".join(["[]"] * 3_000_000) + "]}"
        ),
        "nested answers": lambda: '{"vulns":[' * 300 + _osv(affected=[_affected()]) + "]}" * 300,
        "nested answers of 100,000": lambda: '{"vulns":[' * 100_000 + "]}" * 100_000,
        "500,000 refused records": lambda: '{"vulns":[' + ",".join(f'{{"id":"{i}"}}' for i in range(300_000)) + "]}",
        "300,000 records of nothing": lambda: "[" + ",".join(["{}"] * 300_000) + "]",
        "300,000 lines of nothing": lambda: _osv(affected=[_affected()]) + "\n" + "{}\n" * 300_000,
        "40,000 records": lambda: "\n".join(_osv(id=f"OSV-{i}", affected=[_affected()]) for i in range(40_000)),
    },
)

_all(
    "osv",
    "a.yaml",
    {
        "aliases": lambda: (
            "id: a\nmodified: b\n"
            + "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
        ),
        "aliases in maps": lambda: (
            "id: a\nmodified: b\n"
            + "a0: &a0 {x: y}\n"
            + "".join(f"a{i}: &a{i} {{{','.join(f'k{j}: *a{i - 1}' for j in range(9))}}}\n" for i in range(1, 12))
        ),
        "merges": lambda: (
            "id: a\nmodified: b\n"
            + "a0: &a0 {x: y}\n"
            + "".join(f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 12))
        ),
        "deep lists": lambda: "id: a\nmodified: b\nz: " + "[" * 50_000,
        "deep lists that end": lambda: "id: a\nmodified: b\nz: " + "[" * 30_000 + "]" * 30_000,
        "deep maps": lambda: "id: a\nmodified: b\nz: " + "{a: " * 20_000,
        "deep dashes": lambda: "id: a\nmodified: b\nz:\n " + "- " * 20_000,
        "deep question marks": lambda: "? " * 20_000,
        "500,000 values": lambda: "id: a\nmodified: b\nz: [" + "x," * 500_000 + "]\n",
        "100,000 documents": lambda: "id: a\nmodified: b\n---\n" * 50_000,
        "long plain scalar": lambda: "id: a\nmodified: b\nz: " + "a " * 1_000_000 + "\n",
        "300,000 keys": lambda: "id: a\nmodified: b\n" + "".join(f"k{i}: x\n" for i in range(300_000)),
        "a key that is a list": lambda: "id: a\nmodified: b\n? [a, b]\n: c\n",
        "an anchor of itself": lambda: "id: a\nmodified: b\nz: &a [*a]\n",
    },
)

_all(
    "osv",
    "all.zip",
    {
        "10,000 overlapping members": lambda: overlapping(b"[" + b" " * 2**20 + b"]", 10_000, "0123456789.json"),
        "60,000 members": lambda: zipped(*((f"{i}.json", RECORD) for i in range(30_000))),
        "a bomb": lambda: zipped(("a.json", b" " * 2**28)),
        "five bombs": lambda: zipped(*((f"{i}.json", b" " * (60 * 2**20)) for i in range(5))),
        "40,000 members of one name": lambda: zipped(*(("a.json", b"{}") for _ in range(40_000))),
        "members that nest": lambda: zipped(*((f"{i}.json", b"[" * 1_000_000) for i in range(50))),
        "members of YAML aliases": lambda: zipped(("a.yaml", HOSTILE["osv: aliases"]().data)),
    },
    prefix="zip: ",
)

_LOG: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "t",
        "model": "bot@1",
        "created": "2026-11-23T01:18:27+00:00",
        "run_id": "r",
        "eval_id": "e",
        "dataset": {},
        "config": {},
    },
    "results": {"scores": []},
}


def _sample(i: int) -> dict[str, Any]:
    return {"id": i, "epoch": 1, "input": "x", "scores": {"includes": {"value": "C"}}}


_all(
    "inspect_ai",
    "log.json",
    {
        "100,000 samples": lambda: json.dumps({**_LOG, "samples": [_sample(i) for i in range(100_000)]}),
        "a sample of 3,000,000 lists": lambda: (
            json.dumps({**_LOG, "samples": [_sample(1)]})[:-3] + ',"events":[' + ",".join(["[]"] * 3_000_000) + "]}]}"
        ),
        "a sample of 20,000 scores": lambda: json.dumps(
            {**_LOG, "samples": [{**_sample(1), "scores": {f"s{i}": {"value": 1} for i in range(20_000)}}]}
        ),
        "values that nest": lambda: json.dumps({**_LOG, "samples": [_sample(1)]}).replace(
            '"C"', "[" * 50_000 + "]" * 50_000
        ),
        "a model of 1 MB": lambda: json.dumps(
            {**_LOG, "eval": {**_LOG["eval"], "model": "a" * 1_000_000}, "samples": [_sample(1)]}
        ),
    },
)

_HEADER = json.dumps(_LOG).encode()
_all(
    "inspect_ai",
    "log.eval",
    {
        "50,000 samples": lambda: zipped(
            ("header.json", _HEADER),
            *((f"samples/{i}_epoch_1.json", json.dumps(_sample(i)).encode()) for i in range(30_000)),
        ),
        "a bomb": lambda: zipped(("header.json", _HEADER), ("samples/1_epoch_1.json", b" " * 2**28)),
        "twenty bombs": lambda: zipped(
            ("header.json", _HEADER), *((f"samples/{i}_epoch_1.json", b" " * (60 * 2**20)) for i in range(5))
        ),
        "overlapping members": lambda: overlapping(_HEADER + b" " * 2**20, 10_000, "0123456789.json"),
        "samples of lists": lambda: zipped(
            ("header.json", _HEADER),
            ("samples/1_epoch_1.json", b'{"id":1,"epoch":1,"x":[' + b"[]," * 3_000_000 + b"[]]}"),
        ),
    },
)


def _statement(**more: Any) -> str:
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "predicateType": "https://slsa.dev/provenance/v1",
            "subject": [{"name": "bot@1", "digest": {"sha256": "a" * 64}}],
            "predicate": {},
            **more,
        }
    )


_all(
    "in_toto",
    "provenance.intoto.jsonl",
    {
        "100,000 subjects": lambda: _statement(
            subject=[{"name": f"b{i}", "digest": {"sha256": "a" * 64}} for i in range(100_000)]
        ),
        "a predicate of 3,000,000 lists": lambda: (
            _statement()[:-1] + ',"predicate":{"x":[' + ",".join(["[]"] * 3_000_000) + "]}}"
        ),
        "a predicate that nests": lambda: (
            _statement()[:-1] + ',"predicate":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}"
        ),
        "envelopes": lambda: json.dumps(
            {"payloadType": "application/vnd.in-toto+json", "payload": "e30=" * 2_000_000, "signatures": []}
        ),
        "100,000 lines": lambda: (_statement() + "\n") * 20_000,
        "100,000 signatures": lambda: json.dumps(
            {
                "payloadType": "application/vnd.in-toto+json",
                "payload": "e30=",
                "signatures": [{"sig": "x", "keyid": str(i)} for i in range(100_000)],
            }
        ),
        "names": lambda: _statement(subject=[{"name": "pkg:" + "a" * 1_000_000, "digest": {"sha256": "a" * 64}}]),
    },
)

SIGNAL = {
    "id": "p:1", "source": "p", "signal_type": "latency_breach", "asset_id": "bot", "environment": "canary", "severity": "critical",
    "confidence": 1, "recommended_action": "rollback", "occurred_at": "2026-11-23T01:00:00Z", "observed_at": "2026-11-23T01:00:00Z",
    "title": "t", "evidence": {"metric": "p95_latency", "value": 9000.0, "objective": 500.0}, "fingerprint": "f",
}  # fmt: skip

_all(
    "signals",
    "a.jsonl",
    {
        "100,000 signals": lambda: "\n".join(json.dumps({**SIGNAL, "id": f"p:{i}"}) for i in range(50_000)),
        "a title of 10 MB": lambda: json.dumps({**SIGNAL, "title": "a" * 10_000_000}),
        "marks": lambda: json.dumps({**SIGNAL, "title": "e" + "\u0301\u0327" * 200_000}),
        "personal data": lambda: json.dumps({**SIGNAL, "summary": "a@" * 100_000}),
        "digits": lambda: json.dumps({**SIGNAL, "summary": "0 " * 100_000}),
        "300,000 links": lambda: json.dumps({**SIGNAL, "links": ["https://x"] * 300_000}),
        "a number of a million digits": lambda: json.dumps(SIGNAL).replace("9000.0", "9" * 1_000_000),
        "300,000 bad lines": lambda: json.dumps(SIGNAL) + "\n" + "{}\n" * 300_000,
        "nested": lambda: json.dumps(SIGNAL).replace("9000.0", "[" * 100_000 + "]" * 100_000),
        "a list of 3,000,000": lambda: "[" + ",".join(["[]"] * 3_000_000) + "]",
    },
)


# --- feeds (the first argument is not a file's name but the address's)


def _rss(items: str, head: str = "") -> str:
    return f'<?xml version="1.0"?><rss version="2.0" {head}><channel><title>x</title>{items}</channel></rss>'


def _item(body: str, **more: str) -> str:
    extra = "".join(f"<{k}>{v}</{k}>" for k, v in more.items())
    return f"<item><title>t</title><guid>1</guid><description>{body}</description>{extra}</item>"


_all(
    "feed",
    "http://vendor.example/feed.xml",
    {
        "combining marks": lambda: _rss(_item("e" + "\u0301\u0327" * 100_000)),
        "16,000 comments that do not end": lambda: _rss(_item("&lt;!--" * 16_000)),
        "30,000 comments in CDATA": lambda: _rss(_item("<![CDATA[" + "<!--" * 40_000 + "]]>")),
        "declarations": lambda: _rss(_item("<![CDATA[" + "<!" * 100_000 + "]]>".replace("]]>", "") + "]]>")),
        "marked sections": lambda: _rss(_item("&lt;![" * 30_000)),
        "a bad marked section": lambda: _rss(_item("a&lt;![foo[b") + _item("good").replace("<guid>1", "<guid>2")),
        "instructions": lambda: _rss(_item("&lt;?" * 50_000)),
        "open tags": lambda: _rss(_item("&lt;a" * 50_000)),
        "open tags with blanks": lambda: _rss(_item("&lt;a " * 40_000)),
        "one tag of attributes": lambda: _rss(_item("&lt;a " + "b=" * 90_000)),
        "one tag of blanks": lambda: _rss(_item("&lt;a" + " " * 190_000 + "&gt;")),
        "one tag of quotes": lambda: _rss(_item("&lt;a b='" + "'x='" * 40_000)),
        "one tag of slashes": lambda: _rss(_item("&lt;a" + "/" * 190_000)),
        "end tags": lambda: _rss(_item("&lt;/" * 60_000)),
        "end tags of a name": lambda: _rss(_item("&lt;/a" * 50_000)),
        "scripts": lambda: _rss(_item("&lt;script&gt;" * 15_000)),
        "a script of open ends": lambda: _rss(_item("&lt;script&gt;" + "&lt;/" * 60_000)),
        "a script of open ends of its name": lambda: _rss(_item("&lt;script&gt;" + "&lt;/scrip" * 20_000)),
        "references": lambda: _rss(_item("&amp;" * 190_000)),
        "references that do not end": lambda: _rss(_item("&amp;#1" * 60_000 + "&lt;b")),
        "references of letters": lambda: _rss(_item("&amp;" + "a" * 190_000 + "&lt;b")),
        "references in an attribute": lambda: _rss(_item("&lt;a b='" + "&amp;amp" * 30_000 + "'&gt;")),
        "textareas": lambda: _rss(_item("&lt;textarea&gt;" + "&amp;a" * 50_000)),
        "20,000 namespaces": lambda: _rss(_item("x"), " ".join(f'xmlns:n{i}="u{i}"' for i in range(20_000))),
        "20,000 namespaces one in the other": lambda: _rss(
            _item("x") + "".join(f'<a xmlns:n{i}="u{i}">' for i in range(20_000)) + "</a>" * 20_000
        ),
        "5,000 prefixes of known namespaces": lambda: _rss(
            "".join(
                f'<item xmlns:n{i}="http://purl.org/dc/elements/1.1/"><n{i}:title>t</n{i}:title></item>'
                for i in range(5_000)
            )
        ),
        "20,000 entries": lambda: _rss(
            "".join(f"<item><title>t</title><guid>{i}</guid></item>" for i in range(20_000))
        ),
        "200,000 short entries": lambda: _rss("<item/>" * 200_000),
        "200,000 elements": lambda: _rss("<item><a/></item>" + "<a/>" * 200_000),
        "elements 20,000 deep": lambda: _rss("<a>" * 20_000 + "</a>" * 20_000),
        "entries in each other": lambda: _rss("<item>" * 5_000 + "</item>" * 5_000),
        "an entry of 50,000 links": lambda: _rss(
            "<item><title>t</title>" + "<link>https://x/</link>" * 50_000 + "</item>"
        ),
        "an entry of 50,000 categories": lambda: _rss(
            "<item><title>t</title>" + "<category>x</category>" * 50_000 + "</item>"
        ),
        "an entry of 50,000 authors": lambda: _rss(
            "<item><title>t</title>" + "<author>x (a@b.c)</author>" * 20_000 + "</item>"
        ),
        "an author of 1 MB": lambda: _rss(_item("x", author="a@" * 300_000)),
        "a date of 1 MB": lambda: _rss(_item("x", pubDate="1" * 1_000_000)),
        "a date of blanks": lambda: _rss(_item("x", pubDate="Mon, " + " " * 200_000 + "x")),
        "a date of dashes": lambda: _rss(_item("x", pubDate="2026-01-" * 50_000)),
        "a date of colons": lambda: _rss(_item("x", pubDate="1:" * 100_000)),
        "a date of letters": lambda: _rss(_item("x", pubDate="Mon, 01 Jan " + "a" * 200_000)),
        "a date of the year 99999": lambda: _rss(_item("x", pubDate="Sat, 21 Nov 99999 10:00:00 GMT")),
        "a title of 10 MB": lambda: _rss("<item><title>" + "a" * 10_000_000 + "</title></item>"),
        "a body of 10 MB": lambda: _rss(_item("a &lt;b&gt;" * 800_000)),
        "a link of 1 MB": lambda: _rss(_item("x", link="https://x/" + "../" * 300_000)),
        "an id of 1 MB": lambda: _rss("<item><title>t</title><guid>" + "a" * 1_000_000 + "</guid></item>"),
        "entities": lambda: (
            '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">'
            + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
            + "]>"
            + _rss(_item("&a9;"))[21:]
        ),
        "doctype of brackets": lambda: "<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 40_000 + "]>" + _rss(_item("x"))[21:],
        "doctypes": lambda: "<!DOCTYPE " * 50_000 + _rss(_item("x"))[21:],
        "doctypes that open": lambda: "<!DOCTYPE a [" * 30_000,
        "open angle brackets": lambda: "<" * 500_000,
        "comments that do not end": lambda: "<!--" * 100_000,
        "CDATA that does not end": lambda: "<![CDATA[" * 50_000,
        "broken after 1,000 entries": lambda: "<rss><channel>" + _item("x &") * 3_000,
        "ampersands": lambda: "<rss><channel><item><title>" + "&" * 300_000 + "</title></item></channel></rss>",
        "attributes without quotes": lambda: "<rss><channel><item " + "a=b " * 50_000 + "></item></channel></rss>",
        "an encoding that is unknown": lambda: (
            '<?xml version="1.0" encoding="' + "x" * 100_000 + '"?><rss><channel/></rss>'
        ),
        "xml declarations": lambda: "<?xml " * 100_000,
        "xml declaration of blanks": lambda: "<?xml" + " " * 300_000,
        "item openings": lambda: "<rss><channel>" + "<item>" * 30_000,
        "item ends with blanks": lambda: "<rss><channel><item>" + "</item" + " " * 500_000 + "</channel",
        "names before item": lambda: "<rss><channel></" + "a" * 500_000,
        "json": lambda: '{"version": "https://jsonfeed.org/version/1", "items": [' + ",".join(["{}"] * 300_000) + "]}",
    },
)


# --- pages, status pages, releases and catalogues (asked of a server)

_DAY = "# Changelog\n\n## 2026-11-20\n\n"


def _html(body: str) -> str:
    return f"<!doctype html><html><body><h2>2026-11-20</h2>{body}</body></html>"


_all(
    "changelog",
    "http://vendor.example/page",
    {
        "a line of quotes": lambda: _DAY + ">" * 1_900_000,
        "lines of quotes": lambda: _DAY + (" >" * 5_000 + "\n") * 180,
        "500,000 headings": lambda: _DAY + "# h\n" * 490_000,
        "headings of days": lambda: "## 2026-11-20\n- x\n" * 100_000,
        "400,000 bullets": lambda: _DAY + "- x\n" * 400_000,
        "5,001 entries": lambda: _DAY + "".join(f"- entry {i}\n" for i in range(5_001)),
        "code that does not end": lambda: _DAY + "- a\n\n```\n" + "x\n" * 900_000,
        "backticks": lambda: _DAY + "- " + "`" * 1_900_000,
        "brackets": lambda: _DAY + "- " + "[a](" * 450_000,
        "images": lambda: _DAY + ("- " + "![" * 9_000 + "\n") * 100,
        "comments that do not end": lambda: _DAY + "<!--" * 450_000,
        "combining marks": lambda: _DAY + ("- e" + "\u0301" * 180_000 + "\n") * 5,
        "a table of 10,000 columns": lambda: _DAY + ("|" + "a|" * 10_000 + "\n|" + "-|" * 10_000 + "\n") * 45,
        "a heading of digits": lambda: "## " + "1." * 900_000,
        "a heading of months": lambda: "## " + "January " * 200_000,
        "blanks": lambda: _DAY + "- a" + " " * 1_900_000 + "b",
        "100,000 div": lambda: _html("<div>" * 100_000),
        "300,000 li": lambda: _html("<ul>" + "<li>a" * 300_000),
        "attributes": lambda: _html("<a " + "b=c " * 400_000 + ">x"),
        "spans of columns": lambda: _html("<table>" + "<tr><td colspan=1000 rowspan=1000>a" * 40_000),
    },
)
_all(
    "statuspage",
    "http://vendor.example/i.json",
    {
        "50,000 incidents": lambda: (
            '{"incidents":[' + ",".join(f'{{"id":"{i}","name":"n"}}' for i in range(50_000)) + "]}"
        ),
        "2,600,000 that are none": lambda: '{"incidents":[' + "{}," * 2_600_000 + "{}]}",
        "300,000 updates": lambda: '{"incidents":[{"id":"a","name":"n","updates":[' + "{}," * 300_000 + "{}]}]}",
        "brackets": lambda: '{"incidents":' + "[" * 500_000,
    },
)
_all(
    "github_releases",
    "http://vendor.example/releases",
    {
        "230,000 releases": lambda: "[" + ",".join(['{"tag_name":"v1"}'] * 230_000) + "]",
        "1,000,000 that are none": lambda: "[" + "{}," * 1_000_000 + "{}]",
        "a body of 4 MB": lambda: json.dumps([{"tag_name": "v1", "body": "a <b> `c` " * 380_000}]),
    },
)
_all(
    "model_list",
    "http://vendor.example/models",
    {
        "420,000 models": lambda: '{"data":[' + ",".join(f'{{"id":"m{i}"}}' for i in range(420_000)) + "]}",
        "2,000,000 that are none": lambda: '{"data":[{"id":"a"}' + ",5" * 2_000_000 + "]}",
        "an id of 7 MB": lambda: json.dumps({"data": [{"id": "a" * 7_000_000}]}),
    },
)
_all(
    "models_dev",
    "http://vendor.example/api.json",
    {
        "400,000 that are none": lambda: '{"a":{"models":{' + ",".join(f'"m{i}":5' for i in range(400_000)) + "}}}",
        "100,000 providers": lambda: "{" + ",".join(f'"p{i}":{{"models":{{}}}}' for i in range(100_000)) + "}",
        "a price of 7 MB": lambda: '{"a":{"models":{"m":{"id":"m","cost":{"input":' + "9" * 7_000_000 + "}}}}}",
    },
)
