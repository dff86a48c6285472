"""Failures that the model is told of, so that it can do something else. Bugs and interrupts are not among them."""

from __future__ import annotations

import json
from typing import Any


class ToolFault(Exception):  # a fault is told to the model, an error ends the turn
    """What a tool could not do, in words for the model. `param` is the way to what is wrong in the request."""

    def __init__(self, code: str, message: str, *, param: str = "", next_step: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.param, self.next_step = code, message, param, next_step

    def content(self) -> str:
        """Return what the model reads."""
        error = {"code": self.code, "message": self.message}
        if self.param:
            error["param"] = self.param
        told: dict[str, Any] = {"error": error}
        if self.next_step:
            told["next_step"] = self.next_step
        return json.dumps(told, ensure_ascii=False)
