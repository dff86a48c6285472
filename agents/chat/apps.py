from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "agents.chat"
    label = "chat"
