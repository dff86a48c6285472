from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from pytest_django import Settings

from merchants.imports.opening import look_into
from merchants.imports.product_files import open_products, read_products
from merchants.imports.reading import ShopLocale, UnreadableFileError
from merchants.imports.tables import read_names, read_samples
from tests.merchants.imports.files import first, write


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_reads_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str, packed: bool) -> None:
    path = write(
        tmp_path,
        first(Title="M\u00fcgge, gro\u00df; sch\u00f6n | 5 \u20ac"),
        encoding=encoding,
        delimiter=delimiter,
    )
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))

    (product,) = read_products(path, currency="usd")

    assert product.data is not None
    assert product.data.title == "M\u00fcgge, gro\u00df; sch\u00f6n | 5 \u20ac"


def test_kind_of_file_is_told_in_words(tmp_path: Path) -> None:
    path = write(tmp_path, first(Title="M\u00fcgge"), encoding="cp1252", delimiter=";")
    path.write_bytes(gzip.compress(path.read_bytes()))

    text = look_into(path)

    assert text.wording == "CSV with semicolons, Windows-1252, gzip"
    assert [(note.severity, note.advice[:28]) for note in text.notes] == [
        ("notice", "It was read as Windows-1252.")
    ]


def test_excels_separator_line_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(b'\xef\xbb\xbf"sep=;"\r\n\r\nHandle;Title;Variant Price\r\nmug;Mug;"12,50"\r\npan;;9\r\n')

    mug, pan = read_products(path, currency="usd")

    assert mug.data is not None
    assert mug.data.variants[0].price_minor == 1250
    assert (mug.row, pan.problems[0].row) == (4, 5)


