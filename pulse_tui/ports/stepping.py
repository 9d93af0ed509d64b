"""What a kind of rollback step is: ``steps/<kind>.py``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check
from pulse_tui.ports.running import Files, Processes
from pulse_tui.ports.world import Http


class StepContext(NamedTuple):
    """What a step gets beside its options."""

    http: Http
    base: Path
    """Relative paths in options start here (the configuration's folder), wherever the command was given."""
    files: Files
    processes: Processes
    secret: Callable[[str], str]
    """Replaces ``${NAME}`` in a text by the environment's value; raises ConfigError when unset."""
    timeout_s: float
    clock: Callable[[], datetime]
    """The present moment, for targets that want requests signed with it."""


class Settling(Protocol):
    """A kind whose target takes a value first and serves it later, such as a rollout. Optional."""

    def unsettled(self, options: Any, context: StepContext) -> str:
        """Why the value that ``read`` just returned does not serve yet; "" when it does. Raises TargetError."""
        ...


class Probed(Protocol):
    """A kind whose target can say of one write whether it took effect. Optional.

    For targets whose reads lag behind their writes, and for those that record who wrote. It is asked when a write had no
    answer and its value does not read back, and before a write is sent again.
    """

    def landed(self, options: Any, key: str, context: StepContext) -> bool | None:
        """Whether the write with this idempotency key took effect.

        False only when it did not and no longer can: a request that is still on its way is None, as is a target that does
        not say. Raises TargetError.
        """
        ...


class Addressed(Protocol):
    """A kind whose ``target`` names more than a write reaches, such as the field that is read back. Optional.

    Two targets of which a write sends the same are one, whatever they are called: a drill compares both.
    """

    def sends_to(self, options: Any) -> str:
        """Where a write goes and all that it says there, apart from the value; secrets stay ``${NAME}``."""
        ...


class Step(Protocol):
    """A kind of rollback step: ``steps/<kind>.py``.

    A step is a target that holds one value (an alias, a deployed version). The executor owns the
    protocol (intent, probe, send, verify, undo); a kind only reads and writes its target.
    """

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of this kind, as the configuration gives them."""
        ...

    def target(self, options: Any) -> str:
        """The target in words, without secrets: it is shown, hashed and compared."""
        ...

    def value_of(self, options: Any, release: Release) -> str:
        """The value this target holds when ``release`` is the one that serves."""
        ...

    def read(self, options: Any, context: StepContext) -> str:
        """The value it holds now ("" when it holds none). Raises TargetError."""
        ...

    def write(self, options: Any, value: str, *, expected: str, key: str, epoch: int, context: StepContext) -> None:
        """Put ``value`` there.

        ``expected`` is the value seen just before, ``key`` the idempotency key, ``epoch`` the
        fencing token; a target that can compare them must refuse a mismatch. Raises TargetError,
        ``ambiguous`` when the write may have happened.
        """
        ...

    def check(self, options: Any, release: Release, context: StepContext) -> Sequence[Check]:
        """Preflight: the artifact of ``release`` is still there with the same digest."""
        ...
