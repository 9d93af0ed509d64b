"""Dependencies of assets: bills, trees, who uses what."""
