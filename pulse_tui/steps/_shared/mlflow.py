"""What the kinds at an MLflow registry share: its REST calls, and the checks of a version before a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.ports import Answer, StepContext
from pulse_tui.steps._shared.ask import ask, decoded, digest_check, refused


class Registry(NamedTuple):
    """One registered model at one registry."""

    address: str
    """The registry's address, secrets in it as ``${NAME}``."""
    token: str | None
    model: str
    context: StepContext

    def url(self, path: str) -> str:
        """The address of a call of the REST API."""
        return f"{self.address.rstrip('/')}/api/2.0/mlflow/{path}"

    def get(self, path: str, **params: str) -> Answer:
        """One question; any status is an answer. Raises TargetError, never ambiguous."""
        url = self.url(path)
        return ask(self.context, "GET", url, writes=False, params={"name": self.model, **params}, headers=self._headers)

    def change(self, method: str, path: str, **body: str) -> None:
        """One change. Raises TargetError for every answer but a success."""
        url, json = self.url(path), {"name": self.model, **body}
        answer = ask(self.context, method, url, writes=True, headers=self._headers, json=json)
        if not 200 <= answer.status < 300:
            raise refused(url, answer, writes=True)

    @property
    def _headers(self) -> dict[str, str] | None:
        return {"Authorization": f"Bearer {self.context.secret(self.token)}"} if self.token else None


def numbered(release: Release, model: str) -> str:
    """The registry's number of the release. Raises TargetError (nothing was sent) when it has none."""
    if not release.registry_version:
        raise TargetError(
            f"release {release.asset_id} {release.version} has no version number of the registry {model!r}",
            ambiguous=False,
            todo="Let an mlflow source read the registry first",
        )
    return release.registry_version


def version_checks(registry: Registry, release: Release, digest_tag: str, status_tag: str) -> Sequence[Check]:
    """The version is there, READY, has the release's digest, and nobody tagged it as bad."""
    number, model = release.registry_version, registry.model
    if not number:
        return (Check(name="registry version", ok=False, detail=f"{release.version} has no number in the registry"),)
    answer = registry.get("model-versions/get", version=number)
    if answer.status == 404:
        gone = f"{model} has no version {number} ({release.version}) any more"
        return (Check(name="registry version", ok=False, detail=clean(gone, 300)),)
    if answer.status != 200:
        raise refused(registry.url("model-versions/get"), answer, writes=False)
    found = part(answer, "model_version")
    tags = tags_of(found)
    status = clean(str(found.get("status") or "unknown"), 40)
    mark = tags.get(status_tag, "")
    return (
        Check(name="registry version", ok=True, detail=clean(f"{model} {number} is {release.version}", 300)),
        Check(name="status", ok=status == "READY", detail=status),
        digest_check(release.digest, tags.get(digest_tag) or None, "the registry"),
        Check(name="not marked bad", ok=mark.strip().lower() != "bad", detail=f"{status_tag}={mark or 'not set'}"),
    )


def part(answer: Answer, name: str) -> Mapping[str, Any]:
    """An object of an answer by its name; empty when there is none."""
    body = decoded(answer)
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def tags_of(found: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a model or a version as the registry lists them."""
    return dict(_pairs(found.get("tags")))


def _pairs(listed: Any) -> Iterator[tuple[str, str]]:
    for tag in listed if isinstance(listed, list) else ():
        if isinstance(tag, dict) and isinstance(tag.get("key"), str):
            yield tag["key"], str(tag.get("value", ""))
