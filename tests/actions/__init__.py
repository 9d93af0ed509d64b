"""What each response asks for and delivers."""
