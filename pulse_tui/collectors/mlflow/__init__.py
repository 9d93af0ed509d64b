"""Models, versions, aliases and tags of an MLflow registry, over its REST API (3.x; also 2.9 and later).

Two requests a page see a whole registry: registered-models/search carries the aliases (read first, so
that no alias points at a version read before it existed), model-versions/search the versions with tags.
The server's webhooks are hints: genuine or refused, never taken as facts.

A version that is deleted takes its aliases along silently: the next snapshot has neither. Aliases
are matched exactly, as the server keeps them: ``Champion`` is not ``champion``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.hooks import webhook_secret
from pulse_tui.collectors.mlflow.hook import verify
from pulse_tui.collectors.mlflow.pages import Model, Registry, Version, read
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.release import PROVENANCE, Interface, Lineage, RegistrySnapshot, RegistryVersion, Remark
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import address, as_name, clean
from pulse_tui.domain.words import AssetType, Change, Environment, Exposure, Tier
from pulse_tui.ports import CollectContext, Hint, HookRequest

MOVED_BY = "set its alias to"
"""How the version that serves is changed there; a version follows."""


class InterfaceTags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Version tags that state what callers and tools rely on."""

    schema: str = "schema"
    prompt_format: str = "prompt_format"
    tooling: str = "tooling"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the registry is and how its names map to ours.

    ``models`` empty means all; ``assets`` maps a model's name to an asset id (default: the name).
    ``environments`` maps an alias to an environment, the first that is set wins. The share of traffic, in
    percent, is the version tag ``<traffic_tag>.<alias>``, or the model tag of that name, or 100.
    Version tags ``branch``, ``change`` (a word of the signal contract) and ``provenance.<key>`` are read too,
    and model tags ``owner``, ``tier``, ``exposure`` and ``asset_type``.
    ``webhook_secret`` is the secret of the server's webhooks; without one they are refused.
    """

    url: str
    """The registry's address, without ``/api``."""
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
    """The version tag that holds the semantic version; without it the registry's number is the version."""
    digest_tag: str = "digest"
    """The version tag that holds the content digest."""
    traffic_tag: str = "traffic"
    """The tag that holds the share of traffic, in percent."""
    interface_tags: InterfaceTags = InterfaceTags()
    """The version tags that hold the interface."""
    token: str | None = None
    """A bearer token."""
    webhook_secret: str | None = None


_STAGES: dict[str | None, Environment] = {"Production": Environment.PRODUCTION, "Staging": Environment.CANARY}
"""Stages that MLflow had before aliases, by what people meant by them."""
_MEANT = {
    "champion": Environment.PRODUCTION,
    "production": Environment.PRODUCTION,
    "prod": Environment.PRODUCTION,
    "live": Environment.PRODUCTION,
    "canary": Environment.CANARY,
    "challenger": Environment.CANARY,
    "candidate": Environment.CANARY,
    "staging": Environment.CANARY,
    "shadow": Environment.SHADOW,
}
"""Aliases of other estates, by what people mean by them."""
_LINEAGE = ("base_model", "prompt_template", "retrieval_corpus", "finetune_dataset", "safety_policy", "eval_run")
_STATED = {f"provenance.{key}": key for key in PROVENANCE}
_CHANGES = frozenset(
    {
        Change.BUILD,
        Change.RETRAINING,
        Change.PROMPT_REVISION,
        Change.SYSTEM_PROMPT_CHANGE,
        Change.ADAPTER_UPDATE,
        Change.CONFIG_CHANGE,
    }
)
_WORDS: dict[str, type[Tier | Exposure | AssetType]] = {"tier": Tier, "exposure": Exposure, "asset_type": AssetType}


