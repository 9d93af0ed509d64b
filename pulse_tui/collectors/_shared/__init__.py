"""What kinds of sources share. No kind lives here, and nothing here knows a kind."""
