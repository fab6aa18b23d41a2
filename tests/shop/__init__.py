"""Somebody else's app: it knows of the engine what the documentation says; the engine knows nothing of it."""
