"""Votes: the ledger, imported labels, gold, and the time that people take."""
