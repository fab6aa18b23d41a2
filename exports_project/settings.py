"""Settings of the project: one file, driven by the environment.

Values come from environment variables; what they leave out may stand in an env file (`.env` beside manage.py,
or the file that ENV_FILE names; an empty ENV_FILE means none). Secrets may stand in files of their own
(SECRET_KEY_FILE and its like). DEBUG is off unless it is switched on. With it off, SECRET_KEY, ALLOWED_HOSTS,
DATABASE_URL and REDIS_URL are required; nothing starts on a dangerous value.
"""

import logging
import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from exports_project import backends, background, credentials, environment, mailing, secret_files
from exports_project.operations import logs
from exports_project.variables import Variables, require_none

BASE_DIR = Path(__file__).resolve().parent.parent

# The default file is for development: `manage.py demo` writes it. Where the environment itself brings a key
# the process is configured without it, and a file left behind can't switch DEBUG on.
configured = bool({"SECRET_KEY", "SECRET_KEY_FILE"} & os.environ.keys()) and "ENV_FILE" not in os.environ
env_file = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
if os.environ.get("ENV_FILE") and not env_file.is_file():
    raise ImproperlyConfigured(
        "ENV_FILE names a file that does not exist: correct it, or empty it to read none."
    )
if env_file.is_file() and not configured:
    secret_files.read_env_file(env_file)  # the environment wins over the file
env = Variables(secret_files.with_secret_files(os.environ))

DEBUG = env.switch("DEBUG")
if not DEBUG:
    environment.require_safe_production(env.values)

