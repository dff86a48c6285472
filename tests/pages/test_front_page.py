from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.pages.reading import Page


def test_says_what_runs_here_and_where_to_go() -> None:
    response = Client().get("/")

    shown = Page(response.content.decode())
    assert response.status_code == 200
    assert "2026-04-17" in shown.texts
    assert shown.links == [
        "#content",
        "/",
        "/chat/",
        "/products",
        "/llms.txt",
        "/docs/api",
        "/docs/openapi.json",
        "/.well-known/acp.json",
        "/admin/",
        "/health/ready",
    ]
    assert shown.tags.count("pre") == 4
    assert "script" not in shown.tags


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/chat/",
        "/products",
        "/llms.txt",
        "/docs/api",
        "/docs/openapi.json",
        "/.well-known/acp.json",
        "/health/ready",
    ],
)
def test_every_link_leads_somewhere(path: str) -> None:
    assert Client().get(path).status_code == 200


def test_style_is_served() -> None:
    response = Client().get("/static/commerce/site.css")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/css")


def test_unknown_address_says_so() -> None:
    response = Client().get("/no/such/page")

    assert response.status_code == 404
    assert "There is nothing here" in Page(response.content.decode()).texts


def test_failure_page_needs_no_context() -> None:
    assert "Something went wrong here" in Page(render_to_string("500.html")).texts
