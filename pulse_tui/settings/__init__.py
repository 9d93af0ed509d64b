"""Configuration files to typed settings: every problem of every file at once, each with file:line."""
