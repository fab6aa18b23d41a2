"""Schedules: when a template is run by itself, what comes of each run, and what their users do with them."""
