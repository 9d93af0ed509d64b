"""What vendors announce, and which hosted model they mean."""
