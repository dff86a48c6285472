"""SIGKILL in the middle of an import: whoever goes on, or begins anew, ends where it would have ended anyway."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from commerce.accounts.models import Merchant
from commerce.catalog.models import Product, Variant
from commerce.inventory.models import StockItem
from merchants.imports import jobs, working
from merchants.imports.models import FoundChange, FoundProblem, ImportJob
from tests.merchants.imports.job_files import lines, looked_through, uploaded, worked

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
CONTENT = lines(9) + "bad,Bad,dear,\nlate,Late,9.00,\n"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.nudge, "send", lambda: None)


def kill_at(point: str, *arguments: str) -> None:
    database = connection.settings_dict
    socket = quote(database["HOST"], safe="")
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['NAME']}?host={socket}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.importing", point, *arguments],
        text=True,
        capture_output=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr[-2000:]


def catalog() -> tuple[int, int, int]:
    return Product.objects.count(), Variant.objects.count(), StockItem.objects.count()


@pytest.mark.parametrize(
    ("point", "done"),
    [
        ("in the first batch, before it is noted", 0),
        ("in the second batch, before the commit", 4),
        ("behind the last batch", 11),
    ],
)
def test_another_worker_goes_on(merchant: Merchant, point: str, done: int) -> None:
    job = looked_through(uploaded(merchant, CONTENT))
    jobs.start_import(job.pk, now=timezone.now())

    kill_at(point, "work")
    job.refresh_from_db()
    assert (job.status, job.done, Product.objects.count()) == ("importing", done, min(done, 10))
    assert not working.work()  # the dead one holds it still
    ImportJob.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    job = worked(job)

    assert (job.status, job.done, catalog()) == ("done", 11, (10, 10, 10))
    assert job.counts == {
        "products_created": 10, "variants_created": 10, "stock_created": 10, "products_skipped": 1,
    }  # fmt: skip
    assert (FoundProblem.objects.count(), FoundChange.objects.count(), job.problem_counts) == (1, 11, {"error": 1})


def test_command_is_run_again(merchant: Merchant, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CONTENT)

    kill_at("in the second batch of a command", "import_products", str(path), "--merchant", merchant.slug)
    assert 0 < Product.objects.count() < 10
    with pytest.raises(SystemExit):
        call_command("import_products", str(path), merchant=merchant.slug)

    assert catalog() == (10, 10, 10)
    assert not ImportJob.objects.exists()
