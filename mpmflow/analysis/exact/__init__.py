"""What a process implies as it is designed: figures, levers, laws of time."""
