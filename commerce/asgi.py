"""The ASGI application: what `commerce.wsgi` serves, for what stays open, such as event streams of the chat."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

application = get_asgi_application()
