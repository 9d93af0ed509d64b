"""Which schema this code speaks. Kept apart from SQLAlchemy: the first screen reads it too."""

HEAD = "0004"
KNOWN = frozenset({"0001", "0002", "0003", "0004"})
"""Every migration this code can upgrade from."""
