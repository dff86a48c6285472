"""A request's query string as a shape: checked like a body, and documented from the same declaration."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel, BeforeValidator, ValidationError

from agents.errors import RequestError

Shape = TypeVar("Shape", bound=BaseModel)


def read_query(shape: type[Shape], query: QueryDict) -> Shape:
    """Read the parameters of a query string. Raises RequestError, which names the one that is wrong."""
    declared = _declared(shape)
    unknown = next((name for name in query if name not in declared), None)
    if unknown is not None:
        text = f"There is no parameter {unknown[:50]!r} here; there are {', '.join(declared)}."
        raise RequestError(400, "invalid", text)
    given: dict[str, Any] = {}
    for name in query:
        values = [value.replace("\x00", " ") for value in query.getlist(name)]
        given[name] = values if declared[name].get("type") == "array" else values[-1]
    try:
        return shape.model_validate(given)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        text = f"{first['loc'][0] if first['loc'] else ''} {first['msg'].removeprefix('Value error, ')}".strip()
        raise RequestError(400, "invalid", text if text.endswith(".") else f"{text}.") from problem


def whole_number(least: int, most: int) -> BeforeValidator:
    """Return what reads a whole number from a query, whose values are texts."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            if not (value.isascii() and value.isdigit() and len(value) <= len(str(most))):
                raise ValueError(f"must be a number from {least} to {most}")
            value = int(value)
        if isinstance(value, int) and not least <= value <= most:
            raise ValueError(f"must be a number from {least} to {most}")
        return value

    return BeforeValidator(read)


def parameters_of(shape: type[BaseModel]) -> list[OpenApiParameter]:
    """Return a shape's fields as parameters, for `extend_schema`."""
    return [
        OpenApiParameter(
            name,
            {part: value for part, value in declared.items() if part not in _TOLD_OTHERWISE},
            description=declared.get("description", ""),
            deprecated=declared.get("deprecated", False),
        )
        for name, declared in _declared(shape).items()
    ]


_TOLD_OTHERWISE = ("title", "description", "deprecated")


@lru_cache(maxsize=16)
def _declared(shape: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each field, references written out and null left away: a query has none."""
    whole = shape.model_json_schema()
    return {name: _resolved(part, whole.get("$defs", {})) for name, part in whole.get("properties", {}).items()}


def _resolved(part: dict[str, Any], named: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in part.items() if name not in ("anyOf", "$ref") and value is not None}
    if "$ref" in part:
        return {**named[part["$ref"].rpartition("/")[2]], **rest}
    kinds = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return {**_resolved(kinds[0], named), **rest} if kinds else rest
