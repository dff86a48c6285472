from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "agents.evaluation"
    label = "evaluation"
