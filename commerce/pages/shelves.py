"""A shop's products as its page shows them: all, or those that are looked for, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.http import QueryDict

from commerce.checkout.shop import Shop
from commerce.pages.addresses import shop_path
from commerce.pages.products import CardView, card_view
from commerce.storefront.facets import category_counts
from commerce.storefront.search import Found, Reason, search
from commerce.storefront.wanted import Filters, Sort, Stock, Wanted, read_question
from commerce.text import line

PAGE_SIZE = 24
MAX_QUESTION = 200
MAX_CATEGORIES = 12

SORTS = {
    Sort.RELEVANCE: "Best match",
    Sort.PRICE: "Price, lowest first",
    Sort.PRICE_DESCENDING: "Price, highest first",
    Sort.NEWEST: "Newest first",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor asked a shop's page for; what makes no sense in the address is left out."""

    words: str = ""
    category: str = ""
    sort: Sort = Sort.RELEVANCE
    is_available_only: bool = False
    cursor: str = ""

    @property
    def wanted(self) -> Wanted:
        filters = Filters(
            categories=(self.category,) if self.category else (),
            stock=Stock.AVAILABLE if self.is_available_only else Stock.ANY,
        )
        return Wanted(read_question(self.words), filters, self.sort)

    def path(self, slug: str) -> str:
        """Return the address of a shop's page that asks for this."""
        given = {
            "q": self.words,
            "category": self.category,
            "sort": "" if self.sort is Sort.RELEVANCE else str(self.sort),
            "available": "1" if self.is_available_only else "",
            "cursor": self.cursor,
        }
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{shop_path(slug)}?{query}" if query else shop_path(slug)


@dataclass(frozen=True, slots=True)
class CategoryView:
    name: str
    products: int
    path: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ShelfView:
    """`notes` are what is to be said ahead of the cards; `next_path` is empty on the last page."""

    asked: Asked
    path: str
    sorts: tuple[tuple[str, str], ...]
    cards: tuple[CardView, ...]
    nearest: tuple[CardView, ...]
    notes: tuple[str, ...]
    categories: tuple[CategoryView, ...]
    next_path: str
    is_whole_shop: bool


def read_asked(query: QueryDict) -> Asked:
    """Read what a visitor asks for from the address."""
    given = {
        name: query.get(name, "").replace("\x00", " ").strip() for name in ("q", "category", "sort", "available")
    }
    return Asked(
        words=given["q"][:MAX_QUESTION],
        category=given["category"][:255],
        sort=next((sort for sort in SORTS if sort == given["sort"]), Sort.RELEVANCE),
        is_available_only=given["available"] == "1",
        cursor=query.get("cursor", ""),
    )


def shelf_view(asked: Asked, *, shop: Shop, now: datetime) -> ShelfView:
    """Find what is asked for and put it into words. Raises InvalidCursorError."""
    found = search(shop.id, asked.wanted, now=now, limit=PAGE_SIZE, cursor=asked.cursor)
    nearest = found.miss.nearest if found.miss else ()
    return ShelfView(
        asked=asked,
        path=shop_path(shop.slug),
        sorts=tuple((str(sort), label) for sort, label in SORTS.items()),
        cards=tuple(card_view(one, shop=shop) for one in found.listings),
        nearest=tuple(card_view(one, shop=shop) for one in nearest),
        notes=tuple(_notes(found, asked)),
        categories=_categories(found, asked, shop, now),
        next_path=replace(asked, cursor=found.next_cursor).path(shop.slug) if found.next_cursor else "",
        is_whole_shop=asked == Asked(),
    )


def _notes(found: Found, asked: Asked) -> Iterable[str]:
    for one in found.corrections if found.listings else ():
        instead = " or ".join(f"“{word}”" for word in one.instead)
        yield f"Nothing here is called “{line(one.written)}”. Shown is what goes by {instead}."
    if found.miss is None:
        return
    if asked == Asked():
        yield "There is nothing on the shelves yet."
    elif found.miss.reason is Reason.OUTSIDE_FILTERS:
        yield "There is none with these choices. Without them there is:"
    else:
        yield f"There is no “{line(asked.words)}” here." if asked.words else "There is nothing of that kind."
        if found.miss.nearest:
            yield "This comes nearest:"


def _categories(found: Found, asked: Asked, shop: Shop, now: datetime) -> tuple[CategoryView, ...]:
    """Return the categories among which a visitor can choose, and the way back from a chosen one."""
    if asked.cursor:
        return ()
    counts = category_counts(shop.id, replace(found.wanted, filters=Filters()), now=now)[:MAX_CATEGORIES]
    return tuple(
        CategoryView(
            name=line(one.value),
            products=one.products,
            path=replace(asked, category="" if one.value == asked.category else one.value).path(shop.slug),
            is_chosen=one.value == asked.category,
        )
        for one in counts
    )