def collect(options: Options, context: CollectContext) -> Collected:
    """One snapshot a model. A missing alias is no placement; a configured model that is missing is Rejected, and one
    that the registry had before is a snapshot with nothing in it.

    A snapshot is complete when no version of its model was refused. Raises SourceError when the registry does
    not answer, sends a malformed answer, or has none of ``models``.
    """
    registry = read(options.url, options.token, options.models, context)
    before = {n: a or options.assets.get(n) or as_name(n) for n, a in _bookmark(context.cursor).items()}
    known = {n for n in before if not options.models or n in options.models}
    if options.models and not registry.models and not known:
        names = ", ".join(options.models)
        raise SourceError(f"{address(options.url)} has no model named {names}", todo="Correct 'models'")
    reader = _Reader(options, registry, context.source)
    snapshots: list[RegistrySnapshot] = []
    for model in registry.models.values():
        try:
            snapshots.append(reader.snapshot(model))
        except Exception as error:  # whatever one model does, the others are read; what is known of it stays
            registry.rejected.append(refuse(context.source, f"model {model.name}", reason(error)))
    gone = sorted(known - registry.models.keys())
    snapshots += [reader.vanished(name) for name in gone]
    reports = {name: reader.asset(name) for name in sorted(known | registry.models.keys())}
    left = sorted(set(before.values()) - set(reports.values()))
    snapshots += [reader.unread(asset_id) for asset_id in left]
    names = json.dumps(reports)
    return Collected(
        observations=tuple(snapshots),
        rejected=tuple(registry.rejected),
        cursor=msgspec.structs.replace(context.cursor, bookmark=names),
        standing=_standing(options, registry, snapshots, gone),
    )


def _bookmark(cursor: Cursor) -> dict[str, str]:
    """The models that the registry had in earlier rounds, with the asset that each was ("": not recorded)."""
    try:
        found = json.loads(cursor.bookmark or "{}")
    except ValueError:
        return {}
    if isinstance(found, list):
        return {str(name): "" for name in found}
    return {str(name): str(asset) for name, asset in found.items()} if isinstance(found, dict) else {}


def _nearly(alias: str, wanted: Mapping[str, str]) -> str | None:
    found = get_close_matches(alias.casefold(), wanted, n=1, cutoff=0.85)
    return wanted[found[0]] if found else None


def _standing(
    options: Options, registry: Registry, snapshots: Sequence[RegistrySnapshot], gone: Sequence[str]
) -> str | None:
    """What the source's row says of a registry that yields less than it should; None when there is nothing to say."""
    if gone:
        return f"{', '.join(clean(name, 80) for name in gone)}: the registry no longer has this model"
    if not registry.models:
        return "the registry lists no models: check the address, the token's rights and 'models'"
    if not any(s.placements for s in snapshots):
        aliases = ", ".join(options.environments)
        other = sorted({clean(a.alias, 40) for m in registry.models.values() for a in m.aliases})
        there = f" (there are: {', '.join(other[:5])})" if other else ""
        ours = [a for a in other if a in options.environments]
        none = f"no model has an alias {aliases}{there}"
        if ours:
            none = f"the version that the alias {ours[0]} points at is not there"
        hint = next((r.what for s in snapshots for r in s.remarks), none)
        return f"nothing is placed: {hint}"
    return None


def hint(options: Options, request: HookRequest, context: CollectContext) -> Hint:
    """Verify a webhook of the server. Raises Refused with the reason.

    Without a secret, a header, a right signature or a JSON body it is refused, and so is one that was
    signed more than five minutes from ``context.now``.
    """
    return verify(request, webhook_secret(options.webhook_secret, context), context.now.timestamp())


