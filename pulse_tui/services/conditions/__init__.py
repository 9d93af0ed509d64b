"""Does what was reported still hold: asked when something moved, and when the policy changed."""
