"""The value that a target holds of a release, by a template such as ``registry/bot:{version}``."""

from __future__ import annotations

import re

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.release import Release

_NAME = re.compile(r"\{([a-z_]*)\}")
NAMES = ("version", "registry_version", "digest")
"""What a template may name of a release."""


def template_problem(template: str) -> str:
    """Why a template cannot be filled; empty when it can."""
    found = _NAME.findall(template)
    if not found:
        return f"{template!r} names nothing of the release: {{version}}, {{registry_version}} or {{digest}}"
    unknown = [name for name in found if name not in NAMES]
    return f"{{{unknown[0]}}} is none of {', '.join(NAMES)}" if unknown else ""


def named(template: str, release: Release) -> str:
    """The template filled. Raises TargetError (nothing was sent) when the release has no such thing."""

    def value(match: re.Match[str]) -> str:
        found: str | None = getattr(release, match[1])
        if not found:
            what = f"release {release.asset_id} {release.version} has no {match[1].replace('_', ' ')}"
            raise TargetError(what, ambiguous=False, todo="Let a source state it, or use {version}")
        return found

    return _NAME.sub(value, template)
