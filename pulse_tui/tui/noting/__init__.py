"""The command line of each action of this tower."""
