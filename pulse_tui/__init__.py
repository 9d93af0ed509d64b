"""pulse_tui: a control tower for teams that ship AI products."""

__version__ = "0.3.0"
