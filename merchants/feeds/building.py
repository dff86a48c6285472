"""Makes a feed's files from the catalog, one page of products at a time; what is refused is left out and told.

Nothing is published here: the files stand in a directory, beside them what `publishing` will record.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import orjson

from merchants.feeds.entries import Standing
from merchants.feeds.items import read_catalog
from merchants.feeds.judging import Judged, judged
from merchants.feeds.layouts import Layouts
from merchants.feeds.profiles.profile import Profile
from merchants.feeds.rules import RULES, Effect, Problem, Row
from merchants.feeds.seller import Seller
from merchants.feeds.shelf import BuiltFile, Shelf
from merchants.feeds.told import ToldItem, items_gone, items_told

SHOWN_REFUSALS, SHOWN_OTHERS = 800, 200
"""How many problems of a build are kept one by one; the report has all of them."""

REPORT_COLUMNS = ("item_id", "sku", "title", "rule", "what it says", "field", "value", "effect", "what to do")


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """A problem and the item that has it."""

    item_id: str
    product_id: str
    title: str
    sku: str
    problem: Problem


@dataclass(slots=True)
class Built:
    """What came of a build. `staged` has a line for each item of what it is said to be."""

    staged: Path
    report: Path
    files: list[BuiltFile] = field(default_factory=list)
    rows: int = 0
    gone: int = 0
    refused: int = 0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refusals: list[ItemProblem] = field(default_factory=list)
    others: list[ItemProblem] = field(default_factory=list)

    @property
    def problems(self) -> list[ItemProblem]:
        return [*self.refusals, *self.others]


def build_files(
    profile: Profile,
    seller: Seller,
    *,
    layouts: Layouts,
    directory: Path,
    now: datetime,
    on_page: Callable[[], None] = lambda: None,
) -> Built:
    """Write a catalog's files into a directory. `on_page` is called now and then, to say that work goes on.

    Raises FormatUnavailableError.
    """
    built = Built(directory / ".staged", directory / ".report.csv")
    with ExitStack() as stack:
        shelf = Shelf(profile, layouts, directory, stack, stack.enter_context(TemporaryFile(dir=directory)))
        staged = stack.enter_context(built.staged.open("wb"))
        report = csv.writer(stack.enter_context(built.report.open("w", encoding="utf-8", newline="")))
        report.writerow(REPORT_COLUMNS)
        if profile.tells_what_is_gone:
            gone = items_gone(seller.feed_id, now=now, whole_products=profile.is_nested)
            built.gone += shelf.put_gone(gone, seller)
        for groups in read_catalog(seller.merchant_id):
            page = [judged(group, profile, seller, now=now) for group in groups]
            told = told_no_more(profile, seller, [one.goods.id for one in groups], page, now=now)
            for group, verdicts in zip(groups, page, strict=True):
                lost = told.get(group.goods.id, ())
                built.gone += len(lost)
                shelf.put_product(_rows(verdicts), lost, seller)
                _note(built, verdicts, report)
                staged.writelines(staged_line(one, now=now) for one in verdicts)
            on_page()
        shelf.finish(on_page)
    built.files = shelf.files()
    for name, content in profile.extras(seller).items():
        (directory / name).write_bytes(content)
        built.files.append(BuiltFile(name, directory / name, 0))
    return built


def told_no_more(
    profile: Profile,
    seller: Seller,
    product_ids: Sequence[str],
    page: Sequence[Sequence[Judged]],
    *,
    now: datetime,
) -> dict[str, list[ToldItem]]:
    """Return by product what was told before of some products and is not in their good rows.

    Rows of files stand alone, and whatever is not for sale was written before the first page; here it is only
    what was refused. In a nested profile it is all that a product has lost.
    """
    lost = {one.entry.item.id for verdicts in page for one in verdicts if one.is_refused}
    if not profile.tells_what_is_gone or not (lost or profile.is_nested):
        return {}
    good = {one.entry.item.id for verdicts in page for one in verdicts if one.row is not None}
    found: dict[str, list[ToldItem]] = {}
    for told in items_told(seller.feed_id, product_ids, now=now):
        if told.item_id in lost or (profile.is_nested and told.item_id not in good):
            found.setdefault(told.product_id, []).append(told)
    return found


def _rows(verdicts: Sequence[Judged]) -> list[Row]:
    return [one.row for one in verdicts if one.row is not None]


def _note(built: Built, verdicts: Sequence[Judged], report: Any) -> None:
    for one in verdicts:
        built.rows += one.row is not None
        built.refused += one.is_refused
        for problem in one.problems:
            item = one.entry.item
            found = ItemProblem(item.id, item.product_id, one.entry.title, item.sku, problem)
            built.counts[problem.rule, problem.field, problem.effect] += 1
            is_refusal = problem.effect is Effect.REFUSED
            shown, most = (built.refusals, SHOWN_REFUSALS) if is_refusal else (built.others, SHOWN_OTHERS)
            if len(shown) < most:
                shown.append(found)
            report.writerow([_cell(text) for text in _told_in_report(found)])


def _told_in_report(found: ItemProblem) -> tuple[str, ...]:
    one = found.problem
    words = (one.rule, RULES[one.rule], one.field, one.value, one.effect, one.advice)
    return (found.item_id, found.sku, found.title, *words)


def _cell(text: str) -> str:
    """Keep spreadsheets from taking a product's words for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def staged_line(one: Judged, *, now: datetime) -> bytes:
    """Write what an item is said to be, for `publishing`."""
    entry, item = one.entry, one.entry.item
    if one.row is not None:
        state: str = entry.standing
    else:
        state = "refused" if one.is_refused else Standing.OFF
    changes_at = item.changes_after(now)
    columns = [
        item.id,
        item.product_id,
        state,
        entry.title,
        entry.url,
        entry.image_url,
        entry.brand,
        item.currency,
        item.price_minor,
        entry.sale_minor,
        entry.availability,
        one.digest.hex(),
        changes_at.isoformat() if changes_at else None,
    ]
    return orjson.dumps(columns, option=orjson.OPT_APPEND_NEWLINE)
