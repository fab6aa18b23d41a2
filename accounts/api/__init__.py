"""Signing in and out, tokens and API keys, for programs: JSON."""
