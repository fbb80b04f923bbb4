"""The closed deals of a window, fetched from the marts as the selection wants them: counts and sums, never a deal that could be told.

Of an engine in this process numbers of deals are read as well, to sum over accounts and owners: no key, no name, no amount (docs/decisions/0320).

Claims rest on decisions: of deals that nothing in the export tells apart, one (docs/decisions/0220).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from winloss.advice.counts import (
    DEAL_TYPE,
    FEW_CLUSTERS,
    LARGE_TYPES,
    Cuts,
    DealCounts,
    Flags,
    base_of,
    cluster_sums,
    encode,
    grouped_types,
)
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import ClusterSums, DesignEffect, Ints, design_effect
from winloss.quoting import text_literal
from winloss.rows import Reader, Row, Value, number

COHORT_QUARTERS = 4
QUARTER_DAYS = 91.25
WON_BY = 0.90
"""A deal had time to be won when it is older than this share of wins took."""

CLUSTERS = ("account_key", "owner")
"""What deals belong together by; the last one is who sells."""

ByCluster = dict[str, ClusterSums]
"""The sums of a dimension by what deals belong together by, in the order of `CLUSTERS`."""


def decisions(reader: Reader) -> str:
    """Closed deals as a subquery named `deals`, lines of one decision once."""
    return f"(select * from {reader.relation('fct_closed_deals')} where decision_line = 1) as deals"


def of_decision(value: str = "1", line: str = "decision_line") -> str:
    """What a deal adds to a sum over decisions: `value` by the first line of a decision, nothing by its further lines."""
    return f"case when {line} > 1 then 0 else {value} end"


def of_window(reader: Reader) -> str:
    """The join that keeps of `deals` those of the trailing window; where no deal has a closed date, all of them."""
    return f"""inner join {reader.relation("dim_periods")} as periods
        on periods.period = 'window' and (periods.has_undated_deals or (deals.closed_on >= periods.starts_on and deals.closed_on < periods.ends_before_on))"""


def window_deals(
    reader: Reader,
    dimensions: Sequence[str],
    window: Sequence[str],
    parameters: Parameters,
    like: DealCounts | None = None,
    cuts: Cuts = MappingProxyType({}),
    sums: Mapping[str, ByCluster] | None = None,
    closed: ClosedDeals | None = None,
) -> DealCounts:
    """Deals that closed in the quarters of `window`, and the cohort of deals that had time to be won by its end.

    `dimensions` are columns of fct_closed_deals; `cuts` are further ones made of them.
    Without creation dates on most deals there is no cohort. How deals hang together is told by `sums`, by dimension; without,
    many do as those of an earlier window did, `like`, and few are looked at anew. `closed` is what was read of these quarters and others.
    """
    closed = closed or closed_deals(reader, dimensions, window)
    inside = closed.inside(window)
    number = closed.counts["decisions"][inside].astype(np.int64)
    of_type = closed.codes[DEAL_TYPE][inside]
    types = closed.labels[DEAL_TYPE]
    places = _type_places(np.bincount(of_type, weights=number, minlength=len(types)).astype(np.int64))
    if sums is None and like is not None and int(number.sum()) > parameters.exact_up_to_deals:
        by_dimension = like.cluster_sums
    else:
        found = segment_sums(reader, dimensions, window, parameters, cuts) if sums is None else sums
        by_dimension = {name: list(by_cluster.values()) for name, by_cluster in found.items()}
    amounts = [closed.counts[name][inside].astype(np.float64) for name in _AMOUNTS if name in closed.counts]
    return DealCounts.from_codes(
        {name: closed.codes[name][inside] for name in dimensions},
        {name: closed.labels[name] for name in dimensions},
        closed.counts["won_decisions"][inside].astype(np.int64),
        closed.codes[QUARTER][inside],
        closed.labels[QUARTER],
        number,
        (amounts[0], amounts[1], amounts[2]) if amounts else None,
        places[of_type],
        shown=(closed.counts["deals"][inside].astype(np.int64), closed.counts["won"][inside].astype(np.int64)),
        cluster_sums=by_dimension,
        cohort=_cohort(reader, closed, window, _type_group(types, places, reader), by_dimension, parameters),
    ).cut(cuts)


QUARTER = "closed_quarter"
COUNTS = ("deals", "won", "decisions", "won_decisions")
_AMOUNTS = ("amount", "won_amount", "squared_amount")


@dataclass(frozen=True)
class ClosedDeals:
    """Alike deals of some quarters, an entry each: codes into sorted labels, and counts; and when they were created.

    `dated` says of each quarter how many decisions closed, how many of them with a date of creation, and the last day; `days`
    how many days wins took, counted.
    """

    labels: Mapping[str, list[str]]
    codes: Mapping[str, Ints]
    counts: Mapping[str, np.ndarray[Any, Any]]
    dated: Sequence[Row]
    days: Sequence[Row]

    def inside(self, quarters: Sequence[str]) -> Flags:
        """Which entries closed in one of the quarters."""
        return self.is_any(QUARTER, quarters)

    def is_any(self, name: str, values: Sequence[str]) -> Flags:
        """Which entries have one of the values."""
        wanted = set(values)
        found: Flags = np.array([label in wanted for label in self.labels[name]], dtype=bool)[self.codes[name]]
        return found


def closed_deals(
    reader: Reader, dimensions: Sequence[str], quarters: Sequence[str], has_amounts: bool = True
) -> ClosedDeals:
    """The closed deals of the quarters, read once whatever is asked of them."""
    where = f"{QUARTER} in ({_list(quarters, reader)})"
    counts = (*COUNTS, *(_AMOUNTS if has_amounts else ()))
    names = list(dict.fromkeys([QUARTER, DEAL_TYPE, *dimensions]))
    cells = f"(select * from {reader.relation('int_deal_cells')} where {where}) as deals"
    labels, found = _coded(reader, cells, _columns(names), {name: name for name in counts})
    if has_amounts:
        # as sums of amounts do, which are fractions too
        order = np.lexsort([found[name] for name in (*counts, *names)])
        found = {name: values[order] for name, values in found.items()}
    deals = decisions(reader)
    dated = f"""select {QUARTER}, count(*) as deals, count(created_on) as dated, max(closed_on) as as_of
