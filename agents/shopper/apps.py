from django.apps import AppConfig


class ShopperConfig(AppConfig):
    name = "agents.shopper"
    label = "shopper"
