"""Google Merchant Center's product data in a delimited file: a row an item, variants held together by a group id.

Source: Google Merchant Center Help, "Product data specification".
"""

from __future__ import annotations

import re

from merchants.imports.feeds import FeedReader
from merchants.imports.format import Column, Format

FORMAT = Format(
    code="google",
    name="Google Merchant feed",
    reader=FeedReader,
    columns=(
        Column("item_id", "SKU, and what the product is known by", ("id",), is_required=True),
        Column("group_id", "holds the variants of a product together", ("item_group_id",)),
        Column("title", "title", is_required=True, is_text=True),
        Column("description", "description", is_text=True),
        Column("url", "the product's page", ("link",)),
        Column("image_url", "picture", ("image_link",)),
        Column("additional_image_urls", "further pictures", ("additional_image_link",)),
        Column("availability", "stock, where it is not counted"),
        Column("availability_date", "day on which backorders leave"),
        Column("inventory_quantity", "stock", ("quantity", "sell_on_google_quantity")),
        Column("price", "price", is_required=True),
        Column("sale_price", "sale price"),
        Column("sale_price_effective_date", "beginning and end of the sale"),
        Column("brand", "brand", is_text=True),
        Column("gtin", "GTIN"),
        Column("mpn", "MPN"),
        Column("product_category", "category", ("product_type", "google_product_category"), is_text=True),
        Column("condition", "condition, and a tag where it is not new"),
        Column("identifier_exists", "whether it has a GTIN or part number at all"),
        Column("adult", "a draft, for agents do not sell it"),
        *(
            Column(name, "option of a variant, else a line of the description", is_text=True)
            for name in ("color", "size", "material", "pattern", "gender", "age_group", "size_type", "size_system")
        ),
        Column("weight", "weight", ("shipping_weight", "product_weight")),
        *(Column(side, side, (f"shipping_{side}", f"product_{side}")) for side in ("length", "width", "height")),
    ),
    unused=re.compile(
        r"custom label \d|shipping( label|\(.*\))?|tax( category|\(.*\))?|mobile link|ads .*"
        r"|(min|max) (handling|transit) time|ships from country|promotion id|(included|excluded) destination"
        r"|shopping ads excluded country|is bundle|multipack|unit pricing (base )?measure|installment"
        r"|subscription cost|loyalty .*|energy efficiency class|(min|max) energy efficiency class|certification"
        r"|cost of goods sold|expiration date|product (detail|highlight)|canonical link"
        r"|lifestyle image link|virtual model link|short title|structured (title|description)|pause|display ads .*"
        r"|external seller id|transit time label|pickup (method|sla)|store code|auto pricing min price"
        r"|maximum retail price|shipping(_| )transit business days|shipping(_| )handling business days"
    ),
)
