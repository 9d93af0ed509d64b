"""What the rollback steps do with willing, refusing and vanishing targets."""
