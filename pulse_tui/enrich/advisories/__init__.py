"""Does an advisory reach a component: versions, ranges, findings."""
