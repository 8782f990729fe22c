"""Adapters: one package for each library or service from outside, behind a small interface of ours."""
