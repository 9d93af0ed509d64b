"""A target as a step reaches it: every error of its kind is an answer, and none leaves a run without an owner."""

from __future__ import annotations

from typing import Any, NamedTuple

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.rollback import PlanStep
from pulse_tui.ports import Step, StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.steps import step_options


class Location(NamedTuple):
    """One step's target, opened."""

    step: PlanStep
    module: Step
    options: Any
    context: StepContext

    def read(self) -> str:
        """The value now. Raises TargetError, also for a step kind that breaks."""
        try:
            return self.module.read(self.options, self.context)
        except TargetError:
            raise
        except Exception as error:  # a bug in a step kind must not leave a run without an owner
            raise TargetError(f"{type(error).__name__}: {error}", ambiguous=True) from error

    def write(self, value: str, *, expected: str, key: str, epoch: int) -> None:
        """One write. Raises TargetError; any other error is ambiguous: only reading the target settles it."""
        try:
            self.module.write(self.options, value, expected=expected, key=key, epoch=epoch, context=self.context)
        except TargetError:
            raise
        except Exception as error:  # as above
            raise TargetError(f"{type(error).__name__}: {error}", ambiguous=True) from error

    @property
    def settles(self) -> bool:
        """Whether it takes a value first and serves it later."""
        return hasattr(self.module, "unsettled")

    def unsettled(self) -> str:
        """Why the value that was just read does not serve yet; "" when it does, as at every kind that cannot tell."""
        settling = getattr(self.module, "unsettled", None)
        try:
            return str(settling(self.options, self.context)) if settling is not None else ""
        except TargetError as error:
            return str(error)
        except Exception as error:  # as above
            return f"{type(error).__name__}: {error}"

    def landed(self, key: str) -> bool | None:
        """Whether the write with this key took effect, where the kind can ask its target; None: not known."""
        probe = getattr(self.module, "landed", None)
        try:
            found = probe(self.options, key, self.context) if probe is not None else None
        except Exception:  # whatever breaks here, the state is as unknown as it was before
            return None
        return found if isinstance(found, bool) else None

    def has(self, value: str) -> bool:
        """Whether it has the value at once. One whose values settle is followed by its own rules."""
        try:
            return not self.settles and self.read() == value
        except TargetError:
            return False


def opened(parts: RollbackParts, step: PlanStep) -> Location:
    """Raises NotFound or ConfigError for a kind or options that this process cannot open."""
    options = step_options(parts, step.kind, step.params)
    return Location(step, parts.steps[step.kind], options, parts.outside.stepping(step.timeout_s))
