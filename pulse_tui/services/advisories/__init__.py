"""Which stored advisories reach what runs."""
