"""Readers of plans and results: text, JSON and drawings. Pure functions, each to a string."""