from {deals}
where {where}
group by {QUARTER}"""
    days = f"""select {QUARTER}, cycle_days, count(*) as deals
from {deals}
where {where} and is_won = 1 and cycle_days is not null
group by {QUARTER}, cycle_days"""
    return ClosedDeals(
        labels,
        {name: found[name].astype(np.int64) for name in names},
        {name: found[name] for name in counts},
        reader.rows(dated),
        reader.rows(days),
    )


def _coded(
    reader: Reader,
    deals: str,
    columns: Mapping[str, str],
    counts: Mapping[str, str],
    joins: str = "",
    joined: Mapping[str, str] = MappingProxyType({}),
    most_labels: Mapping[str, int] = MappingProxyType({}),
) -> tuple[dict[str, list[str]], dict[str, np.ndarray[Any, Any]]]:
    """Labels of each column, sorted, and an array of each column's places among them and of each count: no text leaves the engine twice.

    `deals` is a subquery named `deals`; a column that is null says that it is not known. `joined` are counts that `joins` say of `asked`.
    A column of more labels than `most_labels` says has no places.
    """
    unknown = text_literal(UNKNOWN, reader.engine)
    numbers = range(len(columns))
    told = [f"coalesce({column}, {unknown}) as label_{n}" for n, column in enumerate(columns.values())]
    asked = f"""with asked as (
    select
        {_LINES.join([*told, *(f"{count} as {name}" for name, count in counts.items())])}
    from {deals}
)"""
    known = reader.rows(
        f"""{asked}
select
    case {" ".join(f"when grouping(label_{n}) = 0 then {n}" for n in numbers)} end as place,
    coalesce({", ".join(f"label_{n}" for n in numbers)}, null) as label
from asked
group by grouping sets ({", ".join(f"(label_{n})" for n in numbers)})"""
    )
    labels = {name: sorted(str(row["label"]) for row in known if row["place"] == n) for n, name in enumerate(columns)}
    if not known:
        return labels, {name: np.zeros(0, dtype=np.int64) for name in [*columns, *counts]}
    places = {
        name: n for n, (name, known) in enumerate(labels.items()) if len(known) <= most_labels.get(name, len(known))
    }
    codes = []
    for name, n in places.items():
        of_column = labels[name]
        values = ", ".join(f"({text_literal(label, reader.engine)}, {code})" for code, label in enumerate(of_column))
        joins += f"\ninner join (values {values}) as codes_{n} (label, code) on asked.label_{n} = codes_{n}.label"
        size = "tinyint" if len(of_column) < 1 << 7 else "smallint" if len(of_column) < 1 << 15 else "integer"
        codes.append(f"cast(codes_{n}.code as {size}) as code_{n}")
    found = reader.columns(
        f"""{asked}
select
    {_LINES.join([*codes, *(f"{joined.get(name, f'asked.{name}')} as {name}" for name in counts)])}
