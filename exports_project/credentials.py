"""The settings of signing in: what the environment says, as simplejwt and django-oauth-toolkit take it."""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import salted_hmac

CLASSES: Final = "accounts.authentication"
API_KEY: Final = f"{CLASSES}.APIKeyAuthentication"
NEXTAUTH: Final = f"{CLASSES}.NextAuthAuthentication"
OAUTH2: Final = f"{CLASSES}.OAuth2Authentication"
# What each class of an extra imports, and the extra.
EXTRAS: Final = {NEXTAUTH: ("joserfc", "nextauth"), OAUTH2: ("oauth2_provider", "oauth")}
# Curves and their algorithms (RFC 7518, section 3.4).
CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


def require_extras(classes: list[str]) -> None:
    """Raises ImproperlyConfigured where a class is listed whose packages are not installed."""
    for name, (module, extra) in EXTRAS.items():
        if name in classes and find_spec(module) is None:
            raise ImproperlyConfigured(
                f"AUTHENTICATION_CLASSES lists {name}, which needs packages that are not installed: those "
                f"of the extra {extra!r} in pyproject.toml."
            )


def available() -> list[str]:
    """Every class whose packages are installed: what the demo turns on."""
    names = ["DevelopmentHeaderAuthentication", "APIKeyAuthentication", "JWTAuthentication"]
    names += ["OAuth2Authentication", "NextAuthAuthentication", "SessionAuthentication"]
    paths = [f"{CLASSES}.{name}" for name in names]
    return [path for path in paths if path not in EXTRAS or find_spec(EXTRAS[path][0])]


def jwt_settings(secret_key: str, private_key_file: str, issuer: str, audience: str) -> dict[str, Any]:
    """SIMPLE_JWT. Tokens are signed with a private key, or else (HS256) with one derived from SECRET_KEY.

    One algorithm is accepted, that of the key, so that nothing a token says of itself chooses another.
    Raises ImproperlyConfigured for a file that holds no private key.
    """
    if private_key_file:
        algorithm, signing_key, verifying_key = _key_pair(private_key_file)
    else:
        derived = salted_hmac("accounts.tokens", "signing key", secret=secret_key, algorithm="sha256")
        algorithm, signing_key, verifying_key = "HS256", derived.hexdigest(), ""
    return {
        "ALGORITHM": algorithm,
        "SIGNING_KEY": signing_key,
        "VERIFYING_KEY": verifying_key,
        "ISSUER": issuer,
        "AUDIENCE": audience,
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
        "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
        "USER_ID_CLAIM": "sub",
    }


def _key_pair(path: str) -> tuple[str, str, str]:
    """Algorithm, private and public key of a PEM file: RSA of 2048 bits or more, or one of three curves."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, rsa
    except ImportError:
        raise ImproperlyConfigured(
            "JWT_PRIVATE_KEY_FILE needs the package cryptography: the extra 'crypto' in pyproject.toml."
        ) from None
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, TypeError, UnsupportedAlgorithm, ValueError):
        raise ImproperlyConfigured(
            "JWT_PRIVATE_KEY_FILE is no file with a private key in PEM, without a password."
        ) from None  # whose text could hold the key, in the wrong place
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        algorithm = "RS256"
    elif isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        algorithm = CURVES[key.curve.name]
    else:
        raise ImproperlyConfigured(
            "JWT_PRIVATE_KEY_FILE holds another key than RSA of 2048 bits or more, P-256, P-384 or P-521."
        )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return algorithm, private.decode("ascii"), public.decode("ascii")


def oauth2_settings() -> dict[str, Any]:
    """OAUTH2_PROVIDER: client credentials and nothing else, by the letter of RFC 9700."""
    compliant = (
        *("IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS"),
        *("TOKEN_STORAGE", "REFRESH_TOKEN", "REDIRECT_URI_SCHEME", "REDIRECT_URI_MATCHING", "PKCE_REQUIRED"),
    )
    return {
        # A server that knows no other grant: no passwords, no consent, no refreshing.
        "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
        "OAUTH2_VALIDATOR_CLASS": "accounts.authentication.oauth2.OwnedClientValidator",
        "APPLICATION_ADMIN_CLASS": "accounts.oauth2_admin.ApplicationAdmin",
        "ACCESS_TOKEN_ADMIN_CLASS": "accounts.oauth2_admin.AccessTokenAdmin",
        "SCOPES": {"exports:read": "Export the rows of the client's owner."},
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
        # Tokens are kept as hashes, and taken from the Authorization header alone.
        **{f"COMPLIANT_BCP_RFC9700_{name}": True for name in compliant},
    }
