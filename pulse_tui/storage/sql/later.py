"""SQLAlchemy, imported when something of it is first asked for: a command that only reads asks in plain SQL, and its answer
does not wait for what takes longer to import than to answer (0.3 s with the tables)."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["Later", "sa"]


class Later(ModuleType):
    """Stands for a module until something of it is asked for. Threads may ask at once: importing has locks of its own."""

    def __init__(self, module: str, beside: str = "") -> None:
        """``beside`` is imported first: who has one table needs what it refers to."""
        super().__init__(module)
        self.__dict__["_beside"] = beside

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what is asked of any module by those who look at modules
            raise AttributeError(name)
        if self._beside:
            importlib.import_module(self._beside)
        value = getattr(importlib.import_module(self.__name__), name)
        self.__dict__[name] = value
        return value


if not TYPE_CHECKING:
    sa = Later("sqlalchemy")
