"""The base of everything that panes and screens ask for."""

from __future__ import annotations

from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from textual.message import Message

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target


@dataclass_transform(eq_default=False)
class Ask(Message):
    """Posted by a pane or a screen; the app looks its type up in the tables of the wings.

    What a subclass annotates are its fields, as in a dataclass. A dataclass compiles a constructor for each class, which
    the first frame would wait for: here all share one.
    """

    opens: ClassVar[bool] = True
    """Whether the operator sees another screen, dialog or content after it. Until then keys are dropped."""
    fields: ClassVar[tuple[str, ...]] = ()
    """In the order of the arguments."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.fields += tuple(get_annotations(cls))

    def __init__(self, *args: Any, **named: Any) -> None:
        """Raises TypeError where a field has no value or an argument no field."""
        values = {**dict(zip(self.fields, args, strict=False)), **named}
        if len(values) != len(args) + len(named) or not values.keys() <= set(self.fields):
            raise TypeError(f"{type(self).__name__} takes {self.fields}, not {args} and {named}")
        for field in self.fields:
            if field not in values and not hasattr(type(self), field):
                raise TypeError(f"{type(self).__name__} needs {field}")
        vars(self).update(values)
        super().__init__()

    def same(self, other: object) -> bool:
        """Whether ``other`` asks for the same thing."""
        return type(self) is type(other) and all(getattr(self, f) == getattr(other, f) for f in self.fields)


class OpenPage(Ask):
    """Opens a page and changes nothing: whoever comes back to the page asks it again."""


class OnEach(Ask):
    """An action on one or several things: a dialog that names them asks what it has to know, once."""

    at_once = frozenset[str]()
    """Actions that ask nothing of one thing."""

    action: str
    targets: tuple[Target, ...]

    def __init__(self, *args: Any, **named: Any) -> None:
        """As of every ask."""
        super().__init__(*args, **named)
        if len(self.targets) == 1 and self.action in self.at_once:
            vars(self)["opens"] = False
