"""What panes and screens ask for: one file a wing. An ask knows no answer; the wing whose table names it has one."""
