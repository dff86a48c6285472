"""Other shops' product exports, as they came: data outside the project.

`CATALOG_EXPORTS` names the directory, by default beside the checkout. Tests that need them are skipped without.
"""

from __future__ import annotations

import os
from pathlib import Path

EXPORTS = Path(os.environ.get("CATALOG_EXPORTS") or Path(__file__).parents[2] / "shared/catalogs")


def export(name: str) -> Path:
    """Return the path of a shop's Shopify export, whether or not it is there."""
    return EXPORTS / f"shopify_{name}.csv"
