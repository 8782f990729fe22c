"""Brought labels: what sources say of their pictures, as votes of annotators whose reliability is measured.

`precision` measures a source by pictures that were drawn at random, `belief` says of each label how likely it is right,
and makes of those that may teach what `core.semisupervised` learns from.
"""
