"""The tower as it stood at a moment: read-only, and coloured so that nobody takes it for the live one."""
