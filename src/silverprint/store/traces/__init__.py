"""Traces of pictures in files: what to look for, how to look, and what was found."""
