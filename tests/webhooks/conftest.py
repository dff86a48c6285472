"""An agent, and a receiver of its order events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from agents.webhooks.services import register_endpoint
from commerce.accounts.models import Agent
from tests.factories import AgentFactory
from tests.receiver import Receiver, receiver


@pytest.fixture
def listening(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with receiver() as kept:
        yield kept


@pytest.fixture
def agent() -> Agent:
    return AgentFactory.create()


@pytest.fixture
def secret(agent: Agent, listening: Receiver) -> str:
    return register_endpoint(agent, listening.url)[1]
