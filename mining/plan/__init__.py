"""The improvement plan: goal, measure, target, owner, dates, and what it still lacks."""
