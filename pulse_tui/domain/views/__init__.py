"""What the screens read: rows and stories, already judged."""
