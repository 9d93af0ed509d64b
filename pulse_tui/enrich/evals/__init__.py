"""What a run says in signals and sentences."""
