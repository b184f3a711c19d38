"""Waits before shared people, by formula: one process or many, their slopes, and overload."""
