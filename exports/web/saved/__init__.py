"""Saved choices: the list, and one in words."""
