"""Recordings of the board: how a picture is packed, and what changed between two, in words."""
