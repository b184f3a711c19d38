"""A book of forecasts and promises that only grows, and shows it if somebody changed it."""