from asked{joins}"""
    )
    return labels, {
        **{name: found[f"code_{n}"] for name, n in places.items()},
        **{name: found[name] for name in counts},
    }


def _columns(dimensions: Sequence[str]) -> dict[str, str]:
    """The expression of each dimension over deals."""
    return {name: name for name in dimensions}


def _side(column: str, side_of: Mapping[str, str], reader: Reader) -> str:
    """SQL of the side of a cut that a deal is on."""
    cases = " ".join(
        f"when {text_literal(band, reader.engine)} then {text_literal(side, reader.engine)}"
        for band, side in sorted(side_of.items())
    )
    return f"case {column} {cases} else '{UNKNOWN}' end"


def segment_sums(
    reader: Reader,
    dimensions: Sequence[str],
    window: Sequence[str],
    parameters: Parameters,
    cuts: Cuts = MappingProxyType({}),
) -> dict[str, ByCluster]:
    """The sums behind the design effects of accounts and of owners on the segments of each dimension and cut, over decisions."""
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = decisions(reader)
    group = _type_groups(reader, deals, closed)
    columns = {**_columns(dimensions), **{name: _side(base_of(name), cuts[name], reader) for name in cuts}}
    return _cluster_sums(reader, deals, closed, columns, group, parameters)


def quarters_design(reader: Reader, quarters: Sequence[str], parameters: Parameters) -> DesignEffect:
    """The design effect of accounts and owners on the win rates of quarters: what an owner wins in all of them alike moves none."""
    deals = f"""(
    select deal_key, account_key, owner, is_won, closed_quarter as compared_quarter, 'all' as closed_quarter
    from {decisions(reader)}
    where closed_quarter in ({_list(quarters, reader)})
) as deals"""
    return design_of(reader, deals, "compared_quarter", parameters)


def design_of(reader: Reader, deals: str, column: str, parameters: Parameters) -> DesignEffect:
    """The larger design effect of accounts and owners on the segments that `column` makes of `deals`.

    `deals` is a subquery of deal_key, account_key, owner, is_won (what is compared), the column, and closed_quarter (inside what).
    """
    return largest(_cluster_sums(reader, deals, "1 = 1", {column: column}, "0", parameters).get(column, {}).values())


def answers_design(reader: Reader, deals: str, column: str, parameters: Parameters) -> DesignEffect:
    """The larger design effect of accounts and owners on which `answer` deals of a segment give.

    That of every deal told once for each answer, inside it, by whether it is the deal's; deals of a cluster belong together inside an answer alone.
    `deals` is a subquery of deal_key, account_key, owner, answer and the column.
    """
    rows = _in_order(reader.rows(_answers_sql(reader, deals, column)))
    answers = sorted({str(row["answer"]) for row in rows})
    told = [row for row in rows if row["segment"] is not None]
    return largest(
        _sums_of_parts(_parts_of_answers(of_kind, answers), int(parameters.minimum_deals))
        for kind in range(len(CLUSTERS))
        if (of_kind := [row for row in told if row["kind"] == kind])
    )


def two_sided_designs(
    reader: Reader, deals: str, columns: Sequence[str], parameters: Parameters
) -> dict[str, DesignEffect]:
    """The same for each of several columns that part deals in two, inside many strata; a deal that is `unknown` stands in none."""
    found = _cluster_sums(reader, deals, "1 = 1", _columns(columns), "0", parameters, are_many=True)
    return {column: largest(found.get(column, {}).values()) for column in columns}


def stated_sums(reader: Reader) -> dict[str, ByCluster]:
    """What int_segment_designs states of the segments of the window, by dimension and cut."""
    found: dict[str, ByCluster] = {}
    for row in sorted(reader.table("int_segment_designs"), key=lambda row: CLUSTERS.index(str(row["cluster"]))):
        found.setdefault(str(row["dimension"]), {})[str(row["cluster"])] = _sums_of(row)
    return found


def segments_design(reader: Reader, dimensions: Sequence[str]) -> DesignEffect:
    """The largest design effect of accounts and owners on what segments of any of the dimensions won of the deals of the window, as stated."""
    stated = stated_sums(reader)
    return largest(sums for name in dimensions for sums in stated.get(name, {}).values())


def _sums_of(row: Row) -> ClusterSums:
    sums: dict[str, Any] = {
        column.name: (int if column.type == "int" else float)(number(row[column.name]))
        for column in fields(ClusterSums)
    }
    return ClusterSums(**sums)


def largest(sums: Iterable[ClusterSums]) -> DesignEffect:
    """The largest design effect of several kinds of clusters, or of several dimensions; that of independent deals where there is none."""
    return max(map(design_effect, sums), key=lambda design: design.factor, default=DesignEffect())


def _list(values: Sequence[str], reader: Reader) -> str:
    return ", ".join(text_literal(value, reader.engine) for value in sorted(set(values)))


def _type_groups(reader: Reader, deals: str, where: str) -> str:
    """SQL of the stratum that a deal's type makes, 0 and 1 for the two largest, 2 for all others."""
    rows = reader.rows(
        f"select deal_type, count(*) as deals from {deals} where {where} group by deal_type order by deal_type"
    )
    places = _type_places(np.array([int(row["deals"] or 0) for row in rows], dtype=np.int64))
    return _type_group([str(row["deal_type"]) for row in rows], places, reader)


