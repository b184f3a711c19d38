"""A model fitted to its log: shares, times, arrivals and teams as they are, beside what was declared."""
