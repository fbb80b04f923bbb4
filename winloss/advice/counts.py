"""The engine counts, Python decides: what the selection asks, and two engines that answer.

A question is about the values of one dimension (or pairs of values of two): how many deals,
and how many won, in each stratum, a stratum being a quarter and whether the deal carries
each of the already claimed cells. Answers hold counts only, never a deal, and never more
than `Parameters.maximum_rows` rows at a time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import Floats, Ints
from winloss.rows import Value

Flags = np.ndarray[Any, np.dtype[np.bool_]]

Cell = tuple[tuple[str, str], ...]
"""A segment as ((dimension, value),), or a pair as ((dimension, value), (dimension, value))."""


class CountError(Exception):
    """The engine's answer cannot be used; the message names the remedy."""


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


@dataclass(frozen=True)
class Question:
    """What is asked of the engine.

    Deals with an unknown value in `dimensions`, or with values listed in `left_out`, are
    outside the question. Strata are quarter, `flags` and, if given, the values of
    `stratify_by`. With a `focus` only that value is counted against other segments.
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


class CountSource(Protocol):
    """Whatever can count: the window is fixed when the source is made."""

    def quarters(self) -> list[QuarterCounts]:
        """Deals and wins per quarter of the window, oldest first."""

    def segments(self, dimensions: Sequence[str], recent: Sequence[str], parameters: Parameters) -> list[SegmentCounts]:
        """All values, `unknown` included, of each dimension: the largest `maximum_segments`, then the others as one."""

    def counts(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataCounts]:
        """One answer per question; only cells of at least `minimum_deals` deals are named."""

    def sums(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataSums]:
        """The same, summed over strata by the engine, for windows too large to test exactly."""


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


# ---------------------------------------------------------------- in memory


class MemoryCounts:
    """Counts of deals held in numpy arrays: for tests, benchmarks and small data."""

    def __init__(
        self,
        columns: Mapping[str, Sequence[str]],
        won: Sequence[int],
        quarter: Sequence[str],
        amount: Sequence[float | None] | None = None,
        window: Iterable[str] | None = None,
    ) -> None:
        """`columns` holds one text per deal for each dimension; `window` the quarters that count."""
        self._deals: Ints | None = None
        quarters = np.asarray(quarter, dtype=object)
        wanted = set(quarters.tolist()) if window is None else set(window)
        inside = np.array([value in wanted for value in quarters.tolist()], dtype=bool)
        self._labels: dict[str, list[str]] = {}
        self._codes: dict[str, Ints] = {}
        for name, values in columns.items():
            self._labels[name], self._codes[name] = encode([v for v, keep in zip(values, inside) if keep])
        self._won = np.asarray(won, dtype=np.int64)[inside]
        self._quarter_labels, self._quarters = encode(quarters[inside].tolist())
        self._amount = (
            np.full(self._won.size, np.nan)
            if amount is None
            else np.array([np.nan if value is None else value for value in amount], dtype=np.float64)[inside]
        )

    @classmethod
    def from_codes(
        cls,
        codes: Mapping[str, Ints],
        labels: Mapping[str, list[str]],
        won: Ints,
        quarters: Ints,
        quarter_labels: list[str],
        deals: Ints | None = None,
    ) -> MemoryCounts:
        """The same from whole-number codes into lists of labels, without copying.

        With `deals` an entry stands for so many alike deals, of which `won` were won.
        """
        self = cls.__new__(cls)
        self._deals = deals
        self._codes, self._labels = dict(codes), dict(labels)
        self._won, self._quarters, self._quarter_labels = won, quarters, quarter_labels
        self._amount = np.full(won.size, np.nan)
        return self

    def quarters(self) -> list[QuarterCounts]:
        size = len(self._quarter_labels)
        deals = np.bincount(self._quarters, weights=self._deals, minlength=size)
        won = np.bincount(self._quarters, weights=self._won, minlength=size)
        rows = [QuarterCounts(q, int(deals[i]), int(won[i])) for i, q in enumerate(self._quarter_labels) if deals[i]]
        return sorted(rows, key=lambda row: row.quarter)

    def segments(self, dimensions: Sequence[str], recent: Sequence[str], parameters: Parameters) -> list[SegmentCounts]:
        recent_codes = [code for code, label in enumerate(self._quarter_labels) if label in set(recent)]
        is_recent = np.isin(self._quarters, recent_codes)
        has_amount = ~np.isnan(self._amount)
        amount = np.where(has_amount, self._amount, 0.0)
        deals = np.ones_like(self._won) if self._deals is None else self._deals
        measures = [
            deals,
            self._won,
            is_recent * deals,
            is_recent * self._won,
            amount,
            amount * self._won,
            np.rint(amount**2 * 1e4) / 1e4,
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
                        *totals[4:],
                    )
                )
        return rows

    def counts(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataCounts]:
        return [self._answer(question, parameters) for question in questions]

    def sums(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataSums]:
        return [sums_of(answer) for answer in self.counts(questions, parameters)]

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

    def _answer(self, question: Question, parameters: Parameters) -> StrataCounts:
        dimensions = question.dimensions
        keep = np.ones(self._won.size, dtype=bool)
        for dimension in dimensions:
            keep &= self._codes[dimension] != self._code_of(dimension, UNKNOWN)
        for values in question.left_out:
            keep &= ~self._is_cell(tuple(zip(dimensions, values)))

        stratum = self._quarters
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
            stratum, segment, won = stratum[keep], segment[keep], won[keep]
            number = None if number is None else number[keep]
        stratum, width = _compact(stratum)
        height = len(names) + 1
        cell = segment * width + stratum
        if number is None:
            deals = np.bincount(cell, minlength=height * width).reshape(height, width)
            wins = np.bincount(cell[won == 1], minlength=height * width).reshape(height, width)
        else:
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


_WIDEST = 1 << 40
"""Codes of strata this large are renumbered before they are doubled again."""


def _bit(place: int) -> str:
    """A power of two as SQL: dozens of flags do not fit into 32 bits."""
    return f"cast({1 << place} as bigint)"


def _compact(codes: Ints) -> tuple[Ints, int]:
    """Codes renumbered without gaps, in the same order, and how many there are."""
    if codes.size == 0:
        return codes, 0
    if int(codes.max()) > 1 << 16:
        used, compact = np.unique(codes, return_inverse=True)
        return compact, used.size
    place = np.cumsum(np.bincount(codes) > 0) - 1
    return place[codes], int(place[-1]) + 1


def encode(values: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct texts, sorted, and the place of each value among them."""
    labels = sorted(set(values))
    place = {label: code for code, label in enumerate(labels)}
    return labels, np.array([place[value] for value in values], dtype=np.int64)


