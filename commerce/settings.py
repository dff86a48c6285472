"""All settings, each read from the environment on the line where it is defined.

Without any variable the project runs on this machine with embedded servers below `.data/`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from kombu import Exchange, Queue

from commerce.backoffice.theme import theme
from commerce.embedded import EmbeddedPostgres, EmbeddedValkey
from commerce.environment import MAIL_BACKENDS
from commerce.environment import database as _database
from commerce.environment import flag as _flag
from commerce.environment import hosts_of as _hosts_of
from commerce.environment import kept_secret as _kept_secret
from commerce.environment import listed as _list
from commerce.environment import mail_server as _mail_server
from commerce.environment import number as _number
from commerce.environment import text as _text
from commerce.schedule import ROUTES, SCHEDULE, expiring
from commerce.subscriptions import ASKING, SUBSCRIBERS

BASE_DIR = Path(__file__).resolve().parent.parent


DATA_DIR = Path(_text("DATA_DIR") or BASE_DIR / ".data")
DEBUG = _flag("DEBUG")

# Where the outside reaches us: permalinks, discovery and webhooks name it.
PUBLIC_BASE_URL = _text("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_PUBLIC = urlsplit(PUBLIC_BASE_URL)
_IS_HTTPS = _PUBLIC.scheme == "https"

SECRET_KEY = _text("SECRET_KEY") or _kept_secret(DATA_DIR / "secret_key")
SEALING_KEYS = _list("SEALING_KEYS") or [SECRET_KEY]
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", _hosts_of(_PUBLIC))
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
# How many proxies of ours add to X-Forwarded-For: see commerce.client_address.
TRUSTED_PROXY_COUNT = _number("TRUSTED_PROXY_COUNT", int(_IS_HTTPS))

SECURE_SSL_REDIRECT = _flag("SECURE_SSL_REDIRECT", default=_IS_HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
SECURE_HSTS_SECONDS = _number("SECURE_HSTS_SECONDS", 31536000) if _IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("SECURE_HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = _flag("SECURE_HSTS_PRELOAD")
# Whether the subdomains next to the shop speak HTTPS only its owner knows.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = _IS_HTTPS
CSRF_COOKIE_SECURE = _IS_HTTPS
# Browsers keep cookies of such a name to this host, and send them over HTTPS only.
SESSION_COOKIE_NAME = "__Host-session" if _IS_HTTPS else "sessionid"
SHOPPER_COOKIE_NAME = "__Host-shopper" if _IS_HTTPS else "shopper"
CSRF_COOKIE_NAME = "__Host-csrftoken" if _IS_HTTPS else "csrftoken"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = _number("SESSION_HOURS", 12) * 3600
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "commerce.backoffice.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
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
    "commerce.wallet",
    "commerce.aftersales",
    "commerce.inbox",
    "commerce.reconciliation",
    "commerce.emails",
    "agents",
    "agents.webhooks",
    "agents.rehearsals",
    "agents.shopper",
    "agents.chat",
    "agents.evaluation",
    "merchants",
    "merchants.imports",
    "merchants.feeds",
    "merchants.onboarding",
]

MIDDLEWARE = [
    "commerce.health.HealthMiddleware",
    "commerce.clock.ClockMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "commerce.content_security.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "commerce.urls"
WSGI_APPLICATION = "commerce.wsgi.application"
ASGI_APPLICATION = "commerce.asgi.application"
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
            "builtins": ["commerce.pages.filters"],
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

# Logging in: see commerce.backoffice.login.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "commerce.backoffice.login.AccountAdapter"
_FORMS = "commerce.backoffice.login_form"
ACCOUNT_FORMS = {"login": f"{_FORMS}.LoginForm", "signup": f"{_FORMS}.SignupForm"}
SIGN_UP_OPEN = _flag("SIGN_UP_OPEN", default=True)  # who is invited to a shop comes in anyway
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION, ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = "mandatory", True
ACCOUNT_RATE_LIMITS = {"signup": _text("SIGN_UPS", "10/h/ip")}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # whose address it is can have a new password sent there
ACCOUNT_REAUTHENTICATION_TIMEOUT = _number("REAUTHENTICATION_SECONDS", 600)
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "commerce.backoffice.login.TwoFactorAdapter"
MFA_TOTP_ISSUER = _PUBLIC.hostname or ""
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who is let in by somebody need not have one
MFA_RECOVERY_CODES_SHOW_ONCE = True
TWO_FACTOR_REQUIRED = _flag("TWO_FACTOR_REQUIRED", default=_IS_HTTPS)
# What is counted about logins has to be seen by every process, and outlives them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
UNFOLD = theme(STATIC_URL)
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
# Fewer than a web process has threads, so that a provider that hangs does not take all of them.
STRIPE_CALLS_AT_ONCE = _number("STRIPE_CALLS_AT_ONCE", 20)
PAYMENTS_LIVE = _flag("PAYMENTS_LIVE")
# What agents tell their 3-D Secure server of the shop's bank. Without a number agents are sent to our own page.
ACQUIRER_BIN = _text("ACQUIRER_BIN", "" if PAYMENTS_LIVE else "424242")
ACQUIRER_COUNTRY = _text("ACQUIRER_COUNTRY")
# How long one process may be at work on a payment attempt before another may take it up.
PAYMENT_LEASE_SECONDS = _number("PAYMENT_LEASE_SECONDS", 40)
# How long the provider may have nothing to show of a payment that it answers for with an error, always the same,
# before the buyer may try again.
PAYMENT_UNKNOWN_MINUTES = _number("PAYMENT_UNKNOWN_MINUTES", 60)

# E-mails to buyers and staff. Without an address they are printed where the log goes.
_MAIL = _mail_server(_text("EMAIL_URL", "console:"))
EMAIL_BACKEND = f"django.core.mail.backends.{MAIL_BACKENDS[_MAIL.scheme]}.EmailBackend"
EMAIL_HOST = _MAIL.hostname or "localhost"
EMAIL_PORT = _MAIL.port or {"smtp+tls": 587, "smtps": 465}.get(_MAIL.scheme, 25)
EMAIL_HOST_USER = unquote(_MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_MAIL.password or "")
EMAIL_USE_TLS = _MAIL.scheme == "smtp+tls"
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_FILE_PATH = unquote(_MAIL.path) or None
EMAIL_TIMEOUT = _number("EMAIL_TIMEOUT_SECONDS", 10)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _text("EMAIL_FROM", f"orders@{_PUBLIC.hostname}")

# What a shop needs before it goes live, in the order in which it is shown: see commerce.backoffice.readiness.
_CHECKS = "merchants.onboarding.checks"
READINESS_CHECKS = [
    *(f"{_CHECKS}.profile.{name}" for name in ("PROFILE", "SUPPORT", "POLICIES")),
    *(f"{_CHECKS}.{name}" for name in ("catalog.PRODUCTS", "terms.SHIPPING", "terms.TAX", "terms.PAYMENTS")),
    *(f"{_CHECKS}.people.AGENT", "agents.webhooks.readiness.ENDPOINT"),
    *("agents.rehearsals.readiness.TEST_PURCHASE", f"{_CHECKS}.people.TWO_FACTOR", f"{_CHECKS}.people.ADDRESS"),
]

# Agents.
AGENT_REQUESTS_PER_MINUTE = _number("AGENT_REQUESTS_PER_MINUTE", 60_000)
DISCOVERY_REQUESTS_PER_MINUTE = _number("DISCOVERY_REQUESTS_PER_MINUTE", 6_000)
REJECTED_CODES_PER_MINUTE = _number("REJECTED_CODES_PER_MINUTE", 60)
REJECTED_CODES_PER_SHOPPER = _number("REJECTED_CODES_PER_SHOPPER", 10)  # a minute, in a chat
FAILED_LOGINS_PER_MINUTE = _number("FAILED_LOGINS_PER_MINUTE", 120)
WEBHOOK_ALLOWED_PRIVATE_HOSTS = _list("WEBHOOK_ALLOWED_PRIVATE_HOSTS")
WEBHOOK_TIMEOUT_SECONDS = _number("WEBHOOK_TIMEOUT_SECONDS", 15)
# How long what was sent and answered is kept for people to look at.
WEBHOOK_LOG_DAYS = _number("WEBHOOK_LOG_DAYS", 30)

# Imports: how large an uploaded file may be, how large what is packed in it, and how many rows it may have.
IMPORT_MAX_BYTES = _number("IMPORT_MAX_BYTES", 100_000_000)
IMPORT_MAX_UNPACKED_BYTES = _number("IMPORT_MAX_UNPACKED_BYTES", 300_000_000)
IMPORT_MAX_ROWS = _number("IMPORT_MAX_ROWS", 1_000_000)
# How many are worked on at the same time, in all workers together; when another worker may take one over that was
# not heard of; how long files are kept.
IMPORTS_AT_ONCE = _number("IMPORTS_AT_ONCE", 1)
IMPORT_LEASE_SECONDS = _number("IMPORT_LEASE_SECONDS", 120)
IMPORT_FILE_DAYS = _number("IMPORT_FILE_DAYS", 30)

OUTBOX_SUBSCRIBERS = SUBSCRIBERS
OUTBOX_ASKING_TOPICS = ASKING

# Where somebody came from who pays on a page of ours: function(session id) -> path, "" where from elsewhere.
PAYMENT_WAY_BACK = "agents.chat.selectors.way_back"
# Who shops in a checkout that an assistant of ours has opened: function(session id) -> id, "" where another did.
SHOPPER_OF_CHECKOUT = "agents.chat.selectors.shopper_of"
# Where somebody can ask about what a shop sells: function(merchant id) -> path, "" where nowhere.
SHOP_ASSISTANT = "agents.chat.selectors.chat_path"

# The shopper's chat: SHOPPER_MODEL such as openai:gpt-5 or anthropic:claude-sonnet-4-5; without one, rules answer.
SHOPPER_MODEL = _text("SHOPPER_MODEL")
SHOPPER_MODEL_BASE_URL = _text("SHOPPER_MODEL_BASE_URL")
SHOPPER_MODEL_KEY = _text("SHOPPER_MODEL_KEY")
SHOPPER_MODEL_CALLS_PER_TURN = _number("SHOPPER_MODEL_CALLS_PER_TURN", 25)
SHOPPER_TOOL_CALLS_PER_TURN = _number("SHOPPER_TOOL_CALLS_PER_TURN", 30)
CHAT_TURNS_PER_SHOPPER_A_DAY = _number("CHAT_TURNS_PER_SHOPPER_A_DAY", 200)
CHAT_TURNS_PER_SHOP_A_DAY = _number("CHAT_TURNS_PER_SHOP_A_DAY", 5_000)  # all of its shoppers together
CHAT_TURN_SECONDS = _number("CHAT_TURN_SECONDS", 15)  # when to see whether a turn's worker still has its lock
CHAT_DAYS = _number("CHAT_DAYS", 90)  # how long after its last word a conversation is kept
SHOPPER_API_BASE = _text("SHOPPER_API_BASE", PUBLIC_BASE_URL)

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
# What is at work goes on when the broker is lost: all of it may run twice, and none of it should end half-way.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CONSUMER = "commerce.consumer:Consumer"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
# What must not wait stands in no line with what takes minutes. A worker that is not told which queues to take from
# takes from these in turn; `chat` waits for models and has workers of its own.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), name) for name in ("celery", "books", "files")]
CELERY_TASK_ROUTES = ROUTES
CELERY_BEAT_SCHEDULE = expiring(SCHEDULE)
# How long beyond its interval a worker waits to be asked for what must not wait, before it does it unasked.
CLOCK_SILENCE_SECONDS = _number("CLOCK_SILENCE_SECONDS", 15)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "stripe": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery": {"level": _text("CELERY_LOG_LEVEL", "INFO")},
    },
}
