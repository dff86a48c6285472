"""All settings, each read from the environment on the line where it is defined.

Without any variable the project runs on this machine with embedded servers below `.data/`.
"""

from __future__ import annotations

import os
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from commerce.embedded import EmbeddedPostgres, EmbeddedValkey

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def _flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def _kept_secret(file: Path) -> str:
    """Read a generated secret of this checkout, making it once. For development only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_urlsafe(50))
        except FileExistsError:
            pass
    return file.read_text()


def _database(url: str) -> dict[str, Any]:
    """Turn a libpq URL (any that psycopg reads) into Django's settings, with the pool's options."""
    parts = conninfo_to_dict(url)
    limits = f"-c lock_timeout=3s -c statement_timeout={_text('DB_STATEMENT_TIMEOUT', '10s')}"
    return {
        "ENGINE": "commerce.postgres",
        "NAME": parts.pop("dbname", "commerce"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {
            **parts,
            "options": f"{limits} -c idle_in_transaction_session_timeout=15s -c jit=off"
            " -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1",
            "server_side_binding": True,
            "prepare_threshold": 2,
            "pool": {
                "min_size": 1,
                "max_size": _number("DB_POOL_SIZE", 34),
                "timeout": 5,
                "max_idle": 120,
            },
        },
    }


DATA_DIR = Path(_text("DATA_DIR") or BASE_DIR / ".data")
DEBUG = _flag("DEBUG")

# Where the outside reaches us: permalinks, discovery and webhooks name it.
PUBLIC_BASE_URL = _text("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_PUBLIC = urlsplit(PUBLIC_BASE_URL)
_IS_HTTPS = _PUBLIC.scheme == "https"

SECRET_KEY = _text("SECRET_KEY") or _kept_secret(DATA_DIR / "secret_key")
SEALING_KEYS = _list("SEALING_KEYS") or [SECRET_KEY]
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", f"{_PUBLIC.hostname},localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

SECURE_SSL_REDIRECT = _flag("SECURE_SSL_REDIRECT", default=_IS_HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = _number("SECURE_HSTS_SECONDS", 31536000) if _IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("SECURE_HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = _flag("SECURE_HSTS_PRELOAD")
# Whether the subdomains next to the shop speak HTTPS only its owner knows.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_SECURE = _IS_HTTPS
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "commerce.backoffice.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "commerce.idempotency",
    "commerce.outbox",
    "commerce.accounts",
    "commerce.tax",
    "commerce.discounts",
    "commerce.catalog",
    "commerce.inventory",
    "commerce.carts",
    "commerce.payments",
    "commerce.orders",
    "commerce.fulfillment",
    "commerce.checkout",
    "commerce.inbox",
    "agents",
    "agents.webhooks",
    "merchants",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "commerce.urls"
WSGI_APPLICATION = "commerce.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": _database(_text("DATABASE_URL") or EmbeddedPostgres(DATA_DIR).attach())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "commerce" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Until files are collected (a deployment's release step) they are served from where they are.
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
if WHITENOISE_USE_FINDERS:
    warnings.filterwarnings("ignore", message="No directory at", category=UserWarning)

# The largest request body of an API call, in bytes; a checkout of 100 lines is about 10 KB.
MAX_BODY_BYTES = _number("MAX_BODY_BYTES", 262_144)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Agentic commerce engine",
    "VERSION": "2026-04-17",
    "DESCRIPTION": (
        "Instant Checkout for AI agents. Checkout sessions and carts follow the Agentic Commerce Protocol, "
        "version 2026-04-17; amounts are integers in minor units. Every POST needs an `Idempotency-Key`."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "OAS_VERSION": "3.1.0",
    "AUTHENTICATION_WHITELIST": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "agentKey": {"type": "http", "scheme": "bearer", "description": "An agent key: `ack_…`."}
        }
    },
}

# Idempotency: how long a claim without an answer blocks its key, how long answers are kept.
IDEMPOTENCY_LEASE_SECONDS = _number("IDEMPOTENCY_LEASE_SECONDS", 40)
IDEMPOTENCY_RETENTION_HOURS = _number("IDEMPOTENCY_RETENTION_HOURS", 48)

# Checkout.
CHECKOUT_SESSION_HOURS = _number("CHECKOUT_SESSION_HOURS", 6)
CART_DAYS = _number("CART_DAYS", 14)
STOCK_RESERVATION_MINUTES = _number("STOCK_RESERVATION_MINUTES", 15)
PAYMENT_CHALLENGE_MINUTES = _number("PAYMENT_CHALLENGE_MINUTES", 15)
TAX_CALCULATOR = _text("TAX_CALCULATOR", "commerce.tax.table.TableTax")

# Payments. Without a key the sandbox of this checkout stands in, and only then.
PAYMENT_GATEWAY = _text("PAYMENT_GATEWAY", "commerce.payments.stripe_gateway.StripeGateway")
STRIPE_SECRET_KEY = _text("STRIPE_SECRET_KEY")
STRIPE_API_BASE = _text("STRIPE_API_BASE")
STRIPE_EMBEDDED_SANDBOX = not STRIPE_SECRET_KEY and not STRIPE_API_BASE
STRIPE_WEBHOOK_SECRETS = _list("STRIPE_WEBHOOK_SECRETS")
STRIPE_SPT_API_VERSION = _text("STRIPE_SPT_API_VERSION", "2026-04-22.preview")
STRIPE_CONNECT_TIMEOUT_SECONDS = _number("STRIPE_CONNECT_TIMEOUT_SECONDS", 2)
STRIPE_READ_TIMEOUT_SECONDS = _number("STRIPE_READ_TIMEOUT_SECONDS", 15)
STRIPE_MAX_NETWORK_RETRIES = _number("STRIPE_MAX_NETWORK_RETRIES", 1)
PAYMENTS_LIVE = _flag("PAYMENTS_LIVE")
# What agents tell their 3-D Secure server of the shop's bank. Without a number agents are sent to our own page.
ACQUIRER_BIN = _text("ACQUIRER_BIN", "" if PAYMENTS_LIVE else "424242")
ACQUIRER_COUNTRY = _text("ACQUIRER_COUNTRY")
# How long one process may be at work on a payment attempt before another may take it up.
PAYMENT_LEASE_SECONDS = _number("PAYMENT_LEASE_SECONDS", 40)

# The back office: `commerce.backoffice` says who sees what, the menu stands beside the pages it leads to.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Agentic commerce",
    "SITE_HEADER": "Agentic commerce",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}commerce/icon.svg"}],
    "STYLES": [f"{STATIC_URL}commerce/backoffice.css"],
    "BORDER_RADIUS": "6px",
    "SIDEBAR": {"navigation": "merchants.admin.navigation.menu"},
}

# Agents.
AGENT_REQUESTS_PER_MINUTE = _number("AGENT_REQUESTS_PER_MINUTE", 60_000)
DISCOVERY_REQUESTS_PER_MINUTE = _number("DISCOVERY_REQUESTS_PER_MINUTE", 6_000)
REJECTED_CODES_PER_MINUTE = _number("REJECTED_CODES_PER_MINUTE", 60)
FAILED_LOGINS_PER_MINUTE = _number("FAILED_LOGINS_PER_MINUTE", 120)
WEBHOOK_ALLOWED_PRIVATE_HOSTS = _list("WEBHOOK_ALLOWED_PRIVATE_HOSTS")
WEBHOOK_TIMEOUT_SECONDS = _number("WEBHOOK_TIMEOUT_SECONDS", 15)
# How long what was sent and answered is kept for people to look at.
WEBHOOK_LOG_DAYS = _number("WEBHOOK_LOG_DAYS", 30)

# What happens after an event is committed: topic -> functions(event), each tried until it succeeds.
OUTBOX_SUBSCRIBERS: dict[str, list[str]] = {
    "order.placed": ["agents.webhooks.subscribers.announce_order"],
    "order.downloads_due": ["commerce.fulfillment.subscribers.deliver_digital_lines"],
    "order.updated": ["agents.webhooks.subscribers.announce_order"],
    "inbox.received": ["commerce.inbox.subscribers.handle_message"],
    "provider.noticed": ["commerce.inbox.subscribers.handle_provider_event"],
    "payment.capture_due": ["commerce.payments.subscribers.capture_attempt"],
    "payment.void_due": ["commerce.payments.subscribers.void_attempt"],
    "payment.lapsed": ["commerce.aftersales.subscribers.cancel_unpaid"],
    "payment.refund_due": ["commerce.payments.subscribers.send_refund"],
    "payment.refund_changed": ["commerce.aftersales.subscribers.note_refund"],
    "payment.dispute_changed": ["commerce.aftersales.subscribers.note_dispute"],
}

# Celery: a nudge and a clock. What must happen is a row in PostgreSQL.
CELERY_BROKER_URL = _text("REDIS_URL") or EmbeddedValkey(DATA_DIR).attach()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5000
WORKER_NICENESS = _number("WORKER_NICENESS", 5)
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "relay the outbox": {"task": "commerce.outbox.tasks.relay", "schedule": 2.0},
    "deliver webhooks": {"task": "agents.webhooks.tasks.deliver", "schedule": 2.0},
    "resume interrupted checkouts": {"task": "commerce.checkout.tasks.resume_interrupted", "schedule": 5.0},
    "look after 3-D Secure challenges": {
        "task": "commerce.checkout.tasks.look_after_challenges",
        "schedule": 10.0,
    },
    "expire checkout sessions": {"task": "commerce.checkout.tasks.expire_sessions", "schedule": 60.0},
    "release expired reservations": {
        "task": "commerce.checkout.tasks.release_reservations",
        "schedule": 60.0,
    },
    "chase captures": {"task": "commerce.payments.tasks.chase_captures", "schedule": 3600.0},
    "ask the provider what was missed": {
        "task": "commerce.inbox.tasks.fetch_missed_provider_events",
        "schedule": 3600.0,
    },
    "expire carts": {"task": "commerce.carts.tasks.expire_carts", "schedule": 600.0},
    "forget old deliveries": {"task": "agents.webhooks.tasks.forget_old_deliveries", "schedule": 3600.0},
    "forget old events of the provider": {
        "task": "commerce.inbox.tasks.forget_old_provider_events",
        "schedule": 3600.0,
    },
    "forget idempotency keys": {"task": "commerce.idempotency.tasks.forget_keys", "schedule": 600.0},
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        "celery": {"level": _text("CELERY_LOG_LEVEL", "INFO")},
    },
}
