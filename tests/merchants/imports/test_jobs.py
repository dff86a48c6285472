"""A file's way into the catalog: step by step, interrupted at any place, and never twice."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from itertools import product as pairs

import pytest
from django.utils import timezone
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from merchants.imports import jobs, working
from merchants.imports.files import TooLargeError, content_of
from merchants.imports.formats import UnknownColumnError
from merchants.imports.jobs import FileForgottenError, NotNowError, OtherImportError
from merchants.imports.models import FilePart, FoundChange, FoundProblem, ImportJob
from merchants.imports.reading import UnreadableFileError
from merchants.imports.states import TRANSITIONS, Status
from tests.factories import MerchantFactory
from tests.merchants.imports.job_files import imported, lines, looked_through, uploaded, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant(db: None) -> Merchant:
    return MerchantFactory.create()


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.nudge, "send", lambda: None)


@pytest.fixture
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each slice end after one batch of two products."""
    monkeypatch.setattr(working, "SLICE_SECONDS", -1.0)
    monkeypatch.setattr("merchants.imports.services.BATCH_PRODUCTS", 2)


def test_file_is_kept_as_it_came(merchant: Merchant) -> None:
    content = gzip.compress(lines(3).encode()) + b""

    job = uploaded(merchant, content, name="list.csv.gz")

    assert b"".join(content_of(job)) == content
    assert (job.status, job.format, job.wording) == ("uploaded", "own", "CSV, UTF-8, gzip")
    assert job.file_columns == ["handle", "title", "price", "brand"]
    assert not Product.objects.exists()


