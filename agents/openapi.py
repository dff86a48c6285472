"""The OpenAPI document, written from the same shapes that requests are checked against."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, RootModel
from typing_extensions import is_typeddict


def close_shapes(names: Mapping[str, Any]) -> None:
    """Make every TypedDict of a module a closed shape: no field beside the declared ones."""
    for shape in names.values():
        if is_typeddict(shape):
            shape.__pydantic_config__ = ConfigDict(extra="forbid")


@lru_cache(maxsize=64)
def body_of(shape: type) -> type[RootModel[Any]]:
    """Return a model of a body's shape, for `extend_schema`."""
    name = f"{shape.__name__}Response"
    return type(name, (RootModel[shape],), {"__doc__": shape.__doc__})  # type: ignore[valid-type]
