"""Receives tasks as Celery does, and outlives a broker that goes away while tasks are in hand.

Celery 5.7 gives messages in hand back over the very connection that was lost. With Redis that is an AttributeError
nobody expects, and the whole worker ends: with it what stands in for the broker, see commerce.standing_in. Nothing
has to be given back: Redis hands a message out again when its `visibility_timeout` is over.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.worker import consumer

logger = logging.getLogger(__name__)


class Consumer(consumer.Consumer):
    """What `worker_consumer` names, https://docs.celeryq.dev/en/stable/userguide/configuration.html."""

    connection_errors: tuple[type[BaseException], ...]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # What ends after its connection was lost is acknowledged on it, which fails in the same way. As one of
        # these it is a line in the log.
        self.connection_errors = (*self.connection_errors, AttributeError)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError:
            logger.warning("the broker is lost with work in hand; it is handed out again later", exc_info=True)
