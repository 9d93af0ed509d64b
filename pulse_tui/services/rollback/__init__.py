"""Plan, approve, execute; rollback targets."""
