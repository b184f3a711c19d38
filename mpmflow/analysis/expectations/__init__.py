"""What a test's expectations look at: states, values and forecasts made of the observations that it gives."""
