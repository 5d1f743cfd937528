"""What a deviation does to an outcome, estimated honestly: adjusted, with an interval, guards and a grade."""
