"""System checks of `manage.py check --deploy`: what these settings allow and a production should not.

What is worse is refused at the start (environment.py). What Django's own checks tell of (cookies without
Secure, HSTS, DEBUG) is left to them.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.core.mail import mailers
from django.utils.csp import CSP

MOST_FAILURES: Final = 100
SHORTEST_COOLOFF: Final = timedelta(minutes=1)
CSP_MIDDLEWARE: Final = "django.middleware.csp.ContentSecurityPolicyMiddleware"
LOOSE_SOURCES: Final = frozenset({CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL, "*", "http:", "https:", "data:"})


@register("exports_project", deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning for each dangerous setting, with its number."""
    return [*_check_openness(), *_check_lockout(), *_check_policy(), *_check_cookies(), *_check_mailer()]


def _check_openness() -> Iterator[CheckMessage]:
    if settings.PUBLIC_SCHEMA:
        hint = "Switch EXPORTS_PUBLIC_SCHEMA off, unless the API is meant to be public."
        yield _warning("W001", "The API's document and pages are open to everybody.", hint)
    if settings.DEV_USER_HEADER:
        hint = "Switch EXPORTS_DEV_USER_HEADER off."
        yield _warning("W002", "Anybody can name the user they want to be, in the header X-User-Id.", hint)
    level = settings.LOGGING.get("root", {}).get("level", "WARNING")
    if logging.getLevelNamesMapping().get(level, logging.WARNING) <= logging.DEBUG:
        text = "The log takes the DEBUG lines of all libraries: what they write there can hold secrets."
        yield _warning("W003", text, "Set LOG_LEVEL to INFO.")


def _check_lockout() -> Iterator[CheckMessage]:
    if settings.AXES_FAILURE_LIMIT > MOST_FAILURES:
        text = f"A password may be guessed more than {MOST_FAILURES} times before anybody is locked out."
        yield _warning("W004", text, "Set LOCKOUT_FAILURES to 5.")
    if settings.AXES_COOLOFF_TIME < SHORTEST_COOLOFF:
        text = "Who is locked out may guess again after less than a minute."
        yield _warning("W005", text, "Set LOCKOUT_SECONDS to 900.")


def _check_policy() -> Iterator[CheckMessage]:
    """Whether injected markup could run: scripts, styles, and whatever falls back on `default-src`."""
    policy = getattr(settings, "SECURE_CSP", None) or {}
    if CSP_MIDDLEWARE not in settings.MIDDLEWARE or not policy:
        yield _warning(
            "W006", "Pages have no Content-Security-Policy.", "Set SECURE_CSP, and its middleware."
        )
        return
    default = policy.get("default-src", ["*"])  # none: everything is allowed
    for directive in ("script-src", "style-src"):
        if loose := sorted(LOOSE_SOURCES.intersection(policy.get(directive, default))):
            text = f"The Content-Security-Policy allows {directive} {' '.join(loose)}."
            yield _warning("W007", text, "Name 'self' and nonces alone.")


def _check_cookies() -> Iterator[CheckMessage]:
    """SameSite, of which Django's own checks say nothing."""
    for cookie in ("SESSION", "CSRF"):
        if getattr(settings, f"{cookie}_COOKIE_SAMESITE") not in ("Lax", "Strict"):
            text = f"{cookie}_COOKIE_SAMESITE lets browsers send the cookie with the requests of other sites."
            yield _warning("W008", text, "Set it to 'Lax'.")


def _check_mailer() -> Iterator[CheckMessage]:
    """Whether what EMAIL_URL names can be made: of a mail service, its options are looked at no sooner."""
    try:
        mailers["default"]
    except Exception:  # each backend has its own; what it says may hold a key
        text = "The mailer cannot be made: no mail will be sent."
        yield _warning("W009", text, "Correct the options in EMAIL_URL: `manage.py sendtestemail` says more.")


def _warning(number: str, text: str, hint: str) -> Warning:
    return Warning(text, hint=hint, id=f"exports_project.{number}")
