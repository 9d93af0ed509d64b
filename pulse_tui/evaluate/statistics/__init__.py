"""One estimator or test a file: a difference, its interval, and what would decide it."""