def _type_places(sizes: Ints) -> Ints:
    """The stratum of each type, by how many deals each has."""
    return grouped_types(np.arange(sizes.size), sizes, sizes.size)


def _type_group(types: Sequence[str], places: Ints, reader: Reader) -> str:
    """SQL of the stratum that a deal's type makes."""
    last = int(places.max(initial=0))
    cases = " ".join(
        f"when deal_type = {text_literal(label, reader.engine)} then {place}"
        for label, place in zip(types, places.tolist())
        if place < last
    )
    return f"case {cases} else {last} end" if cases else str(last)


def _cohort(
    reader: Reader,
    closed: ClosedDeals,
    window: Sequence[str],
    group: str,
    sums: Mapping[str, Sequence[ClusterSums]],
    parameters: Parameters,
) -> Callable[[Sequence[str]], DealCounts] | None:
    """Deals created in the four quarters that ended when nine wins of ten made since would have been won by now, by the dimensions asked for.

    Counted by quarter of creation, not of the close: of a young segment losses close before wins do.
    """
    known = [row for row in closed.dated if row[QUARTER] in window]
    ends = [str(row["as_of"])[:10] for row in known if row["as_of"]]
    dated, deals = (sum(number(row[name]) for row in known) for name in ("dated", "deals"))
    if not ends or dated < parameters.created_share * deals:
        return None
    won: dict[int, float] = {}
    for row in closed.days:
        if row[QUARTER] in window:
            days = int(number(row["cycle_days"]))
            won[days] = won.get(days, 0) + number(row["deals"])
    if not won:
        return None
    waited = sorted(won)
    counted = np.cumsum([won[days] for days in waited])
    slow = waited[int(np.searchsorted(counted, WON_BY * counted[-1]))]
    as_of = date.fromisoformat(max(ends))
    end = as_of - timedelta(days=slow)
    starts = [end - timedelta(days=round(QUARTER_DAYS * back)) for back in range(COHORT_QUARTERS, 0, -1)]
    quarter = "case " + " ".join(
        f"when created_on <= date '{later}' then '{place}'" for place, later in enumerate([*starts[1:], end])
    )
    where = f"created_on > date '{starts[0]}' and created_on <= date '{end}' and closed_on <= date '{as_of}'"

    def of(dimensions: Sequence[str]) -> DealCounts:
        return _folded(reader, decisions(reader), where, f"{quarter} end", group, dimensions, sums)

    return of


def _folded(
    reader: Reader,
    deals: str,
    where: str,
    quarter: str,
    group: str,
    dimensions: Sequence[str],
    sums: Mapping[str, Sequence[ClusterSums]],
) -> DealCounts:
    """Alike deals, one entry each, by quarter, type and dimensions."""
    names = "".join(f", {name}" for name in dimensions)
    _, records = reader.query(
        f"""select quarter, type_group, count(*) as deals, sum(is_won) as won{names}
from (select *, {quarter} as quarter, {group} as type_group from {deals} where {where}) as asked
group by quarter, type_group{names}"""
    )

    def whole(place: int) -> Ints:
        return np.array([int(record[place]) for record in records], dtype=np.int64)

    quarters, of_quarter = encode([str(record[0]) for record in records])
    told = {name: encode([str(record[n]) for record in records]) for n, name in enumerate(dimensions, start=4)}
    return DealCounts.from_codes(
        {name: codes for name, (_, codes) in told.items()},
        {name: labels for name, (labels, _) in told.items()},
        whole(3),
        of_quarter,
        quarters,
        whole(2),
        types=whole(1),
        cluster_sums=sums,
    )