SECRET_KEY = env.text(
    "SECRET_KEY", f"{environment.INSECURE_PREFIX}for-development-and-for-nothing-else-whatsoever"
)
# Keys that were the secret one before: what was signed with them is still taken.
SECRET_KEY_FALLBACKS = env.entries("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.entries("ALLOWED_HOSTS") or ["localhost", ".localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.entries("CSRF_TRUSTED_ORIGINS")

# Addresses and networks of the proxies in front. Only they are believed what they say of the client.
TRUSTED_PROXIES = env.entries("TRUSTED_PROXIES")
require_none(environment.proxy_problems(TRUSTED_PROXIES))

# The header X-User-Id as a credential: for development alone; with DEBUG off the guard above has refused it.
DEV_USER_HEADER = DEBUG and env.switch("EXPORTS_DEV_USER_HEADER")

# How a request may prove who it comes from, tried in this order; the first credential present decides. What
# is sent on purpose stands before the session, which a browser sends by itself.
AUTHENTICATION_CLASSES = env.entries("AUTHENTICATION_CLASSES") or [
    *(["accounts.authentication.DevelopmentHeaderAuthentication"] if DEV_USER_HEADER else []),
    "accounts.authentication.APIKeyAuthentication",
    "accounts.authentication.JWTAuthentication",
    "accounts.authentication.SessionAuthentication",
]
credentials.require_extras(AUTHENTICATION_CLASSES)

# Who makes the files of background jobs (docs/jobs.md): workers of `manage.py db_worker`, or Celery's.
TASKS = background.tasks(env)

INSTALLED_APPS = [
    "exports_project",
    "accounts",
    "exports",
    "exports.contrib.telephony",
    "exports.contrib.netscan",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_filters",
    "django_ratelimit",
    "django_htmx",
    *(["django_tasks_db"] if TASKS["default"]["BACKEND"] == background.DATABASE else []),
    "axes",
    *(["oauth2_provider"] if credentials.OAUTH2 in AUTHENTICATION_CLASSES else []),
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
]

MIDDLEWARE = [
    "exports_project.proxies.TrustedProxyMiddleware",  # first: the others ask for the scheme and the address
    "exports_project.headers.same_origin_middleware",  # above whatever answers
    "exports_project.operations.http_metrics.RequestMetricsMiddleware",
    "exports_project.operations.request_log.RequestLogMiddleware",
    "accounts.middleware.RefusalLogMiddleware",
    "exports_project.operations.monitoring.MonitoringMiddleware",  # what stands below is not for probes
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "exports_project.urls"
WSGI_APPLICATION = "exports_project.wsgi.application"
ASGI_APPLICATION = "exports_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------------

DATABASES = {"default": backends.database(env.text("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}"))}
if replica := env.text("EXPORTS_DATABASE_URL"):
    # Where exports read their rows; records and jobs stay in the other.
    DATABASES["replica"] = backends.database(replica, "EXPORTS_DATABASE_URL") | {
        "TEST": {"MIRROR": "default"}
    }

REDIS_URL = env.text("REDIS_URL")
require_none(environment.redis_problems(REDIS_URL))
# W001: django-ratelimit calls Django's own Redis backend "not officially supported". Its counters are atomic.
# axes.W002: its middleware would tell who is locked out that they are. W003: accounts.lockout counts itself.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "axes.W002", "axes.W003"]
# Where EXPORTS_QUEUE=celery, the broker of the workers.
CELERY_BROKER_URL = background.broker_url(env)
if TASKS["default"]["BACKEND"] == background.CELERY:
    # That results are not kept: what becomes of a job its row says.
    SILENCED_SYSTEM_CHECKS += ["django_tasks_celery.W001", "django_tasks_celery.W002"]
if REDIS_URL:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # An export asks up to three times one after the other, and waits that long for each answer where
            # EXPORTS_RATE_FAIL_OPEN lets it go on. A counter is asked and answered in a millisecond.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
    }
else:
    # Development has one process, so counters in its memory are right there. Production never comes here.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    SILENCED_SYSTEM_CHECKS.append("django_ratelimit.E003")

MAILERS = {
    "default": mailing.mailer(env.text("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25"))
}
DEFAULT_FROM_EMAIL = mailing.sender(env, ALLOWED_HOSTS)

# --- Users --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessions"
AUTHENTICATION_BACKENDS = ["accounts.lockout.LockoutBackend"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/exports/"
LOGOUT_REDIRECT_URL = "/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# So many failures of one name from one address, and both are refused for so long; accounts.lockout.
AXES_FAILURE_LIMIT = env.whole_number("LOCKOUT_FAILURES", 5, least=1)
AXES_COOLOFF_TIME = timedelta(seconds=env.whole_number("LOCKOUT_SECONDS", 900, least=1))
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_VERBOSE = False  # no line in the log at each start

# What a key may be limited to. The accounts know no datasets.
API_KEY_DATASETS = "exports.catalogue.dataset_names"
# What a user may have as a plan. The accounts know none.
USER_PLANS = "exports.catalogue.plan_names"

SIMPLE_JWT = credentials.jwt_settings(
    SECRET_KEY,
    env.text("JWT_PRIVATE_KEY_FILE"),
    env.text("JWT_ISSUER", "django-exports"),
    env.text("JWT_AUDIENCE", "django-exports"),
)
OAUTH2_PROVIDER = credentials.oauth2_settings()

# The secrets of the Auth.js or NextAuth.js application, the newest first.
NEXTAUTH_SECRETS = env.entries("NEXTAUTH_SECRET")
require_none(environment.nextauth_problems(NEXTAUTH_SECRETS, credentials.NEXTAUTH in AUTHENTICATION_CLASSES))

# --- API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": AUTHENTICATION_CLASSES,
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    # `?format=` belongs to the exports: REST framework would answer 404 to a format that it does not render.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    # Knows the engine's errors, and answers 503 where the database does not.
    "EXCEPTION_HANDLER_CLASS": "exports.api.errors.ExportExceptionHandler",
    # The contract's error shape holds in development too; the traceback is in the log.
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}

PUBLIC_SCHEMA = env.switch("EXPORTS_PUBLIC_SCHEMA")
SPECTACULAR_SETTINGS = {
    "TITLE": "Data exports",
    "DESCRIPTION": "Streaming, tenant-scoped, audited exports of a tenant's own data.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without this the page would send the document's address to a validator on somebody else's host.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "ENUM_NAME_OVERRIDES": {
        "ValidationErrorEnum": "drf_standardized_errors.openapi_serializers.ValidationErrorEnum.choices",
        "ClientErrorEnum": "drf_standardized_errors.openapi_serializers.ClientErrorEnum.choices",
        "ServerErrorEnum": "drf_standardized_errors.openapi_serializers.ServerErrorEnum.choices",
        "ErrorCode401Enum": "drf_standardized_errors.openapi_serializers.ErrorCode401Enum.choices",
        "ErrorCode403Enum": "drf_standardized_errors.openapi_serializers.ErrorCode403Enum.choices",
        "ErrorCode404Enum": "drf_standardized_errors.openapi_serializers.ErrorCode404Enum.choices",
        "ErrorCode405Enum": "drf_standardized_errors.openapi_serializers.ErrorCode405Enum.choices",
        "ErrorCode406Enum": "drf_standardized_errors.openapi_serializers.ErrorCode406Enum.choices",
        "ErrorCode415Enum": "drf_standardized_errors.openapi_serializers.ErrorCode415Enum.choices",
        "ErrorCode429Enum": "drf_standardized_errors.openapi_serializers.ErrorCode429Enum.choices",
        "ErrorCode500Enum": "drf_standardized_errors.openapi_serializers.ErrorCode500Enum.choices",
    },
    "PREPROCESSING_HOOKS": ["exports_project.documentation.without_trailing_slashes"],
    "POSTPROCESSING_HOOKS": ["drf_standardized_errors.openapi_hooks.postprocess_schema_enums"],
}

