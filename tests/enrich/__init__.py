"""What facts, matching, notes and regressions make of observations."""
