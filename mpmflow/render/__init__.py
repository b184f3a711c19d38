"""Answers and graphs made visible: pictures and words."""
