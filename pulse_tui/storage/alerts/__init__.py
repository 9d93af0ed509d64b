"""What was judged, and what stands because of it."""
