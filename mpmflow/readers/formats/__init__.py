"""File formats as tables: what lies in a file, and how it is opened without trusting it."""
