"""The ``admission`` section: where Kubernetes asks whether a workload may be admitted, and what its images are."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.words import Environment
from pulse_tui.settings.check import LISTEN


class Verdict(StrEnum):
    """What a review gets where the gate cannot be asked."""

    ALLOW = "allow"
    """Admitted, with a warning."""
    DENY = "deny"


class ImageShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image of an asset."""

    image: Annotated[str, Meta(min_length=1)]
    """Registry and repository, without tag and digest: ``registry.acme.example/ai/support-bot``."""
    asset: str
    version: str = "(.+)"
    """A regular expression whose first group is the version in the tag, such as ``v(.+)``."""

    def __post_init__(self) -> None:
        try:
            groups = re.compile(self.version).groups
        except re.error as error:
            raise ValueError(f"version is no regular expression: {error}") from None
        if groups < 1:
            raise ValueError("version has no group: put what is the version in parentheses")


class AdmissionShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the agent answers Kubernetes: ``listen: 127.0.0.1:8443``, with ``cert`` and ``key``; without them in the clear, for what
    ends TLS itself beside it.
    """

    listen: Annotated[str, Meta(pattern=LISTEN)]
    cert: str = ""
    """A certificate in PEM, with its chain; read again when it changes."""
    key: str = ""
    """Its private key in PEM."""
    images: tuple[ImageShape, ...] = ()
    namespaces: dict[str, Environment] = {}
    """Namespace -> environment. Where any is listed, workloads of the others are admitted unasked; where none is, all are
    production."""
    unknown: Verdict = Verdict.ALLOW
    """What gets a workload that names nothing of the estate, or no release that is known."""
    on_error: Verdict = Verdict.DENY
    """What a workload of the estate gets when the gate cannot answer in time."""

    def __post_init__(self) -> None:
        if bool(self.cert) != bool(self.key):
            raise ValueError("cert and key belong together")

    @property
    def host(self) -> str:
        """The address to listen on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 lets the system choose."""
        return int(self.listen.rpartition(":")[2])
