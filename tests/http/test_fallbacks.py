from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/acp/checkout_sessions", "/catalog/search", "/.well-known/acp.json"])
def test_a_foreign_host_gets_json_from_the_api(path: str) -> None:
    response = Client().get(path, headers={"Host": "evil.example", "Request-Id": "r1"})

    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert response.json()["type"] == "invalid_request"
    assert response["Request-Id"] == "r1"


def test_a_foreign_host_gets_a_page_elsewhere() -> None:
    response = Client().get("/", headers={"Host": "evil.example"})

    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize("path", ["/catalog/nothing", "/.well-known/nothing.json"])
def test_an_unknown_address_of_the_api_is_json(path: str) -> None:
    response = Client().get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
