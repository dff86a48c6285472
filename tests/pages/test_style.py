from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

ROOT = Path(__file__).parents[2]


def stylesheet() -> str:
    found = finders.find("commerce/site.css")
    assert isinstance(found, str)
    return Path(found).read_text()


def palettes() -> list[dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", stylesheet(), re.DOTALL)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", block)) for block in blocks]


def luminance(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "page"),
        ("ink", "card"),
        ("ink", "good"),
        ("ink", "ended"),
        ("faint", "page"),
        ("faint", "card"),
        ("accent", "page"),
        ("accent", "card"),
        ("on-accent", "accent"),
    ],
)
def test_contrast_is_enough_for_everybody(mode: int, ink: str, ground: str) -> None:
    palette = palettes()[mode]

    assert contrast(palette[ink], palette[ground]) >= 4.5


def test_nothing_comes_from_elsewhere() -> None:
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()
    for template in (ROOT / "templates").rglob("*.html"):
        html = template.read_text()
        assert not re.search(
            r"<script(?! src=\"{% static )|style=|\son[a-z]+=|(?:src|href)=\"(?:https?:)?//", html
        ), template
        assert "|safe" not in html, template