class _Reader:
    """Turns what the registry answered into snapshots."""

    def __init__(self, options: Options, registry: Registry, source: str) -> None:
        self._options = options
        self._registry = registry
        self._source = source
        names = options.interface_tags
        self._interface = {names.schema: "schema", names.prompt_format: "prompt_format", names.tooling: "tooling"}
        read_elsewhere = {options.version_tag, options.digest_tag, "branch", *_LINEAGE, *_STATED, *self._interface}
        self._own = frozenset(read_elsewhere)
        self._names = frozenset({options.version_tag, options.digest_tag, *_LINEAGE, *self._interface})

    def snapshot(self, model: Model) -> RegistrySnapshot:
        options = self._options
        asset = options.assets.get(model.name) or as_name(model.name)
        versions, tags_of = self._versions(model, asset)
        placements: dict[Environment, tuple[str, float]] = {}
        alias_of = {alias.alias: str(alias.version) for alias in model.aliases}
        model_tags = {tag.key: tag.value for tag in model.tags}
        for alias, environment in options.environments.items():
            number = alias_of.get(alias, "")
            if number not in versions or environment in placements:
                continue  # no such alias, its version was deleted since, or an earlier alias gives the environment's version
            tag = f"{options.traffic_tag}.{alias}"
            share = tags_of[number].get(tag) or model_tags.get(tag)
            traffic = _percent(share)
            if traffic is None:
                self._refuse(f"model {model.name} tag {tag}", f"{share!r} is not a percentage, 100 is assumed")
            placements[environment] = (versions[number].version, 100.0 if traffic is None else traffic)
        return RegistrySnapshot(
            source=self._source,
            asset_id=asset,
            versions=tuple(versions.values()),
            placements=placements,
            managed=tuple(dict.fromkeys(options.environments.values())),
            complete=self._registry.whole(model.name),
            facts=self._facts(model, model_tags),
            remarks=tuple(self._remarks(model, versions, placements)),
        )

    def vanished(self, name: str) -> RegistrySnapshot:
        """A model that the registry had and no longer has: nothing of it is there, nothing is placed."""
        options = self._options
        return RegistrySnapshot(
            source=self._source,
            asset_id=self.asset(name),
            versions=(),
            placements={},
            managed=tuple(dict.fromkeys(options.environments.values())),
        )

    def unread(self, asset_id: str) -> RegistrySnapshot:
        """An asset of earlier rounds that no model stands for any more: ``assets`` or ``models`` changed."""
        managed = tuple(dict.fromkeys(self._options.environments.values()))
        return RegistrySnapshot(
            source=self._source,
            asset_id=asset_id,
            versions=(),
            placements={},
            managed=managed,
            complete=False,
            unread=True,
        )

    def asset(self, name: str) -> str:
        """The asset that a model is."""
        return self._options.assets.get(name) or as_name(name)

    def _remarks(
        self, model: Model, versions: Mapping[str, RegistryVersion], placements: Mapping[Environment, tuple[str, float]]
    ) -> Iterator[Remark]:
        """An alias that is nearly one of ours, stages where an alias is missing, a version that is not READY."""
        options, name = self._options, clean(model.name, 100)
        wanted = {alias.casefold(): alias for alias in options.environments}
        for alias in model.aliases:
            meant = _MEANT.get(alias.alias.casefold())
            usual = next((a for a, e in options.environments.items() if e is meant), None)
            near = wanted.get(alias.alias.casefold()) or usual or _nearly(alias.alias, wanted)
            if near is None or alias.alias in options.environments:
                continue
            environment = options.environments[near]
            if environment not in placements:
                yield Remark(
                    key=f"alias:{clean(alias.alias, 80)}",
                    what=f"model {name} has the alias {clean(alias.alias, 80)!r}, which is not {near!r}: "
                    f"nothing is placed in {environment.value}",
                    todo=f"Rename the alias, or write environments: {{{clean(alias.alias, 80)}: {environment.value}}}",
                )
        rows = self._registry.versions.get(model.name, ())
        staged = {row.current_stage: str(row.version) for row in rows if row.current_stage in _STAGES}
        for stage, number in sorted((s or "", n) for s, n in staged.items()):
            if number in versions and _STAGES[stage] not in placements:
                yield Remark(
                    key=f"stage:{stage}",
                    what=f"model {name} {versions[number].version} is in stage {stage}: stages place nothing here, "
                    "aliases do",
                    todo=f"Set an alias: one of {', '.join(options.environments)}",
                )
        for environment, (version, _) in placements.items():
            status = next((v.provenance.get("status", "") for v in versions.values() if v.version == version), "")
            if status and status != "READY":
                yield Remark(
                    key=f"status:{environment.value}",
                    what=f"{name} {version} is placed in {environment.value} and the registry calls it {status}",
                    todo="Point the alias at a version that is READY",
                    serious=True,
                    environment=environment,
                    version=version,
                )

    def _facts(self, model: Model, tags: dict[str, str]) -> dict[str, str]:
        facts = {"owner_team": clean(tags.get("owner", ""), 300)}
        for name, words in _WORDS.items():
            given = clean(tags.get(name, ""), 100)
            known = [word.value for word in words]
            if given and given not in known:
                self._refuse(f"model {model.name} tag {name}", f"{given!r} is none of {', '.join(known)}")
            elif given:
                facts[name] = given
        return {name: value for name, value in facts.items() if value}

    def _versions(self, model: Model, asset: str) -> tuple[dict[str, RegistryVersion], dict[str, dict[str, str]]]:
        """The versions and their tags, by registry number, oldest first."""
        options = self._options
        name = clean(model.name, 300)
        taken: set[str] = set()
        versions: dict[str, RegistryVersion] = {}
        tags_of: dict[str, dict[str, str]] = {}
        for row in sorted(self._registry.versions.get(model.name, ()), key=_number):
            number = str(row.version)
            if number in versions:
                continue  # it moved to the next page while the list was read
            tags = {t.key: as_name(t.value, 500) if t.key in self._names else clean(t.value) for t in row.tags}
            try:
                created = _moment(row.creation_timestamp)
            except (ValueError, OverflowError):
                self._refuse(f"version {name} {number}", "creation_timestamp is not a time")
                self._registry.partial.add(model.name)
                continue
            version = tags.get(options.version_tag) or number
            if version in taken:
                # Two registry versions with one name: an alias on the later must still be distinguished.
                version = f"{version}+registry.{number}"
            taken.add(version)
            tags_of[number] = tags
            change = tags.get("change", "")
            versions[number] = RegistryVersion(
                asset_id=asset,
                registry_version=number,
                version=version,
                digest=tags.get(options.digest_tag) or None,
                created_at=created,
                lineage=Lineage(**{part: tags[part] for part in _LINEAGE if tags.get(part)}),
                provenance=self._provenance(row, name, tags),
                branch=tags.get("branch") or None,
                interface=msgspec.convert(
                    {part: tags[tag] for tag, part in self._interface.items() if tags.get(tag)}, Interface
                ),
                change=Change(change) if change in _CHANGES else Change.BUILD,
            )
        return versions, tags_of

    def _provenance(self, row: Version, name: str, tags: dict[str, str]) -> dict[str, str]:
        known = {
            "registry_model": name,
            "artifact": clean(row.source),
            "run_id": clean(row.run_id or "", 100),
            "user": clean(row.user_id or "", 100),
            "status": clean(row.status, 40),
            "description": clean(row.description or "", 300),
        }
        for key, value in tags.items():
            if value and key in _STATED:
                known[_STATED[key]] = value
            elif key not in self._own:
                known[f"tag.{clean(key, 100)}"] = value
        if branch := tags.get("branch"):
            known.setdefault("branch", branch)
        return {key: value for key, value in known.items() if value}

    def _refuse(self, where: str, what: str) -> None:
        self._registry.rejected.append(refuse(self._source, where, what))


def _percent(text: str | None) -> float | None:
    if not text:
        return 100.0
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        return None
    return value if 0.0 <= value <= 100.0 else None


def _number(row: Version) -> tuple[int, str]:
    text = str(row.version)
    return (int(text), "") if text.isascii() and text.isdigit() and len(text) < 19 else (2**63, text)


def _moment(millis: int | str) -> datetime:
    """From milliseconds since the epoch."""
    return from_us(int(millis) * 1_000)
