"""The commands: what they print, what they refuse, and with which exit code."""
