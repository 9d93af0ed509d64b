"""Statistics: whether a difference between two runs is significant. Pure arithmetic, no clock, no data access."""
