"""Files of other tools that are not read here: what each is, and how to get from it what is.

A refusal names what it refuses: "no known format fits" sends an operator to look for a fault in a file that has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from pulse_tui.domain.errors import SourceError, TooMuch


class Foreign(NamedTuple):
    """A format that is not read."""

    what: str
    """With its article: ``a pdm.lock``."""
    todo: str
    """A sentence."""


def _bill(how: str) -> str:
    return f"It is not read: make a bill of it with {how}"


_SYFT = "syft dir:. -o cyclonedx-json"
_CDXGEN = "npx @cyclonedx/cdxgen -o bom.json"
_NAMED = {
    "Cargo.toml": Foreign("a Cargo.toml, which locks nothing", "Give the Cargo.lock: cargo generate-lockfile"),
    "Pipfile.lock": Foreign("a Pipfile.lock", _bill("cyclonedx-py pipenv, or pipenv requirements > requirements.txt")),
    "Pipfile": Foreign("a Pipfile", _bill("pipenv lock && pipenv requirements > requirements.txt")),
    "pdm.lock": Foreign("a pdm.lock", _bill("pdm export -o requirements.txt")),
    "pylock.toml": Foreign("a pylock.toml", _bill(_SYFT)),
    "pyproject.toml": Foreign("a pyproject.toml, which locks nothing", _bill("uv lock, or pip-compile")),
    "setup.py": Foreign("a setup.py, which locks nothing", _bill("pip-compile")),
    "setup.cfg": Foreign("a setup.cfg, which locks nothing", _bill("pip-compile")),
    "pixi.lock": Foreign("a pixi.lock", _bill(_SYFT)),
    "package.json": Foreign(
        "a package.json, which locks nothing", _bill("npm install, which writes package-lock.json")
    ),
    "bun.lock": Foreign("a bun.lock", _bill(_CDXGEN)),
    "bun.lockb": Foreign("a bun.lockb", _bill(_CDXGEN)),
    "deno.lock": Foreign("a deno.lock", _bill(_CDXGEN)),
    "gradle.lockfile": Foreign("a gradle.lockfile", _bill("gradle cyclonedxBom")),
    "buildscript-gradle.lockfile": Foreign("a gradle lock file", _bill("gradle cyclonedxBom")),
    "build.gradle": Foreign("a build.gradle, which locks nothing", _bill("gradle cyclonedxBom")),
    "build.gradle.kts": Foreign("a build.gradle.kts, which locks nothing", _bill("gradle cyclonedxBom")),
    "pom.xml": Foreign("a pom.xml, which locks nothing", _bill("mvn org.cyclonedx:cyclonedx-maven-plugin:makeBom")),
    "Gemfile.lock": Foreign("a Gemfile.lock", _bill(_SYFT)),
    "composer.lock": Foreign("a composer.lock", _bill("composer CycloneDX:make-sbom")),
    "packages.lock.json": Foreign("a packages.lock.json of NuGet", _bill("dotnet CycloneDX")),
    "Package.resolved": Foreign("a Package.resolved of Swift", _bill(_SYFT)),
    "Podfile.lock": Foreign("a Podfile.lock", _bill(_SYFT)),
    "pubspec.lock": Foreign("a pubspec.lock", _bill(_SYFT)),
    "mix.lock": Foreign("a mix.lock", _bill("mix sbom.cyclonedx")),
    "conan.lock": Foreign("a conan.lock", _bill(_SYFT)),
    "renv.lock": Foreign("a renv.lock", _bill(_SYFT)),
    "Dockerfile": Foreign("a Dockerfile", _bill("syft IMAGE -o cyclonedx-json, once it is built")),
}
_KEYS: tuple[tuple[frozenset[str], Foreign], ...] = (
    (
        frozenset({"artifacts", "artifactRelationships"}),
        Foreign("Syft's own JSON", "It is not read: let it write CycloneDX, syft -o cyclonedx-json"),
    ),
    (
        frozenset({"artifacts", "descriptor"}),
        Foreign("Syft's own JSON", "It is not read: let it write CycloneDX, syft -o cyclonedx-json"),
    ),
    (
        frozenset({"auditReportVersion"}),
        Foreign("a report of npm audit", "It is not read, advisories are matched here: give the package-lock.json"),
    ),
    (
        frozenset({"vulnerabilities", "catalogVersion"}),
        Foreign("CISA's catalogue of exploited vulnerabilities", "It is not read: give advisories in the OSV format"),
    ),
    (
        frozenset({"vulnerabilities", "resultsPerPage"}),
        Foreign("an answer of the NVD", "It is not read: give advisories in the OSV format, from https://osv.dev"),
    ),
    (
        frozenset({"document", "product_tree"}),
        Foreign("a CSAF document", "It is not read: give advisories in the OSV format, from https://osv.dev"),
    ),
    (
        frozenset({"dataType", "cveMetadata"}),
        Foreign("a CVE record", "It is not read: give advisories in the OSV format, from https://osv.dev"),
    ),
    (
        frozenset({"ghsa_id", "vulnerabilities"}),
        Foreign("an answer of GitHub's advisory API", "It is not read: give the OSV form, from https://osv.dev"),
    ),
    (
        frozenset({"statements", "@context", "author"}),
        Foreign("an OpenVEX document", "Read it by its kind: pulse-tui ingest vex FILE"),
    ),
    (
        frozenset({"installed_version", "vulnerabilities"}),
        Foreign("a scanner's report", "It is not read: give the bill that was scanned"),
    ),
    (
        frozenset({"_meta", "default", "develop"}),
        Foreign("a Pipfile.lock", _NAMED["Pipfile.lock"].todo),
    ),
    (frozenset({"packages-dev", "content-hash"}), _NAMED["composer.lock"]),
)
"""Members of the top of a JSON document that only this format has together."""
_TEXTS: tuple[tuple[re.Pattern[bytes], Foreign], ...] = (
    (re.compile(rb"spdx\.org/rdf/terms"), Foreign("SPDX in RDF", "It is not read: give the JSON form of the document")),
    (
        re.compile(rb"(?m)^SPDXVersion:\s*SPDX-"),
        Foreign(
            "SPDX in tag-value form", "It is not read: give the JSON form, pyspdxtools -i IN.spdx -o OUT.spdx.json"
        ),
    ),
    (
        re.compile(rb"(?m)^spdxVersion:\s"),
        Foreign("SPDX in YAML", "It is not read: give the JSON form of the document"),
    ),
    (
        re.compile(rb"(?m)^# This file may be used to create an environment using:"),
        Foreign("a list of conda", _bill(_SYFT)),
    ),
    (re.compile(rb"\Aversion https://git-lfs"), Foreign("a pointer of Git LFS", "Fetch the file itself: git lfs pull")),
    (re.compile(rb"(?m)^<{7} \S"), Foreign("a file with merge conflicts", "Resolve them")),
    (
        re.compile(rb"(?i)\A\s*<(?:!doctype\s+html|html)\b"),
        Foreign("HTML, not JSON or text", "A page is perhaps an error or a login: fetch the file itself"),
    ),
    (re.compile(rb"\APackage\s+Version\s"), Foreign("the table of pip list", "Give pip freeze > requirements.txt")),
    (
        re.compile(rb"<TestRun\b[^>]*microsoft\.com"),
        Foreign("a TRX of Visual Studio", "It is not read: give JUnit XML"),
    ),
    (re.compile(rb"<test-run\b|<test-results\b"), Foreign("XML of NUnit", "It is not read: give JUnit XML")),
    (re.compile(rb"<assemblies\b|<assembly\b"), Foreign("XML of xUnit.net", "It is not read: give JUnit XML")),
    (re.compile(rb"<testng-results\b"), Foreign("XML of TestNG", "It is not read: give its junitreports")),
    (re.compile(rb"<robot\b"), Foreign("XML of Robot Framework", "It is not read: give JUnit XML, robot --xunit")),
    (re.compile(rb"\A\x1f\x8b"), Foreign("gzip", "Unpack it: gunzip")),
    (
        re.compile(rb"\APK\x03\x04"),
        Foreign("a zip that holds nothing of a known format", "Unpack it and give the file"),
    ),
    (re.compile(rb"\A(?:BZh|\xfd7zXZ\x00|\x28\xb5\x2f\xfd)"), Foreign("compressed", "Unpack it")),
    (re.compile(rb"\A(?:ok |not ok |TAP version |1\.\.\d)"), Foreign("TAP", "It is not read: give JUnit XML")),
)


def renamed(error: SourceError, name: str, data: bytes, keys: Collection[str]) -> SourceError:
    """An error of a file that could not be read, saying what it is where that is known."""
    known = None if isinstance(error, TooMuch) else foreign(name, data, keys)
    if known is None:
        return error
    better = SourceError(f"{name} is {known.what}", todo=known.todo)
    better.about = error.about
    return better


def foreign(name: str, data: bytes, keys: Collection[str] = ()) -> Foreign | None:
    """The format of a file that is not read here, by its name, the ``keys`` of its JSON object, or its beginning."""
    base = name.replace("\\", "/").rpartition("/")[2]
    if (found := _NAMED.get(base)) is not None:
        return found
    for members, of in _KEYS:
        if members <= set(keys):
            return of
    head = data[:4_096]
    return next((of for pattern, of in _TEXTS if pattern.search(head)), None)
