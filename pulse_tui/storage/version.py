"""Which schema this code speaks. Kept apart from SQLAlchemy: the first screen reads it too."""

HEAD = "0003"
KNOWN = frozenset({"0001", "0002", "0003"})
"""Every migration this code can upgrade from."""
