"""Which schema this code uses. Kept apart from SQLAlchemy: the first screen reads it too."""

HEAD = "0019"
OLDEST = "0019"
"""The lowest HEAD that may go on reading and writing beside this one. It rises only with a migration that takes away or
renames something (contributing, "A migration"): then whoever is older stops with a sentence."""
OLDEST_KEY = "schema.oldest"
"""Where a database keeps that, in ``settings_values``; one without is for exactly the versions that know its schema."""
KNOWN = frozenset(
    {
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
        "0007",
        "0008",
        "0009",
        "0010",
        "0011",
        "0012",
        "0013",
        "0014",
        "0015",
        "0016",
        "0017",
        "0018",
        "0019",
    }
)
"""Every migration this code can upgrade from."""


def goes_on(schema: str | None, oldest: str | None) -> bool:
    """Whether this code may work on a database of that schema as it is: its own, or a newer one that allows it."""
    return schema == HEAD or (schema is not None and schema > HEAD and allows(oldest))


def allows(oldest: str | None) -> bool:
    """Whether a database whose oldest allowed version is this one can be written by this code; None: it does not say."""
    return oldest is not None and oldest <= HEAD
