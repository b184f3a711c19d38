"""Drafting a workflow from a log alone."""
