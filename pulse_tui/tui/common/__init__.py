"""What every screen has, whatever it shows: help, palette, messages, clipboard."""
