"""What comes back: diagrams that mpmflow wrote, with what was edited in them since."""
