"""What cases came to: time, cost, satisfaction, resolution, abandonment, repeat contact."""
