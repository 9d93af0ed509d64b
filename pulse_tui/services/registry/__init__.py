"""What is known of releases and places, on whose word, and what does not add up."""
