"""Runs against their baselines: verdicts, drifts, flipped items."""
