"""Runs in the service under test (`manage.py shell`): makes what the table needs, and prints it as JSON."""

import json
import sys
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, set_token_value
from rest_framework_simplejwt.tokens import AccessToken as WebToken

from accounts import tokens
from accounts.models import APIKey, TokenFamily, User
from tests.credentials import CLIENT_SECRET, PASSWORD


def main() -> None:
    """Secrets by kind and condition."""
    call_command("migrate", verbosity=0)  # the tables of django-oauth-toolkit
    password = make_password(PASSWORD)  # once: it takes half a second
    made: dict[str, dict[str, Any]] = {kind: {} for kind in ("session", "jwt", "apiKey", "oauth2")}
    for condition, user_id in (("right", "user-123"), ("stranger", "user-456"), ("disabled", "disabled")):
        user = User.objects.create(id=user_id, username=user_id, password=password)
        made["session"][condition] = session(user)
        made["jwt"][condition] = access(user, timedelta(days=1))  # tests may come later than five minutes
        made["apiKey"][condition] = APIKey.objects.issue(user=user, name=condition)[1]
        made["oauth2"][condition] = oauth2(user, condition)
    user = User.objects.get(pk="user-123")
    User.objects.filter(pk="disabled").update(is_active=False)

    made["session"]["expired"] = session(user, timedelta(seconds=-1))
    made["session"]["revoked"] = session(user)
    SessionStore(made["session"]["revoked"]).flush()

    made["jwt"]["claims"] = dict(WebToken(access(user, timedelta(days=1))).payload)
    made["jwt"]["expired"] = access(user, timedelta(minutes=-10))
    pair = tokens.issue(user)
    tokens.revoke(pair.refresh)
    made["jwt"]["revoked"] = pair.access
    made["jwt"]["refresh"] = tokens.issue(user).refresh

    key, made["apiKey"]["expired"] = APIKey.objects.issue(user=user, name="expired")
    APIKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    key, made["apiKey"]["revoked"] = APIKey.objects.issue(user=user, name="revoked")
    key.revoke()

    made["oauth2"]["expired"] = oauth2(user, "expired", timedelta(seconds=-1))
    made["oauth2"]["revoked"] = oauth2(user, "revoked")
    AccessToken.objects.get(application__name="revoked").revoke()
    assert TokenFamily.objects.filter(user=user).count() == 5
    json.dump(made, sys.stdout)


def access(user: User, lifetime: timedelta) -> str:
    """An access token of a new sign-in of the user's."""
    token = WebToken(tokens.issue(user).access)
    token.set_exp(lifetime=lifetime)
    return str(token)


def session(user: User, lifetime: timedelta = timedelta(hours=1)) -> str:
    """The key of a session that the user is signed in with."""
    store = SessionStore()
    store[SESSION_KEY] = user.pk
    store[BACKEND_SESSION_KEY] = "accounts.lockout.LockoutBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.set_expiry(timezone.now() + lifetime)
    store.create()
    return str(store.session_key)


@cache
def hashed_secret() -> str:
    # In few rounds: every request for a token compares it, which would take a server 0.6 s each time.
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(CLIENT_SECRET, hasher.salt(), iterations=1_000)


def oauth2(user: User, name: str, lifetime: timedelta = timedelta(hours=1)) -> str:
    """An access token of a new client of the user's."""
    client = Application.objects.create(
        name=name,
        user=user,
        client_id=f"client-{name}",
        client_secret=hashed_secret(),
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    token = AccessToken(application=client, expires=timezone.now() + lifetime, scope="exports:read")
    set_token_value(token, f"opaque{name}")
    token.save()
    return f"opaque{name}"
