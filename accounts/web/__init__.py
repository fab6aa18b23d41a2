"""Pages: the start page, and one's own API keys. Signing in and out are Django's own views."""
