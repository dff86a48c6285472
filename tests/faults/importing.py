"""A worker, or a command, that imports and kills itself at a named step. Run by `test_killed_imports.py`.

python -m tests.faults.importing POINT work
python -m tests.faults.importing POINT import_products FILE --merchant SLUG
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - the settings come first

from merchants.imports import services, working  # noqa: E402
from tests.faults.dying import after, before, nth  # noqa: E402

POINTS: dict[str, Callable[[], None]] = {
    "in the first batch, before it is noted": lambda: before(working, "_keep"),
    "in the second batch, before the commit": lambda: after(working, "_checkpoint", when=nth(3)),
    "behind the last batch": lambda: before(working, "_end"),
    "in the second batch of a command": lambda: after(services, "upsert_stocked_products", when=nth(2)),
}


def main(point: str, command: str, *arguments: str) -> None:
    services.BATCH_PRODUCTS = 4
    POINTS[point]()
    if command == "work":
        working.work()
    else:
        call_command(command, *arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
