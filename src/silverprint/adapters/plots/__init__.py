"""Figures for people: thumbnails, the strip, the learning curve. The same input gives the same bytes."""
