"""Signatures, as far as anybody but ``pulse_tui/signing.py`` knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pulse_tui.domain.errors import NoAgent
from pulse_tui.domain.sshsig import PublicKey, Signature


class HeldKey(NamedTuple):
    """A key that somebody else holds the secret of."""

    key: PublicKey
    comment: str
    """As its holder calls it, safe to show."""


class Signing(Protocol):
    """An operator's agent, which signs, and the arithmetic that says whether a signature is one."""

    def held(self) -> Sequence[HeldKey]:
        """What the agent holds now, as far as it can be used here. Raises NoAgent."""
        ...

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        """The agent's signature in the protocol's bytes, not yet verified. It may wait for a touch of the key.

        Raises NoAgent when it is away, NotSigned when it refuses, breaks off or does not answer in time.
        """
        ...

    def wrong(self, signature: Signature, message: bytes) -> str:
        """Why the signature is none by its key over ``message``; empty when it is."""
        ...


class NoSigning:
    """Nobody signs, and no signature is believed: where there is no operator, as in a rehearsal."""

    def held(self) -> Sequence[HeldKey]:
        """Raises NoAgent."""
        raise NoAgent("nothing signs here")

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        """Raises NoAgent."""
        raise NoAgent("nothing signs here")

    def wrong(self, signature: Signature, message: bytes) -> str:
        """Always a reason."""
        return "no signature can be verified here"
