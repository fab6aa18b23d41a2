"""Webhooks: the list, one with what was sent to it, and what is done with it."""