def _cluster_sums(
    reader: Reader,
    deals: str,
    where: str,
    dimensions: Mapping[str, str],
    group: str,
    parameters: Parameters,
    are_many: bool = False,
) -> dict[str, ByCluster]:
    """The sums behind the design effect of each kind of cluster, by dimension; a deal without one is one of its own.

    `are_many` says that there are many strata and few segments: the same sums are made by segment then, not by pair of strata.
    """
    found: dict[str, ByCluster] = {}
    left, at_once = dimensions, max(1, len(dimensions))
    if reader.engine == "duckdb":
        found, left = _counted_here(reader, deals, where, dimensions, group, parameters)
        at_once = DIMENSIONS_AT_ONCE
    names = list(left)
    for start in range(0, len(names), at_once):
        asked = {name: left[name] for name in names[start : start + at_once]}
        rows = _in_order(reader.rows(_parts_sql(reader, deals, where, asked, group, parameters, are_many)))
        for place, name in enumerate(asked):
            told = [row for row in rows if row["dimension"] == place]
            for kind, cluster in enumerate(CLUSTERS):
                parts: Parts = defaultdict(list)
                for row in told:
                    # the same deals stand in strata whatever they belong together by
                    if row["kind"] in (kind, None):
                        parts[str(row["part"])].append(row)
                if parts["strata"]:
                    found.setdefault(name, {})[cluster] = _sums_of_parts(parts, int(parameters.minimum_deals))
    return {name: found[name] for name in dimensions if name in found}


SEGMENTS_COUNTED_HERE = 200
"""Dimensions of more segments are left to SQL, which counts what a cluster has and not what it might."""


def _counted_here(
    reader: Reader,
    deals: str,
    where: str,
    dimensions: Mapping[str, str],
    group: str,
    parameters: Parameters,
) -> tuple[dict[str, ByCluster], dict[str, str]]:
    """The same of numbers, a byte or two a deal and dimension, that an engine of this process hands over; and which dimensions it leaves."""
    unknown = text_literal(UNKNOWN, reader.engine)
    chosen = f"(select *, {_clusters(unknown)} from {deals} where {where}) as deals"
    joins = "".join(
        f"""
inner join (
    select cluster_{kind}, row_number() over (order by cluster_{kind}) as cluster_no
    from (select distinct cluster_{kind} from {chosen}) as named
) as numbers_{kind} on asked.by_{kind} = numbers_{kind}.cluster_{kind}"""
        for kind in range(len(CLUSTERS))
    )
    counts = {"won": "is_won", "of_type": group, **{f"by_{kind}": f"cluster_{kind}" for kind in range(len(CLUSTERS))}}
    numbers = {f"by_{kind}": f"cast(numbers_{kind}.cluster_no as integer)" for kind in range(len(CLUSTERS))}
    most = dict.fromkeys(dimensions, SEGMENTS_COUNTED_HERE)
    labels, found = _coded(reader, chosen, {QUARTER: QUARTER, **dimensions}, counts, joins, numbers, most)
    quarter = found[QUARTER].astype(np.int64)
    stratum = (LARGE_TYPES + 1) * quarter + found["of_type"]
    wide = {name: column for name, column in dimensions.items() if len(labels[name]) > SEGMENTS_COUNTED_HERE}
    sums: dict[str, ByCluster] = {}
    for kind, cluster in enumerate(CLUSTERS):
        # sums of fractions tell in which order they were made: deals that this does not tell apart have the same fractions
        order = np.argsort(
            (found[f"by_{kind}"].astype(np.int64) * (int(stratum.max(initial=0)) + 1) + stratum) * 2 + found["won"]
        )
        together, won = found[f"by_{kind}"][order].astype(np.int64), found["won"][order].astype(np.int64)
        for name in dimensions:
            known = [code for code, label in enumerate(labels[name]) if label != UNKNOWN]
            if name in wide or not known:
                continue
            segment = found[name][order].astype(np.int64)
            # asked about itself the type of a deal is no stratum
            strata = (quarter if name == DEAL_TYPE else stratum)[order]
            columns = (segment, together, strata, won)
            if len(known) < len(labels[name]):
                keep = np.isin(segment, known)
                columns = (segment[keep], together[keep], strata[keep], won[keep])
            sums.setdefault(name, {})[cluster] = cluster_sums(*columns, int(parameters.minimum_deals))
    return sums, wide


DIMENSIONS_AT_ONCE = 4
"""So many of them are asked about in one reading of DuckDB: each holds every cluster of the window in memory."""

