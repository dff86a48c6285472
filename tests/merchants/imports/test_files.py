from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest

from merchants.imports.reading import UnreadableFileError
from merchants.imports.shopify import read_products
from tests.merchants.imports.files import first, write


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("utf-8", ";"), ("utf-8", "\t")])
def test_reads_marks_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = write(tmp_path, first(Title="Mügge, groß; schön"), encoding=encoding, delimiter=delimiter)

    (product,) = read_products(path, currency="usd")

    assert product.data is not None
    assert product.data.title == "Mügge, groß; schön"


def test_column_names_may_be_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(" handle ,TITLE,variant price,Variant sku\nmug,Mug,12,M1\n")

    (product,) = read_products(path, currency="usd")

    assert product.data is not None
    assert product.data.variants[0].sku == "M1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Name,Price\nMug,12\n", "has no column Handle, Title, Variant Price"),
        (b"Handle,Title,Variant Price\nmug,M\xfcgge,12\n", "is not text in UTF-8"),
        ("Handle,Title,Variant Price\nmug,Mug,12\n".encode("utf-16"), "is not text in UTF-8"),
        (b'Handle,Title,Variant Price\nmug,"Mug,12\nno,end,3\n', "is not a whole CSV file"),
        (b"Handle,Title,Variant Price\nmug," + b"x" * 1_000_001 + b",12\n", "is not a whole CSV file"),
    ],
)
def test_unreadable_file_is_refused_before_the_first_product(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=words):
        read_products(path, currency="usd")


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFileError, match="cannot be opened"):
        read_products(tmp_path / name, currency="usd")


def test_row_with_too_many_cells_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text("Handle,Title,Variant Price\n\nmug,Mug,12,what is this\n")

    (product,) = read_products(path, currency="usd")

    assert [(problem.row, problem.column) for problem in product.problems] == [(3, "")]


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Handle", "Title", "Body (HTML)", "Variant Price"])
        writer.writerows([f"mug-{number}", "Mug", "x" * 10_000, "12"] for number in range(600))
    tracemalloc.start()

    count = sum(1 for _ in read_products(path, currency="usd"))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 600
    assert peak < 2_000_000
