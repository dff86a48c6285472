"""What variants of one product owe each other (V-20), the same for every profile that lists them row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from merchants.feeds.rules import Effect, Problem, Row, shown


def problems_of_group(
    rows: Sequence[Row], *, id_field: str, group_field: str, options_field: str | None
) -> dict[str, list[Problem]]:
    """Return what is wrong between the rows of one product, by item id. GTINs shared by all are taken out.

    Where the options have no field of their own they are not compared.
    """
    found: defaultdict[str, list[Problem]] = defaultdict(list)
    ids = {row[id_field] for row in rows}
    for row in rows:
        if row.get(group_field) in ids:
            advice = "Give the product an id that none of its variants has."
            found[row[id_field]].append(_refusal(group_field, row[group_field], advice))
    if options_field is not None:
        _compare_options([row for row in rows if group_field in row], id_field, options_field, found)
    _drop_shared_gtin(rows, id_field, found)
    return found


def _compare_options(
    rows: Sequence[Row], id_field: str, options_field: str, found: defaultdict[str, list[Problem]]
) -> None:
    combinations = Counter(_combination(row, options_field) for row in rows)
    sets = Counter(frozenset(row.get(options_field) or {}) for row in rows)
    names = sets.most_common(1)[0][0] if sets else frozenset()
    for row in rows:
        value = row.get(options_field) or {}
        if frozenset(value) != names:
            advice = f"Give every variant the same options: {', '.join(sorted(names)) or 'none'}."
            found[row[id_field]].append(_refusal(options_field, value, advice))
        elif combinations[_combination(row, options_field)] > 1:
            advice = "Give every variant options by which it differs from the others."
            found[row[id_field]].append(_refusal(options_field, value, advice))


def _combination(row: Row, options_field: str) -> frozenset[tuple[str, str]]:
    return frozenset((row.get(options_field) or {}).items())


def _drop_shared_gtin(rows: Sequence[Row], id_field: str, found: defaultdict[str, list[Problem]]) -> None:
    """Take out a GTIN that several variants share: it is the product's or nobody's, and finds the wrong one."""
    shared = [gtin for gtin, times in Counter(row.get("gtin") for row in rows).items() if gtin and times > 1]
    for row in rows:
        if row.get("gtin") in shared:
            advice = "Give every variant the GTIN of its own bar code."
            value = row.pop("gtin")
            found[row[id_field]].append(Problem("V-11", "gtin", value, advice, Effect.LEFT_OUT))


def _refusal(field: str, value: object, advice: str) -> Problem:
    return Problem("V-20", field, shown(value), advice, Effect.REFUSED)
