"""What would happen if a standard, a capacity, a routing or the share of a deviation were changed."""
