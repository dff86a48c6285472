"""Which language model speaks: the one that is configured, or the rules that come with the shop."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from langchain_core.language_models import BaseChatModel

from agents.shopper.rules.model import RulesModel

TIMEOUT_SECONDS = 60
RETRIES = 2


class ModelUnavailableError(RuntimeError):
    """The configured model cannot be used: its package or its key is missing. The message says which."""


def is_rules_only() -> bool:
    """Say whether no language model is configured, so that rules answer."""
    return not settings.SHOPPER_MODEL


def shopper_model() -> BaseChatModel:
    """Return the model of the chat. Raises ModelUnavailableError."""
    if is_rules_only():
        return RulesModel()
    return _configured(settings.SHOPPER_MODEL, settings.SHOPPER_MODEL_BASE_URL, settings.SHOPPER_MODEL_KEY)


@lru_cache(maxsize=4)
def _configured(name: str, base_url: str, key: str) -> BaseChatModel:
    """Make a model such as `openai:…` or `anthropic:…`; behind a base URL, any that speaks OpenAI's API."""
    from langchain.chat_models import init_chat_model  # slow to import, needed with a model only

    options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "max_retries": RETRIES}
    if key:
        options["api_key"] = key
    if base_url:
        options |= {"base_url": base_url, "model_provider": "openai"}
        name = name.removeprefix("openai:")
    try:
        return cast(BaseChatModel, init_chat_model(name, **options))
    except ImportError as problem:
        raise ModelUnavailableError(f"The package of the model {name} is not installed: {problem}") from problem
    except Exception as problem:  # each provider has an error of its own for a missing key
        raise ModelUnavailableError(f"The model {name} cannot be used: {problem}") from problem
