"""All formats, and how a file's is found: by its columns, never by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from merchants.imports import google, openai, own, shopify, woocommerce
from merchants.imports.format import Binding, Format, bind
from merchants.imports.opening import TextFile
from merchants.imports.reading import UnreadableFileError

FORMATS: Mapping[str, Format] = {
    one.code: one for one in (own.FORMAT, shopify.FORMAT, woocommerce.FORMAT, openai.FORMAT, google.FORMAT)
}
_SHOWN_COLUMNS = 12


class UnknownColumnError(UnreadableFileError):
    """A mapping names a column that the format or the file does not have."""

    code = "unknown_column"


def find_format(
    text: TextFile, names: Sequence[str], *, format_code: str = "", mapping: Mapping[str, str] | None = None
) -> Binding:
    """Bind the file to the format named, or to the one that knows most of its columns.

    Raises UnreadableFileError, which says what was seen and what is expected, and UnknownColumnError.
    """
    kinds = (
        [FORMATS[format_code]] if format_code else [one for one in FORMATS.values() if text.layout in one.layouts]
    )
    comma = text.delimiter == ";"
    bindings = [bind(kind, names, mapping=_fitting(kind, mapping), decimal_comma=comma) for kind in kinds]
    whole = [one for one in bindings if not one.missing]
    if not whole:
        raise UnreadableFileError(_what_is_missing(text, names, bindings))
    best = max(whole, key=lambda one: one.matched)
    _require_known(best.format, names, mapping)
    return best


def require_columns(kind: Format, names: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Raise UnknownColumnError where a mapping names what is not there, or leaves out what is needed."""
    _require_known(kind, names, mapping)
    if missing := bind(kind, names, mapping=mapping).missing:
        wanted = " and ".join(f"“{column.written[0]}”" for column in missing)
        raise UnknownColumnError(f"Say which column of the file is {wanted}: {kind.name} needs it.")


def nearest_format(text: TextFile, names: Sequence[str]) -> Format:
    """Return the format that has most of a file's columns, whether or not it can be read as it is."""
    kinds = [one for one in FORMATS.values() if text.layout in one.layouts]
    return max((bind(kind, names) for kind in kinds), key=lambda one: (not one.missing, one.matched)).format


def _fitting(kind: Format, mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Return a mapping by the format's own column names."""
    found = {kind.column(name): told for name, told in (mapping or {}).items()}
    return {column.name: told for column, told in found.items() if column is not None}


def _require_known(kind: Format, names: Sequence[str], mapping: Mapping[str, str] | None) -> None:
    for name, told in (mapping or {}).items():
        if kind.column(name) is None:
            known = ", ".join(column.written[0] for column in kind.columns)
            raise UnknownColumnError(f"{kind.name} has no column “{name}”. It has: {known}.")
        if told and told not in names:
            raise UnknownColumnError(f"The file has no column “{told}”. It has: {_listed(names)}.")


def _what_is_missing(text: TextFile, names: Sequence[str], bindings: Sequence[Binding]) -> str:
    nearest = max(bindings, key=lambda one: (one.matched, -len(one.missing)))
    missing = ", ".join(column.written[0] for column in nearest.missing)
    seen = f"{text.name} ({text.wording}) has the columns {_listed(names)}."
    if len(bindings) == 1:
        return f"{seen} For {nearest.format.name} it has no column {missing}."
    known = "; ".join(
        f"{one.format.name}: {', '.join(column.written[0] for column in one.format.required)}" for one in bindings
    )
    near = f" It comes nearest to {nearest.format.name}, but has no column {missing}." if nearest.matched else ""
    return f"{seen} That is no format known here.{near} What each format needs: {known}."


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name or "(nameless)" for name in names[:_SHOWN_COLUMNS])
    more = len(names) - _SHOWN_COLUMNS
    return f"{shown} and {more} more" if more > 0 else shown or "(none)"
