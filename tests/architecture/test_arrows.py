"""The arrows of the house, also where an import cannot show them."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from django.apps import apps
from django.db.models import ForeignKey, Model

ROOT = Path(__file__).parents[2]
PACKAGES = ("agents", "commerce", "merchants")


def floors() -> dict[str, int]:
    """Return each package of commerce with its floor, the highest first."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["name"] == "The floors of commerce")
    return {name.strip(): number for number, layer in enumerate(layers) for name in layer.split("|")}


def place(model: type[Model]) -> tuple[str, str]:
    first, second, *_ = model.__module__.split(".")
    return first, second


def test_imports_follow_the_contracts() -> None:
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout[-3000:]


def test_foreign_keys_follow_the_same_arrows() -> None:
    floor = floors()
    for model in apps.get_models():
        house, room = place(model)
        if house not in PACKAGES:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey):
                continue
            other_house, other_room = place(field.related_model)
            if house == other_house == "commerce":
                assert floor[room] <= floor[other_room], f"{model.__name__}.{field.name}"
            elif other_house in PACKAGES:
                assert other_house in ("commerce", house), f"{model.__name__}.{field.name}"


def modules() -> list[Path]:
    return [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts
    ]


def test_modules_and_functions_stay_readable() -> None:
    for path in modules():
        text = path.read_text()
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 60, f"{path}:{node.name} has {length} lines"


def test_no_signals_and_no_save_with_effects() -> None:
    for path in modules():
        assert "django.db.models.signals" not in path.read_text(), path
    for model in apps.get_models():
        if place(model)[0] in PACKAGES:
            assert "save" not in vars(model), f"{model.__name__} hides effects in save()"
