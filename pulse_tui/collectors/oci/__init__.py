"""Container images of serving runtimes: what a tag resolves to now, what it was built from, and its labels.

The digest of the manifest (of the index, when there are several platforms) is the release's digest: a tag that
moves is another digest of the same version. Labels are read from the image for linux/amd64, else the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.oci.images import Image, Manifest, Registry, image
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.limits import contained
from pulse_tui.domain.purl import BadPurl, build
from pulse_tui.domain.purl import component as package
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion
from pulse_tui.domain.source import Collected, Observation, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import CollectContext

MOVED_BY = "set its tag to"
"""How the version that serves is changed there; a version follows."""


class Watched(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``image`` is registry/name:tag or registry/name@sha256:...; ``environment`` is where it serves.

    ``version``: of the release (default: the label org.opencontainers.image.version, else the tag).
    """

    image: str
    asset: str
    environment: Environment | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for an image that is none."""
        if self.image is not None:  # the settings' reader fills in None for a key that is missing
            image(self.image)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``images`` to watch. ``username`` and ``password`` are for ``registry`` (default: the only one there is).

    ``plain_http``: ask without TLS; a registry on this machine always is.
    """

    images: tuple[Watched, ...]
    registry: str | None = None
    username: str | None = None
    password: str | None = None
    plain_http: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for half a login, or for one without a registry."""
        if (self.username is None) is not (self.password is None):
            raise ValueError("'username' and 'password' go together")
        watching: Sequence[Watched | None] = self.images or ()
        if self.username is not None and self.registry is None:
            hosts = {image(watched.image).registry for watched in watching if watched is not None and watched.image}
            if len(hosts) > 1:
                raise ValueError(f"'registry' must name the registry of the login: {', '.join(sorted(hosts))}")


class _Platform(msgspec.Struct):
    os: str = ""
    architecture: str = ""


class _Descriptor(msgspec.Struct):
    digest: str
    platform: _Platform | None = None


class _Body(msgspec.Struct):
    """An image manifest (``config``) or an index (``manifests``)."""

    schemaVersion: int  # noqa: N815  as the format spells it
    config: _Descriptor | None = None
    manifests: list[_Descriptor] | None = None
    annotations: dict[str, str] | None = None


class _Settings(msgspec.Struct):
    Labels: dict[str, str] | None = None


class _Config(msgspec.Struct):
    config: _Settings | None = None
    created: str | None = None


_OPEN = "org.opencontainers.image."
_COMPONENTS = "pulse.component"
_MOST = 5_000


def collect(options: Options, context: CollectContext) -> Collected:
    """A snapshot and a bill for each image. One that cannot be read is Rejected, and the others are stored.

    Raises SourceError when none of them can be read.
    """
    registries: dict[str, Registry] = {}
    observations: list[Observation] = []
    rejected: list[Rejected] = []
    failed: list[SourceError] = []
    for watched in options.images:
        ref = image(watched.image)
        registry = registries.setdefault(ref.repository, _registry(ref, options, context))
        try:
            observations += _read(watched, ref, registry, context, rejected)
        except Exception as broken:  # whatever one image does, the others are read
            error = contained(f"image {ref}", broken)
            failed.append(error)
            rejected.append(refuse(context.source, f"image {ref}", error.what, hint=error.todo))
    if failed and len(failed) == len(options.images):
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        wait = max((e.retry_after for e in failed if e.retry_after is not None), default=None)
        raise SourceError(f"{failed[0].what}{more}", todo=failed[0].todo, retry_after=wait, sent=True)
    return Collected(observations=tuple(observations), rejected=tuple(rejected), cursor=context.cursor)


def _registry(ref: Image, options: Options, context: CollectContext) -> Registry:
    login = None
    if options.username is not None and options.password is not None and options.registry in (None, ref.registry):
        login = (options.username, options.password)
    return Registry(ref.registry, context, plain_http=options.plain_http, login=login)


def _read(
    watched: Watched, ref: Image, registry: Registry, context: CollectContext, rejected: list[Rejected]
) -> list[Observation]:
    manifest = registry.manifest(ref.name, ref.reference)
    labels, created = _labels(manifest, ref, registry)
    version = watched.version or labels.get(f"{_OPEN}version") or ref.tag
    if not version:
        raise SourceError(f"{ref} states no version", todo="Give its 'version', or a tag beside the digest")
    where = (watched.environment,) if watched.environment else ()
    provenance = {
        "commit": labels.get(f"{_OPEN}revision", ""),
        "repository": labels.get(f"{_OPEN}source", "").removesuffix(".git"),
        "artifact": f"{ref.repository}@{manifest.digest}",
    }
    release = RegistryVersion(
        asset_id=watched.asset,
        registry_version=ref.tag or manifest.digest,
        version=version,
        digest=manifest.digest,
        created_at=_moment(labels.get(f"{_OPEN}created"), context.now) or _moment(created, context.now) or context.now,
        provenance={key: value for key, value in provenance.items() if value},
    )
    snapshot = RegistrySnapshot(
        source=context.source,
        asset_id=watched.asset,
        versions=(release,),
        placements=dict.fromkeys(where, (version, 100.0)),
        complete=False,
    )
    bill = Bill(
        source=context.source,
        asset_id=watched.asset,
        document=str(ref),
        at=context.now,
        components=_components(labels, ref, context, rejected),
        environments=where,
        version=version,
        subject=str(ref),
        digest=manifest.digest,
    )
    return [snapshot, bill]


def _labels(manifest: Manifest, ref: Image, registry: Registry) -> tuple[dict[str, str], str | None]:
    """Labels of the image over annotations of its manifest over those of the index, and when it was made."""
    body = _typed(manifest.body, _Body, f"the manifest of {ref}")
    found = dict(body.annotations or {})
    if body.manifests is not None:
        chosen = _platform(body.manifests)
        if chosen is None:
            return _safe(found), None
        body = _typed(registry.manifest(ref.name, chosen.digest).body, _Body, f"the manifest of {ref}")
        found |= body.annotations or {}
    if body.config is None:
        raise SourceError(f"{ref} is not an image: its manifest has no config", todo="Check its name")
    config = _typed(registry.blob(ref.name, body.config.digest), _Config, f"the config of {ref}")
    found |= (config.config.Labels if config.config else None) or {}
    return _safe(found), config.created


def _platform(manifests: list[_Descriptor]) -> _Descriptor | None:
    """Attestations are in an index under the platform unknown/unknown: they are not images."""
    images = [m for m in manifests if m.platform is None or m.platform.os != "unknown"]
    amd = (m for m in images if m.platform and (m.platform.os, m.platform.architecture) == ("linux", "amd64"))
    return next(amd, images[0] if images else None)


def _typed(body: bytes, shape: type[Any], what: str) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{what} cannot be read: {clean(str(error), 160)}", todo="Check the image") from None


def _safe(labels: dict[str, str]) -> dict[str, str]:
    # A list of components may be long; whatever else is read is a line.
    return {key: value if key == _COMPONENTS else clean(value, 300) for key, value in labels.items()}


def _components(
    labels: dict[str, str], ref: Image, context: CollectContext, rejected: list[Rejected]
) -> tuple[Component, ...]:
    found: list[Component] = []
    base, digest = labels.get(f"{_OPEN}base.name"), labels.get(f"{_OPEN}base.digest", "")
    if base:
        try:
            found.append(_base(image(base), digest))
        except ValueError as error:
            rejected.append(refuse(context.source, f"image {ref} label {_OPEN}base.name", str(error)))
    for text in labels.get(_COMPONENTS, "").split(",")[:_MOST]:
        if not text.strip():
            continue
        try:
            found.append(package(text))
        except BadPurl as error:
            rejected.append(refuse(context.source, f"image {ref} label {_COMPONENTS}", str(error)))
    return tuple(dict.fromkeys(found))


def _base(base: Image, digest: str) -> Component:
    """The base image under the name it has everywhere; its version is the digest, else the tag."""
    purl = build(
        "oci",
        base.name.rpartition("/")[2],
        version=digest or base.digest or base.tag,
        qualifiers={"repository_url": base.repository},
    )
    return package(str(purl))


def _moment(text: str | None, now: datetime) -> datetime | None:
    """None for no time, one without an offset, one before 1971 (reproducible builds say 1970), or a future one."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not 1971 <= moment.year < 2200:
        return None
    return moment if moment <= now else None
