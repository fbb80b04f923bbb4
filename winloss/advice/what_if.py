"""What if we dropped these segments, or moved deals into those? An estimate from the marts, with its range.

Rates of segments are shrunk towards the rate of all deals before they are used (the empirical-Bayes
form of `statistics`), so that a lucky segment promises less than it showed. Overlaps of segments are
taken from the pair table; where a pair is too small to be listed, independence is assumed and said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from itertools import product

from winloss.advice.counts import Cuts, bands_of
from winloss.advice.steps import ordered_cuts, parameters
from winloss.quoting import text_literal
from winloss.rows import Reader, Row

Cell = tuple[tuple[str, str], ...]
"""One dimension and segment, or two of them (a pair)."""

Z = 1.959963984540054

_LISTED = 20
"""Segments that a message lists at most."""


class WhatIfError(ValueError):
    """The question cannot be answered; the message says what to change."""


@dataclass(frozen=True)
class Shift:
    """`points` of every 100 deals moved into `cell`."""

    cell: Cell
    points: float


@dataclass(frozen=True)
class Answer:
    """Before and after; rates are fractions, amounts in the company currency, deals those of the window."""

    window: str
    deals: int
    won: int
    win_rate: float
    won_amount: float | None
    deals_after: float
    win_rate_after: float
    win_rate_low: float
    win_rate_high: float
    wins_after: float
    won_amount_after: float | None
    used: tuple[str, ...]
    assumed: tuple[str, ...]
    without_amount: tuple[str, ...]
    """Segments asked about whose won value is hidden or not stated, so that none is told for afterwards."""


@dataclass(frozen=True)
class _Marts:
    """The marts, and what the sides of cuts are made of."""

    reader: Reader
    cuts: Cuts

    def segments(self, dimension: str, segment: str) -> list[str]:
        """The bands of a side of a cut; any other segment is itself."""
        return bands_of(self.cuts, dimension, segment) or [segment]


@dataclass(frozen=True)
class _Counts:
    deals: float
    won: float
    won_amount: float | None


def parse_cell(text: str) -> Cell:
    """`industry=Retail`, or `industry=Retail+region=EMEA` for a pair. Raises WhatIfError."""
    parts = [part.partition("=") for part in text.split("+")]
    if len(parts) > 2 or any(not name.strip() or not sign or not value.strip() for name, sign, value in parts):
        raise WhatIfError(
            f"{text!r} is not a segment: write dimension=segment, or a pair as dimension=segment+dimension=segment"
        )
    return tuple(sorted((name.strip(), value.strip()) for name, _, value in parts))


def parse_shift(text: str) -> Shift:
    """`lead_source=Referral:20`: 20 of every 100 deals move there. Raises WhatIfError."""
    segment, sign, points = text.rpartition(":")
    try:
        number = float(points)
    except ValueError:
        number = math.nan
    if not sign or not 0 < number <= 100:
        raise WhatIfError(
            f"{text!r} is not a shift: write dimension=segment:points with points from 0 to 100, such as lead_source=Referral:20"
        )
    return Shift(parse_cell(segment), number)


def what_if(reader: Reader, drops: Sequence[Cell] = (), shifts: Sequence[Shift] = ()) -> Answer:
    """Deals, win rate and won value of the trailing window after the drops and shifts.

    Raises WhatIfError where a segment is not in the window, nothing is asked, nothing would be
    left, or more than 100 points are moved.
    """
    marts = _Marts(reader, ordered_cuts(reader))
    if not drops and not shifts:
        raise WhatIfError("nothing to try: name a --drop or a --shift")
    if sum(shift.points for shift in shifts) > 100:
        raise WhatIfError("the shifts add up to more than 100 of every 100 deals")
    baseline = reader.table("win_rate_baseline", "period = 'window'")[0]
    deals, won = int(baseline["closed_deals"] or 0), int(baseline["won_deals"] or 0)
    if not deals:
        raise WhatIfError(f"the window has no closed deals: {baseline['missing_reason']}")
    constants = parameters(reader)
    rate = won / deals
    won_amount = None if baseline["won_amount"] is None else float(baseline["won_amount"])
    used: list[str] = []
    assumed = ["these rates hold next quarter"]

    for cell in drops:
        used.append(_used(cell, _cell_counts(marts, cell)))
    aside = _apart(marts, drops)
    dropped = _Counts(0.0, 0.0, 0.0)
    untold: list[str] = []
    for place, cell in enumerate(aside):
        more = _beyond(marts, cell, aside[:place], deals, used, assumed)
        dropped = _plus(dropped, more, 1)
        if more.won_amount is None:
            untold.append(_name(cell))
    left = deals - dropped.deals
    if left < 1:
        raise WhatIfError("nothing would be left: the dropped segments hold all of these deals")

    # what is dropped is not as bad, or as good, as it looked
    prior = constants.shrinkage_deals
    share = dropped.deals / deals
    dropped_rate = (dropped.won + prior * rate) / (dropped.deals + prior)
    kept_rate = (rate - share * dropped_rate) / (1 - share)
    variance = rate * (1 - rate) / deals
    if dropped.deals:
        variance += (share / (1 - share)) ** 2 * rate * (1 - rate) / (dropped.deals + prior)

    after = kept_rate
    amount_moved = 0.0
    moved = 0.0
    for shift in shifts:
        counts = _cell_counts(marts, shift.cell)
        if any(_is_inside(marts, shift.cell, cell) for cell in drops):
            raise WhatIfError(f"{_name(shift.cell)} is dropped and cannot receive deals")
        used.append(_used(shift.cell, counts))
        counts = _beyond(marts, shift.cell, aside, deals, used, assumed)
        portion = shift.points / 100
        gain = None if drops else _advised_gain(marts, shift.cell)
        expected = (counts.won + prior * rate) / (counts.deals + prior) if gain is None else rate + gain
        after += portion * (expected - kept_rate)
        variance += portion**2 * rate * (1 - rate) / (counts.deals + prior)
        if counts.won_amount is None:
            untold.append(_name(shift.cell))
        elif counts.won:
            amount_moved += left * portion * expected * counts.won_amount / counts.won
        moved += portion
    if shifts:
        assumed.append(
            "deals moved into a segment win as the advice expects of it, else as its deals did, shrunk towards all deals"
        )

    if drops:
        assumed.append(
            "dropped deals would have won nearer to the rate of all than they did: they are shrunk towards it"
        )

    half = Z * math.sqrt(variance)
    amount_after: float | None = None
    if won_amount is not None and dropped.won_amount is not None and not untold and won - dropped.won > 0:
        mean = (won_amount - dropped.won_amount) / (won - dropped.won)
        amount_after = left * (1 - moved) * kept_rate * mean + amount_moved
    return Answer(
        window=f"{baseline['first_quarter']} to {baseline['last_quarter']}"
        if baseline["last_quarter"]
        else "any day, for none has a closed date",
        deals=deals,
        won=won,
        win_rate=rate,
        won_amount=won_amount,
        deals_after=left,
        win_rate_after=min(max(after, 0.0), 1.0),
        win_rate_low=max(after - half, 0.0),
        win_rate_high=min(after + half, 1.0),
        wins_after=left * min(max(after, 0.0), 1.0),
        won_amount_after=amount_after,
        used=tuple(dict.fromkeys(used)),
        assumed=tuple(dict.fromkeys(assumed)),
        without_amount=tuple(dict.fromkeys(untold)),
    )


def _advised_gain(marts: _Marts, cell: Cell) -> float | None:
    """What a deal moved into the cell gains according to the advice; None where the advice did not test it."""
    names = ["dimension", "segment", "second_dimension", "second_segment"]
    wanted = [text for part in cell for text in part]
    same = [f"{name} = {text_literal(text, marts.reader.engine)}" for name, text in zip(names, wanted)]
    same += [f"{name} is null" for name in names[len(wanted) :]]
    rows = marts.reader.table("icp_segment_evidence", " and ".join([*same, "extra_wins_per_100 is not null"]))
    return float(rows[0]["extra_wins_per_100"] or 0.0) / float(rows[0]["shift_points"] or 1.0) if rows else None


def _plus(total: _Counts, more: _Counts, sign: int) -> _Counts:
    amount = None if total.won_amount is None or more.won_amount is None else total.won_amount + sign * more.won_amount
    return _Counts(total.deals + sign * more.deals, total.won + sign * more.won, amount)


def _name(cell: Cell) -> str:
    return " and ".join(f"{dimension} {segment}" for dimension, segment in cell)


def _is_inside(marts: _Marts, cell: Cell, other: Cell) -> bool:
    """Whether all deals of the cell are in the other: the same segments and more, of a cut some of its bands."""
    own = {dimension: marts.segments(dimension, segment) for dimension, segment in cell}
    return all(set(own.get(dimension, [""])) <= set(marts.segments(dimension, segment)) for dimension, segment in other)


def _used(cell: Cell, counts: _Counts) -> str:
    return f"{_name(cell)}: {counts.won:.0f} of {counts.deals:.0f} deals won"


def _apart(marts: _Marts, drops: Sequence[Cell]) -> list[Cell]:
    """The drops without what is inside another one or named before; of overlapping sides of cuts the further bands."""
    kept: list[Cell] = []
    for place, cell in enumerate(drops):
        others = [*drops[:place], *(other for other in drops[place:] if not _is_inside(marts, other, cell))]
        if any(_is_inside(marts, cell, other) for other in others):
            continue
        dimension, segment = cell[0]
        bands = set(marts.segments(dimension, segment)) if len(cell) == 1 else set()
        before = {
            band
            for other in kept
            if len(other) == 1 and other[0][0] == dimension
            for band in marts.segments(dimension, other[0][1])
        }
        kept += [((dimension, band),) for band in sorted(bands - before)] if bands & before else [cell]
    return kept


def _beyond(
    marts: _Marts, cell: Cell, others: Sequence[Cell], deals: int, used: list[str], assumed: list[str]
) -> _Counts:
    """Deals of the cell that are in none of the others, which share no deal where they name the same dimensions.

    Of others that do not, each may take its share of what is left: there are no counts of three segments together.
    """
    left = counts = _cell_counts(marts, cell)
    shared: dict[tuple[str, ...], _Counts] = {}
    for other in others:
        names = tuple(dimension for dimension, _ in other)
        nothing = _Counts(0.0, 0.0, 0.0)
        shared[names] = _plus(shared.get(names, nothing), _overlap(marts, cell, other, deals, used, assumed), 1)
    for overlap in shared.values():
        amount = None
        if left.won_amount is not None and counts.won_amount is not None and overlap.won_amount is not None:
            amount = left.won_amount * _rest(overlap.won_amount, counts.won_amount)
        left = _Counts(
            left.deals * _rest(overlap.deals, counts.deals), left.won * _rest(overlap.won, counts.won), amount
        )
    if sum(overlap.deals > 0 for overlap in shared.values()) > 1:
        assumed.append(f"{_name(cell)} shares deals with several dropped segments, as many in common as by chance")
    return left


def _rest(part: float, whole: float) -> float:
    return 1 - min(1.0, part / whole) if whole > 0 else 0.0


def _overlap(marts: _Marts, cell: Cell, other: Cell, deals: int, used: list[str], assumed: list[str]) -> _Counts:
    """Deals in both cells: from the pair table, or as if the cells were independent."""
    both = tuple(sorted(set(cell) | set(other)))
    dimensions = {dimension for dimension, _ in both}
    if len(dimensions) < len(both) and len(dimensions) <= 2:
        return _shared(marts, cell, other)
    if len(cell) == len(other) == 2 and len(dimensions) == 3:
        return _shared_by_chance(marts, cell, other, deals, assumed)
    if both in (cell, other):
        return _cell_counts(marts, both)
    if len(both) == 2:
        counts = _pair_counts(marts, both)
        if counts is not None:
            used.append(_used(both, counts))
            return counts
    first, second = _cell_counts(marts, cell), _cell_counts(marts, other)
    assumed.append(
        f"{_name(cell)} and {_name(other)} overlap as if they were independent: too few deals to list them as a pair"
    )
    return _by_chance(first, second, deals)


def _by_chance(first: _Counts, second: _Counts, deals: float) -> _Counts:
    """Deals that both have in common, of so many, if they are independent."""
    expected = first.deals * second.deals / deals
    rate = (first.won + second.won) / max(first.deals + second.deals, 1.0)
    amount = None
    if first.won_amount is not None and second.won_amount is not None:
        amount = expected * rate * (first.won_amount + second.won_amount) / max(first.won + second.won, 1.0)
    return _Counts(expected, expected * rate, amount)


def _shared_by_chance(marts: _Marts, cell: Cell, other: Cell, deals: int, assumed: list[str]) -> _Counts:
    """Deals in two pairs that share a dimension: no table counts three segments together, so as by chance within each shared one."""
    [dimension] = {name for name, _ in cell} & {name for name, _ in other}
    named = [
        next(marts.segments(name, segment) for name, segment in each if name == dimension) for each in (cell, other)
    ]
    common = [segment for segment in named[0] if segment in named[1]]
    if not common:
        return _Counts(0.0, 0.0, 0.0)
    assumed.append(
        f"{_name(cell)} and {_name(other)} share deals as by chance: no table counts three segments together"
    )
    total = _Counts(0.0, 0.0, 0.0)
    for segment in common:
        whole = _segment_row(marts, dimension, segment)
        parts = [
            _pair_counts(marts, tuple((name, segment if name == dimension else value) for name, value in each))
            for each in (cell, other)
        ]
        if whole is None or parts[0] is None or parts[1] is None:
            return _by_chance(_cell_counts(marts, cell), _cell_counts(marts, other), deals)
        total = _plus(total, _by_chance(parts[0], parts[1], _as_counts(whole).deals), 1)
    return total


def _as_counts(row: Row) -> _Counts:
    amount = row["won_amount"]
    won = float(row["won_deals"] or 0)
    return _Counts(float(row["closed_deals"] or 0), won, 0.0 if not won else None if amount is None else float(amount))


def _shared(marts: _Marts, cell: Cell, other: Cell) -> _Counts:
    """Deals in two cells that name one dimension twice: those of the bands that both hold; of other segments there is none."""
    parts: list[tuple[str, list[str]]] = []
    for dimension in sorted({dimension for dimension, _ in (*cell, *other)}):
        named = [marts.segments(name, segment) for name, segment in (*cell, *other) if name == dimension]
        parts.append((dimension, [segment for segment in named[0] if all(segment in further for further in named)]))
    if not all(segments for _, segments in parts):
        return _Counts(0.0, 0.0, 0.0)
    total = _Counts(0.0, 0.0, 0.0)
    for cells in product(*([(dimension, segment) for segment in segments] for dimension, segments in parts)):
        row = _pair_row(marts, cells) if len(cells) == 2 else _segment_row(marts, *cells[0])
        total = total if row is None else _plus(total, _as_counts(row), 1)
    return total


def _pair_counts(marts: _Marts, cell: Cell) -> _Counts | None:
    """Deals of a pair, of a cut all its bands together; None where one of them is too small to be listed."""
    total = _Counts(0.0, 0.0, 0.0)
    for cells in product(
        *([(dimension, band) for band in marts.segments(dimension, segment)] for dimension, segment in cell)
    ):
        row = _pair_row(marts, cells)
        if row is None:
            return None
        total = _plus(total, _as_counts(row), 1)
    return total


def _pair_row(marts: _Marts, cell: Cell) -> Row | None:
    (first, one), (second, two) = cell

    def where(a: str, b: str, c: str, d: str) -> str:
        literals = [text_literal(text, marts.reader.engine) for text in (a, b, c, d)]
        return (
            f"(dimension = {literals[0]} and segment = {literals[1]} "
            f"and second_dimension = {literals[2]} and second_segment = {literals[3]})"
        )

    rows = marts.reader.table(
        "win_rates_by_segment_pair",
        f"period = 'window' and ({where(first, one, second, two)} or {where(second, two, first, one)})",
    )
    return rows[0] if rows else None


def _segment_row(marts: _Marts, dimension: str, segment: str) -> Row | None:
    rows = marts.reader.table(
        "win_rates_by_dimension",
        f"period = 'window' and dimension = {text_literal(dimension, marts.reader.engine)} "
        f"and segment = {text_literal(segment, marts.reader.engine)}",
    )
    return rows[0] if rows else None


def _cell_counts(marts: _Marts, cell: Cell) -> _Counts:
    if len(cell) == 2:
        counts = _pair_counts(marts, cell)
        if counts is None:
            raise WhatIfError(f"{_name(cell)} is not listed: too few closed deals, or a name that is not in the data")
        return counts
    dimension, segment = cell[0]
    rows = [row for band in marts.segments(dimension, segment) if (row := _segment_row(marts, dimension, band))]
    if rows:
        return reduce(lambda total, row: _plus(total, _as_counts(row), 1), rows, _Counts(0.0, 0.0, 0.0))
    known = marts.reader.rows(
        f"select distinct dimension, segment from {marts.reader.relation('win_rates_by_dimension')} where period = 'window'"
    )
    dimensions = sorted({str(row["dimension"]) for row in known})
    if dimension not in dimensions:
        raise WhatIfError(
            f"{dimension} is not a dimension{_nearest(dimension, dimensions)}; there are: {', '.join(dimensions)}"
        )
    segments = sorted(str(row["segment"]) for row in known if row["dimension"] == dimension)
    raise WhatIfError(f"{dimension} has no segment {segment}{_nearest(segment, segments)}; {_some_of(segments)}")


def _some_of(segments: Sequence[str]) -> str:
    shown = ", ".join(segments[:_LISTED])
    return f"there are: {shown}" if len(segments) <= _LISTED else f"among its {len(segments)}: {shown}"


def _nearest(word: str, words: Sequence[str]) -> str:
    found = get_close_matches(word, words, n=1, cutoff=0.5)
    return f" (did you mean {found[0]}?)" if found else ""
