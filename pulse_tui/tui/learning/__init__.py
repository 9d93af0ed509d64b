"""What is learnt, and who did what, on the screen."""
