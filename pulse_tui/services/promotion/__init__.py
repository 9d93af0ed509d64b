"""May it go there: the gate, and what operators decide of a release."""
