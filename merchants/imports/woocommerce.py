"""WooCommerce's product CSV: a row a product, and a row a variation that names its parent by SKU or "id:123".

Products have no handle there; they are known by their ID, which stays, else by SKU or name. Source: the code of
WooCommerce's exporter and importer.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from commerce.catalog.models import Product
from commerce.catalog.product_data import PRODUCT_COLUMNS, MediaData, ProductData, VariantData
from commerce.tax.calculator import EXEMPT
from merchants.imports.cells import Told, web_address
from merchants.imports.format import Column, Format, Reader
from merchants.imports.reading import ReadProduct, Severity, ShopLocale
from merchants.imports.tables import Header, Row
from merchants.imports.text import plain_lines, readable
from merchants.imports.woocommerce_variants import (
    ReadVariants,
    VariantReader,
    attribute_numbers,
    image_urls,
    kinds,
)
from merchants.imports.wording import long_text, made_handle, split, split_words, title_or_handle, with_facts

_FIELDS = frozenset((*PRODUCT_COLUMNS, "media"))
_SOLD_HERE = frozenset(("simple", "variable", "virtual", "downloadable"))
_BY_ID = re.compile(r"id:\s*(\d+)")


class WooCommerceReader(Reader):
    sees_all_rows = True

    def __init__(self, header: Header, locale: ShopLocale) -> None:
        super().__init__(header, locale)
        self._keys: dict[str, str] = {}
        self._groups: dict[str, list[str]] = {}
        self._numbers = attribute_numbers(header)

    def see(self, row: Row) -> None:
        """Learn under which names variations may speak of a product, and what groups have it."""
        if "variation" in kinds(row):
            return
        if "grouped" in kinds(row):
            for member in split_words(row, "Grouped products"):
                self._groups.setdefault(_reference(member), []).append(_name(row))
        key = self.key(row)
        if number := row.text("ID"):
            self._keys.setdefault(f"id:{number}", key)
        if sku := self.sku(row):
            self._keys.setdefault(sku.casefold(), key)

    def key(self, row: Row) -> str:
        if "variation" in kinds(row):
            parent = row.text("Parent")
            return self._keys.get(_reference(parent), f"parent {parent}" if parent else "")
        number = row.text("ID")
        return f"woo-{number}" if number else self.sku(row) or row.text("Name")

    def sku(self, row: Row) -> str:
        return readable(row.raw("SKU")).lstrip("'")

    def read(self, rows: Sequence[Row]) -> ReadProduct:
        variations = [row for row in rows if "variation" in kinds(row)]
        parents = [row for row in rows if "variation" not in kinds(row)]
        if not parents:
            return _without_parent(variations)
        parent, *more = parents
        for row in more:
            row.report(
                "ID",
                f"Give the row its own ID: row {parent.number} has the same. It was left out.",
                Severity.ERROR,
            )
        key = self.key(parent)
        if not key:
            parent.report("Name", "Give the product a name, an SKU or an ID; it was left out.", Severity.ERROR)
        elif "grouped" in kinds(parent):
            _report_group(parent)
        elif "variable" in kinds(parent) and not variations:
            parent.report("Type", "Add its variations: the file has none. It was left out.", Severity.ERROR)
        else:
            return self._product(key, parent, variations)
        return ReadProduct(parent.number, key, None)

    def _product(self, key: str, parent: Row, variations: Sequence[Row]) -> ReadProduct:
        reader = VariantReader(parent, self.locale, self._numbers, self.first_rows)
        read = reader.of_variations(variations) if variations else reader.of_parent()
        rows = tuple(row.number for row in read.rows)
        _report_own_words(parent, variations)
        data = self._data(key, parent, read) if read.variants else None
        return ReadProduct(parent.number, key, data, variant_rows=rows)

    def _data(self, key: str, row: Row, read: ReadVariants) -> ProductData:
        told = Told(row)
        title = html.unescape(title_or_handle(row, "Name", key))
        told.values |= {"option_names": read.option_names} | ({} if row.is_blank("Name") else {"title": title})
        if row.has("Description") or row.has("Short description"):
            told.values["description"] = _description(row, read.facts)
        told.take("brand", "Brands", _first_word, blank="")
        told.take("category", "Categories", _category, blank="")
        if row.has("Tags"):
            told.values["tags"] = tuple(dict.fromkeys((*_tags(row), *self._groups_of(row))))
        if row.has("Tax status") or row.has("Tax class"):
            told.values["tax_code"] = _tax_code(row, read.rows)
        if (status := _status(row)) is not None:
            told.values["status"] = status
        if row.has("Images"):
            told.values["media"] = _media(row, read.variants)
        if "external" in kinds(row):
            told.take("url", "External URL", web_address, blank="")
        return ProductData(
            handle=made_handle(key),
            variants=read.variants,
            kept_options=read.kept_options,
            kept=told.kept(_FIELDS),
            **({"title": title} | told.values),
        )

    def _groups_of(self, row: Row) -> Iterable[str]:
        """Return the names of the groups that have a product."""
        references = (f"id:{row.text('ID')}", self.sku(row).casefold())
        return (name for one in references for name in self._groups.get(one, ()))


def _reference(said: str) -> str:
    """Bring what a row calls another by, its SKU or "id:123", to the form in which they are compared."""
    by_id = _BY_ID.fullmatch(said)
    return f"id:{by_id[1]}" if by_id else said.casefold()


def _name(row: Row) -> str:
    return readable(html.unescape(row.raw("Name")))[:100].rstrip()


def _report_group(row: Row) -> None:
    if row.has("Tags") and not row.is_blank("Grouped products"):
        row.report("Type", "A group is sold by its members here: they have its name as a tag.")
    else:
        advice = "Name its members, by which it is sold here, and have a column of tags; it was left out."
        row.report("Type", advice, Severity.ERROR)


def _without_parent(variations: Sequence[Row]) -> ReadProduct:
    for row in variations:
        if row.is_blank("Parent"):
            row.report("Parent", "Name the variation's parent by SKU or id:…; it was left out.", Severity.ERROR)
        else:
            row.report(
                "Parent",
                "Add that product, or correct its name: the file has none. The variation was left out.",
                Severity.ERROR,
            )
    return ReadProduct(variations[0].number, variations[0].text("Parent"), None)


def _description(row: Row, facts: Iterable[str]) -> str:
    """Put the short description before the long one, and behind them what attributes say."""
    parts = (plain_lines(_with_newlines(row.raw(column))) for column in ("Short description", "Description"))
    said = with_facts("\n".join(dict.fromkeys(part for part in parts if part)), facts)
    return long_text(row, "Description", said)


def _with_newlines(said: str) -> str:
    r"""Turn WooCommerce's "\n" into new lines; a backslash before it stood there already."""
    return re.sub(r"(\\)?\\n", lambda found: "\\n" if found[1] else "\n", said)


