"""Figures for the report, the card and the metrics, from the tables alone."""
