from django.apps import AppConfig


class WalletConfig(AppConfig):
    name = "commerce.wallet"
    label = "wallet"
