"""What runs where, and who says so."""
