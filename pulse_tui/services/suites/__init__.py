"""Frozen suites: content, schedule, runs of their commands."""
