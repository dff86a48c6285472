"""Ids, places, transitions, sealing, signatures, statements: what everything stands on."""

from __future__ import annotations

import re

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from commerce.accounts.models import Merchant
from commerce.checkout.states import OPEN, SESSION_TRANSITIONS, Status
from commerce.ids import id_factory, new_id, order_number
from commerce.places import COUNTRIES, NO_POSTAL_CODE, Place, place_of, region_code, region_of
from commerce.sealing import SealBrokenError, fingerprint, seal, unseal
from commerce.signatures import SignatureError, sign, verify
from commerce.statements import LostUpdateError, Read, Write, read, refuse_transaction, write
from commerce.transitions import TransitionError
from commerce.untrusted_json import UntrustedJsonError, json_path, parse_object
from tests.factories import MerchantFactory


def test_ids_are_long_random_and_prefixed() -> None:
    ids = {new_id("cs") for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch(r"cs_[0-9A-Za-z]{24}", one) for one in ids)
    assert id_factory("cs") == id_factory("cs")


def test_order_numbers_can_be_read_aloud() -> None:
    numbers = {order_number() for _ in range(1000)}

    assert len(numbers) == 1000
    assert all(
        re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{2}", one) for one in numbers
    )


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [
        ("US", "California", "CA"),
        ("US", " new york ", "NY"),
        ("US", "US-TX", "TX"),
        ("CA", "Ontario", "ON"),
        ("AU", "Victoria", "VIC"),
        ("FR", "Île-de-France", "ÎLE-DE-FRANCE"),
        ("US", "", ""),
    ],
)
def test_regions_are_brought_to_their_code(country: str, region: str, code: str) -> None:
    assert region_code(country, region) == code


@pytest.mark.parametrize(
    ("countries", "region", "code"),
    [
        (["US"], "california", "CA"),
        (["DE", "US"], "California", "CA"),
        (["US", "CA"], "Ontario", "ON"),
        (["US", "CA"], "Kent", None),
        (["US", "GB"], "Kent", "KENT"),
        (["US"], "CA", "CA"),
    ],
)
def test_a_region_is_of_one_of_several_countries(countries: list[str], region: str, code: str | None) -> None:
    assert region_of(countries, region) == code


def test_places_compare_without_spaces_and_case() -> None:
    assert place_of(country=" gb ", region="", postal_code="sw1a 1aa") == Place("GB", "", "SW1A1AA")


def test_country_lists_agree() -> None:
    assert len(COUNTRIES) == 250
    assert {"AN"} == NO_POSTAL_CODE - COUNTRIES


def test_a_status_moves_only_as_its_table_says() -> None:
    with pytest.raises(TransitionError):
        SESSION_TRANSITIONS.check("completed", "ready")
    SESSION_TRANSITIONS.check("ready", "completing")
    assert SESSION_TRANSITIONS.terminal == {"completed", "canceled", "expired"}
    assert set(SESSION_TRANSITIONS.moves) == set(Status)
    assert SESSION_TRANSITIONS.sources("completed") == ["challenged", "completing"]
    assert SESSION_TRANSITIONS.sources("canceled") == sorted({*OPEN, "challenged"})


def test_secrets_come_back_and_nothing_else_does(settings: Settings) -> None:
    sealed = seal("spt_secret")
    assert b"spt_secret" not in sealed
    assert (unseal(sealed), unseal(memoryview(sealed))) == ("spt_secret", "spt_secret")
    with pytest.raises(SealBrokenError):
        unseal(sealed[:-2] + b"xx")


def test_sealing_keys_can_be_rotated(settings: Settings) -> None:
    settings.SEALING_KEYS = ["old"]
    sealed, mark = seal("secret"), fingerprint("secret")

    settings.SEALING_KEYS = ["new", "old"]
    assert (unseal(sealed), fingerprint("secret")) == ("secret", mark)

    settings.SEALING_KEYS = ["new"]
    with pytest.raises(SealBrokenError):
        unseal(sealed)


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40), st.integers(1, 10**10))
def test_a_signature_verifies_what_was_signed(body: bytes, secret: str, moment: int) -> None:
    header = sign(body, secret=secret, timestamp=moment)

    verify(body, header=header, secrets=["other", secret], now=moment)
    for forged, other in ((body + b"x", [secret]), (body, [secret + "x"])):
        with pytest.raises(SignatureError):
            verify(forged, header=header, secrets=other, now=moment)


@pytest.mark.parametrize("shift", [-301, 301])
def test_a_signature_is_good_for_five_minutes_either_way(shift: int) -> None:
    header = sign(b"x", secret="s", timestamp=1_000_000)

    verify(b"x", header=header, secrets=["s"], now=1_000_000 + shift - (1 if shift > 0 else -1))
    with pytest.raises(SignatureError):
        verify(b"x", header=header, secrets=["s"], now=1_000_000 + shift)


def rename(pk: str, name: str, *, expect: int | None = None, part: str = "one") -> Write:
    return Write(part, "UPDATE accounts_merchant SET name = %s WHERE id = %s", [name, pk], expect=expect)


@pytest.mark.django_db
def test_writes_go_together_or_not_at_all() -> None:
    one, two = MerchantFactory.create(), MerchantFactory.create()

    touched = write(rename(one.pk, "A", expect=1), rename(two.pk, "B", part="two"))
    with pytest.raises(LostUpdateError) as lost:
        write(rename(one.pk, "C"), rename("mer_nothing", "D", expect=1, part="two"))

    assert lost.value.part == "two"
    assert touched == {"one": 1, "two": 1}
    assert list(Merchant.objects.order_by("name").values_list("name", flat=True)) == ["A", "B"]


@pytest.mark.django_db
def test_reads_come_back_apart() -> None:
    merchant = MerchantFactory.create()

    rows, none = read(
        Read("SELECT id, name FROM accounts_merchant WHERE id = %s", [merchant.pk]),
        Read("SELECT id FROM accounts_merchant WHERE id = 'mer_nothing'"),
    )

    assert (rows, none) == ([{"id": merchant.pk, "name": merchant.name}], [])


@pytest.mark.django_db(transaction=True)
def test_what_must_be_committed_alone_refuses_a_transaction() -> None:
    refuse_transaction()
    with transaction.atomic(), pytest.raises(RuntimeError):
        refuse_transaction()


@pytest.mark.django_db
def test_a_merchant_sells_in_a_known_currency() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MerchantFactory.create(currency="USD")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"{", ""),
        (b"[1]", "$"),
        (b'{"a": {"b": ["x", "y\\u0000"]}}', "$.a.b[1]"),
        (b'{"odd name": "\\u0000"}', "$['odd name']"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "$"),
    ],
)
def test_untrusted_json_is_refused_with_its_place(raw: bytes, path: str) -> None:
    with pytest.raises(UntrustedJsonError) as refused:
        parse_object(raw)

    assert refused.value.path == path


def test_paths_are_json_paths() -> None:
    assert json_path(("lines", 0, "id")) == "$.lines[0].id"
    assert json_path(("it's",)) == "$['it\\'s']"
