"""Sessions in the database: Django's, but a cookie that cannot be a session's key is none."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Keys are letters and digits. PostgreSQL takes no text with a NUL, and Django would answer 500."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and key.isalnum() and len(key) >= 8)