def test_one_broken_character_does_not_change_the_others(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(
        "Handle,Title,Variant Price\nmug,Gr\u00fcne gro\u00dfe M\u00fcgge \u2013 sch\u00f6n \xff,12\n".encode().replace(
            b"\xc3\xbf", b"\xff"
        )
    )

    file = open_products(path, locale=ShopLocale("usd"))
    (product,) = file.read()

    assert product.data is not None
    assert product.data.title == "Gr\u00fcne gro\u00dfe M\u00fcgge \u2013 sch\u00f6n \ufffd"
    assert [note.advice[:33] for note in file.notes] == ["The file has 1 broken characters,"]


def test_column_names_may_be_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(" handle ,TITLE,variant price,Variant sku\nmug,Mug,12,M1\n")

    (product,) = read_products(path, currency="usd")

    assert product.data is not None
    assert product.data.variants[0].sku == "M1"


def zipped(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b"Handle,Title,Variant Price\n" * 99, mtime=0)[:-9], "is not whole: it cannot be unpacked"),
        (b"\x1f\x8bnot really", "is not whole: it cannot be unpacked"),
        (b'Handle,Title,Variant Price\nmug,"Mug,12\nno,end,3\n', "is not a whole CSV file"),
        (b"Handle,Title,Variant Price\nmug," + b"x" * 1_000_001 + b",12\n", "is not a whole CSV file"),
        (b"Handle,Title,Variant Price\nmug,M\x81\x8d\x8f,12\n", "neither in UTF-8 nor in Windows-1252"),
        (b"\x00\x01\x02\x03" * 100, "is no text"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an old Excel workbook"),
        (zipped("xl/workbook.xml"), "is an Excel workbook. In Excel choose “Save as” and “CSV UTF-8”"),
        (zipped("content.xml"), "is a spreadsheet of LibreOffice"),
        (zipped("products.csv"), "is a ZIP archive. Unpack it"),
        (b"PK\x03\x04 broken", "is a ZIP archive"),
        (b"PAR1", "is a Parquet file"),
        (b'<?xml version="1.0"?><rss><channel/></rss>', "is an XML file"),
        (b"<!DOCTYPE html><title>Log in</title>", "is a web page, perhaps one that asks to log in"),
        (b'[{"id": 1}]', "is a JSON array. Write one JSON object a line"),
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


def test_text_behind_the_limit_is_refused(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORT_MAX_UNPACKED_BYTES = 2_000_000
    path = tmp_path / "bomb.csv"
    path.write_bytes(gzip.compress(b"Handle,Title,Variant Price\n" + b"mug,Mug,12\n" * 300_000))

    with pytest.raises(UnreadableFileError, match="has more than 2 MB of text"):
        read_products(path, currency="usd")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_no_encoding_evades_the_limit(tmp_path: Path, settings: Settings, encoding: str) -> None:
    settings.IMPORT_MAX_UNPACKED_BYTES = 20_000
    path = tmp_path / "bomb.csv"
    path.write_bytes(
        gzip.compress(("Handle,Title,Variant Price\n" + "mug,M\u00fcg,12\n" * 3_000).encode(encoding))
    )

    with pytest.raises(UnreadableFileError, match="has more than 0 MB of text"):
        look_into(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("Handle" + "," * 2_000 + "\n", "has more than 2,000 columns"),
        ("".join(f'{{"name {number}": 1}}\n' for number in range(2_001)), "has more than 2,000 columns"),
        ("Handle" + "," * 4_000_000 + "\n", "has a line that is too long"),
        ("Handle," + '"\n",' * 1_000_001 + "\n", "has a line that is too long"),
        ('{"a":' + " " * 4_000_000 + "1}", "has a line that is too long"),
    ],
)
def test_header_beyond_all_reason_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "products.csv"
    path.write_text(content)

    with pytest.raises(UnreadableFileError, match=words):
        read_names(look_into(path))


def test_lines_behind_all_reason_are_refused(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORT_MAX_ROWS = 100
    path = tmp_path / "products.csv"
    path.write_text("handle,price\n" + '"' + "\n" * 1_000 + '",1\n')

    with pytest.raises(UnreadableFileError, match="has too many lines"):
        look_into(path)


@pytest.mark.parametrize("content", ["handle,price\n" + "\n" * 100, '{"item_id": "A"}\n' + "{}\n" * 100])
def test_rows_behind_the_limit_are_refused(tmp_path: Path, settings: Settings, content: str) -> None:
    settings.IMPORT_MAX_ROWS = 100
    path = tmp_path / "products.csv"
    path.write_text(content)
    text = look_into(path)

    with pytest.raises(UnreadableFileError, match="has more than 100 rows"):
        read_samples(text, read_names(text))


def test_directory_of_an_archive_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "products.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(8_000_000) + zipped("xl/workbook.xml"))
    tracemalloc.start()

    with pytest.raises(UnreadableFileError, match="is an Excel workbook"):
        look_into(path)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


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


def test_a_file_in_no_order_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Handle", "Title", "Option1 Value", "Variant Price", "Body (HTML)"])
        for size in ("S", "M"):
            writer.writerows([f"mug-{number}", "Mug", size, "12", "x" * 10_000] for number in range(300))
    tracemalloc.start()

    counts = [len(product.variant_rows) for product in read_products(path, currency="usd")]

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts == [2] * 300
    assert peak < 3_000_000


@pytest.mark.parametrize("others", ["", "pan,Pan,M,9\n"])
def test_column_that_says_the_same_of_all_rows_makes_no_endless_product(tmp_path: Path, others: str) -> None:
    path = tmp_path / "products.csv"
    rows = "mug,Mug,S,12\n" * 2_500
    path.write_text(f"Handle,Title,Option1 Value,Variant Price\n{rows}{others}{rows}mug,Mug,S,12\npot,Pot,,7\n")

    products = {product.handle: product for product in read_products(path, currency="usd")}

    assert [handle for handle, product in products.items() if product.data] == [*filter(None, [others[:3]]), "pot"]
    assert [(one.row, one.severity, one.advice[:42]) for one in products["mug"].problems] == [
        (2, "error", "More than 5,000 rows are this product: loo")
    ]
