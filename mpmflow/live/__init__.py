"""Indicators watched while events come in: counted one by one, kept in a file, every change of state delivered."""
