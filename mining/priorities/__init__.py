"""What to improve first, and how sure the order is."""
