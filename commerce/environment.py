"""Reads what the environment says, in the shapes that settings need."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def listed(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def hosts_of(public: SplitResult) -> str:
    """Return by which names the server may be called: in a deployment by the public one alone."""
    return f"{public.hostname}" if public.scheme == "https" else f"{public.hostname},localhost,127.0.0.1,[::1]"


def kept_secret(file: Path) -> str:
    """Read a generated secret of this checkout, making it once. For development only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(secrets.token_urlsafe(50))
        except FileExistsError:
            pass
    return file.read_text()


NOTICED_SOON = {
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""A server whose machine vanishes closes nothing: who waits for it learns so within 20 s, and not in two hours."""


def database(url: str) -> dict[str, Any]:
    """Turn a libpq URL (any that psycopg reads) into Django's settings, with the pool's options."""
    parts = conninfo_to_dict(url)
    limits = f"-c lock_timeout=3s -c statement_timeout={text('DB_STATEMENT_TIMEOUT', '10s')}"
    return {
        "ENGINE": "commerce.postgres",
        "NAME": parts.pop("dbname", "commerce"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {
            "connect_timeout": "3",
            **NOTICED_SOON,
            **parts,
            "options": f"{limits} -c idle_in_transaction_session_timeout=15s -c jit=off"
            " -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1",
            "server_side_binding": True,
            "prepare_threshold": 2,
            "pool": {
                "min_size": 1,
                "max_size": number("DB_POOL_SIZE", 34),
                "timeout": number("DB_POOL_SECONDS", 2),  # how long a request waits before it is answered 503
                "reconnect_timeout": 2,  # given up that early, a pool is there again as soon as its server is
                "max_idle": 120,
            },
        },
    }


MAIL_BACKENDS = {
    "console": "console",
    "file": "filebased",
    **dict.fromkeys(("smtp", "smtp+tls", "smtps"), "smtp"),
}
"""Django's e-mail backend for each kind of address."""


def mail_server(url: str) -> SplitResult:
    """Read where e-mails go: smtp+tls://user:password@host:587, smtps://… or smtp://…, file:///dir, console:"""
    server = urlsplit(url)
    if server.scheme not in MAIL_BACKENDS:
        raise ImproperlyConfigured(f"EMAIL_URL begins with one of: {', '.join(MAIL_BACKENDS)}.")
    if server.scheme.startswith("smtp") and not server.hostname:
        raise ImproperlyConfigured("EMAIL_URL names no mail server.")
    return server
