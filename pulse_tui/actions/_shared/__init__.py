"""What kinds of responses share. No kind lives here, and nothing here knows a kind."""
