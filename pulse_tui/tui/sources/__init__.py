"""Sources on the screen: how each is doing, and what was refused."""
