"""Plan, approve, execute; where a way back leads."""
