"""Exact fractions and polynomials: figures as formulas in a few shares."""
