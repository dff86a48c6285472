"""Variants of one product told apart by their options, whatever the file says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from merchants.imports.tables import Row

Options = tuple[str, ...]


def told_apart(
    found: Iterable[tuple[Row, Options]], *, column: str, cells: Sequence[str]
) -> list[tuple[Row, Options]]:
    """Give variants with the same options different ones; leave out rows that repeat another in all `cells`.

    Where two have the same, `column` is what the merchant is told to look at.
    """
    known: dict[Options, Row] = {}
    for row, options in found:
        twin = known.get(options)
        if twin is not None and all(row.raw(cell) == twin.raw(cell) for cell in cells):
            row.report(column, f"Remove the row: it repeats row {twin.number}. It was left out.")
            continue
        if twin is not None:
            options = _next_free(options, known)
            told = " / ".join(options)
            row.report(
                column, f"Give each variant its own options: row {twin.number} has the same. It became {told}."
            )
        known[options] = row
    return [(row, options) for options, row in known.items()]


def report_repeated_sku(row: Row, column: str, sku: str, first_rows: Mapping[str, int]) -> None:
    """Say of which row a SKU is the same. `first_rows` has those that the file has several times."""
    if sku and first_rows.get(sku, row.number) != row.number:
        advice = f"Row {first_rows[sku]} has the same SKU: give each variant its own."
        row.report(column, advice)


def _next_free(options: Options, taken: Mapping[Options, Row]) -> Options:
    number = 2
    while (other := (*options[:-1], f"{options[-1][:240]} ({number})")) in taken:
        number += 1
    return other
