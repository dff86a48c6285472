"""How the back office looks, and where it finds its menu and its first page. Read by the settings."""

from __future__ import annotations

from typing import Any


def theme(static_url: str) -> dict[str, Any]:
    """Return what django-unfold is told. What points upward is a dotted path."""
    return {
        "SITE_TITLE": "Agentic commerce",
        "SITE_HEADER": "Agentic commerce",
        "SITE_SYMBOL": "storefront",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{static_url}commerce/icon.svg"}],
        "STYLES": [f"{static_url}commerce/{name}.css" for name in ("backoffice", "setup")],
        "BORDER_RADIUS": "6px",
        "COLORS": {
            "primary": {
                "50": "oklch(98.4% .014 180.7)",
                "100": "oklch(95.3% .035 181)",
                "200": "oklch(90% .06 182)",
                "300": "oklch(80% .085 184)",
                "400": "oklch(70% .1 185)",
                "500": "oklch(58% .1 186)",
                "600": "oklch(44% .075 187)",
                "700": "oklch(38% .065 188)",
                "800": "oklch(33% .055 189)",
                "900": "oklch(28% .045 190)",
                "950": "oklch(22% .035 191)",
            }
        },
        "DASHBOARD_CALLBACK": "merchants.home.page.home",
        "SIDEBAR": {
            "show_search": True,
            "command_search": True,
            "navigation": "merchants.admin.navigation.menu",
        },
        "ACCOUNT": {"navigation": "merchants.admin.navigation.account"},
    }
