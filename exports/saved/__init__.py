"""Saved templates: what is kept of a choice, what it stands for now, and who may run it."""
