"""What vendors publish, on the screen."""
