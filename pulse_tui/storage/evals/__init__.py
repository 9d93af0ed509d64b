"""Runs and verdicts."""
