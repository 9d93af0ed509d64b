"""Two runs of a suite, line by line: what may be compared, and what the lines say together."""
