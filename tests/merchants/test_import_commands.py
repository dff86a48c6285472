from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from tests.factories import MerchantFactory
from tests.merchants.imports.files import first, further, write
from tests.merchants.imports.files_as_read import SAMPLES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    MerchantFactory.create(slug="harbor", name="Harbor Supply")


def run(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def cells(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]


def test_import_says_what_it_did(tmp_path: Path) -> None:
    path = write(tmp_path, first(Option1_Name="Color", Option1_Value="Red"), further(Option1_Value="Blue"))

    out = run("import_products", path, "--merchant", "harbor")

    assert "products.csv: Shopify product CSV (CSV, UTF-8), 2 rows, 1 products, for Harbor Supply" in out
    assert cells(out) == [
        ["Products", "1", "0", "0", "0"],
        ["Variants", "2", "0", "0", "0"],
        ["Stock", "2", "0", "", ""],
    ]
    assert Variant.objects.count() == 2


def test_preview_shows_fields_and_changes_nothing(tmp_path: Path) -> None:
    run("import_products", write(tmp_path, first(), first(Handle="pan", Title="Pan")), "--merchant", "harbor")
    path = write(
        tmp_path, first(Variant_Price="14.00"), first(Handle="pan", Title="Pan"), first(Handle="pot", Title="Pot")
    )

    out = run("import_products", path, "--merchant", "harbor", "--preview")

    assert "Nothing was changed. This is what an import would do:" in out
    assert cells(out)[:2] == [
        ["2", "camp-mug", "updated", "", "price", "12.00 USD", "14.00 USD"],
        ["4", "pot", "created", "", "", "", "Pot"],
    ]
    assert (Product.objects.count(), Variant.objects.filter(price_minor=1400).count()) == (2, 0)


def test_preview_of_nothing_new(tmp_path: Path) -> None:
    path = write(tmp_path, first())
    run("import_products", path, "--merchant", "harbor")

    assert "No product would change." in run("import_products", path, "--merchant", "harbor", "--preview")


class Terminal(StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "price", "tables"), [("y\n", 1400, 2), ("\n", 1200, 1), ("", 1200, 1)])
def test_terminal_is_shown_the_changes_and_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, price: int, tables: int
) -> None:
    run("import_products", write(tmp_path, first()), "--merchant", "harbor")
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    out = run("import_products", write(tmp_path, first(Variant_Price="14.00")), "--merchant", "harbor")

    assert cells(out)[0] == ["2", "camp-mug", "updated", "", "price", "12.00 USD", "14.00 USD"]
    assert "Import it now? [y/N]" in out
    assert out.count("│ Products") == tables
    assert Variant.objects.get().price_minor == price


def test_terminal_is_not_asked_for_nothing_or_against_its_will(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    path = write(tmp_path, first())

    run("import_products", path, "--merchant", "harbor", "--no-input")
    again = run("import_products", path, "--merchant", "harbor")

    assert Variant.objects.count() == 1
    assert "No product would change." in again
    assert "[y/N]" not in again


def test_stock_is_recounted_only_where_asked(tmp_path: Path) -> None:
    run("import_products", write(tmp_path, first()), "--merchant", "harbor")
    path = write(tmp_path, first(Variant_Inventory_Qty="9"))

    run("import_products", path, "--merchant", "harbor")
    assert StockItem.objects.get().on_hand == 5
    run("import_products", path, "--merchant", "harbor", "--recount")
    assert StockItem.objects.get().on_hand == 9


def test_rows_left_out_end_with_their_own_code(tmp_path: Path) -> None:
    path = write(tmp_path, first(), first(Handle="pan", Title="Pan", Variant_Price="[red]"))
    problems = tmp_path / "problems.csv"

    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_products", str(path), merchant="harbor", problems=problems, stdout=out)

    assert ended.value.code == 3
    assert Product.objects.get().handle == "camp-mug"
    assert "Not imported: 1" in out.getvalue()
    assert "[red]" in out.getvalue()
    with problems.open(encoding="utf-8-sig", newline="") as file:
        (problem,) = csv.DictReader(file)
    assert (problem["row"], problem["severity"], problem["column"], problem["value"]) == (
        "3",
        "error",
        "Variant Price",
        "[red]",
    )


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Artikel,Preis\nmug,12\n")

    run(
        "import_products",
        path,
        "--merchant",
        "harbor",
        "--format",
        "own",
        "--mapping",
        "handle=Artikel",
        "price = Preis",
    )

    assert Variant.objects.get().price_minor == 1200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv", "--merchant", "harbor"], "missing.csv cannot be opened: No such file or directory"),
        (["list.csv", "--merchant", "nowhere"], "There is no merchant 'nowhere'. There are: harbor."),
        (["list.csv", "--merchant", "harbor"], "has the columns Artikel, Preis"),
        (["list.csv", "--merchant", "harbor", "--format", "xml"], "invalid choice: 'xml'"),
        (["list.csv", "--merchant", "harbor", "--mapping", "price"], "'price' is not COLUMN=NAME"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("Artikel,Preis\nmug,12\n")

    with pytest.raises(CommandError) as refused:
        run("import_products", *arguments)

    assert words in str(refused.value)
    assert not Product.objects.exists()


def test_problems_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run(
            "import_products",
            write(tmp_path, first()),
            "--merchant",
            "harbor",
            "--problems",
            tmp_path / "no" / "x.csv",
        )


def test_export_goes_to_a_file_or_out(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run("import_products", SAMPLES / "own.csv", "--merchant", "harbor")
    path = tmp_path / "export.csv"

    run("export_products", "--merchant", "harbor", "--file", path)
    out = run("export_products", "--merchant", "harbor")

    assert path.read_bytes().decode() == out
    assert cells(run("import_products", path, "--merchant", "harbor"))[0] == ["Products", "0", "0", "3", "0"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--merchant", "nowhere"], "There is no merchant 'nowhere'"),
        (["--merchant", "harbor", "--file", "/nowhere/x.csv"], "/nowhere/x.csv cannot be written"),
    ],
)
def test_export_refuses(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("export_products", *arguments)
