"""Two versions of a model: what changed, what follows from it, and which forecasts stay comparable."""
