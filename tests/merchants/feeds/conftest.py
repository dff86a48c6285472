from __future__ import annotations

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _public_shop(settings: Settings) -> None:
    settings.PUBLIC_BASE_URL = "https://shop.example"
