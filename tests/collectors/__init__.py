"""What the collectors do with good, strange and broken sources."""
