"""Colours of images: profiles, bit depth, transparency, all turned into sRGB of eight bits."""
