"""Files of the samples, and files made of a few lines, as their format's reader reads them."""

from __future__ import annotations

from pathlib import Path

from commerce.catalog.product_data import ProductData, VariantData
from merchants.imports.product_files import ProductFile, open_products
from merchants.imports.reading import Problem, ReadProduct, ShopLocale

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str, *, currency: str = "usd", time_zone: str = "UTC") -> ProductFile:
    return open_products(SAMPLES / name, locale=ShopLocale(currency, time_zone))


def text_file(folder: Path, content: str) -> ProductFile:
    path = folder / "products.csv"
    path.write_text(content, encoding="utf-8", newline="")
    return open_products(path, locale=ShopLocale("usd", "America/New_York"))


def by_handle(file: ProductFile) -> dict[str, ReadProduct]:
    return {product.handle: product for product in file.read()}


def data(product: ReadProduct) -> ProductData:
    assert product.data is not None
    return product.data


def only(product: ReadProduct) -> VariantData:
    (variant,) = data(product).variants
    return variant


def told(problems: tuple[Problem, ...]) -> list[tuple[str, int, str, str]]:
    return [(problem.severity, problem.row, problem.column, problem.value) for problem in problems]