def _first_word(row: Row, column: str) -> str:
    return html.unescape(next(iter(split_words(row, column)), ""))[:100]


def _category(row: Row, column: str) -> str:
    """Return the deepest of the product's categories, the first of those."""
    paths = _paths(row, column)
    return max(paths, key=lambda path: path.count(">"), default="")[:255]


def _paths(row: Row, column: str) -> list[str]:
    paths = (path.split(">") for path in split(row.raw(column), ","))
    return [" > ".join(readable(html.unescape(part)) for part in path) for path in paths]


def _tags(row: Row) -> tuple[str, ...]:
    """Return the tags and, so that nothing is lost, the names of categories beside the one that is kept."""
    tags = map(html.unescape, split_words(row, "Tags"))
    kept = _category(row, "Categories")
    others = (path.rpartition("> ")[2][:100] for path in _paths(row, "Categories") if path and path != kept)
    return tuple(dict.fromkeys((*tags, *filter(None, others))))


def _tax_code(parent: Row, rows: Iterable[Row]) -> str:
    """Return the one tax code that our products have; variations may have others at WooCommerce."""
    chosen = EXEMPT if _is_untaxed(parent) else parent.text("Tax class", 50)
    for row in rows:
        if row is not parent and _variation_tax_code(row, chosen) != chosen:
            advice = f"One product, one tax code: it is taxed as '{chosen or 'standard'}'. Split the product."
            row.report("Tax status" if _is_untaxed(row) else "Tax class", advice)
    return chosen


def _variation_tax_code(row: Row, of_parent: str) -> str:
    if _is_untaxed(row):
        return EXEMPT
    if of_parent == EXEMPT:
        return EXEMPT if row.is_blank("Tax status") else ""
    is_parents = not row.has("Tax class") or row.text("Tax class").casefold() == "parent"
    return of_parent if is_parents else row.text("Tax class", 50)


def _is_untaxed(row: Row) -> bool:
    return row.text("Tax status").casefold() in ("none", "shipping", "false")


