"""The screens that open over the panes: one file a screen, each over one read model; they post messages and call nothing."""
