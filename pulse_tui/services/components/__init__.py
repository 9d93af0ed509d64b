"""What assets are made of: bills, trees, who uses what."""