# ---------------------------------------------------------------- in the engine


def text_literal(value: str, engine: str = "duckdb") -> str:
    """A text as an SQL literal: quotes doubled; Spark wants a backslash before quotes and backslashes."""
    if engine == "spark":
        # doubled quotes vanish without a word before Spark 4, and ${name} is replaced by a setting
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "$\\{") + "'"
    return "'" + value.replace("'", "''") + "'"


def _column(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
        raise ValueError(f"{name!r} is not a column name: lower case letters, digits and _ only")
    return name


@dataclass(frozen=True)
class _Shared:
    """A common table expression, and its columns by the cell or dimension they speak of."""

    name: str
    query: str
    cells: dict[Cell, str]
    unknowns: dict[str, str]


def _cell(dimensions: Sequence[str], values: Sequence[str]) -> Cell:
    return tuple(zip(dimensions, values))


def _cells_of(question: Question) -> list[Cell]:
    """Every cell a question with a focus speaks of."""
    own = [values for values in (question.focus, *question.left_out) if values is not None]
    return [*(_cell(question.dimensions, values) for values in own), *question.flags]


def _sum_in_any_order(value: str) -> str:
    """SQL of a sum of squares that does not hang on the order of the rows; see the macro of that name."""
    small = f"sum(case when {value} < 1e24 then cast({value} as decimal(38, 4)) end)"
    large = f"sum(case when {value} >= 1e24 then cast(({value}) / 1e12 as decimal(38, 0)) end)"
    return f"coalesce(cast({small} as double), 0e0) + coalesce(cast({large} as double), 0e0) * 1e12"


class SqlCounts:
    """Counts taken by an SQL engine from one wide relation of closed deals.

    `run_query` takes a select statement and returns its rows; it is the only contact with
    the engine, so a DuckDB connection, a dbt adapter or a Spark session will do. `relation`
    is the relation as the engine spells it; its columns are `closed_quarter`, `is_won`
    (0 or 1), `amount` and one text column per dimension, never null.

    With `counted`, alike deals stand in one row: instead of `is_won` and `amount` it has `deals`,
    `won`, `amount` and `won_amount` (sums) and `squared_amount` (the sum of squares). A few
    hundred thousand such rows stand for any number of deals.
    """

    def __init__(
        self,
        run_query: Callable[[str], Iterable[Sequence[Any]]],
        relation: str,
        window: Iterable[str],
        engine: str = "duckdb",
        counted: bool = False,
    ) -> None:
        self._counts_are_given = counted
        self._count, self._wins = ("sum(deals)", "sum(won)") if counted else ("count(*)", "sum(is_won)")
        self._run_query = run_query
        self._relation = relation
        self._window = sorted(set(window))
        self._engine = engine
        self._deals: int | None = None
        if not self._window:
            raise ValueError("the window holds no quarter")

    def quarters(self) -> list[QuarterCounts]:
        rows = self._rows(
            f"select closed_quarter, {self._count} as deals, {self._wins} as won\n"
            f"from {self._relation}\nwhere {self._in_window()}\ngroup by closed_quarter",
            len(self._window),
        )
        return sorted((QuarterCounts(str(q), int(d), int(w)) for q, d, w in rows), key=lambda row: row.quarter)

    def segments(self, dimensions: Sequence[str], recent: Sequence[str], parameters: Parameters) -> list[SegmentCounts]:
        if not dimensions:
            return []
        is_recent = f"closed_quarter in ({self._list(recent)})" if recent else "1 = 0"
        if self._counts_are_given:
            deals, won, amount, won_amount, squares = "deals", "won", "amount", "won_amount", "squared_amount"
        else:
            deals, won, amount = "1", "is_won", "coalesce(try_cast(amount as decimal(24, 2)), 0)"
            won_amount = f"case when is_won = 1 then {amount} else 0 end"
            value = "coalesce(cast(amount as double), 0e0)"
            squares = f"{value} * {value}"
        branches = "\n    union all\n".join(
            f"""    select
        {text_literal(dimension, self._engine)} as dimension_name,
        {_column(dimension)} as segment_value,
        {self._count} as deals,
        {self._wins} as won,
        sum(case when {is_recent} then {deals} else 0 end) as recent_deals,
        sum(case when {is_recent} then {won} else 0 end) as recent_won,
        sum({amount}) as amount_sum,
        sum({won_amount}) as amount_won,
        {_sum_in_any_order(squares)} as amount_squares
    from {self._relation}
    where {self._in_window()}
    group by {_column(dimension)}"""
            for dimension in dimensions
        )
        keep = f"segment_rank <= {int(parameters.maximum_segments)}"
        query = f"""with counted as (
{branches}
),
ranked as (
    select
        *,
        row_number() over (partition by dimension_name order by deals desc, segment_value asc) as segment_rank
    from counted
)
select
    dimension_name,
    case when {keep} then 1 else 0 end as is_kept,
    case when {keep} then segment_value end as kept_value,
    count(*) as segment_values,
    sum(deals), sum(won), sum(recent_deals), sum(recent_won),
    sum(amount_sum), sum(amount_won), {_sum_in_any_order("amount_squares")}
from ranked
group by dimension_name, case when {keep} then 1 else 0 end, case when {keep} then segment_value end"""
        rows = self._rows(query, parameters.maximum_rows)
        place = {dimension: i for i, dimension in enumerate(dimensions)}
        found = [
            SegmentCounts(
                str(row[0]),
                str(row[2]) if int(row[1]) else None,
                int(row[3]),
                *(int(value) for value in row[4:8]),
                *(float(value) for value in row[8:11]),
            )
            for row in rows
        ]
        return sorted(found, key=lambda row: (place[row.dimension], row.value is None, -row.deals, row.value or ""))

    def counts(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataCounts]:
        answers: list[StrataCounts] = []
        for batch in self._batches(questions, parameters.maximum_rows):
            query = f"""{self._counted(batch, parameters)}
select question, kept_1, kept_2, is_kept, closed_quarter, stratum_flags, by_value, sum(deals), sum(won)
from kept
group by question, kept_1, kept_2, is_kept, closed_quarter, stratum_flags, by_value"""
            by_question: dict[int, list[Sequence[Any]]] = defaultdict(list)
            for row in self._rows(query, parameters.maximum_rows):
                by_question[int(row[0])].append(row)
            answers += [_strata_counts(question, by_question[i]) for i, question in enumerate(batch)]
        return answers

    def sums(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataSums]:
        size = max(1, parameters.maximum_rows // (parameters.maximum_segments + 1))
        batches = [questions[start : start + size] for start in range(0, len(questions), size)]
        return [answer for batch in batches for answer in self._sums_of_batch(batch, parameters)]

    def _sums_of_batch(self, questions: Sequence[Question], parameters: Parameters) -> list[StrataSums]:
        exact = "decimal(28, 14)"
        query = f"""{self._counted(questions, parameters)},
strata as (
    select
        question, kept_1, kept_2, is_kept,
        cast(sum(deals) as double) as cell_deals,
        cast(sum(won) as double) as cell_won,
        cast(sum(sum(deals)) over (partition by question, closed_quarter, stratum_flags, by_value) as double)
            as stratum_deals,
        cast(sum(sum(won)) over (partition by question, closed_quarter, stratum_flags, by_value) as double)
            as stratum_won
    from kept
    group by question, kept_1, kept_2, is_kept, closed_quarter, stratum_flags, by_value
),
moments as (
    select
        *,
        cell_deals * stratum_won / stratum_deals as expected,
        cell_deals * (stratum_deals - cell_deals) * stratum_won * (stratum_deals - stratum_won)
            / (stratum_deals * stratum_deals * greatest(stratum_deals - 1e0, 1e0)) as variance,
        cell_deals * (stratum_deals - cell_deals) / stratum_deals as harmonic_deals,
        (cell_won * (stratum_deals - cell_deals) - (stratum_won - cell_won) * cell_deals) / stratum_deals as difference
    from strata
)
select
    question, kept_1, kept_2, is_kept,
    sum(cast(cell_deals as bigint)), sum(cast(cell_won as bigint)),
    sum(cast(expected as {exact})), sum(cast(variance as {exact})),
    sum(cast(harmonic_deals as {exact})), sum(cast(difference as {exact}))
from moments
group by question, kept_1, kept_2, is_kept"""
        by_question: dict[int, list[Sequence[Any]]] = defaultdict(list)
        for row in self._rows(query, parameters.maximum_rows):
            by_question[int(row[0])].append(row)
        return [_strata_sums(question, by_question[i]) for i, question in enumerate(questions)]

    def _counted(self, questions: Sequence[Question], parameters: Parameters) -> str:
        """Common start of both queries: counts per cell and stratum, small cells folded into other segments."""
        shared = self._shared(questions)
        branches = "\n    union all\n".join(
            self._branch(i, question)
            if question.focus is None
            else self._focus_branch(i, question, question.focus, shared[question.stratify_by])
            for i, question in enumerate(questions)
        )
        common = "".join(f"{one.query},\n" for one in shared.values())
        keep = (
            f"is_cell = 1 and (is_focus = 1 or (segment_deals >= {int(parameters.minimum_deals)}"
            f" and segment_rank <= {int(parameters.maximum_segments)}))"
        )
        return f"""with {common}counted as (
{branches}
),
sized as (
    select *, sum(deals) over (partition by question, value_1, value_2) as segment_deals
    from counted
),
ranked as (
    select
        *,
        dense_rank() over (partition by question order by segment_deals desc, value_1 asc, value_2 asc) as segment_rank
    from sized
),
kept as (
    select
        question, closed_quarter, stratum_flags, by_value, deals, won,
        case when {keep} then value_1 else '' end as kept_1,
        case when {keep} then value_2 else '' end as kept_2,
        case when {keep} then 1 else 0 end as is_kept
    from ranked
)"""

    def _branch(self, number: int, question: Question) -> str:
        """Counts of every cell of one question, straight from the deals."""
        names = [_column(dimension) for dimension in question.dimensions]
        conditions = [self._in_window(), *(f"{name} != '{UNKNOWN}'" for name in names)]
        conditions += [f"not ({self._is_cell(_cell(names, values))})" for values in question.left_out]
        flags = " + ".join(
            f"case when {self._is_cell(flag)} then {_bit(place)} else 0 end"
            for place, flag in enumerate(question.flags)
        )
        by = _column(question.stratify_by) if question.stratify_by else None
        keys = ["closed_quarter", *names, *([flags] if flags else []), *([by] if by else [])]
        return f"""    select
        {number} as question,
        {names[0]} as value_1,
        {names[1] if len(names) > 1 else "''"} as value_2,
        1 as is_cell,
        0 as is_focus,
        closed_quarter,
        {flags or "0"} as stratum_flags,
        {by or "''"} as by_value,
        {self._count} as deals,
        {self._wins} as won
    from {self._relation}
    where {" and ".join(conditions)}
    group by {", ".join(dict.fromkeys(keys))}"""

    def _shared(self, questions: Sequence[Question]) -> dict[str | None, _Shared]:
        """One scan of the deals for all questions with a focus that stratify alike.

        They speak of few cells, so the deals fall into few groups: by quarter, by which of the
        cells a deal carries, and by which of the dimensions it leaves unknown.
        """
        shared: dict[str | None, _Shared] = {}
        for by in dict.fromkeys(question.stratify_by for question in questions if question.focus is not None):
            alike = [question for question in questions if question.focus is not None and question.stratify_by == by]
            cells = list(dict.fromkeys(cell for question in alike for cell in _cells_of(question)))
            dimensions = list(dict.fromkeys(name for question in alike for name in question.dimensions))
            name = f"shared_{len(shared)}"
            columns = {
                **{f"cell_{i}": self._is_cell(cell) for i, cell in enumerate(cells)},
                **{f"unknown_{i}": f"{_column(d)} = '{UNKNOWN}'" for i, d in enumerate(dimensions)},
            }
            flags = {alias: f"case when {condition} then 1 else 0 end" for alias, condition in columns.items()}
            keys = ["closed_quarter", *([_column(by)] if by else []), *flags.values()]
            selected = "".join(f"        {flag} as {alias},\n" for alias, flag in flags.items())
            query = f"""{name} as (
    select
        closed_quarter,
        {_column(by) if by else "''"} as by_value,
{selected}        {self._count} as deals,
        {self._wins} as won
    from {self._relation}
    where {self._in_window()}
    group by {", ".join(keys)}
)"""
            shared[by] = _Shared(
                name,
                query,
                {cell: f"cell_{i}" for i, cell in enumerate(cells)},
                {dimension: f"unknown_{i}" for i, dimension in enumerate(dimensions)},
            )
        return shared

    def _focus_branch(self, number: int, question: Question, focus: tuple[str, ...], shared: _Shared) -> str:
        """Counts of one cell against other segments, from the shared scan."""
        is_cell = shared.cells[_cell(question.dimensions, focus)]
        conditions = [f"{shared.unknowns[dimension]} = 0" for dimension in question.dimensions]
        conditions += [f"{shared.cells[_cell(question.dimensions, values)]} = 0" for values in question.left_out]
        flags = " + ".join(f"{shared.cells[flag]} * {_bit(place)}" for place, flag in enumerate(question.flags)) or "0"
        values = [
            f"case when {is_cell} = 1 then {text_literal(value, self._engine)} else '' end"
            for value in (*focus, *([""] * (2 - len(focus))))
        ]
        keys = ["closed_quarter", "by_value", is_cell, *(shared.cells[flag] for flag in question.flags)]
        return f"""    select
        {number} as question,
        {values[0]} as value_1,
        {values[1]} as value_2,
        {is_cell} as is_cell,
        1 as is_focus,
        closed_quarter,
        {flags} as stratum_flags,
        by_value,
        sum(deals) as deals,
        sum(won) as won
    from {shared.name}
    where {" and ".join(conditions)}
    group by {", ".join(dict.fromkeys(keys))}"""

    def _is_cell(self, cell: Cell) -> str:
        return " and ".join(f"{_column(name)} = {text_literal(value, self._engine)}" for name, value in cell)

    def _list(self, values: Iterable[str]) -> str:
        return ", ".join(text_literal(value, self._engine) for value in sorted(set(values)))

    def _in_window(self) -> str:
        return f"closed_quarter in ({self._list(self._window)})"

    def _batches(self, questions: Sequence[Question], maximum_rows: int) -> list[list[Question]]:
        """Questions that cannot together exceed the row limit: an answer has at most a row per deal."""
        if self._deals is None:
            self._deals = sum(row.deals for row in self.quarters())
        size = max(1, maximum_rows // max(1, self._deals))
        return [list(questions[start : start + size]) for start in range(0, len(questions), size)]

    def _rows(self, query: str, limit: int) -> list[Sequence[Any]]:
        rows = list(self._run_query(f"{query}\nlimit {limit + 1}"))
        if len(rows) > limit:
            raise CountError(
                f"the engine answered with more than {limit:,} rows of counts from {self._relation}; "
                "lower maximum_segments or name fewer dimensions in focus_dimensions"
            )
        return rows


def _strata_counts(question: Question, rows: Iterable[Sequence[Any]]) -> StrataCounts:
    cells: dict[tuple[str, ...], list[tuple[tuple[str, int, str], int, int]]] = defaultdict(list)
    totals: dict[tuple[str, int, str], list[int]] = defaultdict(lambda: [0, 0])
    width = len(question.dimensions)
    for _, value_1, value_2, is_kept, quarter, flags, by, deals, won in rows:
        stratum = (str(quarter), int(flags), str(by))
        totals[stratum][0] += int(deals)
        totals[stratum][1] += int(won)
        if int(is_kept):
            cells[(str(value_1), str(value_2))[:width]].append((stratum, int(deals), int(won)))
    if question.focus is not None and question.focus not in cells:
        cells[question.focus] = []
    place = {stratum: i for i, stratum in enumerate(sorted(totals))}
    values = tuple(sorted(cells))
    counted = np.zeros((2, len(values), len(place)), dtype=np.int64)
    for i, value in enumerate(values):
        for stratum, deals, won in cells[value]:
            counted[:, i, place[stratum]] += (deals, won)
    whole = np.array([totals[stratum] for stratum in place], dtype=np.int64).reshape(-1, 2)
    return StrataCounts(values, counted[0], counted[1], whole[:, 0], whole[:, 1])


def _strata_sums(question: Question, rows: Sequence[Sequence[Any]]) -> StrataSums:
    width = len(question.dimensions)
    all_deals = sum(int(row[4]) for row in rows)
    all_won = sum(int(row[5]) for row in rows)
    kept = {(str(row[1]), str(row[2]))[:width]: row for row in rows if int(row[3])}
    if question.focus is not None and question.focus not in kept:
        kept[question.focus] = (0, "", "", 1, 0, 0, 0, 0, 0, 0)
    values = tuple(sorted(kept))
    numbers = np.array([[float(cell) for cell in kept[value][4:10]] for value in values]).reshape(-1, 6)
    deals, won = numbers[:, 0].astype(np.int64), numbers[:, 1].astype(np.int64)
    harmonic = numbers[:, 4]
    return StrataSums(
        values=values,
        deals=deals,
        won=won,
        other_closed_deals=all_deals - deals,
        other_won_deals=all_won - won,
        expected=numbers[:, 2],
        variance=numbers[:, 3],
        harmonic_deals=harmonic,
        risk_difference=np.divide(numbers[:, 5], harmonic, out=np.zeros_like(harmonic), where=harmonic > 0),
    )
