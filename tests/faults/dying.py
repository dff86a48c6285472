"""Ways to die at a step of somebody else's code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any


def die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def nth(number: int) -> Callable[[object], bool]:
    """Say yes the n-th time one is asked."""
    asked = count(1)
    return lambda _: next(asked) == number


def before(module: Any, name: str, *, when: Callable[[Any], bool] = lambda _: True) -> None:
    """Die instead of calling a function."""
    original = getattr(module, name)

    def dying(*args: Any, **options: Any) -> Any:
        return die() if when(None) else original(*args, **options)

    setattr(module, name, dying)


def after(module: Any, name: str, *, when: Callable[[Any], bool] = lambda _: True) -> None:
    """Die once a function has returned."""
    original = getattr(module, name)

    def dying(*args: Any, **options: Any) -> Any:
        result = original(*args, **options)
        if when(result):
            die()
        return result

    setattr(module, name, dying)
