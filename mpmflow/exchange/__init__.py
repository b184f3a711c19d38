"""Other formats than our own: what goes out, what comes in, and what each document holds."""
