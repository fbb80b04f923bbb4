"""The closed deals of a window folded into counts, and the answers they give.

The engine folds alike deals into one row with two counts; here they are whole numbers in arrays. A question
is about the values of one dimension (or pairs of values of two): how many deals, and how many won, in each
stratum, a stratum being a quarter, a type of deal and whether the deal carries each of the already claimed
cells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from winloss.advice import statistics
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import ClusterSums, DesignEffect, Floats, Ints
from winloss.rows import Value

Flags = np.ndarray[Any, np.dtype[np.bool_]]

Cohort = Union["DealCounts", Callable[[Sequence[str]], "DealCounts"], None]
"""Deals that had time to be won, or what asks for them by the dimensions that are wanted; None where it cannot be told."""

Cell = tuple[tuple[str, str], ...]
"""A segment as ((dimension, value),), or a pair as ((dimension, value), (dimension, value))."""


CUT = " cut at "
"""Stands in the name of a dimension of two values, made of one whose values have an order: `revenue_band cut at $50M to $100M`."""


def base_of(dimension: str) -> str:
    """The dimension that a cut is made of; of any other, itself."""
    return dimension.partition(CUT)[0]


def is_cut(dimension: str) -> bool:
    """Whether the dimension is another one cut in two."""
    return CUT in dimension


Cuts = Mapping[str, Mapping[str, str]]
"""By the name of a cut, the side each value of its dimension is on."""


def bands_of(cuts: Cuts, dimension: str, segment: str) -> list[str]:
    """The values that a side of a cut is made of, in order of name; none where the segment is no side of one."""
    return sorted(
        {
            band
            for name, side_of in cuts.items()
            for band, side in side_of.items()
            if base_of(name) == dimension and side == segment
        }
    )


def whole_number(row: Mapping[str, Value], name: str) -> int:
    """A count out of a row. Raises ValueError for anything else."""
    value = row[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or value < 0:
        raise ValueError(f"{name} must be a count, not {value!r}")
    return int(value)


def rounded(value: float | None) -> float | None:
    """A figure as rows hold it: nine decimals, no minus zero."""
    return None if value is None else round(value, 9) + 0.0


@dataclass(frozen=True)
class QuarterCounts:
    """Closed deals of one quarter."""

    quarter: str
    deals: int
    won: int


@dataclass(frozen=True)
class SegmentCounts:
    """Closed deals of one value of one dimension in the window.

    `value` is None for the values beyond `maximum_segments`, counted together: `values` says
    how many. `recent_*` cover the last quarters of the window; amounts cover deals with one.
    """

    dimension: str
    value: str | None
    values: int
    deals: int
    won: int
    recent_deals: int
    recent_won: int
    amount: float
    amount_won: float
    amount_squares: float
    shown_deals: int
    shown_won: int


@dataclass(frozen=True)
class Question:
    """What is asked of the deals.

    Deals with an unknown value in `dimensions`, or with values listed in `left_out`, are
    outside the question. Strata are quarter, type of deal (unless that is what is asked about),
    `flags` and, if given, the values of `stratify_by`. With a `focus` only that value is counted
    against other segments.
    """

    dimensions: tuple[str, ...]
    flags: tuple[Cell, ...] = ()
    left_out: tuple[tuple[str, ...], ...] = ()
    focus: tuple[str, ...] | None = None
    stratify_by: str | None = None


@dataclass(frozen=True)
class StrataCounts:
    """Answer in counts: `deals` and `won` of shape (cells, strata), totals of shape (strata,)."""

    values: tuple[tuple[str, ...], ...]
    deals: Ints
    won: Ints
    stratum_deals: Ints
    stratum_won: Ints


@dataclass(frozen=True)
class StrataSums:
    """Answer summed over strata, one entry per cell.

    `expected` and `variance` are those of the cell's wins when the cell makes no difference,
    `harmonic_deals` is sum of n (N-n) / N and `risk_difference` the Mantel-Haenszel one.
    """

    values: tuple[tuple[str, ...], ...]
    deals: Ints
    won: Ints
    other_closed_deals: Ints
    other_won_deals: Ints
    expected: Floats
    variance: Floats
    harmonic_deals: Floats
    risk_difference: Floats


def sums_of(answer: StrataCounts) -> StrataSums:
    """Counts by stratum, summed: Cochran-Mantel-Haenszel moments and Mantel-Haenszel weights."""
    n = answer.deals.astype(np.float64)
    x = answer.won.astype(np.float64)
    big_n = answer.stratum_deals.astype(np.float64)
    big_w = answer.stratum_won.astype(np.float64)
    m, y = big_n - n, big_w - x
    at_least_two = np.maximum(big_n - 1, 1.0)
    some = np.maximum(big_n, 1.0)
    harmonic = (n * m / some).sum(axis=1)
    difference = ((x * m - y * n) / some).sum(axis=1)
    return StrataSums(
        values=answer.values,
        deals=answer.deals.sum(axis=1),
        won=answer.won.sum(axis=1),
        other_closed_deals=answer.stratum_deals.sum() - answer.deals.sum(axis=1),
        other_won_deals=answer.stratum_won.sum() - answer.won.sum(axis=1),
        expected=(n * big_w / some).sum(axis=1),
        variance=(n * m * big_w * (big_n - big_w) / (some**2 * at_least_two)).sum(axis=1),
        harmonic_deals=harmonic,
        risk_difference=np.divide(difference, harmonic, out=np.zeros_like(harmonic), where=harmonic > 0),
    )


ATTRIBUTES = ("industry", "revenue_band", "employee_band", "region")
"""What is known of an account without a deal."""

DEAL_TYPE = "deal_type"
"""The dimension that strata are made of, unless it is itself asked about."""

LARGE_TYPES = 2
"""So many types of deals, the largest, are strata of their own; all others are one."""


@dataclass(frozen=True)
class Fold:
    """All cells of two dimensions as rows of alike deals, for a model that adds their effects up.

    `first` and `second` are codes into `first_values` and `second_values`, `strata` holds one code per stratum, `flags`
    one array of zeros and ones per claim.
    """

    first_values: list[str]
    second_values: list[str]
    first: Ints
    second: Ints
    strata: Ints
    flags: list[Ints]
    deals: Ints
    won: Ints


class DealCounts:
    """Closed deals of a window, folded: an entry stands for `deals` alike ones, of which `won` were won.

    Counted are decisions, on which claims rest: deals that nothing in the export tells apart are one. What is shown are deals,
    each for itself: `shown`, the shown counts of segments, and amounts.
    """

    def __init__(
        self,
        columns: Mapping[str, Sequence[str]],
        won: Sequence[int],
        quarter: Sequence[str],
        amount: Sequence[float | None] | None = None,
        window: Iterable[str] | None = None,
        deal_type: Sequence[str] | None = None,
        clusters: Iterable[Sequence[str]] = (),
        cohort: Cohort = None,
    ) -> None:
        """`columns` holds one text per deal for each dimension; `window` the quarters that count; `clusters` what
        deals belong together: the account of each deal, its owner."""
        quarters = np.asarray(quarter, dtype=object)
        wanted = set(quarters.tolist()) if window is None else set(window)
        inside = np.array([value in wanted for value in quarters.tolist()], dtype=bool)

        def kept(values: Sequence[str]) -> list[str]:
            return [value for value, keep in zip(values, inside) if keep]

        self._labels: dict[str, list[str]] = {}
        self._codes: dict[str, Ints] = {}
        for name, values in columns.items():
            self._labels[name], self._codes[name] = encode(kept(values))
        self._won = np.asarray(won, dtype=np.int64)[inside]
        self._deals = np.ones_like(self._won)
        self._shown = self._deals, self._won
        self._quarter_labels, self._quarters = encode(quarters[inside].tolist())
        self._types = np.zeros_like(self._won)
        if deal_type is not None:
            labels, codes = encode(kept(deal_type))
            self._types = grouped_types(codes, self._deals, len(labels))
        stated = (
            np.full(self._won.size, np.nan)
            if amount is None
            else np.array([np.nan if value is None else value for value in amount], dtype=np.float64)[inside]
        )
        value = np.nan_to_num(stated, nan=0.0)
        self._amounts = (value, value * self._won, np.rint(value**2 * 1e4) / 1e4)
        self._clusters = tuple(encode(kept(cluster))[1] for cluster in clusters)
        self.cluster_sums: Mapping[str, Sequence[ClusterSums]] = {}
        self._designs: dict[str, DesignEffect] = {}
        self._told_by: dict[tuple[str, ...], DealCounts] = {}
        self.cuts: Cuts = {}
        self._cohort = cohort

    @classmethod
    def from_codes(
        cls,
        codes: Mapping[str, Ints],
        labels: Mapping[str, list[str]],
        won: Ints,
        quarters: Ints,
        quarter_labels: list[str],
        deals: Ints | None = None,
        amounts: tuple[Floats, Floats, Floats] | None = None,
        types: Ints | None = None,
        clusters: Iterable[Ints] = (),
        cluster_sums: Mapping[str, Sequence[ClusterSums]] | None = None,
        cohort: Cohort = None,
        shown: tuple[Ints, Ints] | None = None,
    ) -> DealCounts:
        """The same from whole-number codes into lists of labels, without copying.

        With `deals` an entry stands for so many alike deals, of which `won` were won. `amounts` are their amount, that
        of the won ones and the sum of squares; `types` small codes as of `grouped_types`. What belongs together is
        given by `clusters`, one code per entry, or, where entries are folded, by the sums of each dimension. `shown` are
        the deals and wins to show, where they are not those that count.
        """
        self = cls.__new__(cls)
        self._deals = np.ones_like(won) if deals is None else deals
        self._shown = shown or (self._deals, won)
        self._codes, self._labels = dict(codes), dict(labels)
        self._won, self._quarters, self._quarter_labels = won, quarters, quarter_labels
        self._types = np.zeros_like(won) if types is None else types
        nothing = np.zeros(won.size)
        self._amounts = amounts or (nothing, nothing, nothing)
        self._clusters = tuple(clusters)
        self.cluster_sums = cluster_sums or {}
        self._designs = {}
        self._told_by = {}
        self.cuts = {}
        self._cohort = cohort
        return self

    def cut(self, cuts: Cuts) -> DealCounts:
        """The same deals with further dimensions of two values, each a known one cut at an edge; the cohort likewise."""
        for name, side_of in cuts.items():
            base = base_of(name)
            sides = [side_of.get(label, UNKNOWN) for label in self._labels[base]]
            labels = sorted(set(sides))
            place = np.array([labels.index(side) for side in sides], dtype=np.int64)
            self._labels[name], self._codes[name] = labels, place[self._codes[base]]
        self.cuts, self._told_by = {**self.cuts, **cuts}, {}
        return self

    @property
    def is_dated(self) -> bool:
        """Whether enough deals have a creation date for there to be a cohort of those that had time to be won."""
        return self._cohort is not None

    def cohort(self, dimensions: Collection[str] | None = None) -> DealCounts | None:
        """The deals that had time to be won, with at least the dimensions and cuts asked for, or all of them."""
        wanted = self._labels.keys() if dimensions is None else dimensions
        bases = sorted({base_of(name) for name in wanted})
        found = self._cohort(bases) if callable(self._cohort) else self._cohort
        return found and found.cut({name: self.cuts[name] for name in sorted(wanted) if is_cut(name)})

    def quarters(self) -> list[QuarterCounts]:
        """Deals and wins per quarter of the window, oldest first."""
        size = len(self._quarter_labels)
        deals = np.bincount(self._quarters, weights=self._deals, minlength=size)
        won = np.bincount(self._quarters, weights=self._won, minlength=size)
        rows = [QuarterCounts(q, int(deals[i]), int(won[i])) for i, q in enumerate(self._quarter_labels) if deals[i]]
        return sorted(rows, key=lambda row: row.quarter)

    def segments(self, dimensions: Sequence[str], recent: Sequence[str], parameters: Parameters) -> list[SegmentCounts]:
        """All values, `unknown` included, of each dimension: the largest `maximum_segments`, then the others as one."""
        recent_codes = [code for code, label in enumerate(self._quarter_labels) if label in set(recent)]
        is_recent = np.isin(self._quarters, recent_codes)
        measures = [
            self._deals,
            self._won,
            is_recent * self._deals,
            is_recent * self._won,
            *self._amounts,
            *self._shown,
        ]
        rows: list[SegmentCounts] = []
        for dimension in dimensions:
            labels, codes = self._labels[dimension], self._codes[dimension]
            sums = [np.bincount(codes, weights=measure, minlength=len(labels)) for measure in measures]
            order = sorted((c for c in range(len(labels)) if sums[0][c] > 0), key=lambda c: (-sums[0][c], labels[c]))
            kept, folded = order[: parameters.maximum_segments], order[parameters.maximum_segments :]
            for group, value in [([code], labels[code]) for code in kept] + ([(folded, None)] if folded else []):
                totals = [float(measure[group].sum()) for measure in sums]
                rows.append(
                    SegmentCounts(
                        dimension,
                        value,
                        len(group),
                        *(round(total) for total in totals[:4]),
                        *totals[4:7],
                        *(round(total) for total in totals[7:]),
                    )
                )
        return rows

    def shown(self, cell: Cell = ()) -> tuple[int, int, int, int]:
        """Deals to show in the cell, and wins; then of the others whose dimensions are known. Without a cell, all and none."""
        inside = self._is_cell(cell)
        outside = self._known([dimension for dimension, _ in cell]) & ~inside
        deals, won = self._shown
        return int(deals[inside].sum()), int(won[inside].sum()), int(deals[outside].sum()), int(won[outside].sum())

    def counts(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataCounts]:
        """One answer per question; only cells of at least `minimum_deals` deals are named."""
        answers = []
        for question in questions:
            further = () if question.stratify_by is None else (question.stratify_by,)
            of_flags = [name for flag in question.flags for name, _ in flag]
            answers.append(self._told([*question.dimensions, *of_flags, *further])._answer(question, parameters))
        return answers

    def _told(self, dimensions: Collection[str]) -> DealCounts:
        """The same deals told by some dimensions only, in fewer entries; many questions are asked of the same few."""
        bases = tuple(sorted({base_of(name) for name in dimensions}))
        if bases not in self._told_by:
            self._told_by[bases] = self._refolded(bases)
        return self._told_by[bases]

    def _refolded(self, bases: Sequence[str]) -> DealCounts:
        if self._won.size == 0:
            return self
        width = LARGE_TYPES + 1
        key = self._quarters * width + self._types
        for name in bases:
            if int(key.max()) >= _WIDEST:
                return self
            key = key * len(self._labels[name]) + self._codes[name]
        entry, size = _compact(key)
        if 2 * size > self._won.size:
            return self
        first = np.zeros(size, dtype=np.int64)
        first[entry] = np.arange(entry.size)
        deals, won = (
            np.bincount(entry, weights=counted, minlength=size).astype(np.int64) for counted in (self._deals, self._won)
        )
        told = DealCounts.from_codes(
            {name: self._codes[name][first] for name in bases},
            {name: self._labels[name] for name in bases},
            won,
            self._quarters[first],
            self._quarter_labels,
            deals,
            types=self._types[first],
        )
        return told.cut({name: side_of for name, side_of in self.cuts.items() if base_of(name) in bases})

    def design(self, dimensions: Sequence[str], parameters: Parameters) -> DesignEffect:
        """The largest design effect of accounts and owners on any of the dimensions."""
        return max((self._design(dimension, parameters) for dimension in dimensions), key=lambda design: design.factor)

    def few_owners(self, dimension: str, parameters: Parameters) -> bool:
        """Whether most segments of the dimension are worked by fewer than four owners, the last of the clusters."""
        sums = self._cluster_sums(dimension, parameters)
        return bool(sums) and 2 * sums[-1].few_clusters > sums[-1].wide_segments

    def _design(self, dimension: str, parameters: Parameters) -> DesignEffect:
        if dimension not in self._designs:
            found = [statistics.design_effect(sums) for sums in self._cluster_sums(dimension, parameters)]
            self._designs[dimension] = max(found, key=lambda design: design.factor, default=DesignEffect())
        return self._designs[dimension]

    def _cluster_sums(self, dimension: str, parameters: Parameters) -> Sequence[ClusterSums]:
        if dimension in self.cluster_sums or not self._clusters:
            return self.cluster_sums.get(dimension, ())
        keep, strata = self._known((dimension,)), self._strata((dimension,))
        return [
            cluster_sums(
                self._codes[dimension][keep], cluster[keep], strata[keep], self._won[keep], parameters.minimum_deals
            )
            for cluster in self._clusters
        ]

    def fold(self, dimensions: tuple[str, str], flags: Sequence[Cell], left_out: Sequence[tuple[str, ...]]) -> Fold:
        """Deals with both dimensions known, those of `left_out` aside, by segment, segment, stratum and flag."""
        told = self._told([*dimensions, *(name for flag in flags for name, _ in flag)])
        return told._fold(dimensions, flags, left_out)

    def _fold(self, dimensions: tuple[str, str], flags: Sequence[Cell], left_out: Sequence[tuple[str, ...]]) -> Fold:
        keep = self._known(dimensions)
        for values in left_out:
            keep &= ~self._is_cell(tuple(zip(dimensions, values)))
        first, second = (self._codes[dimension][keep] for dimension in dimensions)
        strata, width = _compact(self._strata(dimensions)[keep])
        marks = [self._is_cell(flag)[keep].astype(np.int64) for flag in flags]
        key = (first * len(self._labels[dimensions[1]]) + second) * max(1, width) + strata
        for mark in marks:
            if key.size and int(key.max()) >= _WIDEST:
                key, _ = _compact(key)
            key = key * 2 + mark
        _, place, row = np.unique(key, return_index=True, return_inverse=True)
        size = place.size
        return Fold(
            self._labels[dimensions[0]],
            self._labels[dimensions[1]],
            first[place],
            second[place],
            strata[place],
            [mark[place] for mark in marks],
            np.bincount(row, weights=self._deals[keep], minlength=size).astype(np.int64),
            np.bincount(row, weights=self._won[keep], minlength=size).astype(np.int64),
        )

    def _code_of(self, dimension: str, value: str) -> int:
        try:
            return self._labels[dimension].index(value)
        except ValueError:
            return -1

    def _is_cell(self, cell: Cell) -> Flags:
        result = np.ones(self._won.size, dtype=bool)
        for dimension, value in cell:
            result &= self._codes[dimension] == self._code_of(dimension, value)
        return result

    def _known(self, dimensions: Sequence[str]) -> Flags:
        keep = np.ones(self._won.size, dtype=bool)
        for dimension in dimensions:
            keep &= self._codes[dimension] != self._code_of(dimension, UNKNOWN)
        return keep

    def _strata(self, dimensions: Sequence[str]) -> Ints:
        return self._quarters if DEAL_TYPE in dimensions else self._quarters * (LARGE_TYPES + 1) + self._types

    def _answer(self, question: Question, parameters: Parameters) -> StrataCounts:
        dimensions = question.dimensions
        keep = self._known(dimensions)
        for values in question.left_out:
            keep &= ~self._is_cell(tuple(zip(dimensions, values)))

        stratum = self._strata(dimensions)
        for flag in question.flags:
            if stratum.size and int(stratum.max()) >= _WIDEST:
                stratum, _ = _compact(stratum)
            stratum = stratum * 2 + self._is_cell(flag)
        if question.stratify_by is not None:
            by = question.stratify_by
            stratum = stratum * len(self._labels[by]) + self._codes[by]

        if question.focus is not None:
            names: list[tuple[str, ...]] = [question.focus]
            segment = np.where(self._is_cell(tuple(zip(dimensions, question.focus))), 0, 1)
        else:
            names = [()]
            segment = np.zeros(self._won.size, dtype=np.int64)
            for dimension in dimensions:
                labels = self._labels[dimension]
                names = [(*name, label) for name in names for label in labels]
                segment = segment * len(labels) + self._codes[dimension]

        won, number = self._won, self._deals
        if not keep.all():
            stratum, segment, won, number = stratum[keep], segment[keep], won[keep], number[keep]
        stratum, width = _compact(stratum)
        height = len(names) + 1
        cell = segment * width + stratum
        deals = np.bincount(cell, weights=number, minlength=height * width).reshape(height, width).astype(np.int64)
        wins = np.bincount(cell, weights=won, minlength=height * width).reshape(height, width).astype(np.int64)
        sizes = deals[: len(names)].sum(axis=1)
        if question.focus is not None:
            chosen = [0]
        else:
            large = [int(i) for i in np.nonzero(sizes >= parameters.minimum_deals)[0]]
            chosen = sorted(large, key=lambda i: (-sizes[i], names[i]))[: parameters.maximum_segments]
            chosen.sort(key=lambda i: names[i])
        return StrataCounts(
            values=tuple(names[i] for i in chosen),
            deals=deals[chosen],
            won=wins[chosen],
            stratum_deals=deals.sum(axis=0),
            stratum_won=wins.sum(axis=0),
        )


def grouped_types(codes: Ints, deals: Ints, size: int, minimum_deals: int = 10) -> Ints:
    """Codes of types of deals as 0 and 1 for the two largest, and 2 for all others together; small ones are others.

    Of types of equal size the ones in question are put together, so that no name decides.
    """
    sizes = np.bincount(codes, weights=deals, minlength=size)
    order = sorted(range(size), key=lambda code: -sizes[code])
    large = [code for code in order[:LARGE_TYPES] if sizes[code] >= minimum_deals]
    if len(order) > LARGE_TYPES:
        large = [code for code in large if sizes[code] > sizes[order[LARGE_TYPES]]]
    place = np.full(size, LARGE_TYPES, dtype=np.int64)
    for rank, code in enumerate(large):
        place[code] = rank
    grouped: Ints = place[codes]
    return grouped


def cluster_sums(segment: Ints, cluster: Ints, strata: Ints, won: Ints, minimum_deals: int) -> ClusterSums:
    """The sums behind a design effect, from one code of each kind per deal; deals in order of cluster cost least.

    What a cluster has of each segment and stratum is counted for some clusters at a time: never more than `_CELLS_AT_ONCE` numbers.
    """
    segment, segments = _compact(segment)
    cluster, clusters = _compact(cluster)
    strata, width = _compact(strata)
    if won.size == 0:
        return ClusterSums(0, 0, 0.0, 0.0, 0, 0.0, 0, 0, 0, 0.0, 0.0, 0, 0)
    if (cluster[1:] < cluster[:-1]).any():
        order = np.argsort(cluster, kind="stable")
        segment, cluster, strata, won = segment[order], cluster[order], strata[order], won[order]
    number = np.bincount(strata)
    rate = np.bincount(strata, weights=won) / number
    rest = won - rate[strata]
    in_segment = np.bincount(segment, minlength=segments)
    share = np.bincount(segment * width + strata, minlength=segments * width).reshape(segments, width) / number
    wide = np.nonzero(in_segment >= minimum_deals)[0]
    of_wide = share[wide].T
    squares = pairs = beyond = 0.0
    met = np.zeros(segments, dtype=np.int64)
    step = max(1, _CELLS_AT_ONCE // max(segments, width))
    first = np.searchsorted(cluster, np.arange(0, clusters + step, step))
    for place, (start, stop) in enumerate(zip(first[:-1].tolist(), first[1:].tolist())):
        these, height = slice(start, stop), min(step, clusters - place * step)
        row = cluster[these] - place * step
        cell = row * segments + segment[these]
        inside = np.bincount(cell, minlength=height * segments).reshape(height, segments).astype(np.float64)
        outcome = np.bincount(cell, weights=rest[these], minlength=height * segments)
        by_stratum = np.bincount(row * width + strata[these], minlength=height * width).reshape(height, width)
        far = inside[:, wide] - by_stratum.astype(np.float64) @ of_wide
        squares += float((outcome**2).sum())
        pairs += float((inside**2).sum())
        beyond += float((far**2).sum())
        met += np.count_nonzero(inside, axis=0)
    return ClusterSums(
        deals=won.size,
        strata=width,
        squares=float((rest**2).sum()),
        cell_squares=squares,
        cell_pairs=pairs - won.size,
        segment_squares=float((np.bincount(segment, weights=rest) ** 2).sum()),
        segment_pairs=float((in_segment * (in_segment - 1)).sum()),
        cells=int(met.sum()),
        segments=int(segments),
        clustered_spread=beyond,
        spread=float((share[wide] * (1 - share[wide]) * number).sum()),
        few_clusters=int(((met[wide] < FEW_CLUSTERS) & (2 * met[wide] <= clusters)).sum()),
        wide_segments=int(wide.size),
    )


_CELLS_AT_ONCE = 1 << 15
"""So many numbers stay in the cache of a processor, and are multiplied by one thread: several would mostly wait for each other."""

FEW_CLUSTERS = 4
"""A segment worked by fewer owners, and by half of all at most, cannot be told from those who work it."""

_WIDEST = 1 << 40
"""Codes of strata this large are renumbered before they are doubled again."""


def _compact(codes: Ints) -> tuple[Ints, int]:
    """Codes renumbered without gaps, in the same order, and how many there are."""
    if codes.size == 0:
        return codes, 0
    if int(codes.max()) > max(1 << 16, 4 * codes.size):
        used, compact = np.unique(codes, return_inverse=True)
        return compact, used.size
    place = np.cumsum(np.bincount(codes) > 0) - 1
    return place[codes], int(place[-1]) + 1


def encode(values: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct texts, sorted, and the place of each value among them."""
    labels = sorted(set(values))
    place = {label: code for code, label in enumerate(labels)}
    return labels, np.array([place[value] for value in values], dtype=np.int64)
