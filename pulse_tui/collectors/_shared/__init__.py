"""Code that kinds of sources share. No kind is here, and nothing here knows a kind."""
