"""Does a reported condition still hold: checked when something moved, and when the policy changed."""
