from __future__ import annotations

import pytest

from agents.shopper.rules.addresses import AddressParts, find_address
from agents.shopper.rules.corrections import find_correction, read_answer


def parts(text: str = "", **given: str) -> AddressParts:
    """Write an address as name|line one|line two|city|region|postal code|country."""
    names = ("name", "line_one", "line_two", "city", "region", "postal_code", "country")
    return AddressParts(**dict(zip(names, (one.strip() for one in text.split("|")), strict=False)), **given)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        # the United States
        ("Jane Roe, 12 Main St, Springfield IL 62701", "Jane Roe|12 Main St||Springfield|IL|62701|US"),
        (
            "Jane Roe\n12 Main St Apt 4B\nSpringfield, IL 62701\nUSA",
            "Jane Roe|12 Main St|Apt 4B|Springfield|IL|62701|US",
        ),
        ("12 Main St Springfield IL 62701", "|12 Main St||Springfield|IL|62701|US"),
        ("1600 Broadway, New York, NY, 10019", "|1600 Broadway||New York|NY|10019|US"),
        ("350 Fifth Ave Apt 4B New York NY 10118", "|350 Fifth Ave|Apt 4B|New York|NY|10118|US"),
        (
            "500 Castro Street, San Francisco, California 94114-1234",
            "|500 Castro Street||San Francisco|CA|94114-1234|US",
        ),
        ("100 Market St St Louis MO 63101", "|100 Market St||St Louis|MO|63101|US"),
        ("jane roe, 12 main st, springfield il 62701", "Jane Roe|12 main st||springfield|IL|62701|US"),
        ("12 Main St, Springfield, IL", "|12 Main St||Springfield|IL||US"),
        ("500 5th Avenue South, Minneapolis", "|500 5th Avenue South||Minneapolis|MN||US"),
        ("12 Main St West Palm Beach FL 33401", "|12 Main St||West Palm Beach|FL|33401|US"),
        ("PO Box 123, Austin TX 78701", "|PO Box 123||Austin|TX|78701|US"),
        ("Jane Roe, P.O. Box 77, Austin, TX 78701", "Jane Roe|P.O. Box 77||Austin|TX|78701|US"),
        # Canada
        ("123 Queen St W, Toronto, ON M5H 2N2", "|123 Queen St W||Toronto|ON|M5H 2N2|CA"),
        ("123 Queen St W, Toronto, Ontario m5h2n2, Canada", "|123 Queen St W||Toronto|ON|M5H 2N2|CA"),
        ("45 Queen Street West, Toronto, ON M5H 2M5", "|45 Queen Street West||Toronto|ON|M5H 2M5|CA"),
        ("45 Queen Street West Toronto ON M5H 2M5", "|45 Queen Street West||Toronto|ON|M5H 2M5|CA"),
        ("123 Main Street North, Hamilton", "|123 Main Street North||Hamilton"),
        # Great Britain and Ireland
        ("12 High Street East, Swindon SN1 3EG", "|12 High Street East||Swindon||SN1 3EG|GB"),
        ("10 Downing Street, London SW1A 2AA", "|10 Downing Street||London||SW1A 2AA|GB"),
        ("10 Downing Street London sw1a2aa", "|10 Downing Street||London||SW1A 2AA|GB"),
        (
            "Flat 2, 10 High St, Leeds, West Yorkshire, LS1 4AP",
            "|10 High St|Flat 2|Leeds|West Yorkshire|LS1 4AP|GB",
        ),
        ("12 St James Street London SW1A 1EF", "|12 St James Street||London||SW1A 1EF|GB"),
        ("1 Grafton Street, Dublin D02 XY45, Ireland", "|1 Grafton Street||Dublin||D02 XY45|IE"),
        (
            "Jane Roe, The Old Vicarage, Church Lane, Oxford OX1 1AA",
            "Jane Roe|The Old Vicarage|Church Lane|Oxford||OX1 1AA|GB",
        ),
        # France
        (
            "Marie Durand, 12 rue de la République, 69002 Lyon, France",
            "Marie Durand|12 rue de la République||Lyon||69002|FR",
        ),
        ("12, rue de la République 69002 Lyon", "|12 rue de la République||Lyon||69002|FR"),
        ("5 bis rue Victor Hugo, 69002 Lyon", "|5 bis rue Victor Hugo||Lyon||69002|FR"),
        # Germany, Austria, Switzerland
        ("Hauptstraße 5, 10115 Berlin", "|Hauptstraße 5||Berlin||10115|DE"),
        ("Jane Roe, Hauptstr. 5a, D-10115 Berlin", "Jane Roe|Hauptstr. 5a||Berlin||10115|DE"),
        ("Mariahilfer Straße 10/5, 1070 Wien", "|Mariahilfer Straße 10/5||Wien||1070|AT"),
        ("Bahnhofstrasse 10, 8001 Zürich", "|Bahnhofstrasse 10||Zürich||8001|CH"),
        # Italy, Spain, Portugal
        ("Via Roma, 10, 00184 Roma RM, Italy", "|Via Roma 10||Roma|RM|00184|IT"),
        ("Via Roma 10, 00184 Roma (RM)", "|Via Roma 10||Roma|RM|00184|IT"),
        ("Calle Mayor 5, 2º B, 28013 Madrid", "|Calle Mayor 5|2º B|Madrid||28013|ES"),
        ("Calle Mayor, 5, 28013 Madrid, Spain", "|Calle Mayor 5||Madrid||28013|ES"),
        ("Rua Augusta 10, 1100-053 Lisboa", "|Rua Augusta 10||Lisboa||1100-053|PT"),
        # the Netherlands, Belgium, the North, Poland
        ("Damrak 1, 1012 LG Amsterdam", "|Damrak 1||Amsterdam||1012 LG|NL"),
        ("Damrak 1 1012LG Amsterdam Netherlands", "|Damrak 1||Amsterdam||1012 LG|NL"),
        ("Rue Neuve 5, 1000 Bruxelles, Belgium", "|Rue Neuve 5||Bruxelles||1000|BE"),
        ("Storgatan 5, 111 22 Stockholm, Sweden", "|Storgatan 5||Stockholm||111 22|SE"),
        ("Kongens gate 5, 0153 Oslo", "|Kongens gate 5||Oslo||0153|NO"),
        ("ul. Długa 5, 00-238 Warszawa", "|ul. Długa 5||Warszawa||00-238|PL"),
        # farther away
        ("100 George St, Sydney NSW 2000", "|100 George St||Sydney|NSW|2000|AU"),
        ("Unit 5, 12 King St, Newtown NSW 2042", "|12 King St|Unit 5|Newtown|NSW|2042|AU"),
        ("1-2-3 Shibuya, Shibuya-ku, Tokyo 150-0002, Japan", "|1-2-3 Shibuya||Shibuya-ku|Tokyo|150-0002|JP"),
        ("Av. Paulista 1000, São Paulo, 01310-100, Brazil", "|Av. Paulista 1000||São Paulo||01310-100|BR"),
        # in the middle of something else
        (
            "two navy totes to Jane Roe, 12 Main St, Springfield IL 62701",
            "Jane Roe|12 Main St||Springfield|IL|62701|US",
        ),
        ("ship it to Jane Roe 12 Main St Springfield IL 62701", "Jane Roe|12 Main St||Springfield|IL|62701|US"),
        ("Send it to Hauptstraße 5, 10115 Berlin please", "|Hauptstraße 5||Berlin||10115|DE"),
        (
            "Send it to my mother instead: Mary Lee, 10 Downing Street, London SW1A 2AA",
            "Mary Lee|10 Downing Street||London||SW1A 2AA|GB",
        ),
        # parts of one
        ("12 Main St", "|12 Main St"),
        ("ship to Springfield IL 62701", "|||Springfield|IL|62701|US"),
    ],
)
def test_reads_addresses_as_people_write_them(text: str, address: str) -> None:
    assert find_address(text).value == parts(address)