Parts = defaultdict[str, list[Row]]
"""What is answered of a dimension and a kind of cluster, by what the rows tell."""


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in an order of their own: sums of fractions tell in which order they were made."""
    names = ("part", "segment", "stratum", "other_stratum", "answer")
    return sorted(rows, key=lambda row: [str(row.get(name)) for name in names])


def _sums_of_parts(parts: Parts, minimum: int) -> ClusterSums:
    """What takes every deal was summed by the engine; here are sums over segments, strata and pairs of strata."""
    strata: dict[Value, list[float]] = {}
    segments: dict[Value, float] = {}
    for row in parts["strata"]:
        of_stratum = strata.setdefault(row["stratum"], [0.0, 0.0])
        of_stratum[0] += number(row["deals"])
        of_stratum[1] += number(row["won"])
        segments[row["segment"]] = segments.get(row["segment"], 0.0) + number(row["deals"])
    wide = {segment for segment, deals in segments.items() if deals >= minimum}
    rest = dict.fromkeys(segments, 0.0)
    # of wide segments, by stratum; none where no segment of a stratum's deals is known
    shares: defaultdict[Value, dict[Value, float]] = defaultdict(dict)
    for row in parts["strata"]:
        deals, won = strata[row["stratum"]]
        rest[row["segment"]] += number(row["won"]) - number(row["deals"]) * won / deals
        if row["segment"] in wide:
            shares[row["stratum"]][row["segment"]] = number(row["deals"]) / deals
    of_segments = parts["clusters"]
    of_all = sum(number(row["clusters"]) for row in parts["all clusters"])
    # how many deals of a segment each cluster would have by chance: its deals of a stratum at the segment's share of that stratum
    clustered = sum(number(row["products"]) for row in parts["beyond chance"])
    if not parts["beyond chance"]:
        clustered += sum(number(row["squared_deals"]) for row in of_segments if row["segment"] in wide)
    for row in parts["met"]:
        clustered -= 2 * number(row["products"]) * shares[row["stratum"]].get(row["segment"], 0.0)
    for row in parts["pairs"]:
        other = shares[row["other_stratum"]]
        expected = sum(share * other.get(segment, 0.0) for segment, share in shares[row["stratum"]].items())
        clustered += number(row["products"]) * expected
    return ClusterSums(
        deals=int(sum(deals for deals, _ in strata.values())),
        strata=len(strata),
        squares=sum(won * (deals - won) / deals for deals, won in strata.values()),
        cell_squares=sum(number(row["squared_rest"]) for row in of_segments),
        cell_pairs=sum(number(row["squared_deals"]) for row in of_segments) - sum(segments.values()),
        segment_squares=sum(value * value for value in rest.values()),
        segment_pairs=sum(deals * (deals - 1) for deals in segments.values()),
        cells=int(sum(number(row["clusters"]) for row in of_segments)),
        segments=len(segments),
        clustered_spread=clustered,
        spread=sum(
            strata[stratum][0] * share * (1 - share)
            for stratum, by_segment in shares.items()
            for share in by_segment.values()
        ),
        few_clusters=sum(
            number(row["clusters"]) < FEW_CLUSTERS and 2 * number(row["clusters"]) <= of_all
            for row in of_segments
            if row["segment"] in wide
        ),
        wide_segments=len(wide),
    )


def _parts_sql(
    reader: Reader,
    deals: str,
    where: str,
    dimensions: Mapping[str, str],
    group: str,
    parameters: Parameters,
    are_many: bool,
) -> str:
    """What takes every deal: those of a segment by stratum, by cluster, and what the clusters met there have in each stratum.

    Read once for all dimensions, in few steps: Spark works a step out wherever it is named.
    """
    unknown = text_literal(UNKNOWN, reader.engine)
    # asked about itself the type of a deal is no stratum
    strata = ["quarter_no" if name == DEAL_TYPE else "stratum_no" for name in dimensions]

    def each(text: str, separator: str = ",\n        ") -> str:
        """The text for each dimension."""
        return separator.join(text.format(n=place, stratum=stratum) for place, stratum in enumerate(strata))

    def of_set(text: str) -> str:
        """What is told of the dimension that a grouping set is of."""
        return f"case {each(f'when grouping(dimension_{{n}}) = 0 then {text}', ' ')} end"

    def of_row(text: str) -> str:
        """What is told of the dimension that a row is of."""
        return f"case dimension {each(f'when {{n}} then {text}', ' ')} end"

    stratum = f"coalesce({', '.join([*dict.fromkeys(strata), 'null'])})"
    dimension_numbers = f"(values {each('({n})', ', ')}) as places (dimension)"
    columns = ",\n        ".join(
        f"nullif({column}, {unknown}) as dimension_{place}" for place, column in enumerate(dimensions.values())
    )
    asked = f"""select
        closed_quarter as quarter, {group} as type_group, is_won,
        {_clusters(unknown)},
        {columns}
    from {deals}
    where {where}"""
    of_known = "case when dimension_{n} is not null then is_won end"
    in_stratum = "over (partition by {stratum})"
    rate = f"sum(sum({of_known})) {in_stratum} / nullif(sum(count(dimension_{{n}})) {in_stratum}, 0) as rate_{{n}}"
    if are_many:
        spread = f"""shares as (
    select
        dimension, segment, stratum,
        deals / sum(deals) over (partition by dimension, stratum) as share,
        sum(deals) over (partition by dimension, segment) as segment_deals
    from segment_strata
    where segment is not null
),
expected as (
    select
        cluster_strata.kind, shares.dimension, cluster_strata.cluster_no, shares.segment,
        sum(shares.share * {of_row("known_{n}")}) as deals
    from cluster_strata
    inner join shares on cluster_strata.stratum_no = shares.stratum
    where shares.segment_deals >= {int(parameters.minimum_deals)}
    group by cluster_strata.kind, shares.dimension, cluster_strata.cluster_no, shares.segment
),
told as (
    select
        'beyond chance' as part, expected.kind, expected.dimension, null as segment, null as stratum, null as other_stratum,
        sum(power(coalesce(of_clusters.deals, 0) - expected.deals, 2)) as products
    from expected
    left join of_clusters
        on expected.kind = of_clusters.kind and expected.dimension = of_clusters.dimension
        and expected.cluster_no = of_clusters.cluster_no and expected.segment = of_clusters.segment
    group by expected.kind, expected.dimension
)"""
    else:
        spread = f"""pairs as (
    select
        one.kind, one.quarter_no, one.stratum_no, two.quarter_no as other_quarter_no, two.stratum_no as other_stratum_no,
        {each("sum(one.known_{n} * two.known_{n}) as products_{n}")}
    from cluster_strata as one
    inner join cluster_strata as two on one.kind = two.kind and one.cluster_no = two.cluster_no
    group by one.kind, one.quarter_no, one.stratum_no, two.quarter_no, two.stratum_no
),
told as (
    select
        'pairs' as part, kind, dimension, null as segment, {of_row("{stratum}")} as stratum, {of_row("other_{stratum}")} as other_stratum,
        sum({of_row("products_{n}")}) as products
    from pairs
    cross join {dimension_numbers}
    group by kind, dimension, {of_row("{stratum}")}, {of_row("other_{stratum}")}
    union all
    select
        'met' as part, of_clusters.kind, dimension, segment, {of_row("{stratum}")} as stratum, null as other_stratum,
        sum(deals * {of_row("known_{n}")}) as products
    from of_clusters
    inner join cluster_strata on of_clusters.kind = cluster_strata.kind and of_clusters.cluster_no = cluster_strata.cluster_no
    group by of_clusters.kind, dimension, segment, {of_row("{stratum}")}
)"""
    return f"""with coded as (
    select *, quarter as quarter_no, concat(quarter, ' ', type_group) as stratum_no
    from (
    {asked}
    ) as asked
),
segment_strata as (
    select
        {of_set("{n}")} as dimension,
        {of_set("dimension_{n}")} as segment,
        {stratum} as stratum,
        count(*) as deals,
        sum(is_won) as won
    from coded
    group by grouping sets (
        {each("(dimension_{n}, {stratum})")}
    )
),
rates as (
    select
        stratum_no,
        {each(rate)}
    from coded
    group by quarter_no, stratum_no
),
-- a deal once for its account and once for its owner
shared as (
    select
        kinds.kind, case kinds.kind when 0 then cluster_0 else cluster_1 end as cluster_no, quarter_no, stratum_no, is_won,
        {each("dimension_{n}")}
    from coded
    cross join (values (0), (1)) as kinds (kind)
),
every_cluster as (
    select
        kind,
        {of_set("{n}")} as dimension,
        cluster_no,
        {of_set("dimension_{n}")} as segment,
        count(*) as deals,
        {of_set("sum(is_won - rate_{n})")} as rest
    from shared
    inner join rates on shared.stratum_no = rates.stratum_no
    group by grouping sets (
        {each("(kind, cluster_no, dimension_{n})")}
    )
),
of_clusters as (
    select *
    from every_cluster
    where segment is not null
),
cluster_strata as (
    select
        kind, cluster_no, quarter_no, stratum_no,
        {each("count(dimension_{n}) as known_{n}")}
    from shared
    group by kind, cluster_no, quarter_no, stratum_no
),
{spread}
select
    part, kind, dimension, segment, stratum, other_stratum, products,
    null as deals, null as won, null as clusters, null as squared_deals, null as squared_rest
