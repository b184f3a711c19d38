"""Discrete-event simulation: one compiled loop, replications, intervals."""
