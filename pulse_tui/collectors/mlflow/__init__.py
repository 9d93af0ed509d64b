"""Models, versions, aliases and tags of an MLflow registry, over its REST API (3.x; also 2.9 and later).

Two requests a page see a whole registry: registered-models/search carries the aliases (read first, so
that no alias points at a version read before it existed), model-versions/search the versions with tags.
The server's webhooks are hints: genuine or refused, never taken as facts.

A version that is deleted takes its aliases along, without a word: the next snapshot has neither. Aliases
are matched to the letter, as the server keeps them: ``Champion`` is not ``champion``.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.mlflow.hook import verify
from pulse_tui.collectors.mlflow.pages import Model, Registry, Version, read
from pulse_tui.domain.errors import ConfigError, Refused, SourceError
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.release import PROVENANCE, Interface, Lineage, RegistrySnapshot, RegistryVersion
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import address, clean
from pulse_tui.domain.words import AssetType, Change, Environment, Exposure, Tier
from pulse_tui.ports import CollectContext, Hint, HookRequest


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
    """One snapshot a model. A missing alias is no placement; a configured model that is missing is Rejected.

    A snapshot is complete when no version of its model was refused. Raises SourceError when the registry does
    not answer, answers nonsense, or has none of ``models``.
    """
    registry = read(options.url, options.token, options.models, context)
    if options.models and not registry.models:
        names = ", ".join(options.models)
        raise SourceError(f"{address(options.url)} has no model named {names}", todo="Correct 'models'")
    reader = _Reader(options, registry, context.source)
    snapshots = tuple(reader.snapshot(model) for model in registry.models.values())
    return Collected(observations=snapshots, rejected=tuple(registry.rejected), cursor=context.cursor)


def hint(options: Options, request: HookRequest, context: CollectContext) -> Hint:
    """Verify a webhook of the server. Raises Refused with the reason.

    Without a secret, a header, a right signature or a JSON body it is refused, and so is one that was
    signed more than five minutes from ``context.now``.
    """
    try:
        secret = context.secret(options.webhook_secret or "")
    except ConfigError:
        raise Refused(
            f"the webhook secret of {context.source} cannot be read", todo="Set the variable that it names"
        ) from None
    if not secret:
        raise Refused(
            f"{context.source} takes no webhooks: it has no webhook_secret",
            todo="Set webhook_secret to the secret of the server's webhook",
        )
    return verify(request, secret, context.now.timestamp())


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

    def snapshot(self, model: Model) -> RegistrySnapshot:
        options = self._options
        asset = options.assets.get(model.name) or clean(model.name, 300)
        versions, tags_of = self._versions(model, asset)
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
                self._refuse(f"model {model.name} tag {tag}", f"{share!r} is no percentage, 100 is assumed")
            placements[environment] = (versions[number].version, 100.0 if traffic is None else traffic)
        return RegistrySnapshot(
            source=self._source,
            asset_id=asset,
            versions=tuple(versions.values()),
            placements=placements,
            managed=tuple(dict.fromkeys(options.environments.values())),
            complete=self._registry.whole(model.name),
            facts=self._facts(model, model_tags),
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
            tags = {tag.key: clean(tag.value) for tag in row.tags}
            try:
                created = _moment(row.creation_timestamp)
            except (ValueError, OverflowError):
                self._refuse(f"version {name} {number}", "creation_timestamp is no time")
                self._registry.partial.add(model.name)
                continue
            version = tags.get(options.version_tag) or number
            if version in taken:
                # Two registry versions with one name: an alias on the later must still be told apart.
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
                interface=Interface(**{part: tags[tag] for tag, part in self._interface.items() if tags.get(tag)}),
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
