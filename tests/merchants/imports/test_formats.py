"""Which format a file is in is seen from its columns; where it is none, the error says what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from merchants.imports.formats import FORMATS, UnknownColumnError
from merchants.imports.product_files import ProductFile, open_products
from merchants.imports.reading import ShopLocale, UnreadableFileError
from tests.merchants.imports.files_as_read import SAMPLES, data, told


def opened(folder: Path, content: str, **options: object) -> ProductFile:
    path = folder / "a file of any name.bin"
    path.write_text(content)
    return open_products(path, locale=ShopLocale("usd"), **options)  # type: ignore[arg-type] # as they are


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("shopify_2026.csv", "shopify"),
        ("woocommerce.csv", "woocommerce"),
        ("google.tsv", "google"),
        ("openai.jsonl", "openai"),
        ("openai_2025.csv", "openai"),
        ("own.csv", "own"),
    ],
)
def test_samples_are_found_by_their_content(tmp_path: Path, name: str, code: str) -> None:
    path = tmp_path / "products.dat"
    path.write_bytes((SAMPLES / name).read_bytes())

    assert open_products(path, locale=ShopLocale("usd")).format.code == code


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Handle,Title,Variant Price", "shopify"),
        ("URL handle,Title,Price", "shopify"),
        ("handle,price", "own"),
        ("handle,title,price,on_hand", "own"),
        ("Name,Regular price", "woocommerce"),
        ("id,title,price,availability,link,image_link,gtin", "openai"),  # OpenAI tries its own format first, too
        ("id,title,price,availability,link,image_link,shipping_weight", "google"),
        ("g:id,g:title,g:price,g:shipping_weight", "google"),
        ("id,title,price,availability,enable_search", "openai"),
        ("item_id,title,price", "openai"),
    ],
)
def test_least_headers(tmp_path: Path, header: str, code: str) -> None:
    assert opened(tmp_path, f"{header}\n").format.code == code


def test_what_is_no_format_says_what_was_seen_and_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        opened(tmp_path, "Title;Colour;Amount\n")

    text = refused.value.message
    assert "(CSV with semicolons, UTF-8) has the columns Title, Colour, Amount." in text
    assert "That is no format known here." in text
    assert "Shopify product CSV: Handle, Title, Variant Price" in text
    for kind in FORMATS.values():
        assert kind.name in text


def test_given_format_names_the_columns_it_misses(tmp_path: Path) -> None:
    with pytest.raises(
        UnreadableFileError, match="For Shopify product CSV it has no column Handle, Variant Price"
    ):
        opened(tmp_path, "Title,Price\n", format_code="shopify", mapping={"Variant Price": ""})


def test_columns_can_be_named_by_hand(tmp_path: Path) -> None:
    content = "Artikel,Bezeichnung,Preis,Price\nmug,Becher,12.50,99\n"

    file = opened(
        tmp_path,
        content,
        mapping={"handle": "Artikel", "title": "Bezeichnung", "price": "Preis"},
        format_code="own",
    )
    (product,) = file.read()

    assert (data(product).handle, data(product).title) == ("mug", "Becher")
    assert data(product).variants[0].price_minor == 1250
    assert [(note.column, note.severity) for note in file.notes] == [("Price", "notice")]


def test_mapping_helps_to_find_the_format(tmp_path: Path) -> None:
    file = opened(tmp_path, "Nom,Regular price\nTasse,9\n", mapping={"name": "Nom"})

    assert file.format.code == "woocommerce"


def test_problem_names_the_column_as_the_file_does(tmp_path: Path) -> None:
    file = opened(tmp_path, "handle,title,Preis\nmug,Mug,viel\n", mapping={"price": "Preis"}, format_code="own")

    (product,) = file.read()

    assert told(product.problems) == [("error", 2, "Preis", "viel")]


def test_column_that_is_not_to_be_read_is_not(tmp_path: Path) -> None:
    file = opened(tmp_path, "handle,title,price,brand\nmug,Mug,9,Fogline\n", mapping={"brand": ""})

    (product,) = file.read()

    assert "brand" in data(product).kept


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"colour": "brand"}, "our own product CSV has no column “colour”. It has: handle, title,"),
        ({"brand": "Marke"}, "The file has no column “Marke”. It has: handle, price, brand."),
    ],
)
def test_mapping_of_what_is_not_there_is_refused(tmp_path: Path, mapping: dict[str, str], words: str) -> None:
    with pytest.raises(UnknownColumnError) as refused:
        opened(tmp_path, "handle,price,brand\n", mapping=mapping)

    assert words in refused.value.message


def test_no_column_is_spelt_like_another_of_its_format() -> None:
    for kind in FORMATS.values():
        for column in kind.columns:
            assert all(kind.column(name) is column for name in (column.name, *column.written)), column


def test_two_products_never_become_one(tmp_path: Path) -> None:
    file = opened(tmp_path, "id,item_group_id,title,price\nmug,,Mug,1.00 USD\nA,mug,Mug,2.00 USD\n")

    first, second = file.read()

    assert (data(first).handle, second.data) == ("mug", None)
    assert told(second.problems) == [("error", 3, "", "mug")]
    assert second.problems[0].advice == "Give it its own handle: row 2 became the same. This one was left out."