@pytest.mark.parametrize(
    "text",
    [
        "a 20 L dry bag, gray",
        "my order 1024 is late",
        "40 walks for my friend in Paris",
        "2 hill walk socks",
        "two earrings and 3 silver rings",
        "under 60 please",
        "the Headlamp 320, is it waterproof?",
        "a bottle of 750 ml",
        "make it 3",
    ],
)
def test_finds_no_address_where_there_is_none(text: str) -> None:
    assert find_address(text).value == AddressParts()


def test_where_one_was_asked_for_a_number_and_a_name_are_a_street() -> None:
    assert find_address("12 Elm, Springfield").value == AddressParts()
    assert find_address("12 Elm, Springfield", is_asked=True).value == parts("|12 Elm||Springfield")
    assert find_address("make it 3 please", is_asked=True).value == AddressParts()


KNOWN = parts("Jane Roe|12 Main St||Springfield|IL|62701|US")


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("no, number 14", {"line_one": "14 Main St"}),
        ("the house number is 14b", {"line_one": "14b Main St"}),
        ("the zip is 94107", {"postal_code": "94107", "region": "CA"}),
        ("zip code 94107", {"postal_code": "94107", "region": "CA"}),
        ("the city is San Francisco", {"city": "San Francisco"}),
        ("it's Elm St, not Main St", {"line_one": "12 Elm St"}),
        ("14 not 12", {"line_one": "14 Main St"}),
        ("apartment 4B", {"line_two": "apartment 4B"}),
        ("state should be California", {"region": "CA"}),
        ("the country is Canada", {"country": "CA"}),
        ("her name is ann poe", {"name": "Ann Poe"}),
        ("street is Elm Ave 5", {"line_one": "Elm Ave 5"}),
        ("make it two", {}),
        ("not the red one", {}),
    ],
)
def test_mends_the_part_that_is_called_by_its_name(text: str, changed: dict[str, str]) -> None:
    assert find_correction(text, KNOWN).value == AddressParts(**changed)


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("94107", ["address.postal_code"], {"postal_code": "94107"}),
        ("Lyon", ["address.city"], {"city": "Lyon"}),
        (
            "69002, Lyon, France",
            ["address.city", "address.postal_code", "address.country"],
            {"city": "Lyon", "postal_code": "69002", "country": "FR"},
        ),
        ("Illinois", ["address.region"], {"region": "IL"}),
        ("14 Elm", ["address.line_one"], {"line_one": "14 Elm"}),
        ("Church Lane", ["address.line_one"], {"line_one": "Church Lane"}),
        ("it's in Germany", ["address.country"], {"country": "DE"}),
        ("how long does it take?", ["address.city"], {}),
        ("94107", ["email"], {}),
    ],
)
def test_reads_an_answer_that_is_nothing_but_what_was_asked_for(
    text: str, asked: list[str], found: dict[str, str]
) -> None:
    assert read_answer(text, asked, AddressParts(country="US")) == AddressParts(**found)


def test_a_new_street_in_another_town_leaves_nothing_of_the_old_address() -> None:
    moved = parts("|5 Oak Ave||Portland|OR|97201|US").over(
        parts("Jane Roe|12 Main St|Apt 4B|Springfield|IL|62701|US")
    )

    assert moved == parts("Jane Roe|5 Oak Ave||Portland|OR|97201|US")
