"""Money as integer minor units of an ISO 4217 currency. Pure; no float ever enters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

# ISO 4217 codes whose minor unit is not 1/100. Every other code of CURRENCIES has two digits.
_OTHER_EXPONENTS = {
    **dict.fromkeys("bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf".split(), 0),
    **dict.fromkeys("bhd iqd jod kwd lyd omr tnd".split(), 3),
}

CURRENCIES = frozenset(
    """aed afn all amd aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd
    cad cdf chf clp cny cop crc cup cve czk djf dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd
    gnf gtq gyd hkd hnl htg huf idr ils inr iqd irr isk jmd jod jpy kes kgs khr kmf kpw krw kwd kyd kzt
    lak lbp lkr lrd lsl lyd mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn nio nok npr
    nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sdg sek sgd shp sle sos srd ssp
    stn svc syp szl thb tjs tmt tnd top try ttd twd tzs uah ugx usd uyi uyu uzs ves vnd vuv wst xaf xcd
    xof xpf yer zar zmw zwg""".split()
)


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies met in one operation."""


def exponent(currency: str) -> int:
    """Return the number of decimal digits of a currency: 2 for usd, 0 for jpy, 3 for kwd."""
    return _OTHER_EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount of `minor` units (cents, yen, fils) of a lower-case ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are integers, not {type(self.minor).__name__}")
        if self.currency not in CURRENCIES:
            raise ValueError(f"{self.currency!r} is not a lower-case ISO 4217 code")

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __str__(self) -> str:
        return f"{decimal_text(self.minor, self.currency)} {self.currency.upper()}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency}")
        return other.minor

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split the amount in proportion to `weights`; the parts always sum to the whole."""
        return [Money(part, self.currency) for part in allocate(self.minor, weights)]


def decimal_text(minor: int, currency: str) -> str:
    """Write minor units as a decimal number: 1999 usd is "19.99", 500 jpy is "500"."""
    return str(Decimal(minor).scaleb(-exponent(currency)))


def parse_decimal(text: str, currency: str) -> int:
    """Read a decimal number such as "19.99" as minor units of `currency`.

    Raises ValueError where the text is no plain number or has more digits than the currency.
    """
    try:
        scaled = Decimal(text.strip()).scaleb(exponent(currency))
    except InvalidOperation as problem:
        raise ValueError(f"{text!r} is not a number") from problem
    if not scaled.is_finite():
        raise ValueError(f"{text!r} is not a number")
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more digits than {currency.upper()} knows")
    return int(scaled)


def round_half_even(value: Decimal) -> int:
    """Round an exact amount of minor units to a whole one, ties to the even neighbour."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` minor units in proportion to non-negative `weights`, by largest remainder.

    The parts sum to the amount; equal remainders go to the earlier part; a weight of zero gets
    nothing. Raises ValueError where an amount other than zero meets weights that sum to zero.
    """
    whole = sum(weights)
    if whole == 0:
        if amount:
            raise ValueError("an amount cannot be split over weights that sum to zero")
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    missing = amount - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:missing]:
        parts[index] += 1
    return parts
