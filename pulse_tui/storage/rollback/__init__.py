"""Plans and runs."""
