"""What a listening socket takes in: hints, pushed signals, and the questions of Kubernetes."""
