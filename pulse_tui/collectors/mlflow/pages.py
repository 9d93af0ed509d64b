"""What an MLflow registry answers: its shapes, its pages, and what could not be read of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from pulse_tui.collectors._shared.files import encoded, refuse
from pulse_tui.collectors._shared.web import get_json
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext


class Tag(msgspec.Struct, gc=False):
    """A tag of a model or of a version."""

    key: str
    value: str = ""


class Alias(msgspec.Struct, gc=False):
    """A name that points at a version; the server keeps ``Champion`` and ``champion`` apart."""

    alias: str
    version: str | int


class Model(msgspec.Struct):
    """A registered model."""

    name: str
    tags: list[Tag] = []
    aliases: list[Alias] = []


class Version(msgspec.Struct):
    """A model version. ``creation_timestamp`` is in milliseconds since the epoch."""

    name: str
    version: str | int
    creation_timestamp: int | str
    status: str = ""
    current_stage: str | None = None
    source: str = ""
    run_id: str | None = ""
    user_id: str | None = ""
    description: str | None = ""
    tags: list[Tag] = []


class Registry(msgspec.Struct):
    """What was read: models by name, their versions, and what could not be read."""

    models: dict[str, Model]
    versions: dict[str, list[Version]]
    rejected: list[Rejected]
    partial: set[str]
    """Models of which a version was refused: their lists are not all there is."""
    unnamed: bool = False
    """A version was refused that does not even name its model."""

    def whole(self, name: str) -> bool:
        """Whether the versions of a model are all that the registry has."""
        return not self.unnamed and name not in self.partial


PAGE = {"registered_models": 500, "model_versions": 2_000}
_PAGES_LIMIT = 1_000
_T = TypeVar("_T", Model, Version)


def read(url: str, token: str | None, models: tuple[str, ...], context: CollectContext) -> Registry:
    """Everything, or only the named ``models``. Raises SourceError when it is not a registry or does not answer."""
    registry = Registry({}, {}, [], set())
    wanted: list[tuple[str | None, str | None]] = [(None, None)]
    if models:
        wanted = [(name, _filter(name)) for name in dict.fromkeys(models)]
    for name, condition in wanted:
        for page in _pages(url, token, context, "registered-models/search", "registered_models", condition):
            for model in _typed(page, Model, "model", registry, context):
                registry.models[model.name] = model
        if name is not None and name not in registry.models:
            registry.rejected.append(refuse(context.source, f"model {name}", "the registry has no such model"))
            continue
        for page in _pages(url, token, context, "model-versions/search", "model_versions", condition):
            for version in _typed(page, Version, "version", registry, context):
                registry.versions.setdefault(version.name, []).append(version)
    return registry


def _filter(name: str) -> str:
    if "'" in name and '"' in name:
        raise SourceError(f"the model name {clean(name, 80)!r} cannot be asked for", todo="Correct 'models'")
    quote = '"' if "'" in name else "'"
    return f"name = {quote}{name}{quote}"


def _pages(
    root: str, token: str | None, context: CollectContext, path: str, key: str, condition: str | None
) -> Iterator[list[Any]]:
    url = f"{root.rstrip('/')}/api/2.0/mlflow/{path}"
    page = ""
    for _ in range(_PAGES_LIMIT):
        params = {"max_results": str(PAGE[key])}
        if condition is not None:
            params["filter"] = condition
        if page:
            params["page_token"] = page
        stated = get_json(context, url, token, params)
        items = stated.get(key, []) if isinstance(stated, dict) else None
        if not isinstance(items, list):
            raise SourceError(f"{address(url)} is not an MLflow registry: no list {key!r}", todo="Correct 'url'")
        yield items
        following = str(stated.get("next_page_token") or "")
        if not following:
            return
        if following == page:
            raise SourceError(f"{address(url)} returns the same page repeatedly", todo="Ask its owner")
        page = following
    raise SourceError(f"{address(url)} has more than {_PAGES_LIMIT} pages", todo="Name the 'models' to watch")


def _typed(items: list[Any], shape: type[_T], what: str, registry: Registry, context: CollectContext) -> list[_T]:
    try:
        # A page at once costs a third of its records one by one, and nearly every page is good.
        return msgspec.convert(items, list[shape])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        pass
    good: list[_T] = []
    for raw in items:
        try:
            good.append(msgspec.convert(raw, shape))
        except msgspec.ValidationError as error:
            owner = raw.get("name") if isinstance(raw, dict) else None
            number = raw.get("version", "") if isinstance(raw, dict) else ""
            where = f"{what} {owner or '?'} {number}".strip()
            registry.rejected.append(refuse(context.source, where, str(error), encoded(raw)))
            if shape is Version and isinstance(owner, str):
                registry.partial.add(owner)
            elif shape is Version:
                registry.unnamed = True
    return good
