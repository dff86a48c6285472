from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "merchants.feeds"
    verbose_name = "Product feeds"
