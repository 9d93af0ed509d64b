"""The judgement of numbers: whether a difference between two runs is one. Pure arithmetic, no clock, no data access."""
