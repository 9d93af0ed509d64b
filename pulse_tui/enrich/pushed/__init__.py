"""What a request of a sender holds: its records, each read as far as it can be. Pure."""
