"""What stands around a process that runs as a service: its supervisor, its log, and the process that takes its place."""
