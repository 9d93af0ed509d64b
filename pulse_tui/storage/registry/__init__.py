"""What runs where, and which source claims it."""
