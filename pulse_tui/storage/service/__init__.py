"""Tables about the service itself: pictures of the board, members, what was pruned."""
