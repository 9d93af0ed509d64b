"""Components, bills, and the ways up to the assets."""
