"""Where parcels of well-known carriers can be followed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

_PAGES: Mapping[str, str] = {
    "Australia Post": "https://auspost.com.au/mypost/track/#/details/{}",
    "bpost": "https://track.bpost.cloud/btr/web/#/search?itemCode={}&lang=en",
    "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "Colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "DHL": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "DHL Paket": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={}",
    "DPD": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "Evri": "https://www.evri.com/track/parcel/{}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "GLS": "https://gls-group.eu/track/{}",
    "Japan Post": "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={}&locale=en",
    "OnTrac": "https://www.ontrac.com/tracking/?number={}",
    "PostNord": "https://tracking.postnord.com/en/tracking?id={}",
    "Purolator": "https://www.purolator.com/en/shipping/tracker?pin={}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "Swiss Post": "https://service.post.ch/ekp-web/ui/entry/search/{}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}

_OTHER_NAMES: Mapping[str, str] = {
    "DHL Express": "DHL",
    "Federal Express": "FedEx",
    "Hermes UK": "Evri",
    "La Poste": "Colissimo",
    "LaserShip": "OnTrac",
    "United Parcel Service": "UPS",
    "United States Postal Service": "USPS",
    "US Postal Service": "USPS",
}

CARRIERS = tuple(_PAGES)
"""The carriers whose pages are known, by name."""


def tracking_page(carrier: str, tracking_number: str) -> str:
    """Return where a parcel can be followed, or "" for a carrier that is not known here.

    Names are recognized however they are spelt: "Fed Ex", "ups".
    """
    page = _BY_KEY.get(_key(carrier))
    return page.format(quote(tracking_number, safe="")) if page and tracking_number else ""


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_BY_KEY = {
    **{_key(name): page for name, page in _PAGES.items()},
    **{_key(name): _PAGES[known] for name, known in _OTHER_NAMES.items()},
}
