"""Models, versions, aliases and tags of an MLflow registry, over its REST API (3.x; also 2.9 and later).

Two requests a page see a whole registry: registered-models/search carries the aliases (read first, so
that no alias points at a version read before it existed), model-versions/search the versions with tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._files import refuse
from pulse_tui.collectors._web import get_json
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.release import Lineage, RegistrySnapshot, RegistryVersion
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the registry is and how its names map to ours.

    ``models`` empty means all; ``assets`` maps a model's name to an asset id (default: the name).
    ``environments`` maps an alias to an environment, the first that is set wins. The share of traffic, in
    percent, is the version tag ``<traffic_tag>.<alias>``, or the model tag of that name, or 100.
    """

    url: str
    models: tuple[str, ...] = ()
    assets: dict[str, str] = {}
    environments: dict[str, Environment] = msgspec.field(
        default_factory=lambda: {
            "champion": Environment.PRODUCTION,
            "canary": Environment.CANARY,
            "shadow": Environment.SHADOW,
        }
    )
    version_tag: str = "semver"
    digest_tag: str = "digest"
    traffic_tag: str = "traffic"
    token: str | None = None


class _Tag(msgspec.Struct):
    key: str
    value: str = ""


class _Alias(msgspec.Struct):
    alias: str
    version: str | int


class _Model(msgspec.Struct):
    name: str
    tags: list[_Tag] = []
    aliases: list[_Alias] = []


class _Version(msgspec.Struct):
    name: str
    version: str | int
    creation_timestamp: int | str
    status: str = ""
    source: str = ""
    run_id: str = ""
    user_id: str = ""
    description: str = ""
    tags: list[_Tag] = []


class _Registry(msgspec.Struct):
    """What was read: models by name, their versions, and what could not be read."""

    models: dict[str, _Model]
    versions: dict[str, list[_Version]]
    rejected: list[Rejected]


_PAGE = {"registered_models": 500, "model_versions": 2_000}
_PAGES_LIMIT = 1_000
_LINEAGE = ("base_model", "prompt_template", "retrieval_corpus", "finetune_dataset", "safety_policy", "eval_run")


def collect(options: Options, context: CollectContext) -> Collected:
    """One snapshot a model. A missing alias is no placement; a configured model that is missing is Rejected.

    Raises SourceError when the registry does not answer, answers nonsense, or has none of ``models``.
    """
    registry = _read(options, context)
    if options.models and not registry.models:
        names = ", ".join(options.models)
        raise SourceError(f"{address(options.url)} has no model named {names}", todo="Correct 'models'")
    snapshots = tuple(_snapshot(model, registry, options, context.source) for model in registry.models.values())
    return Collected(observations=snapshots, rejected=tuple(registry.rejected), cursor=context.cursor)


def _read(options: Options, context: CollectContext) -> _Registry:
    registry = _Registry({}, {}, [])
    wanted: list[tuple[str | None, str | None]] = [(None, None)]
    if options.models:
        wanted = [(name, _filter(name)) for name in dict.fromkeys(options.models)]
    for name, condition in wanted:
        for raw in _pages(options, context, "registered-models/search", "registered_models", condition):
            if isinstance(model := _typed(raw, _Model, "model", registry, context), _Model):
                registry.models[model.name] = model
        if name is not None and name not in registry.models:
            registry.rejected.append(refuse(context.source, f"model {name}", "the registry has no such model"))
            continue
        for raw in _pages(options, context, "model-versions/search", "model_versions", condition):
            if isinstance(version := _typed(raw, _Version, "version", registry, context), _Version):
                registry.versions.setdefault(version.name, []).append(version)
    return registry


def _filter(name: str) -> str:
    if "'" in name and '"' in name:
        raise SourceError(f"the model name {clean(name, 80)!r} cannot be asked for", todo="Correct 'models'")
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}"


def _pages(options: Options, context: CollectContext, path: str, key: str, condition: str | None) -> Iterator[Any]:
    url = f"{options.url.rstrip('/')}/api/2.0/mlflow/{path}"
    token = ""
    for _ in range(_PAGES_LIMIT):
        params = {"max_results": str(_PAGE[key])}
        if condition is not None:
            params["filter"] = condition
        if token:
            params["page_token"] = token
        told = get_json(context, url, options.token, params)
        items = told.get(key, []) if isinstance(told, dict) else None
        if not isinstance(items, list):
            raise SourceError(f"{address(url)} is no MLflow registry: no list {key!r}", todo="Correct 'url'")
        yield from items
        following = told.get("next_page_token") or ""
        if not following:
            return
        if following == token:
            raise SourceError(f"{address(url)} gives the same page again and again", todo="Ask its owner")
        token = str(following)
    raise SourceError(f"{address(url)} has more than {_PAGES_LIMIT} pages", todo="Name the 'models' to watch")


