"""Questions to a model and its data, and their answers as plain frozen records."""
