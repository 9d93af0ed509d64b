"""What the board was: recorded while it changes, shown again as of a moment."""
