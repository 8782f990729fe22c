"""Figures by which a gate judges a round: leaks, conflicts, changed labels, shares of answers. Pure functions."""
