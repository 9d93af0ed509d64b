"""Runs against their baselines, on the screen."""