allowed_networks = env.entries("EXPORTS_ALLOWED_NETWORKS")
sensitive_networks = env.entries("EXPORTS_SENSITIVE_NETWORKS")
require_none(environment.export_network_problems("EXPORTS_ALLOWED_NETWORKS", allowed_networks))
require_none(environment.export_network_problems("EXPORTS_SENSITIVE_NETWORKS", sensitive_networks))
webhook_networks = env.entries("EXPORTS_WEBHOOK_NETWORKS")
require_none(environment.webhook_network_problems(webhook_networks))

# The engine's own settings; what is left out or None takes the engine's default.
EXPORTS = {
    "TERMS_RESOLVER": "exports.policy.terms.own_terms",  # accounts.models.User has a plan and networks
    "API_SCHEME": "Api-Key" if credentials.API_KEY in AUTHENTICATION_CLASSES else "Bearer",
    "RATE": env.rate("EXPORTS_RATE", "10/h"),
    "RATE_FAIL_OPEN": env.switch("EXPORTS_RATE_FAIL_OPEN"),
    "PLANS": env.json("EXPORTS_PLANS"),
    "ALLOWED_NETWORKS": allowed_networks,
    "SENSITIVE_NETWORKS": sensitive_networks,
    "CHUNK_SIZE": env.whole_number("EXPORTS_CHUNK_SIZE", 1000, least=1),
    "MAX_ROWS": env.whole_number("EXPORTS_MAX_ROWS", 0) or None,
    "MAX_SECONDS": env.whole_number("EXPORTS_MAX_SECONDS", 3600) or None,
    "PREVIEW_SECONDS": env.whole_number("EXPORTS_PREVIEW_SECONDS", 5, least=1),
    "MIN_BYTES_PER_SECOND": env.whole_number("EXPORTS_MIN_BYTES_PER_SECOND", 1000) or None,
    "MAX_SPOOL_BYTES": env.whole_number("EXPORTS_MAX_SPOOL_BYTES", 1 << 30) or None,
    "PARALLEL": env.whole_number("EXPORTS_PARALLEL", 1, least=1),
    "MAX_CONCURRENT": env.whole_number("EXPORTS_MAX_CONCURRENT", 0) or None,
    "MAX_CONCURRENT_PER_USER": env.whole_number("EXPORTS_MAX_CONCURRENT_PER_USER", 10) or None,
    "SINCE_MARGIN": env.whole_number("EXPORTS_SINCE_MARGIN", 300),
    "STORAGE": "exports",
    "X_ACCEL": background.x_accel(env),
    "DATABASE": "replica" if "replica" in DATABASES else None,
    "MAX_DOWNLOAD_ROWS": env.whole_number("EXPORTS_MAX_DOWNLOAD_ROWS", 0) or None,
    "MAX_JOBS_PER_USER": env.whole_number("EXPORTS_MAX_JOBS_PER_USER", 20) or None,
    "MAX_FILE_BYTES": env.whole_number("EXPORTS_MAX_FILE_BYTES", 10 << 30) or None,
    "MAX_STORED_BYTES_PER_USER": env.whole_number("EXPORTS_MAX_STORED_BYTES_PER_USER", 0) or None,
    "JOB_ATTEMPTS": env.whole_number("EXPORTS_JOB_ATTEMPTS", 3, least=1),
    "JOB_BACKOFF_SECONDS": env.whole_number("EXPORTS_JOB_BACKOFF_SECONDS", 10, least=1),
    "JOB_LEASE_SECONDS": env.whole_number("EXPORTS_JOB_LEASE_SECONDS", 60, least=3),
    "JOB_MAX_SECONDS": env.whole_number("EXPORTS_JOB_MAX_SECONDS", 6 * 3600) or None,
    "FILE_SECONDS": env.whole_number("EXPORTS_FILE_SECONDS", 7 * 24 * 3600) or None,
    "LINK_SECONDS": env.whole_number("EXPORTS_LINK_SECONDS", 3600, least=1),
    "BASE_URL": mailing.base_url(env, ALLOWED_HOSTS, debug=DEBUG),
    "MAX_TEMPLATES_PER_USER": env.whole_number("EXPORTS_MAX_TEMPLATES_PER_USER", 200) or None,
    "MAX_SCHEDULES_PER_USER": env.whole_number("EXPORTS_MAX_SCHEDULES_PER_USER", 50) or None,
    "MIN_SCHEDULE_SECONDS": env.whole_number("EXPORTS_MIN_SCHEDULE_SECONDS", 300, least=1),
    "SCHEDULE_FAILURES": env.whole_number("EXPORTS_SCHEDULE_FAILURES", 5, least=1),
    "MAIL_DOMAINS": mailing.domains(env),
    "MAX_RECIPIENTS": env.whole_number("EXPORTS_MAX_RECIPIENTS", 20, least=1),
    "MAIL_ATTACHMENT_BYTES": env.whole_number("EXPORTS_MAIL_ATTACHMENT_BYTES", 1 << 20) or None,
    "MAIL_LINK_SECONDS": env.whole_number("EXPORTS_MAIL_LINK_SECONDS", 3 * 24 * 3600, least=1),
    "MAIL_SECONDS": env.whole_number("EXPORTS_MAIL_SECONDS", 3 * 24 * 3600, least=1),
    "MAX_WEBHOOKS_PER_USER": env.whole_number("EXPORTS_MAX_WEBHOOKS_PER_USER", 10) or None,
    "WEBHOOK_NETWORKS": webhook_networks,
    "WEBHOOK_SECONDS": env.whole_number("EXPORTS_WEBHOOK_SECONDS", 15, least=1),
}

