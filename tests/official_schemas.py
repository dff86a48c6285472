"""The protocol's official JSON schemas, unpatched, as an agent would use them.

They are data outside the project: `ACP_SPEC_DIR`, by default beside the checkout. Where they are absent the
API tests run without them and one test says so; with `CI=true` their absence fails.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

SPEC_DIR = Path(os.environ.get("ACP_SPEC_DIR") or Path(__file__).parents[2] / "shared/protocols/acp-spec")
VERSION = "2026-04-17"


def are_present() -> bool:
    return (SPEC_DIR / VERSION / "json-schema").is_dir()


def check_shape(body: Any, definition: str, *, file: str = "schema.agentic_checkout.json") -> None:
    """Fail unless a body fits a definition of the official schema, its formats included."""
    if not are_present():
        assert os.environ.get("CI") != "true", f"the official schemas are missing at {SPEC_DIR}"
        return
    problems = sorted(_validator(file, definition).iter_errors(body), key=lambda one: one.json_path)
    assert not problems, "; ".join(f"{one.json_path}: {one.message}"[:300] for one in problems[:5])


def check_schema(body: Any, schema: dict[str, Any]) -> None:
    """Fail unless a body fits a schema that refers to the official checkout schema."""
    if are_present():
        problems = list(_with_registry(schema).iter_errors(body))
        assert not problems, "; ".join(f"{one.json_path}: {one.message}"[:300] for one in problems[:5])


@lru_cache(maxsize=32)
def _validator(file: str, definition: str) -> Draft202012Validator:
    return _with_registry({"$ref": f"{_load(file)['$id']}#/$defs/{definition}"})


def _with_registry(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=_registry(), format_checker=FormatChecker())


@lru_cache(maxsize=8)
def _load(file: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SPEC_DIR / VERSION / "json-schema" / file).read_text())
    return loaded


@lru_cache(maxsize=1)
def _registry() -> Registry[Any]:
    """Know each file under its own id, and under its name beside every other file's id."""
    files = sorted((SPEC_DIR / VERSION / "json-schema").glob("*.json"))
    bases = {_load(file.name)["$id"].rsplit("/", 1)[0] for file in files if "$id" in _load(file.name)}
    resources: list[tuple[str, Resource[Any]]] = []
    for file in files:
        resource = Resource.from_contents(_load(file.name))
        names = [f"{base}/{file.name}" for base in bases]
        if own := _load(file.name).get("$id"):
            names.append(own)
        resources.extend((name, resource) for name in names)
    return Registry[Any]().with_resources(resources)
