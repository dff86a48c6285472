"""What a merchant offers for getting things to the buyer, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.places import Place


@dataclass(frozen=True, slots=True)
class ZoneTerms:
    """Where a method delivers. Empty tuples match everything."""

    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    postal_prefixes: tuple[str, ...] = ()

    def covers(self, place: Place) -> bool:
        """Say whether a place lies in the zone."""
        return (
            (not self.countries or place.country in self.countries)
            and (not self.regions or place.region in self.regions)
            and (not self.postal_prefixes or place.postal_code.startswith(self.postal_prefixes))
        )

    def reaches(self, country: str, region: str = "") -> bool:
        """Say whether some place of a country, or of one region of it, lies in the zone."""
        return (not self.countries or country in self.countries) and (
            not region or not self.regions or region in self.regions
        )


@dataclass(frozen=True, slots=True)
class LocationTerms:
    """A place where buyers collect."""

    name: str
    line_one: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class RateTerms:
    """A price for weights in [min, max) grams and subtotals in [min, max) minor units."""

    amount_minor: int
    min_weight_grams: int = 0
    max_weight_grams: int | None = None
    min_subtotal_minor: int = 0
    max_subtotal_minor: int | None = None

    def fits(self, *, weight_grams: int, subtotal_minor: int) -> bool:
        """Say whether the rate is meant for such a parcel."""
        return (
            self.min_weight_grams <= weight_grams
            and (self.max_weight_grams is None or weight_grams < self.max_weight_grams)
            and self.min_subtotal_minor <= subtotal_minor
            and (self.max_subtotal_minor is None or subtotal_minor < self.max_subtotal_minor)
        )


@dataclass(frozen=True, slots=True)
class MethodTerms:
    """One way to get things to the buyer; see `commerce.fulfillment.models.FulfillmentMethod`."""

    id: str
    kind: str
    title: str
    rates: tuple[RateTerms, ...]
    description: str = ""
    carrier: str = ""
    zone: ZoneTerms | None = None
    location: LocationTerms | None = None
    min_days: int = 2
    max_days: int = 5
    cutoff_hour: int = 14
    window_start_hour: int = 9
    window_end_hour: int = 18
