"""Forecasts and promises of the past, held against what came."""
