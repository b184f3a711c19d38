"""What would have been said on the evenings of the past, and who was right."""
