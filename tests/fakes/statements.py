"""Statements are compiled once for all databases of a test process, not once for each of its thousands of databases.

An engine's own cache of compiled statements ends with it, and tests open a database each. SQLAlchemy lets a connection be given
another cache; its keys begin with the dialect, of which every engine has its own copy: the name is enough here.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_MOST = 5_000


class Compiled(dict[Any, Any]):
    """What SQLAlchemy asks of a cache of compiled statements."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_plain(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= _MOST:
            self.clear()
        super().__setitem__(_plain(key), value)


def _plain(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, dialect.driver, *rest)


_COMPILED = Compiled()


@sa.event.listens_for(sa.Engine, "engine_connect")
def _shared(connection: sa.Connection) -> None:
    connection.execution_options(compiled_cache=_COMPILED)
