"""Package URLs: ``pkg:type/namespace/name@version?qualifiers#subpath`` (https://github.com/package-url/purl-spec).

One package has one :attr:`Purl.id`, whoever wrote the URL: the type's own rules for names are applied, escapes
are undone and put back where they are needed. Two rules are wider or narrower than the specification, because
advisories are matched by these names: PyPI names follow PEP 503 (a run of ``-``, ``_`` and ``.`` is one ``-``),
and Go paths keep their case (``github.com/BurntSushi/toml`` is not its lower-case twin to any advisory).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from pulse_tui.domain.estate import Component
from pulse_tui.domain.text import as_name, clean, is_clean
from pulse_tui.domain.words import ComponentKind

CAP = 2_000
"""The longest package URL that is read, in characters; a longer one is refused."""


class BadPurl(ValueError):
    """A text that is not a package URL; the message says why."""


_TYPE = re.compile(r"[a-z][a-z0-9.+-]*\Z")
_KEY = re.compile(r"[a-z][a-z0-9._-]*\Z")
_PYPI = re.compile(r"[-_.]+")
_PLAIN = re.compile(r"[A-Za-z0-9._~:-]*\Z")
_SAFE = ":"

#: Types whose namespace and name are the same in any case.
_LOWER = frozenset(
    {"alpm", "apk", "bitbucket", "bitnami", "composer", "deb", "docker", "github", "gitlab", "hex", "npm", "oci"}
)
_ECOSYSTEMS = {
    "pypi": "PyPI",
    "npm": "npm",
    "golang": "Go",
    "cargo": "crates.io",
    "maven": "Maven",
    "nuget": "NuGet",
    "gem": "RubyGems",
    "composer": "Packagist",
    "hex": "Hex",
    "pub": "Pub",
    "cran": "CRAN",
    "hackage": "Hackage",
    "swift": "SwiftURL",
    "githubactions": "GitHub Actions",
    "conan": "ConanCenter",
    "bitnami": "Bitnami",
    "julia": "Julia",
}
#: Distributions: the namespace says which; what a package type without one is taken for.
_DISTRIBUTIONS = {
    ("deb", "ubuntu"): "Ubuntu",
    ("deb", "debian"): "Debian",
    ("deb", ""): "Debian",
    ("apk", "wolfi"): "Wolfi",
    ("apk", "chainguard"): "Chainguard",
    ("apk", "alpine"): "Alpine",
    ("apk", ""): "Alpine",
    ("rpm", "azurelinux"): "Azure Linux",
    ("rpm", "mageia"): "Mageia",
    ("rpm", "openeuler"): "openEuler",
    ("rpm", "redhat"): "Red Hat",
    ("rpm", "almalinux"): "AlmaLinux",
    ("rpm", "rocky"): "Rocky Linux",
    ("rpm", "rocky-linux"): "Rocky Linux",
    ("rpm", "opensuse"): "openSUSE",
    ("rpm", "suse"): "SUSE",
}
_SPELLED = {name.lower(): name for name in (*_ECOSYSTEMS.values(), *_DISTRIBUTIONS.values())}
RELEASED = frozenset(name.lower() for name in _DISTRIBUTIONS.values())
"""Ecosystems of which each release has packages and advisories of its own, in small letters."""
_PACKAGED = frozenset({"apk", "deb", "rpm"})
_RELEASE = re.compile(r"(?:^|[-:v ])(\d+)(?:(?:\.| sp)(\d+))?")
_TWO_NUMBERS = re.compile(r"ubuntu|alpine|suse|sles|leap|\Av?\d+\.\d\d")
_CODENAMES = {
    "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14",
    "bionic": "18.04", "focal": "20.04", "jammy": "22.04", "noble": "24.04",
}  # fmt: skip
_EXTRAS = re.compile(r"\[[^\]]*\]\Z")
_KINDS = {"oci": ComponentKind.IMAGE, "docker": ComponentKind.IMAGE, "huggingface": ComponentKind.HOSTED_MODEL}


class Purl(NamedTuple):
    """A package URL in its parts, decoded and normalized. Absent parts are "" or empty."""

    type: str
    namespace: str
    name: str
    version: str = ""
    qualifiers: tuple[tuple[str, str], ...] = ()
    """Sorted by key, without empty values."""
    subpath: str = ""

    @property
    def id(self) -> str:
        """The package whatever its version: type, namespace and name."""
        path = "/".join(_quote(part) for part in (*self.namespace.split("/"), self.name) if part)
        return f"pkg:{self.type}/{path}"

    @property
    def ecosystem(self) -> str | None:
        """The ecosystem as OSV spells it, with the release of a distribution (``Debian:12``); None where OSV has none:
        no advisory can name such a package.
        """
        if (known := _ECOSYSTEMS.get(self.type)) is not None:
            return known
        vendor = self.namespace.partition("/")[0].lower()
        found = _DISTRIBUTIONS.get((self.type, vendor))
        release = release_of(self.qualifier("distro"))
        return f"{found}:{release}" if found is not None and release else found

    @property
    def advised(self) -> tuple[str, str]:
        """(name, version) of its source package, by which most distributions' advisories name it; its own for any other."""
        source = self.qualifier("upstream")
        if not source:
            return self.package, self.version
        if source.endswith(".src.rpm"):
            name, _, rest = source.removesuffix(".src.rpm").rpartition("-")
            name, _, number = name.rpartition("-")
            return (name, f"{number}-{rest}") if name and number else (self.package, self.version)
        name, _, version = source.partition("@")
        return name, version or self.version

    @property
    def package(self) -> str:
        """The name as the ecosystem writes it: ``@scope/name``, ``group:artifact``, ``github.com/x/y``, ``name``."""
        if not self.namespace or self.type in ("deb", "apk", "rpm", "alpm"):
            return self.name
        return f"{self.namespace}:{self.name}" if self.type == "maven" else f"{self.namespace}/{self.name}"

    def qualifier(self, key: str) -> str:
        """The value of a qualifier, or ""."""
        return next((v for k, v in self.qualifiers if k == key), "")

    def __str__(self) -> str:
        """The canonical text; :func:`parse` reads it back to the same value."""
        text = f"{self.id}@{_quote(self.version)}" if self.version else self.id
        if self.qualifiers:
            text += "?" + "&".join(f"{k}={_quote(v)}" for k, v in self.qualifiers)
        if self.subpath:
            text += "#" + "/".join(_quote(part) for part in self.subpath.split("/"))
        return text


