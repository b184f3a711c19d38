"""Influences whose strength comes from data: predictive, not causal."""