def test_large_file_comes_back_from_its_parts(merchant: Merchant) -> None:
    content = lines(60_000).encode()

    job = uploaded(merchant, content)

    assert FilePart.objects.filter(job=job).count() == -(-len(content) // 1_048_576) > 1
    assert b"".join(content_of(job)) == content


def test_file_that_is_too_large_is_not_kept(merchant: Merchant, settings: Settings) -> None:
    settings.IMPORT_MAX_BYTES = 5_000_000

    with pytest.raises(TooLargeError, match="The file has 6 MB; 5 MB are taken"):
        jobs.upload(
            merchant,
            name="x",
            size=10,
            chunks=[b"x" * 3_000_000] * 2,
            user=None,
            is_recounted=False,
            now=timezone.now(),
        )

    assert not ImportJob.objects.exists()


def test_file_that_is_no_text_is_not_kept(merchant: Merchant) -> None:
    with pytest.raises(UnreadableFileError, match="is a picture"):
        uploaded(merchant, b"\xff\xd8\xff\xe0", name="photo.jpg")

    assert not ImportJob.objects.exists()


def test_preview_changes_nothing_and_tells_all(merchant: Merchant) -> None:
    imported(looked_through(uploaded(merchant, lines(2))))
    before = list(Variant.objects.order_by("pk").values())

    job = looked_through(uploaded(merchant, lines(3, price="13.00") + "bad,Bad,dear,\n"))

    assert list(Variant.objects.order_by("pk").values()) == before
    assert (job.status, job.total, job.done, job.percent) == ("previewed", 4, 4, 100)
    assert job.counts == {
        "products_unchanged": 2, "products_created": 1, "products_skipped": 1,
        "variants_created": 1, "variants_updated": 2, "stock_created": 1,
    }  # fmt: skip
    assert job.problem_counts == {"error": 1}
    changes = FoundChange.objects.filter(job=job).order_by("row")
    assert list(changes.values_list("row", "product", "change", "field", "before", "after")) == [
        (2, "p-0", "updated", "price", "12.00 USD", "13.00 USD"),
        (3, "p-1", "updated", "price", "12.00 USD", "13.00 USD"),
        (4, "p-2", "created", "", "", "Product 2"),
        (5, "bad", "skipped", "", "", ""),
    ]
    (problem,) = FoundProblem.objects.filter(job=job)
    assert (problem.row, problem.column, problem.value, problem.severity) == (5, "price", "dear", "error")


def test_import_does_what_the_preview_said(merchant: Merchant) -> None:
    job = looked_through(uploaded(merchant, lines(3)))
    said = job.counts

    job = imported(job)

    assert (job.status, job.counts, job.done) == ("done", said, 3)
    assert job.finished_at is not None
    assert Product.objects.count() == 3


def test_stock_is_recounted_only_where_the_job_says_so(merchant: Merchant) -> None:
    imported(looked_through(uploaded(merchant, "handle,title,price,on_hand\nmug,Mug,9,5\n")))
    again = "handle,price,on_hand\nmug,9,8\n"

    imported(looked_through(uploaded(merchant, again)))
    assert StockItem.objects.get().on_hand == 5

    imported(looked_through(uploaded(merchant, again), is_recounted=True))
    assert StockItem.objects.get().on_hand == 8


def test_columns_are_named_by_hand_and_kept_with_the_job(merchant: Merchant) -> None:
    job = uploaded(merchant, "Artikel,Titel,Preis\nmug,Becher,9\n")

    with pytest.raises(UnknownColumnError, match="Say which column of the file is “handle” and “price”"):
        looked_through(job, format_code="own")
    with pytest.raises(UnknownColumnError, match="The file has no column “Marke”"):
        looked_through(job, format_code="own", mapping={"brand": "Marke"})
    with pytest.raises(NotNowError, match="There is no such format"):
        looked_through(job, format_code="xml")
    job = imported(
        looked_through(job, format_code="own", mapping={"handle": "Artikel", "price": "Preis", "title": "Titel"})
    )

    assert (job.status, job.mapping["handle"]) == ("done", "Artikel")
    assert Product.objects.get().title == "Becher"


def test_long_work_is_done_in_slices(merchant: Merchant, short_slices: None) -> None:
    job = uploaded(merchant, lines(5) + "x,,bad,\n")
    jobs.start_preview(job.pk, format_code="own", mapping={}, is_recounted=False, now=timezone.now())

    steps = []
    while working.work():
        job.refresh_from_db()
        steps.append((job.done, job.status, job.leased_until))

    assert steps == [
        (2, "previewing", None),
        (4, "previewing", None),
        (6, "previewing", None),
        (6, "previewed", None),
    ]
    assert job.counts == {"products_created": 5, "variants_created": 5, "stock_created": 5, "products_skipped": 1}
    assert FoundProblem.objects.count() == 1


def test_jobs_of_several_shops_take_turns(merchant: Merchant, short_slices: None) -> None:
    other = MerchantFactory.create()
    both = [uploaded(shop, lines(4)) for shop in (merchant, other)]
    for job in both:
        jobs.start_preview(job.pk, format_code="own", mapping={}, is_recounted=False, now=timezone.now())

    turns = []
    while working.work():
        turns.append(ImportJob.objects.order_by("-worked_at")[0].merchant_id)

    assert turns[:4] == [merchant.pk, other.pk, merchant.pk, other.pk]


def test_as_many_as_allowed_are_worked_on_at_once(merchant: Merchant, settings: Settings) -> None:
    both = [uploaded(shop, lines(1)) for shop in (merchant, MerchantFactory.create())]
    for job in both:
        jobs.start_preview(job.pk, format_code="own", mapping={}, is_recounted=False, now=timezone.now())
    now = timezone.now()

    first = working._claim(now=now)
    assert first is not None
    assert working._claim(now=now) is None
    settings.IMPORTS_AT_ONCE = 2
    second = working._claim(now=now)
    assert second is not None
    assert {first.pk, second.pk} == {job.pk for job in both}


def test_dead_workers_job_is_taken_over_where_it_stopped(merchant: Merchant, short_slices: None) -> None:
    job = looked_through(uploaded(merchant, lines(5)))
    jobs.start_import(job.pk, now=timezone.now())
    working.work()
    dead = working._claim(now=timezone.now())
    assert dead is not None

    assert not working.work()
    ImportJob.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    job = worked(job)

    assert (job.status, job.done, job.counts["products_created"]) == ("done", 5, 5)
    assert Product.objects.count() == 5


def test_worker_that_comes_back_too_late_writes_nothing(merchant: Merchant) -> None:
    job = looked_through(uploaded(merchant, lines(2)))
    jobs.start_import(job.pk, now=timezone.now())
    late = working._claim(now=timezone.now())
    assert late is not None
    ImportJob.objects.filter(pk=job.pk).update(leased_until=None)
    worked(job)
    before = list(ImportJob.objects.values())

    with pytest.raises(working.LostLeaseError):
        working._checkpoint(late)
    working._end(late, Status.FAILED, "late")

    assert list(ImportJob.objects.values()) == before


def test_cancel_stops_before_the_next_batch(merchant: Merchant, short_slices: None) -> None:
    job = looked_through(uploaded(merchant, lines(5)))
    jobs.start_import(job.pk, now=timezone.now())
    working.work()

    jobs.cancel(job.pk, now=timezone.now())

    assert not working.work()
    job.refresh_from_db()
    assert (job.status, job.done, Product.objects.count()) == ("canceled", 2, 2)


def test_job_can_be_done_again_after_a_cancel(merchant: Merchant, short_slices: None) -> None:
    job = looked_through(uploaded(merchant, lines(3)))
    jobs.start_import(job.pk, now=timezone.now())
    working.work()
    jobs.cancel(job.pk, now=timezone.now())

    job = imported(looked_through(job))

    assert (job.status, job.done) == ("done", 3)
    assert job.counts["products_created"] + job.counts["products_unchanged"] == 3


def test_one_import_a_shop_at_a_time(merchant: Merchant) -> None:
    first, second, elsewhere = (
        looked_through(uploaded(shop, lines(1))) for shop in (merchant, merchant, MerchantFactory.create())
    )
    jobs.start_import(first.pk, now=timezone.now())

    with pytest.raises(OtherImportError):
        jobs.start_import(second.pk, now=timezone.now())
    jobs.start_import(elsewhere.pk, now=timezone.now())

    second.refresh_from_db()
    assert second.status == "previewed"
    assert imported_later(first, second).status == "done"


def imported_later(first: ImportJob, second: ImportJob) -> ImportJob:
    worked(first)
    return imported(second)


def test_every_step_is_checked() -> None:
    steps = {
        (old, new) for old, new in pairs(Status, Status) if old != new and TRANSITIONS.allows(old, new)
    }  # fmt: skip

    assert steps == {
        ("uploaded", "previewing"), ("uploaded", "canceled"),
        ("previewing", "previewed"), ("previewing", "failed"), ("previewing", "canceled"),
        ("previewed", "previewing"), ("previewed", "importing"), ("previewed", "canceled"),
        ("importing", "done"), ("importing", "failed"), ("importing", "canceled"),
        ("failed", "previewing"), ("canceled", "previewing"),
    }  # fmt: skip


@pytest.mark.parametrize("status", Status.values)
def test_steps_that_cannot_follow_are_refused(merchant: Merchant, status: str) -> None:
    job = uploaded(merchant, lines(1))
    ImportJob.objects.filter(pk=job.pk).update(status=status)
    now = timezone.now()
    steps: dict[str, Callable[[], ImportJob]] = {
        "previewing": lambda: jobs.start_preview(
            job.pk, format_code="own", mapping={}, is_recounted=False, now=now
        ),
        "importing": lambda: jobs.start_import(job.pk, now=now),
        "canceled": lambda: jobs.cancel(job.pk, now=now),
    }

    for wanted, step in steps.items():
        ImportJob.objects.filter(pk=job.pk).update(status=status)
        if status != wanted and TRANSITIONS.allows(status, wanted):
            step()
        else:
            with pytest.raises(NotNowError):
                step()


def test_file_that_breaks_off_fails_with_its_reason(merchant: Merchant) -> None:
    with pytest.raises(UnreadableFileError, match="is not a whole CSV file"):
        uploaded(merchant, 'handle,price\nmug,9\npan,"9\n')
    job = uploaded(merchant, lines(80) + 'pan,"Pan,9,\n')

    job = looked_through(job)

    assert job.status == "failed"
    assert job.error.startswith("list.csv is not a whole CSV file: unexpected end of data")


def divided_by_nothing(*_: object, **__: object) -> float:
    return 1 / 0


def test_job_that_kills_its_workers_is_given_up(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(merchant, lines(1))
    jobs.start_preview(job.pk, format_code="own", mapping={}, is_recounted=False, now=timezone.now())
    monkeypatch.setattr(working, "preview_batch", divided_by_nothing)

    for _ in range(working.MAX_TRIES + 1):
        with pytest.raises(ZeroDivisionError):
            working.work()
    assert working.work()

    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "It was interrupted 5 times behind product 0. Try again.")
    assert not working.work()


def test_more_than_is_kept_is_counted(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "MAX_KEPT", 3)

    job = looked_through(uploaded(merchant, lines(6) + "a,,x,\nb,,x,\nc,,x,\nd,,x,\n"))

    assert (job.problem_counts, job.changes) == ({"error": 4}, 10)
    assert (FoundProblem.objects.count(), FoundChange.objects.count()) == (3, 3)


def test_characters_that_cannot_be_stored_do_no_harm(merchant: Merchant) -> None:
    content = f"handle,title,price,description\npan,Pan,8,{'x' * 5000}\nm\x00ug,Nu\x00ll,9,\n"

    job = looked_through(uploaded(merchant, content))

    assert (job.status, job.problem_counts) == ("previewed", {"error": 1, "warning": 1})
    assert {problem.value for problem in FoundProblem.objects.all()} == {"mug"}


def test_old_files_are_forgotten_and_their_jobs_stay(merchant: Merchant) -> None:
    done, waiting, fresh = (looked_through(uploaded(merchant, lines(1) + "x,,bad,\n")) for _ in range(3))
    imported(done)
    long_ago = timezone.now() - timedelta(days=31)
    ImportJob.objects.filter(pk__in=[done.pk, waiting.pk]).update(created_at=long_ago)

    assert jobs.forget_old_files(now=timezone.now()) == 2

    assert {part.job_id for part in FilePart.objects.all()} == {fresh.pk}
    assert {problem.job_id for problem in FoundProblem.objects.all()} == {fresh.pk}
    assert dict(ImportJob.objects.values_list("pk", "status")) == {
        done.pk: "done", waiting.pk: "canceled", fresh.pk: "previewed",
    }  # fmt: skip
    with pytest.raises(FileForgottenError):
        looked_through(waiting)
    assert jobs.forget_old_files(now=timezone.now()) == 0
