"""The entrance: one file a command group. Each parses, calls a verb and prints."""
