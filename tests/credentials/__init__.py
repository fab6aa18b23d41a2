"""Every credential against every way to be wrong, on real servers."""

# Of every user and every OAuth 2 client there.
PASSWORD = "a password of these tests"
CLIENT_SECRET = "a-client-secret-of-these-tests"
