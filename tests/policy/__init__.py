"""What rules say, what loading refuses, and the default policy."""
