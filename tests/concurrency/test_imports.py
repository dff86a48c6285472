"""Imports of the same products at once, with sales going on, and canceled in the middle of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.catalog.product_data import StockData
from commerce.inventory.models import StockItem
from commerce.inventory.stocking import StockedChange, upsert_stocked_products
from merchants.imports import jobs, services, working
from merchants.imports.jobs import OtherImportError
from merchants.imports.models import ImportJob
from merchants.imports.services import BatchResult
from tests.catalog.samples import tote, variant
from tests.concurrency.racing import race
from tests.merchants.imports.job_files import lines, looked_through, uploaded
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.nudge, "send", lambda: None)


def test_same_new_products_at_once_are_made_once(merchant: Merchant) -> None:
    wanted = [tote(handle=f"tote-{number}") for number in range(40)]

    outcomes = race(
        [partial(upsert_stocked_products, merchant, order) for order in (wanted, wanted[::-1], wanted)]
    )

    created = [
        one for outcome in outcomes for one in outcome if isinstance(one, StockedChange) and one.is_anything
    ]
    assert len(created) == Product.objects.count() == 40
    assert Variant.objects.count() == StockItem.objects.count() == 80


def test_recounts_and_sales_at_once_lose_no_unit_that_is_held(merchant: Merchant) -> None:
    """What is reserved while the stock is recounted stays reserved, and nothing waits for ever."""
    wanted = [tote(variant("Natural", stock=StockData(50)), handle=f"tote-{number}") for number in range(20)]
    upsert_stocked_products(merchant, wanted)

    def recount() -> None:
        for on_hand in range(60, 70):
            counted = [
                tote(variant("Natural", stock=StockData(on_hand)), handle=data.handle) for data in reversed(wanted)
            ]
            upsert_stocked_products(merchant, counted, is_recounted=True)

    def reserve() -> None:
        for pk in StockItem.objects.order_by("pk").values_list("pk", flat=True):
            StockItem.objects.filter(pk=pk).update(reserved=1)

    race([recount, reserve])

    assert set(StockItem.objects.values_list("on_hand", "reserved")) == {(69, 1)}


def test_cancel_in_the_middle_of_a_batch_undoes_it(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    job = looked_through(uploaded(merchant, lines(3)))
    jobs.start_import(job.pk, now=timezone.now())

    def write_while_it_is_canceled(*arguments: Any, **options: Any) -> BatchResult:
        race([partial(jobs.cancel, job.pk, now=timezone.now())])
        return services.write_batch(*arguments, **options)

    monkeypatch.setattr(working, "write_batch", write_while_it_is_canceled)

    assert working.work()

    job.refresh_from_db()
    assert (job.status, job.done, Product.objects.count()) == ("canceled", 0, 0)


def test_many_workers_do_a_job_once(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr(services, "BATCH_PRODUCTS", 3)
    job = looked_through(uploaded(merchant, lines(30)))
    jobs.start_import(job.pk, now=timezone.now())

    def is_done() -> bool:
        working.work()
        return not ImportJob.objects.filter(pk=job.pk, status="importing").exists()

    def work_until_done() -> None:
        wait_until(is_done, "the end of the import")

    race([work_until_done] * 4)

    job.refresh_from_db()
    assert (job.status, job.done) == ("done", 30)
    assert job.counts == {"products_created": 30, "variants_created": 30, "stock_created": 30}
    assert Product.objects.count() == 30


def test_one_of_two_imports_of_a_shop_starts(merchant: Merchant) -> None:
    both = [looked_through(uploaded(merchant, lines(1))) for _ in range(2)]

    def start(job: ImportJob) -> bool:
        try:
            jobs.start_import(job.pk, now=timezone.now())
        except OtherImportError:
            return False
        return True

    started: Sequence[bool] = race([partial(start, job) for job in both])

    assert sorted(started) == [False, True]
    assert sorted(ImportJob.objects.values_list("status", flat=True)) == ["importing", "previewed"]
