"""Import a large catalog and print what it took: `python -m tests.bench.imports --variants 100000`."""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from commerce.embedded import EmbeddedPostgres
from tests.bench import report
from tests.bench.stack import wait_until_quiet

PROJECT = Path(__file__).parents[2]
SIZES = ("S", "M", "L", "XL")
MERCHANT = "bench"
LIMIT_SECONDS = 90
LIMIT_MEGABYTES = 300

_WORDS = "A wide tote of heavy cotton canvas with a flat base, so that it stands by itself while you load it."
_HTML = f"<p>{_WORDS}</p><ul><li>Holds 20 liters</li><li>Inner pocket for keys</li><li>Machine washable</li></ul>"


@dataclass(frozen=True, slots=True)
class Run:
    what: str
    seconds: float
    megabytes: float
    processor_seconds: float


def shopify_rows(products: int) -> Iterator[dict[str, str]]:
    for number in range(products):
        first = {
            "Title": f"Canvas Tote {number}",
            "Body (HTML)": _HTML,
            "Vendor": "Fogline",
            "Type": "Bags",
            "Tags": "bags, cotton, everyday",
            "Published": "true",
            "Option1 Name": "Size",
            "Status": "active",
        }
        for place, size in enumerate(SIZES):
            picture = f"https://cdn.example.com/products/{number}/{size}.jpg"
            yield {
                "Handle": f"tote-{number}",
                **(first if place == 0 else {}),
                "Option1 Value": size,
                "Variant SKU": f"TOTE-{number}-{size}",
                "Variant Grams": "420",
                "Variant Inventory Tracker": "shopify",
                "Variant Inventory Qty": "25",
                "Variant Inventory Policy": "deny",
                "Variant Price": "34.00",
                "Variant Compare At Price": "",
                "Variant Requires Shipping": "true",
                "Variant Taxable": "true",
                "Variant Barcode": "2910042000013",
                "Image Src": picture,
                "Image Position": str(place + 1),
                "Image Alt Text": "The tote from the front",
                "Variant Image": picture,
            }


def write_shopify(path: Path, *, products: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, next(shopify_rows(1)).keys())
        writer.writeheader()
        writer.writerows(shopify_rows(products))


def measured(what: str, arguments: list[str], environment: dict[str, str]) -> Run:
    """Run a management command as a process of its own."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{what} ended with {process.returncode}")
    seconds = time.monotonic() - started
    return Run(what, seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def runs(folder: Path, environment: dict[str, str], *, products: int) -> Iterator[Run]:
    shopify, own = folder / "shopify.csv", folder / "own.csv"
    write_shopify(shopify, products=products)

    def command(what: str, *arguments: str) -> Run:
        return measured(what, [*arguments, "--merchant", MERCHANT], environment)

    yield command("Shopify, preview of new products", "import_products", str(shopify), "--preview")
    yield command("Shopify, new products", "import_products", str(shopify))
    yield command("Shopify, again: nothing changes", "import_products", str(shopify))
    yield command("export as our own CSV", "export_products", "--file", str(own))
    yield command("our own, nothing changes", "import_products", str(own))
    _empty(environment["DATABASE_URL"])
    yield command("our own, new products", "import_products", str(own))


def _empty(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE catalog_product, catalog_variant, catalog_media, inventory_stockitem CASCADE")


def _prepare(environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=PROJECT, env=environment, check=True)
    make: Callable[[str], str] = (
        "from commerce.accounts.models import Merchant; Merchant.objects.create(slug='{}', name='Bench')".format
    )
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", make(MERCHANT)],
        cwd=PROJECT,
        env=environment,
        check=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.imports", description=__doc__)
    parser.add_argument("--variants", type=int, default=100_000)
    options = parser.parse_args()
    products = options.variants // len(SIZES)
    report.console.print(f"waiting for a quiet machine: {wait_until_quiet():.2f} cores are busy")
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        folder = Path(directory)
        server = EmbeddedPostgres(folder)
        environment = {
            **os.environ,
            "DATABASE_URL": server.attach(),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "DATA_DIR": directory,
        }
        try:
            _prepare(environment)
            done = list(runs(folder, environment, products=products))
        finally:
            server.detach()
    report.table(
        f"{products * len(SIZES)} variants of {products} products",
        ("", "seconds", "of them processor", "MB at most"),
        [(run.what, run.seconds, run.processor_seconds, run.megabytes) for run in done],
    )
    is_good = all(run.seconds < LIMIT_SECONDS and run.megabytes < LIMIT_MEGABYTES for run in done)
    words = "kept" if is_good else "not kept"
    report.console.print(f"the limits of {LIMIT_SECONDS} s and {LIMIT_MEGABYTES} MB are {words}")


if __name__ == "__main__":
    main()
