"""Schedules: the list, one with its runs, its form, and what is done with it."""
