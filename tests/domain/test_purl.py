"""Package URLs: one package has one id, whoever wrote it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.purl import BadPurl, build, component, parse
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import ComponentKind

NAMES = st.text(alphabet=string.ascii_letters + string.digits + "-._~%@+ /?#&=:äß", min_size=1, max_size=20)
TYPES = st.sampled_from(["pypi", "npm", "golang", "maven", "oci", "docker", "huggingface", "deb", "generic", "x.y+z"])


@given(
    kind=TYPES,
    name=NAMES.filter(lambda n: n.strip("/ ")),
    namespace=st.lists(NAMES.map(lambda n: n.replace("/", "")).filter(lambda n: n.strip()), max_size=3),
    version=NAMES,
    qualifiers=st.dictionaries(st.sampled_from(["arch", "os", "repository_url", "tag"]), NAMES),
)
def test_what_is_written_is_read_back(
    kind: str, name: str, namespace: list[str], version: str, qualifiers: dict[str, str]
) -> None:
    purl = build(
        kind, name.strip("/"), namespace="/".join(namespace), version=version, qualifiers=qualifiers, subpath="a/b c"
    )
    assert parse(str(purl)) == purl
    assert str(parse(str(purl))) == str(purl)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    for given_text in (text, f"pkg:{text}", f"pkg:pypi/{text}"):
        try:
            found = component(given_text)
        except BadPurl:
            continue
        assert found.id
        assert is_clean(found.id + found.name)


@pytest.mark.parametrize(
    ("text", "identity", "name", "version", "ecosystem"),
    [
        ("pkg:pypi/vllm@0.9.1", "pkg:pypi/vllm", "vllm", "0.9.1", "PyPI"),
        ("pkg:pypi/Jupyter.Server__x", "pkg:pypi/jupyter-server-x", "jupyter-server-x", None, "PyPI"),
        ("pkg:npm/%40angular/core@1.2", "pkg:npm/%40angular/core", "@angular/core", "1.2", "npm"),
        ("pkg:npm/@angular/core", "pkg:npm/%40angular/core", "@angular/core", None, "npm"),
        (
            "pkg:golang/github.com/BurntSushi/toml@v1.0#sub",
            "pkg:golang/github.com/BurntSushi/toml",
            "github.com/BurntSushi/toml",
            "v1.0",
            "Go",
        ),
        ("pkg:maven/org.apache/log4j@2", "pkg:maven/org.apache/log4j", "org.apache:log4j", "2", "Maven"),
        ("pkg:deb/ubuntu/openssl@3?arch=x", "pkg:deb/ubuntu/openssl", "openssl", "3", "Ubuntu"),
        ("pkg:apk/alpine/a@1?distro=alpine-3.18.4", "pkg:apk/alpine/a?distro=alpine-3.18", "a", "1", "Alpine:3.18"),
        ("pkg:deb/debian/a@1?distro=bookworm", "pkg:deb/debian/a?distro=debian-12", "a", "1", "Debian:12"),
        ("pkg:deb/debian/a@1?upstream=b%402", "pkg:deb/debian/a?upstream=b%402", "a", "1", "Debian"),
        ("pkg:deb/debian/a@1?upstream=b%401", "pkg:deb/debian/a?upstream=b", "a", "1", "Debian"),
        ("pkg:deb/debian/a@1?upstream=a%401", "pkg:deb/debian/a", "a", "1", "Debian"),
        ("pkg:rpm/suse/a@1-2?epoch=3&upstream=b-1-2.src.rpm", "pkg:rpm/suse/a?upstream=b", "a", "3:1-2", "SUSE"),
        ("pkg:pypi/Uvicorn%5Bstandard%5D@1", "pkg:pypi/uvicorn", "uvicorn", "1", "PyPI"),
        ("pkg:npm/@scope%2Fname@1", "pkg:npm/%40scope/name", "@scope/name", "1", "npm"),
        ("pkg:npm/scope/name@1", "pkg:npm/%40scope/name", "@scope/name", "1", "npm"),
        ("pkg:npm/repeated/%40scope%2Fname@1", "pkg:npm/%40scope/name", "@scope/name", "1", "npm"),
        ("pkg:conda/pytorch@2?channel=x", "pkg:conda/pytorch", "pytorch", "2", None),
        ("pkg:generic/vllm@1", "pkg:generic/vllm", "vllm", "1", None),
        ("pkg:deb/kali/x@1", "pkg:deb/kali/x", "x", "1", None),
        ("PKG://Cargo/serde@1", "pkg:cargo/serde", "serde", "1", "crates.io"),
        ("pkg:nuget/Simple%20Launcher@1", "pkg:nuget/Simple%20Launcher", "Simple Launcher", "1", "NuGet"),
        ("pkg:vendorx/a/b@1", "pkg:vendorx/a/b", "a/b", "1", None),
    ],
)
def test_a_package_has_the_name_that_advisories_use(
    text: str, identity: str, name: str, version: str | None, ecosystem: str | None
) -> None:
    found = component(text)
    assert (found.id, found.name, found.version, found.ecosystem) == (identity, name, version, ecosystem)
    assert found.kind is ComponentKind.PACKAGE


def test_an_image_is_called_by_its_repository_and_a_model_by_its_platform() -> None:
    image = component("pkg:oci/bot@sha256%3Aabc?repository_url=ghcr.io%2Facme%2Fbot&tag=3.8.2")
    assert (image.kind, image.id, image.name) == (ComponentKind.IMAGE, "pkg:oci/bot", "ghcr.io/acme/bot")
    assert (image.version, image.ecosystem) == ("sha256:abc", None)
    tagged = component("pkg:oci/bot?tag=3.8.2")
    assert (tagged.name, tagged.version) == ("bot", "3.8.2")
    model = component("pkg:huggingface/Qwen/Qwen3-8B@ABCDEF")
    assert (model.kind, model.id, model.version) == (
        ComponentKind.HOSTED_MODEL,
        "huggingface/Qwen/Qwen3-8B",
        "abcdef",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "does not begin with 'pkg:'"),
        ("vllm", "does not begin with 'pkg:'"),
        ("pkg:pypi", "no type and name"),
        ("pkg:pypi///", "no"),
        ("pkg:9x/a", "no type and name"),
        ("pkg:pypi/%1b%5b31m", "characters that a name cannot have"),
        ("pkg:pypi/" + "a" * 3000, "over 2,000 characters"),
    ],
)
def test_a_text_that_is_no_package_url_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadPurl, match=why):
        parse(text)