def _typed(raw: Any, shape: type[Any], what: str, registry: _Registry, context: CollectContext) -> Any:
    try:
        return msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        name = f"{raw.get('name', '?')} {raw.get('version', '')}".strip() if isinstance(raw, dict) else "?"
        rejected = refuse(context.source, f"{what} {name}", str(error), msgspec.json.encode(raw))
        registry.rejected.append(rejected)
        return None


def _snapshot(model: _Model, registry: _Registry, options: Options, source: str) -> RegistrySnapshot:
    asset = options.assets.get(model.name) or clean(model.name, 300)
    versions, tags_of = _versions(model, asset, registry, options, source)
    placements: dict[Environment, tuple[str, float]] = {}
    alias_of = {alias.alias: str(alias.version) for alias in model.aliases}
    model_tags = {tag.key: tag.value for tag in model.tags}
    for alias, environment in options.environments.items():
        number = alias_of.get(alias, "")
        if number not in versions or environment in placements:
            continue  # no such alias, its version was deleted since, or an earlier alias speaks for the environment
        tag = f"{options.traffic_tag}.{alias}"
        share = tags_of[number].get(tag) or model_tags.get(tag)
        traffic = _percent(share)
        if traffic is None:
            where = f"model {model.name} tag {tag}"
            registry.rejected.append(refuse(source, where, f"{share!r} is no percentage, 100 is assumed"))
        placements[environment] = (versions[number].version, 100.0 if traffic is None else traffic)
    return RegistrySnapshot(
        source=source,
        asset_id=asset,
        versions=tuple(versions.values()),
        placements=placements,
        managed=tuple(dict.fromkeys(options.environments.values())),
    )


def _versions(
    model: _Model, asset: str, registry: _Registry, options: Options, source: str
) -> tuple[dict[str, RegistryVersion], dict[str, dict[str, str]]]:
    """The versions and their tags, by registry number, oldest first."""
    name = clean(model.name, 300)
    taken: set[str] = set()
    versions: dict[str, RegistryVersion] = {}
    tags_of: dict[str, dict[str, str]] = {}
    for row in sorted(registry.versions.get(model.name, ()), key=_number):
        number = str(row.version)
        tags = {tag.key: clean(tag.value, 500) for tag in row.tags}
        try:
            created = _moment(row.creation_timestamp)
        except (ValueError, OverflowError):
            registry.rejected.append(refuse(source, f"version {name} {number}", "creation_timestamp is no time"))
            continue
        version = tags.get(options.version_tag) or number
        if version in taken:
            # Two registry versions with one name: an alias on the later must still be told apart.
            version = f"{version}+registry.{number}"
        taken.add(version)
        tags_of[number] = tags
        versions[number] = RegistryVersion(
            asset_id=asset,
            registry_version=number,
            version=version,
            digest=tags.get(options.digest_tag) or None,
            created_at=created,
            lineage=Lineage(**{part: tags.get(part) or None for part in _LINEAGE}),
            provenance=_provenance(row, name, tags, options),
        )
    return versions, tags_of


def _provenance(row: _Version, name: str, tags: dict[str, str], options: Options) -> dict[str, str]:
    known = {
        "registry_model": name,
        "artifact": clean(row.source, 500),
        "run_id": clean(row.run_id, 100),
        "user": clean(row.user_id, 100),
        "status": clean(row.status, 40),
        "description": clean(row.description, 300),
    }
    own = {options.version_tag, options.digest_tag, *_LINEAGE}
    known |= {f"tag.{clean(key, 100)}": value for key, value in tags.items() if key not in own}
    return {key: value for key, value in known.items() if value}


def _percent(text: str | None) -> float | None:
    if not text:
        return 100.0
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    return value if 0.0 <= value <= 100.0 else None


def _number(row: _Version) -> tuple[int, str]:
    text = str(row.version)
    return (int(text), "") if text.isascii() and text.isdigit() and len(text) < 19 else (2**63, text)


def _moment(millis: int | str) -> datetime:
    """From milliseconds since the epoch."""
    return from_us(int(millis) * 1_000)
