"""Who may approve, with which keys, and where a vote must be signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from pulse_tui.domain.signers import Signer
from pulse_tui.domain.sshsig import PublicKey
from pulse_tui.domain.words import Environment

NAMESPACE: Final = "pulse-approve@v1"
"""What votes are signed for: no signature for anything else passes for one, and none of ours for anything else."""
MAY_BE_UNSIGNED: Final = (Environment.REPLICA, Environment.SHADOW, Environment.CANARY)
"""Where a vote without a signature counts, unless the configuration says otherwise."""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may approve. Two operators need two keys."""

    name: str
    label: str = ""
    """What ``key:`` was before there were signatures: a name, no proof."""
    signers: tuple[Signer, ...] = ()
    environments: tuple[Environment, ...] = tuple(Environment)

    @property
    def unsigned(self) -> str:
        """What stands for the key of a vote that is not signed: the same for one person, another for each two."""
        return self.label or f"unsigned:{self.name}"

    def signer(self, key: PublicKey) -> Signer | None:
        """The line that gives them this key."""
        return next((s for s in self.signers if s.key.blob == key.blob), None)


class Identity(NamedTuple):
    """What a vote has to prove, and where."""

    unsigned: tuple[Environment, ...] = MAY_BE_UNSIGNED
    touch: tuple[Environment, ...] = ()
    """Where only keys count that are touched for each signature."""
    break_glass: tuple[Environment, ...] = (Environment.PRODUCTION, Environment.CANARY)
    """Where one person alone may approve, with a typed reason and a review afterwards."""
    revoked: Mapping[str, str] = MappingProxyType({})
    """Fingerprint -> where it is revoked."""
    by_name: bool = False
    """No operator has a public key, as in configurations before 0.4: votes go by name everywhere, and nothing proves them."""

    def must_sign(self, environment: Environment) -> bool:
        """Whether only signed votes count there."""
        return environment not in self.unsigned

    def unfit(self, signer: Signer, environment: Environment, now: datetime) -> str:
        """Why a signature with this key does not count there now; empty when it does."""
        fingerprint = signer.key.fingerprint
        if fingerprint in self.revoked:
            return f"the key {fingerprint} is revoked ({self.revoked[fingerprint]})"
        if environment in self.touch and not signer.key.touch:
            return f"the key {fingerprint} is no security key, and {environment.value} asks for a touch (sk-ssh-ed25519, sk-ecdsa)"
        return signer.unfit(NAMESPACE, now)

    def able(self, operators: Mapping[str, Operator], environment: Environment) -> list[str]:
        """The operators whose votes can count there, whatever the time of day does to their keys."""
        return [
            name
            for name, operator in sorted(operators.items())
            if environment in operator.environments
            and (not self.must_sign(environment) or any(self._usable(s, environment) for s in operator.signers))
        ]

    def _usable(self, signer: Signer, environment: Environment) -> bool:
        return signer.key.fingerprint not in self.revoked and (environment not in self.touch or signer.key.touch)


def shared_keys(operators: Sequence[Operator]) -> Iterator[tuple[Operator, Operator, str, Signer | None]]:
    """(first, second, key, the second's line) of each key, or label, that two operators have.

    A security key and a plain key of the same numbers are one key: whoever has the secret makes both kinds of signatures.
    """
    seen = dict[object, Operator]()
    for operator in operators:
        own: list[tuple[object, str, Signer | None]] = [(s.key.secret, s.key.fingerprint, s) for s in operator.signers]
        if operator.label:
            own.append((operator.label, operator.label, None))
        for same, key, signer in own:
            first = seen.setdefault(same, operator)
            if first is not operator:
                yield first, operator, key, signer
