"""Places in a text, and what can be said about them. The ground floor: uses the standard library only."""
