"""The results of a run as signals and sentences."""
