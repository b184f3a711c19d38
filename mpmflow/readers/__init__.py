"""Event logs and tables of periods, from files and dataframes, as plain observations.

The only room that knows dataframe libraries. They are imported on first use: a model whose data is a small table of
periods is read with the standard library alone.
"""
