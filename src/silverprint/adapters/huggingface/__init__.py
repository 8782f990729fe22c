"""Hugging Face's dataset card."""
