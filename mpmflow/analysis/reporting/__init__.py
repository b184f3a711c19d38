"""What a report says: the rows of an evaluation with their history, their place in the goals, and what was forecast."""
