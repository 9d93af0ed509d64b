"""The demo's night: the story it tells, and what its fixtures are."""
