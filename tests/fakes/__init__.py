"""Small real adapters used by the tests."""