from told
union all
select 'strata' as part, null as kind, dimension, segment, stratum, null, null, deals, won, null, null, null
from segment_strata
where segment is not null
union all
select 'clusters' as part, kind, dimension, segment, null, null, null, null, null, count(*), sum(deals * deals), sum(rest * rest)
from of_clusters
group by kind, dimension, segment
union all
select 'all clusters' as part, kind, dimension, null, null, null, null, null, null, count({of_row("nullif(known_{n}, 0)")}), null, null
from (
    select kind, cluster_no, {each("sum(known_{n}) as known_{n}", ", ")}
    from cluster_strata
    group by kind, cluster_no
) as known
cross join {dimension_numbers}
group by kind, dimension"""


def _clusters(unknown: str) -> str:
    """SQL of what a deal belongs to by each kind of cluster."""
    return _LINES.join(
        f"case when {name} is null or {name} = {unknown} then deal_key else {name} end as cluster_{kind}"
        for kind, name in enumerate(CLUSTERS)
    )


_LINES = ",\n        "


def _answers_sql(reader: Reader, deals: str, column: str) -> str:
    """Deals by kind of cluster, segment and answer, with the sums over what their cluster has of the same answer, in the segment, and in all."""
    unknown = text_literal(UNKNOWN, reader.engine)
    return f"""with asked as (
    select
        answer, nullif({column}, {unknown}) as segment,
        {_clusters(unknown)}
    from {deals}
),
cells as (
    select kinds.kind, case kinds.kind when 0 then cluster_0 else cluster_1 end as cluster_key, segment, answer, count(*) as deals
    from asked
    cross join (values (0), (1)) as kinds (kind)
    group by kinds.kind, case kinds.kind when 0 then cluster_0 else cluster_1 end, segment, answer
),
met as (
    select
        kind, segment, answer, deals,
        sum(deals) over (partition by kind, cluster_key, segment) as of_segment,
        sum(case when segment is not null then deals end) over (partition by kind, cluster_key) as of_cluster,
        row_number() over (partition by kind, cluster_key, segment order by answer) as place
    from cells
)
select
    kind, segment, answer,
    sum(deals) as deals,
    sum(deals * deals) as of_answer,
    sum(deals * of_segment) as of_segment,
    sum(deals * of_cluster) as of_cluster,
    sum(case when place = 1 then 1 else 0 end) as clusters
