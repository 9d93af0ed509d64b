"""The scheduler on a real event loop."""
