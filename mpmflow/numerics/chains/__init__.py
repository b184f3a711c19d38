"""The exact engine: absorbing chains, their moments, slopes, sets of scenarios, and how a change spreads."""
