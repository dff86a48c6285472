from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "commerce.accounts"
    verbose_name = "Merchants and agents"
