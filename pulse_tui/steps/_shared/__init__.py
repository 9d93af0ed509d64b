"""What kinds of steps share. No kind lives here, and nothing here knows a kind."""
