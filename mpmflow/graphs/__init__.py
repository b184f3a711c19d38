"""The model as graphs for people (networkx) and as cells for the arrays."""
