"""A plan against a standard: points with their figure, level, evidence, and what would raise them."""
