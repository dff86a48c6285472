from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "merchants.imports"
    verbose_name = "Products"
