"""Who buys and where it goes, as the domain knows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from commerce.places import NEEDS_REGION, NO_POSTAL_CODE, Place, knows_region, place_of, region_code


@dataclass(frozen=True, slots=True)
class Buyer:
    """What is known of the person who buys. Empty text means not known."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    phone_number: str = ""
    customer_id: str = ""
    account_type: str = ""
    company_name: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as somebody gave it; `place` is what tax and delivery compare."""

    name: str = ""
    company: str = ""
    line_one: str = ""
    line_two: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def place(self) -> Place:
        return place_of(country=self.country, region=self.region, postal_code=self.postal_code)

    def missing_parts(self) -> list[str]:
        """Name the fields without which nothing can be delivered there or taxed."""
        missing = [part for part in ("line_one", "city", "country") if not getattr(self, part).strip()]
        country = self.country.strip().upper()
        if country in NEEDS_REGION and not self.region.strip():
            missing.append("region")
        if country and country not in NO_POSTAL_CODE and not self.postal_code.strip():
            missing.append("postal_code")
        return missing

    def has_unknown_region(self) -> bool:
        """Say whether the region is none of its country's, where those are known here."""
        country = self.country.strip().upper()
        return bool(self.region.strip()) and not knows_region(country, region_code(country, self.region))


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it, how to reach them, and where. The address may still be missing."""

    name: str = ""
    phone_number: str = ""
    email: str = ""
    address: Address | None = None
