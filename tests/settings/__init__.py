"""Configuration files: every problem at once, with its place."""