# --- Safety -------------------------------------------------------------------------------------------------

CSRF_FAILURE_VIEW = "exports_project.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# All from this host, and no inline script or style. There is no CORS: no other origin may read an answer.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.NONCE],  # one list of the admin has a style element, and gives it the nonce
    "img-src": [CSP.SELF, "data:"],  # the stylesheets of the admin and of the API's pages hold small pictures
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

# A load balancer asks for this over plain HTTP from inside; it tells nothing that needs TLS.
SECURE_REDIRECT_EXEMPT = [r"^api/exports/health/?$"]
if not DEBUG:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    # A year. SECURE_HSTS_SECONDS allows to begin with less while TLS is new on a host.
    SECURE_HSTS_SECONDS = env.whole_number("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if TRUSTED_PROXIES:
    # TLS ends at the proxy, which says so in this header; TrustedProxyMiddleware drops it from others.
    # Without TRUSTED_PROXIES the plain HTTP of a proxy is redirected to HTTPS for ever.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Language, time, static files ---------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
# Apps bring their own; this one is for the templates beside them too (docs/translations.md).
LOCALE_PATHS = [BASE_DIR / "exports_project" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
# In development WhiteNoise finds files where the apps keep them; production collects and compresses them.
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
# By itself WhiteNoise lets the pages of every origin read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "exports": background.storage(env, BASE_DIR, static=STATIC_ROOT, debug=DEBUG),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "exports_project.static_files.StaticFilesStorage"
        )
    },
}

# --- Operations ---------------------------------------------------------------------------------------------

# Everything goes to stderr, one line a record: whoever runs the process decides where it is kept.
log_format = env.choice("LOG_FORMAT", "line" if DEBUG else "json", logs.FORMATS)
LOGGING = logs.logging_settings(log_format, env.log_level("LOG_LEVEL", "INFO"))
logs.configure(log_format)
# A client that left before its answer is no fault of ours.
DJANGO_STRUCTLOG_REQUEST_CANCELLED_LOG_LEVEL = logging.INFO

# Who may read /metrics: whoever brings the token, and addresses of these networks. Neither: nobody.
METRICS_TOKEN = env.text("METRICS_TOKEN")
METRICS_NETWORKS = env.entries("METRICS_NETWORKS")
require_none(environment.metrics_problems(METRICS_TOKEN, METRICS_NETWORKS))

# After SIGTERM: for how long /readyz says no while requests are still answered, and when the last running
# export is broken off, both from the signal on. gunicorn has its own value of the second, --graceful-timeout.
GRACEFUL_SECONDS = env.whole_number("GRACEFUL_SECONDS", 30, least=1)
DRAIN_SECONDS = env.whole_number("DRAIN_SECONDS", 0 if DEBUG else min(5, GRACEFUL_SECONDS // 2))
if DRAIN_SECONDS > GRACEFUL_SECONDS // 2:
    raise ImproperlyConfigured(
        "DRAIN_SECONDS is more than half of GRACEFUL_SECONDS: downloads need the rest."
    )