from met
group by kind, segment, answer"""


def _parts_of_answers(rows: Sequence[Row], answers: Sequence[str]) -> Parts:
    """Each answer is a stratum of all the deals, so what does not ask for the answer is the same in all of them.

    How many clusters there are is left out: which segments few of them met is not asked.
    """
    total = sum(number(row["deals"]) for row in rows)
    rates = dict.fromkeys(answers, 0.0)
    by_segment: dict[Value, dict[str, Row]] = {}
    for row in rows:
        rates[str(row["answer"])] += number(row["deals"]) / total
        by_segment.setdefault(row["segment"], {})[str(row["answer"])] = row
    squared_rates = sum(rate * rate for rate in rates.values())
    products_of_all = sum(number(row["of_cluster"]) for row in rows)
    parts: Parts = defaultdict(list)
    parts["pairs"] = [{"stratum": answer, "other_stratum": answer, "products": products_of_all} for answer in answers]
    for segment, told in by_segment.items():
        sums = {
            name: sum(number(row[name]) for row in told.values())
            for name in ("deals", "of_answer", "of_segment", "of_cluster", "clusters")
        }
        expected = sum(rates[answer] * number(row["of_segment"]) for answer, row in told.items())
        # the sum over clusters and answers of (deals that give it - deals x its rate)^2
        squared_rest = sums["of_answer"] - 2 * expected + sums["of_segment"] * squared_rates
        parts["clusters"].append(
            {
                "segment": segment,
                "clusters": len(answers) * sums["clusters"],
                "squared_deals": len(answers) * sums["of_segment"],
                "squared_rest": squared_rest,
            }
        )
        for answer in answers:
            inside: Row = {"segment": segment, "stratum": answer}
            won = number(told[answer]["deals"]) if answer in told else 0.0
            parts["strata"].append({**inside, "deals": sums["deals"], "won": won})
            parts["met"].append({**inside, "products": sums["of_cluster"]})
    return parts
