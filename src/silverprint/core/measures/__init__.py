"""Measures of an image's grey levels: sharpness, borders, text, and the like."""
