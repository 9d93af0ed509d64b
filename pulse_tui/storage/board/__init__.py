"""Read models of the screens, in plain SQL."""
