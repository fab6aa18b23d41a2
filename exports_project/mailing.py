"""Django's settings of mail, and where links in mails and webhooks lead.

Each raises ImproperlyConfigured, with the name of what to correct and no value, where nothing may start so.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

from exports_project.variables import Variables, require_none

SMTP_SECONDS: Final = 20
"""For how long a mail server may be silent: by itself, Django waits for ever."""

SERVICE: Final = "anymail"
"""The scheme of mail services that are sent to over HTTP."""

_OPTIONS: Final = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
}
_SERVICE_NAME = re.compile(r"(?!base)[a-z][a-z_]*")
_OPTION_NAME = re.compile(r"[a-z][a-z_]*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)


def mailer(url: str) -> dict[str, Any]:
    """One entry of MAILERS from an EMAIL_URL: `smtp+tls://user:password@host:587`, or that of a service.

    A service is named with its options, as django-anymail calls them: `anymail://postmark?server_token=…`.
    """
    if url.partition(":")[0] == SERVICE:
        return _service(url)
    try:
        parts = environ.Env.email_url_config(url)
    except (ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            "EMAIL_URL is not the URL of a mail server, such as smtp+tls://user:password@host:587."
        ) from None
    backend = parts["EMAIL_BACKEND"]
    if not backend.endswith("smtp.EmailBackend"):
        return {"BACKEND": backend}
    options = {new: parts[old] for old, new in _OPTIONS.items() if parts.get(old)}
    return {"BACKEND": backend, "OPTIONS": options | {"timeout": SMTP_SECONDS}}


def sender(env: Variables, hosts: Sequence[str]) -> str:
    """EMAIL_FROM, whom mails come from; else `exports` at the service's own name."""
    text = env.text("EMAIL_FROM")
    if not text:
        return f"exports@{plain_name(hosts) or 'localhost'}"
    try:
        validate_email(parseaddr(text)[1])
    except ValidationError:
        raise ImproperlyConfigured(
            "EMAIL_FROM is no mail address, such as Exports <exports@example.com>."
        ) from None
    return text


def base_url(env: Variables, hosts: Sequence[str], *, debug: bool) -> str | None:
    """EXPORTS_BASE_URL; else HTTPS at the first host that is a name. None in a development that says none."""
    url = env.text("EXPORTS_BASE_URL")
    require_none(_base_url_problems(url))
    if url:
        return url
    name = None if debug else plain_name(hosts)
    return f"https://{name}" if name else None


def domains(env: Variables) -> list[str]:
    """EXPORTS_MAIL_DOMAINS: at which everybody may name recipients, or `*`."""
    found = [domain.lower() for domain in env.entries("EXPORTS_MAIL_DOMAINS")]
    if any(domain != "*" and not _DOMAIN.fullmatch(domain) for domain in found):
        raise ImproperlyConfigured(
            "EXPORTS_MAIL_DOMAINS is a list of domains, such as example.com,example.org, or * for any."
        )
    return found


def plain_name(hosts: Sequence[str]) -> str | None:
    """The first host that is one name: no wildcard, and no address."""
    return next((host.lower() for host in hosts if _is_name(host)), None)


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return bool(_DOMAIN.fullmatch(host.lower()))
    return False


def _service(url: str) -> dict[str, Any]:
    parts = _parts(url)
    name = parts.hostname if parts else None
    options = parse_qsl(parts.query, keep_blank_values=True) if parts else []
    named_well = all(_OPTION_NAME.fullmatch(option) for option, _value in options)
    # One name in two spellings, or a part that would be passed over, is a mistake.
    if not parts or not _SERVICE_NAME.fullmatch(name or "") or not options or not named_well:
        raise ImproperlyConfigured(
            "EMAIL_URL names no mail service with its options, such as anymail://postmark?server_token=…"
        )
    if find_spec("anymail") is None:
        raise ImproperlyConfigured(
            "EMAIL_URL names a mail service, which needs packages that are not installed: "
            "pip install 'django-exports[mail]'."
        )
    if find_spec(f"anymail.backends.{name}") is None:
        raise ImproperlyConfigured("EMAIL_URL names a mail service that django-anymail does not know.")
    return {"BACKEND": f"anymail.backends.{name}.EmailBackend", "OPTIONS": dict(options)}


def _base_url_problems(url: str) -> Iterator[str]:
    if not url:
        return
    parts = _parts(url)
    known = parts is not None and parts.scheme in ("http", "https") and parts.hostname
    if parts is None or not known or parts.username or parts.query or parts.fragment or " " in url:
        yield "EXPORTS_BASE_URL is not the address of this service, such as https://exports.example.com."


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL; None of what is none."""
    try:
        parts = urlsplit(url)
        known = parts.port != 0
    except ValueError:  # of the port, or of brackets
        return None
    return parts if known else None
