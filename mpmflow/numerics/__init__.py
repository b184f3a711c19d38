"""Arrays in, arrays out: the exact engine, queues, simulation, spread of risk, series and estimates.

Nothing here knows a name, a unit or a graph; times are in whatever unit the caller uses throughout.
"""