def spelled(ecosystem: str) -> str:
    """An ecosystem as OSV spells it (``PyPI``), however it is written; as it is where OSV has none of that name."""
    base, colon, release = ecosystem.partition(":")
    return _SPELLED.get(base.lower(), base) + colon + release


def parse(text: str) -> Purl:
    """Read a package URL. Raises BadPurl when it is malformed, names nothing, or is over :data:`CAP` characters."""
    if len(text) > CAP:
        raise BadPurl(f"the package URL is over {CAP:,} characters long")
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme.lower() != "pkg":
        raise BadPurl(f"{clean(text, 80)!r} is not a package URL: it does not begin with 'pkg:'")
    rest, _, subpath = rest.partition("#")
    rest, _, qualifiers = rest.partition("?")
    kind, slash, path = rest.strip("/").partition("/")
    kind = kind.lower()
    if not slash or not _TYPE.match(kind):
        raise BadPurl(f"{clean(text, 80)!r} is not a package URL: it has no type and name (pkg:TYPE/NAME)")
    path, version = _split_version(path)
    parts = [decoded for part in path.split("/") if (decoded := _unquote(part).strip("/"))]
    if not parts:
        raise BadPurl(f"{clean(text, 80)!r} is not a package URL: it has no name")
    return build(
        kind,
        parts[-1],
        namespace="/".join(parts[:-1]),
        version=_unquote(version),
        qualifiers=dict(_pairs(qualifiers)) if qualifiers else None,
        subpath="/".join(p for part in subpath.split("/") if (p := _unquote(part).strip("/")) and p not in (".", "..")),
    )


