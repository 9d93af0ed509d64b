"""The program as an operator meets it: a real process in a real pseudo-terminal, read by a terminal emulator."""