def _report_own_words(parent: Row, variations: Iterable[Row]) -> None:
    """Say which variations have a description of their own, for which there is no place here."""
    for row in variations:
        if not row.is_blank("Description") and row.raw("Description") != parent.raw("Description"):
            row.report("Description", "Say it in the description of the product: variations have none here.")


def _status(row: Row) -> str | None:
    """Say whether the product is for sale here: published, to be found in the catalog, and of a kind we sell.

    None where no column says so. That it can be found does not make it published.
    """
    if strange := kinds(row) - _SOLD_HERE:
        sold_elsewhere = "external" in strange
        reason = "it is sold on another site" if sold_elsewhere else "such products are not"
        row.report("Type", f"Make it a simple product to sell it here: {reason}. It is a draft.")
        return Product.Status.DRAFT
    if row.text("Visibility in catalog").casefold() == "hidden":
        row.report("Visibility in catalog", "Make it visible to sell it; the product is a draft.")
        return Product.Status.DRAFT
    if not row.has("Published"):
        return None
    published = row.text("Published").casefold()
    if published not in ("", "1", "0", "-1", "2", "true", "false"):
        row.report("Published", "Write 1, 0 or -1; the product is a draft.")
    return Product.Status.ACTIVE if published in ("", "1", "true") else Product.Status.DRAFT


def _media(row: Row, variants: Iterable[VariantData]) -> tuple[MediaData, ...]:
    """Return the product's pictures, those of variations that are named nowhere else last."""
    others = (url for variant in variants for url in variant.image_urls)
    return tuple(MediaData(url) for url in dict.fromkeys((*image_urls(row), *others)))


FORMAT = Format(
    code="woocommerce",
    name="WooCommerce product CSV",
    reader=WooCommerceReader,
    columns=(
        Column("ID", "what the product is known by"),
        Column("Type", "simple, variable, variation, virtual, downloadable, grouped; others are drafts"),
        Column("SKU", "SKU"),
        Column("GTIN", "GTIN", ("GTIN, UPC, EAN, or ISBN", "Global unique ID")),
        Column("Name", "title", is_required=True, is_text=True),
        Column("Published", "draft or active"),
        Column("Visibility in catalog", "a draft, where it is hidden"),
        Column("Short description", "beginning of the description", is_text=True),
        Column("Description", "description", is_text=True),
        Column("Date sale price starts", "beginning of the sale"),
        Column("Date sale price ends", "end of the sale"),
        Column("Tax status", "tax code"),
        Column("Tax class", "tax code"),
        Column("In stock?", "stock, where it is not counted"),
        Column("Stock", "stock"),
        Column("Backorders allowed?", "whether it sells below zero"),
        Column("Sold individually?", "most of one order"),
        Column("Weight", "weight", ("Weight (kg)", "Weight (g)", "Weight (lbs)", "Weight (oz)", "Weight")),
        *(
            Column(side, side.lower(), (*(f"{side} ({unit})" for unit in ("cm", "mm", "m", "in", "yd")), side))
            for side in ("Length", "Width", "Height")
        ),
        Column("Sale price", "sale price"),
        Column("Regular price", "price", is_required=True),
        Column("Categories", "category, and tags for further ones", is_text=True),
        Column("Tags", "tags", is_text=True),
        Column("Brands", "brand", ("Brands", "Brand"), is_text=True),
        Column("Images", "pictures"),
        Column("Parent", "the product of a variation"),
        Column("External URL", "page of a product sold elsewhere"),
        Column("Grouped products", "a tag, the group's name, of its members"),
        Column("Position", "order of the variations"),
        # The first three by name, so that a file in another language can be told where its attributes are.
        *(
            Column(f"attribute {number} {part}", becomes, (f"Attribute {number} {part}",), is_text=True)
            for number in (1, 2, 3)
            for part, becomes in (("name", "name of an option or a fact"), ("value(s)", "its values"))
        ),
    ),
    numbered=re.compile(r"attribute \d+ (name|value\(s\)|visible)|download \d+ url"),
    unused=re.compile(
        r"meta: .*|attribute \d+ (global|default)|download \d+ (id|name)|is featured\?|purchase note"
        r"|shipping class|download limit|download expiry days|upsells|cross-sells|button text"
        r"|low stock amount"
        r"|allow customer reviews\?|cost of goods|commodity code \(hs code\)|country of origin|customs description"
    ),
)
