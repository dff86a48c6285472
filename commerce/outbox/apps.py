from django.apps import AppConfig
from django.core.checks import register


class OutboxConfig(AppConfig):
    name = "commerce.outbox"

    def ready(self) -> None:
        from commerce.outbox.checks import check_subscribers

        register(check_subscribers)