def build(
    kind: str,
    name: str,
    *,
    namespace: str = "",
    version: str = "",
    qualifiers: Mapping[str, str] | None = None,
    subpath: str = "",
) -> Purl:
    """A package URL of decoded parts, normalized by the rules of its type.

    Raises BadPurl when a part has characters that a name cannot have (control characters and the like).
    """
    for part in (name, namespace, version, subpath, *(qualifiers or {}).values()):
        if not is_clean(part):
            raise BadPurl(f"the package URL has characters that a name cannot have: {clean(part, 80)!r}")
    if kind == "pypi":
        name = _PYPI.sub("-", _EXTRAS.sub("", name)).lower()
    elif kind in _LOWER:
        name, namespace = name.lower(), namespace.lower()
    elif kind == "pub":
        name = name.lower()
    elif kind == "huggingface":
        version = version.lower()
    elif kind == "rpm":
        namespace = namespace.lower()
    if kind == "npm" and "/" in name:  # a scope that was escaped with the name; what stands before it is no other
        namespace, _, name = name.rpartition("/")
    if kind == "npm" and namespace and not namespace.startswith("@"):
        namespace = f"@{namespace}"
    pairs = tuple(sorted((k.lower(), v) for k, v in (qualifiers or {}).items() if v and _KEY.match(k.lower())))
    return Purl(kind, namespace, name, version, pairs, subpath)


def component(text: str) -> Component:
    """The component that a package URL names; its id has neither version nor qualifiers, but for a distribution's
    release and source package: openssl of Debian 12 is not that of Debian 11.

    ``pkg:oci`` and ``pkg:docker`` are images: the name is the repository, the version the digest or tag.
    ``pkg:huggingface/Org/Name`` is a hosted model on the platform "huggingface": id ``huggingface/Org/Name`` with the
    revision as version, as the estate writes it (``model: huggingface/Org/Name``). Raises BadPurl.
    """
    purl = parse(text)
    kind = _KINDS.get(purl.type, ComponentKind.PACKAGE)
    version = purl.version or (purl.qualifier("tag") if kind is ComponentKind.IMAGE else "")
    name, identity, ecosystem = purl.package, purl.id, None
    if purl.type in _PACKAGED:
        identity = _of_release(purl)
        epoch = purl.qualifier("epoch")
        version = f"{epoch}:{version}" if epoch and version and ":" not in version else version
    if kind is ComponentKind.HOSTED_MODEL:
        identity = f"huggingface/{purl.package}"
    elif kind is ComponentKind.IMAGE:
        name = _repository(purl)
    else:
        ecosystem = purl.ecosystem
    return Component(
        id=as_name(identity),
        kind=kind,
        name=as_name(name),
        version=as_name(version) or None,
        ecosystem=ecosystem,
    )


def _of_release(purl: Purl) -> str:
    """The id of a distribution's package, with the version of its source package only where that is another."""
    distro = purl.qualifier("distro")
    release = release_of(distro)
    kept = {"distro": f"{purl.namespace or purl.type}-{release}" if release else distro}
    source, version = purl.advised
    if source != purl.package or version != purl.version:
        same = purl.type == "rpm" or version == purl.version
        kept["upstream"] = source if same else f"{source}@{version}"
    return str(build(purl.type, purl.name, namespace=purl.namespace, qualifiers=kept))


def release_of(distro: str) -> str:
    """The number of a distribution's release in ``debian-12.5``, ``Ubuntu:Pro:22.04:LTS``, ``Alpine:v3.18``, ``bookworm``;
    "" for none. Of Ubuntu, Alpine and SUSE it has two parts, of the others one.
    """
    lower = distro.lower()
    word = lower.rpartition(":")[2].rpartition("-")[2]
    if word in _CODENAMES:
        return _CODENAMES[word]
    if (found := _RELEASE.search(lower)) is None:
        return ""
    return f"{found[1]}.{found[2]}" if found[2] and _TWO_NUMBERS.search(lower) else found[1]


def _repository(purl: Purl) -> str:
    where = purl.qualifier("repository_url").rstrip("/")
    if not where:
        return purl.package
    return where if where.rpartition("/")[2].lower() == purl.name else f"{where}/{purl.package}"


def _split_version(path: str) -> tuple[str, str]:
    """At the last ``@``, unless a name follows it: the one of ``@scope/name`` begins a name, not a version."""
    head, at, version = path.rpartition("@")
    if not at or not head or head.endswith("/"):
        return path, ""
    return head, version


def _pairs(text: str) -> list[tuple[str, str]]:
    found = (pair.partition("=") for pair in text.split("&"))
    return [(_unquote(key), _unquote(value)) for key, _, value in found]


def _unquote(text: str) -> str:
    return unquote(text) if "%" in text else text


def _quote(text: str) -> str:
    return text if _PLAIN.match(text) else quote(text, safe=_SAFE)
