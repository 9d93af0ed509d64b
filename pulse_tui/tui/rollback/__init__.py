"""Plans on the screen: read, approve, run, undo."""
