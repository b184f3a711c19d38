"""Posteriors, pooling, censored durations, series and control charts."""
