"""Two runs of a suite, line by line: what may be compared, and the result of the lines together."""
