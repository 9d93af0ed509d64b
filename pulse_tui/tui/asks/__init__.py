"""What panes and screens ask for: one file a wing."""
