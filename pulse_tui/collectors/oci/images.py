"""Names of container images, and asking a registry for their manifests (OCI distribution 1.1, Docker registry v2)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Answer, CollectContext

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?")
_CHALLENGE = re.compile(r'(?<!\w)(\w++)="([^"]*)"')
_HUB = "docker.io"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Image(NamedTuple):
    """An image's name in its parts; ``digest`` is what the reference pins, "" when it pins none."""

    registry: str
    name: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """``registry/name``."""
        return f"{self.registry}/{self.name}"

    @property
    def reference(self) -> str:
        """What the registry is asked for: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def image(text: str) -> Image:
    """``registry/name:tag@sha256:...`` in its parts; the tag is ``latest`` when neither is given.

    A name without a registry is on Docker Hub. Raises ValueError for a reference that is none.
    """
    rest, at, digest = text.partition("@")
    rest, colon, tag = rest.rpartition(":") if ":" in rest.rpartition("/")[2] else (rest, "", "")
    registry, slash, name = rest.partition("/")
    if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
        registry, name = _HUB, rest if slash else f"library/{rest}"
    if at and not _DIGEST.fullmatch(digest):
        raise ValueError(
            f"{clean(text, 120)!r}: {clean(digest, 80)!r} is not a digest: write sha256: and 64 hex digits"
        )
    if not _NAME.fullmatch(name) or not _HOST.fullmatch(registry) or (colon and not _TAG.fullmatch(tag)):
        raise ValueError(f"{clean(text, 120)!r} is not an image: write registry/name:tag or registry/name@sha256:...")
    return Image(registry, name, tag or ("" if at else "latest"), digest)


class Manifest(NamedTuple):
    """A manifest or index as the registry serves it, with the digest of its bytes."""

    body: bytes
    digest: str


class Registry:
    """One registry in one round. Tokens are kept for the round; credentials go only to whom they are for."""

    def __init__(self, host: str, context: CollectContext, *, plain_http: bool, login: tuple[str, str] | None) -> None:
        """``login`` is a user and password, secrets not filled in yet."""
        self._context = context
        self._login = login
        self._plain = plain_http
        bare = urlsplit(f"//{host}").hostname or ""
        plain = plain_http or bare in _LOOPBACK
        self._root = f"{'http' if plain else 'https'}://{'registry-1.docker.io' if host == _HUB else host}/v2"
        self._auth: dict[str, str] = {}

    def manifest(self, name: str, reference: str) -> Manifest:
        """The manifest or index under a tag or digest.

        Raises SourceError when it is missing, may not be read, or does not match its digest.
        """
        url = f"{self._root}/{name}/manifests/{reference}"
        accept = {"Accept": ", ".join((*INDEXES, *MANIFESTS))}
        answer = self._get(url, name, accept)
        if answer.status != 200:
            _refused(url, answer)
        found = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        message = answer.headers.get("docker-content-digest", "").strip()
        wanted = reference if reference.startswith("sha256:") else message
        for digest in (wanted, message):
            if digest.startswith("sha256:") and digest != found:
                what = f"{address(url)} does not match its digest: {clean(digest, 80)} was announced, {found} came"
                raise SourceError(what, todo="Trust neither until the registry's owner has explained it")
        return Manifest(answer.body, found)

    def blob(self, name: str, digest: str) -> bytes:
        """A blob, by its digest. Raises SourceError as :meth:`manifest`."""
        if not _DIGEST.fullmatch(digest):
            raise SourceError(f"{clean(digest, 80)!r} is not a digest of a blob", todo="Push the image again")
        url = f"{self._root}/{name}/blobs/{digest}"
        # Blobs are often served from elsewhere: the redirect is followed, the token stays here, the digest is checked.
        body = self._context.http.fetch(url, Cursor(), self._auth.copy(), elsewhere=True).body
        if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            raise SourceError(f"{address(url)} does not match its digest", todo="Push the image again")
        return body

    def _get(self, url: str, name: str, headers: Mapping[str, str]) -> Answer:
        answer = self._context.http.send("GET", url, headers={**headers, **self._auth})
        if answer.status != 401:
            return answer
        self._auth = {}
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
        if scheme.lower() == "bearer":
            self._auth = {"Authorization": f"Bearer {self._token(url, name, dict(_CHALLENGE.findall(rest)))}"}
        elif scheme.lower() == "basic" and self._login:
            self._auth = self._basic()
        else:
            raise SourceError(f"{address(url)} asks for a login", todo="Set 'username' and 'password'", sent=True)
        return self._context.http.send("GET", url, headers={**headers, **self._auth})

    def _token(self, url: str, name: str, challenge: dict[str, str]) -> str:
        realm = challenge.get("realm", "")
        parts = urlsplit(realm)
        loopback = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and (loopback or self._plain)):
            what = f"{address(url)} wants the login at {address(realm) or 'nowhere'}, which is not https"
            raise SourceError(what, todo="Correct the registry, or set 'plain_http: true'", sent=True)
        params = {"scope": challenge.get("scope") or f"repository:{name}:pull"}
        if service := challenge.get("service"):
            params["service"] = service
        stated = self._context.http.get_json(realm, params, self._basic() if self._login else {}, named_by=url)
        token = (stated.get("token") or stated.get("access_token")) if isinstance(stated, dict) else None
        if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
            raise SourceError(f"{address(realm)} gave no token", todo="Check 'username' and 'password'", sent=True)
        return token

    def _basic(self) -> dict[str, str]:
        assert self._login is not None
        user, password = (self._context.secret(text) for text in self._login)
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _refused(url: str, answer: Answer) -> None:
    message = ""
    try:
        errors = msgspec.json.decode(answer.body, type=dict[str, list[dict[str, msgspec.Raw]]]).get("errors", [])
        message = ", ".join(msgspec.json.decode(e["code"], type=str) for e in errors[:3] if "code" in e)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = ""  # a page; nothing of it is shown
    wait = answer.headers.get("retry-after", "").strip()
    seconds = float(wait[:9]) if wait.isascii() and wait.isdigit() else None
    todo = {401: "Check 'username' and 'password'", 403: "Check the login's rights", 404: "Check the image's name"}
    what = f"{address(url)} answered {answer.status}" + (f": {clean(message, 120)}" if message else "")
    raise SourceError(what, todo=todo.get(answer.status, ""), retry_after=seconds, sent=True)
