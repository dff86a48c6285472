"""Metadata: up to 50 keys of up to 40 characters, values of up to 500, merged on update."""

from commerce.payments.sandbox.errors import InvalidParameter

MAX_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_VALUE_LENGTH = 500


def merge_metadata(current: dict[str, str], given: dict[str, str] | str | None) -> dict[str, str]:
    """Return metadata after an update: an empty value removes its key, an empty string removes all."""
    if given is None:
        return current
    if isinstance(given, str):
        return {}
    for key, value in given.items():
        _check(key, value)
    merged = {key: value for key, value in {**current, **given}.items() if value != ""}
    if len(merged) > MAX_KEYS:
        raise InvalidParameter(
            f"Metadata can have up to {MAX_KEYS} keys, but this object would have {len(merged)}.",
            param="metadata",
        )
    return merged


def _check(key: str, value: str) -> None:
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidParameter(
            f"Metadata keys can have up to {MAX_KEY_LENGTH} characters, but you passed in a key that is "
            f"{len(key)} characters. Invalid key: {key}",
            param="metadata",
        )
    if len(value) > MAX_VALUE_LENGTH:
        raise InvalidParameter(
            f"Metadata values can have up to {MAX_VALUE_LENGTH} characters, but you passed in a value that "
            f"is {len(value)} characters. Invalid value: {value}",
            param="metadata",
        )
