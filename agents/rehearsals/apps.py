from django.apps import AppConfig


class RehearsalsConfig(AppConfig):
    name = "agents.rehearsals"
    verbose_name = "Test purchases"
