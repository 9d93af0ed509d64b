"""What the oci collector reads of images, from a registry that speaks the distribution API, and from a bad one."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import msgspec
import pytest

from pulse_tui.collectors import oci
from pulse_tui.collectors.oci import Options, Watched
from pulse_tui.collectors.oci.images import image
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import ComponentKind, Environment
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply, Request

OPEN = "org.opencontainers.image."
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LABELS = {
    f"{OPEN}version": "3.8.1",
    f"{OPEN}revision": "5f" * 20,
    f"{OPEN}source": "https://github.com/acme/bot.git",
    f"{OPEN}base.name": "docker.io/library/debian:12-slim",
    f"{OPEN}base.digest": "sha256:" + "cd" * 32,
    "pulse.component": "pkg:pypi/vllm@0.9.1, pkg:huggingface/acme/bot@abc, nonsense",
}


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def put(server: Loopback, value: Any, kind: str, *references: str, name: str = "acme/bot") -> str:
    """A blob or manifest under its digest (and tags); returns the digest."""
    body = json.dumps(value).encode()
    digest = digest_of(body)
    for reference in (digest, *references):
        headers = {"Content-Type": kind, "Docker-Content-Digest": digest}
        what = "manifests" if "manifest" in kind or "index" in kind else "blobs"
        server.on("GET", f"/v2/{name}/{what}/{reference}", Reply(body=body, headers=headers))
    return digest


def push(server: Loopback, *tags: str, labels: dict[str, str] | None = None, name: str = "acme/bot") -> str:
    config = {"created": "2026-11-20T10:00:00Z", "config": {"Labels": LABELS if labels is None else labels}}
    blob = put(server, config, "application/vnd.oci.image.config.v1+json", name=name)
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": blob, "size": 1}, "layers": []}
    return put(server, manifest, MANIFEST, *tags, name=name)


def host(server: Loopback) -> str:
    return server.url.removeprefix("http://")


def watched(server: Loopback, ref: str = "acme/bot:v3", **more: Any) -> Watched:
    return Watched(image=f"{host(server)}/{ref}", asset="bot-serving", **more)


def collect(*images: Watched, **more: Any) -> Collected:
    known = {"P": "s3cret"}
    return oci.collect(Options(images=images, **more), context(http=quick_web(), secrets=known, source="registry"))


def parts(collected: Collected) -> tuple[RegistrySnapshot, Bill]:
    snapshot, bill = collected.observations
    assert isinstance(snapshot, RegistrySnapshot)
    assert isinstance(bill, Bill)
    return snapshot, bill


def test_an_image_is_a_release_with_its_digest_and_a_bill_of_what_it_holds(server: Loopback) -> None:
    digest = push(server, "v3")
    got = collect(watched(server, environment=Environment.PRODUCTION))
    snapshot, bill = parts(got)
    (release,) = snapshot.versions
    assert (release.version, release.digest, release.registry_version) == ("3.8.1", digest, "v3")
    assert release.provenance == {
        "commit": "5f" * 20,
        "repository": "https://github.com/acme/bot",
        "artifact": f"{host(server)}/acme/bot@{digest}",
    }
    assert release.created_at.day == 20
    assert snapshot.placements == {Environment.PRODUCTION: ("3.8.1", 100.0)}
    assert (snapshot.complete, snapshot.managed) == (False, ())
    assert (bill.document, bill.digest, bill.version) == (f"{host(server)}/acme/bot:v3", digest, "3.8.1")
    assert [(c.kind, c.name, c.version) for c in bill.components] == [
        (ComponentKind.IMAGE, "docker.io/library/debian", "sha256:" + "cd" * 32),
        (ComponentKind.PACKAGE, "vllm", "0.9.1"),
        (ComponentKind.HOSTED_MODEL, "acme/bot", "abc"),
    ]
    assert [r.problem.where.rpartition(" ")[2] for r in got.rejected] == ["pulse.component"]
    assert INDEX in server.log[0].headers["accept"]


def test_a_moved_tag_is_the_same_version_with_another_digest(server: Loopback) -> None:
    first = push(server, "v3")
    before, _ = parts(collect(watched(server)))
    second = push(server, "v3", labels={**LABELS, "build": "2"})
    after, _ = parts(collect(watched(server)))
    assert before.versions[0].version == after.versions[0].version
    assert [before.versions[0].digest, after.versions[0].digest] == [first, second]
    assert first != second


def test_an_index_gives_the_release_its_digest_and_linux_amd64_the_labels(server: Loopback) -> None:
    other = push(server, labels={f"{OPEN}version": "wrong"})
    amd = push(server)
    entries = [
        {"digest": "sha256:" + "00" * 32, "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": other, "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": amd, "platform": {"os": "linux", "architecture": "amd64"}},
    ]
    digest = put(server, {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX, "v3")
    snapshot, bill = parts(collect(watched(server)))
    assert (snapshot.versions[0].version, snapshot.versions[0].digest) == ("3.8.1", digest)
    assert bill.digest == digest


def test_without_a_label_the_tag_is_the_version_and_the_option_beats_both(server: Loopback) -> None:
    digest = push(server, "v3", labels={})
    assert parts(collect(watched(server)))[0].versions[0].version == "v3"
    assert parts(collect(watched(server, version="9")))[0].versions[0].version == "9"
    with pytest.raises(SourceError, match="states no version"):
        collect(watched(server, f"acme/bot@{digest}"))


def test_the_token_dance_is_done_and_the_password_goes_to_the_realm_only(server: Loopback) -> None:
    push(server, "v3")
    manifest = server._routes["GET", "/v2/acme/bot/manifests/v3"][0]
    assert isinstance(manifest, Reply)
    challenge = f'Bearer realm="{server.url}/token",service="reg",scope="repository:acme/bot:pull"'

    def guarded(request: Request) -> Reply:
        if request.headers.get("authorization") != "Bearer t0k":
            return Reply(401, headers={"WWW-Authenticate": challenge})
        return manifest

    server.on("GET", "/v2/acme/bot/manifests/v3", guarded)
    server.on("GET", "/token", Reply.json({"token": "t0k"}))
    parts(collect(watched(server), username="ana", password="${P}"))
    (asked,) = server.seen("GET", "/token")
    assert asked.query == {"service": "reg", "scope": "repository:acme/bot:pull"}
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"ana:s3cret").decode()
    others = [r.headers.get("authorization") for r in server.log if r.path != "/token"]
    assert others == [None, "Bearer t0k", "Bearer t0k"]


def test_a_basic_login_is_given_when_it_is_asked_for_and_only_to_its_registry(server: Loopback) -> None:
    push(server, "v3")
    manifest = server._routes["GET", "/v2/acme/bot/manifests/v3"][0]
    assert isinstance(manifest, Reply)
    asks = Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    server.on("GET", "/v2/acme/bot/manifests/v3", lambda r: manifest if "authorization" in r.headers else asks)
    parts(collect(watched(server), username="ana", password="${P}"))
    with pytest.raises(SourceError, match="asks for a login"):
        collect(watched(server), username="ana", password="${P}", registry="ghcr.io")


def test_a_realm_without_tls_elsewhere_gets_no_password(server: Loopback) -> None:
    challenge = 'Bearer realm="http://evil.example/token"'
    server.on("GET", "/v2/acme/bot/manifests/v3", Reply(401, headers={"WWW-Authenticate": challenge}))
    with pytest.raises(SourceError, match="not https"):
        collect(watched(server), username="ana", password="${P}")


def test_a_missing_image_is_refused_and_the_others_land(server: Loopback) -> None:
    push(server, "v3")
    got = collect(watched(server), watched(server, "acme/gone:v1"))
    assert len(got.observations) == 2
    assert [r.problem.where for r in got.rejected if "gone" in r.problem.where]
    with pytest.raises(SourceError, match="404"):
        collect(watched(server, "acme/gone:v1"))


def test_a_manifest_that_is_not_what_its_digest_says_is_refused(server: Loopback) -> None:
    push(server, "v3")
    lie = {"Docker-Content-Digest": "sha256:" + "00" * 32}
    server.on("GET", "/v2/acme/bot/manifests/v3", Reply(body=b'{"schemaVersion": 2}', headers=lie))
    with pytest.raises(SourceError, match="not match its digest"):
        collect(watched(server))
    pinned = "sha256:" + "11" * 32
    server.on("GET", f"/v2/acme/bot/manifests/{pinned}", Reply(body=b'{"schemaVersion": 2}'))
    with pytest.raises(SourceError, match="not match its digest"):
        collect(watched(server, f"acme/bot:v3@{pinned}"))


def test_a_config_that_is_not_what_its_digest_says_is_refused(server: Loopback) -> None:
    push(server, "v3")
    (path,) = (path for _, path in server._routes if "/blobs/" in path)
    server.on("GET", path, Reply(body=b'{"config": {"Labels": {}}}'))
    with pytest.raises(SourceError, match="not match its digest"):
        collect(watched(server))


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"{}", b'{"schemaVersion": 1}', b'{"schemaVersion": 2, "config": {"digest": "../../x"}}']
)
def test_nonsense_under_a_tag_is_refused(server: Loopback, body: bytes) -> None:
    server.on("GET", "/v2/acme/bot/manifests/v3", Reply(body=body))
    with pytest.raises(SourceError):
        collect(watched(server))


def test_a_rate_limit_says_when_to_come_back(server: Loopback) -> None:
    told = {"errors": [{"code": "TOOMANYREQUESTS", "message": "slow"}]}
    server.on("GET", "/v2/acme/bot/manifests/v3", Reply.json(told, 429, headers={"Retry-After": "60"}))
    with pytest.raises(SourceError, match="TOOMANYREQUESTS") as caught:
        collect(watched(server))
    assert caught.value.retry_after == 60


def test_a_hostile_label_cannot_write_on_the_screen(server: Loopback) -> None:
    bad = {f"{OPEN}version": "3.8.1\x1b[2J", f"{OPEN}base.name": "\u202eX", "pulse.component": "pkg:pypi/\x1b[2Jx"}
    push(server, "v3", labels=bad)
    got = collect(watched(server))
    snapshot, bill = parts(got)
    assert snapshot.versions[0].version == "3.8.1"
    assert bill.components == ()
    assert len(got.rejected) == 2
    assert not any("\x1b" in str(r.problem) for r in got.rejected)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("acme/bot", "docker.io/acme/bot:latest"),
        ("ghcr.io/acme/bot:v3", "ghcr.io/acme/bot:v3"),
        ("localhost:5000/bot", "localhost:5000/bot:latest"),
        ("ghcr.io/acme/bot@sha256:" + "ab" * 32, "ghcr.io/acme/bot@sha256:" + "ab" * 32),
    ],
)
def test_a_reference_is_read_as_everybody_reads_it(text: str, whole: str) -> None:
    assert str(image(text)) == whole


@pytest.mark.parametrize("text", ["", "ghcr.io/", "ghcr.io/../x", "ghcr.io/a:b:c", "a@md5:00", "user@ghcr.io/x", "A b"])
def test_what_is_no_image_is_a_wrong_setting(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"image": text, "asset": "a"}, Watched)


def test_a_login_must_say_whose_it_is() -> None:
    images = (Watched(image="ghcr.io/a/b:1", asset="a"), Watched(image="quay.io/a/b:1", asset="b"))
    with pytest.raises(ValueError, match="name the registry of the login"):
        Options(images=images, username="ana", password="x")
    with pytest.raises(ValueError, match="go together"):
        Options(images=images, username="ana")
