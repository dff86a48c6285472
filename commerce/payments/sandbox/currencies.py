"""Which currencies Stripe charges in, how many decimals they have, and what may be charged.

Source: Stripe's currencies page, captured 2026-08: zero-decimal and three-decimal lists, minimum and maximum
amounts.
"""

from commerce.payments.sandbox.errors import InvalidParameter


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
# Without decimals in practice, but sent as two-decimal amounts that end in 00.
WHOLE_UNITS = frozenset(("isk", "ugx"))
TWO_DECIMAL = WHOLE_UNITS | _codes(
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf "
    "chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl hrk htg huf "
    "idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr "
    "mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sll "
    "sos srd std szl thb tjs top try "
    "ttd twd tzs uah uyu uzs wst xcd yer zar zmw"
)
SUPPORTED = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL

MINIMUM_AMOUNTS = {
    "usd": 50, "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500,
    "dkk": 250, "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip

MAXIMUM_AMOUNT = 99_999_999
MAXIMUM_AMOUNT_IDR = 999_999_999_999

SYMBOLS = {
    "usd": "$",
    "aud": "$",
    "cad": "$",
    "hkd": "$",
    "nzd": "$",
    "sgd": "$",
    "eur": "€",
    "gbp": "£",
    "jpy": "¥",
}


def exponent(currency: str) -> int:
    """Return how many decimals an amount of this currency has in the API."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def decimal_text(amount: int, currency: str) -> str:
    """Write minor units with the currency's decimals: 123456 jpy is 123,456 and 1234 usd is 12.34."""
    places = exponent(currency)
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), 10**places)
    return f"{sign}{whole:,}" + (f".{fraction:0{places}d}" if places else "")


def money_text(amount: int, currency: str) -> str:
    """Write an amount as Stripe's messages do: `$12.34`, or with the code where there is no symbol."""
    symbol = SYMBOLS.get(currency)
    text = decimal_text(amount, currency)
    return f"{symbol}{text}" if symbol else f"{text} {currency}"


def check_currency(currency: str, param: str = "currency") -> str:
    """Return the currency in lower case, or refuse one that Stripe does not charge in."""
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        known = ", ".join(sorted(SUPPORTED))
        raise InvalidParameter(
            f"Invalid currency: {lowered}. Stripe currently supports these currencies: {known}", param=param
        )
    return lowered


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse an amount that is not positive, too small, too large or not whole in its currency."""
    if amount < 1:
        raise InvalidParameter(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param=param
        )
    _check_smallest_step(amount, currency, param)
    minimum = MINIMUM_AMOUNTS.get(currency, 1)
    if amount < minimum:
        text = (
            f"{money_text(minimum, currency)} {currency}" if currency in SYMBOLS else money_text(minimum, currency)
        )
        raise InvalidParameter(f"Amount must be at least {text}", code="amount_too_small", param=param)
    maximum = MAXIMUM_AMOUNT_IDR if currency == "idr" else MAXIMUM_AMOUNT
    if amount > maximum:
        text = (
            f"{money_text(maximum, currency)} {currency}" if currency in SYMBOLS else money_text(maximum, currency)
        )
        raise InvalidParameter(f"Amount must be no more than {text}", code="amount_too_large", param=param)


def _check_smallest_step(amount: int, currency: str, param: str) -> None:
    if currency in THREE_DECIMAL and amount % 10:
        raise InvalidParameter(
            f"Invalid amount: the last digit of an amount in {currency} must be 0.",
            code="invalid_charge_amount",
            param=param,
        )
    if currency in WHOLE_UNITS and amount % 100:
        raise InvalidParameter(
            f"Invalid amount: the last two digits of an amount in {currency} must be 00.",
            code="invalid_charge_amount",
            param=param,
        )
