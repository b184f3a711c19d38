"""Discrete-event simulation of a whole model: teams that several workflows share, calendars, batches, priorities."""
