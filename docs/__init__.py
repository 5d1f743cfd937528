"""Material of the documentation."""
