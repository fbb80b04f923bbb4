"""The closed deals of a window, fetched from the marts as the selection wants them: counts and sums, never a deal.

Claims rest on decisions: of deals that nothing in the export tells apart, one (docs/decisions/0220).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from winloss.advice.counts import DEAL_TYPE, FEW_CLUSTERS, LARGE_TYPES, Cuts, DealCounts, base_of, grouped_types
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import ClusterSums, DesignEffect, design_effect
from winloss.quoting import text_literal
from winloss.rows import Reader, Row, number

COHORT_QUARTERS = 4
QUARTER_DAYS = 91.25
WON_BY = 0.90
"""A deal had time to be won when it is older than this share of wins took."""

CLUSTERS = ("account_key", "owner")
"""What deals belong together by; the last one is who sells."""

ByCluster = dict[str, ClusterSums]
"""The sums of a dimension by what deals belong together by, in the order of `CLUSTERS`."""


DECISIONS, DEALS = "decisions", "deals"
"""What is counted where deals belong together: decisions, of which several lines of one are one, or every line."""


def decisions(reader: Reader) -> str:
    """Closed deals as a subquery named `deals`, lines of one decision once."""
    return f"(select * from {reader.relation('fct_closed_deals')} where decision_line = 1) as deals"


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
) -> DealCounts:
    """Deals that closed in the quarters of `window`, and the cohort of deals that had time to be won by its end.

    `dimensions` are columns of fct_closed_deals; `cuts` are further ones made of them.
    Without creation dates on most deals there is no cohort. How deals hang together is told by `sums`, by dimension; without,
    many do as those of an earlier window did, `like`, and few are looked at anew.
    """
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = decisions(reader)
    group, size = _type_groups(reader, deals, closed)
    if sums is None and like is not None and size > parameters.exact_up_to_deals:
        by_dimension = like.cluster_sums
    else:
        found = segment_sums(reader, dimensions, window, parameters, cuts) if sums is None else sums
        by_dimension = {name: list(by_cluster.values()) for name, by_cluster in found.items()}
    return _folded(
        reader,
        reader.relation("int_deal_cells"),
        closed,
        _columns(dimensions),
        ("closed_quarter", *(f"sum({name})" for name in (*_COUNTS, *_SHOWN))),
        group,
        by_dimension,
        _cohort(reader, deals, closed, _columns(dimensions), group, by_dimension, parameters),
    ).cut(cuts)


_COUNTS = ("decisions", "won_decisions")
_SHOWN = ("deals", "won", "amount", "won_amount", "squared_amount")


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
    counted: str = DECISIONS,
) -> dict[str, ByCluster]:
    """The sums behind the design effects of accounts and of owners on the segments of each dimension and cut, over decisions or deals."""
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = decisions(reader) if counted == DECISIONS else reader.relation("fct_closed_deals")
    group, _ = _type_groups(reader, deals, closed)
    columns = {**_columns(dimensions), **{name: _side(base_of(name), cuts[name], reader) for name in cuts}}
    return _cluster_sums(reader, deals, closed, columns, group, parameters)


def quarters_design(reader: Reader, quarters: Sequence[str], parameters: Parameters) -> DesignEffect:
    """The design effect of accounts and owners on the win rates of quarters: what an owner wins in all of them alike moves none."""
    deals = f"""(
    select deal_key, account_key, owner, is_won, closed_quarter as compared_quarter, 'all' as closed_quarter
    from {reader.relation("fct_closed_deals")}
    where closed_quarter in ({_list(quarters, reader)}) and decision_line = 1
) as deals"""
    return design_of(reader, deals, "compared_quarter", parameters)


def design_of(reader: Reader, deals: str, column: str, parameters: Parameters, are_apart: bool = False) -> DesignEffect:
    """The larger design effect of accounts and owners on the segments that `column` makes of `deals`.

    `deals` is a subquery of deal_key, account_key, owner, is_won (what is compared), the column, and closed_quarter (inside what).
    With `are_apart` deals of a cluster belong together inside one of these alone.
    """
    return largest(
        _cluster_sums(reader, deals, "1 = 1", {column: column}, "0", parameters, are_apart=are_apart)
        .get(column, {})
        .values()
    )


def two_sided_designs(
    reader: Reader, deals: str, columns: Sequence[str], parameters: Parameters
) -> dict[str, DesignEffect]:
    """The same for each of several columns that part deals in two, inside many strata; a deal that is `unknown` stands in none."""
    found = _cluster_sums(reader, deals, "1 = 1", _columns(columns), "0", parameters, are_many=True)
    return {column: largest(found.get(column, {}).values()) for column in columns}


def stated_sums(reader: Reader, counted: str = DECISIONS) -> dict[str, ByCluster]:
    """What int_segment_designs states of the segments of the window, by dimension and cut."""
    found: dict[str, ByCluster] = {}
    stated = [row for row in reader.table("int_segment_designs") if row["counted"] == counted]
    for row in sorted(stated, key=lambda row: CLUSTERS.index(str(row["cluster"]))):
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


def _type_groups(reader: Reader, deals: str, where: str) -> tuple[str, int]:
    """SQL of the stratum that a deal's type makes, 0 and 1 for the two largest, 2 for all others; and the number of deals."""
    rows = reader.rows(
        f"select deal_type, count(*) as deals from {deals} where {where} group by deal_type order by deal_type"
    )
    if not rows:
        return "0", 0
    sizes = np.array([int(row["deals"] or 0) for row in rows], dtype=np.int64)
    places = grouped_types(np.arange(sizes.size), sizes, sizes.size)
    cases = " ".join(
        f"when deal_type = {text_literal(str(row['deal_type']), reader.engine)} then {place}"
        for row, place in zip(rows, places.tolist())
        if place < places.max()
    )
    last = int(places.max())
    return (f"case {cases} else {last} end" if cases else str(last)), int(sizes.sum())


def _folded(
    reader: Reader,
    relation: str,
    where: str,
    dimensions: Mapping[str, str],
    measures: tuple[str, ...],
    group: str,
    sums: Mapping[str, Sequence[ClusterSums]],
    cohort: DealCounts | None,
) -> DealCounts:
    """Alike deals of the relation, one entry each; `measures` are the quarter, the counts that claims rest on, and what is shown."""
    quarter, deals, won, *shown = measures
    columns = list(dimensions.values())
    keys = ", ".join(dict.fromkeys([quarter, *([] if group.isdigit() else [group]), *columns]))
    records = reader.query(
        f"""select {", ".join([quarter, group, deals, won, *shown, *columns])}
from {relation}
where {where}
group by {keys}"""
    )[1]
    height, first = len(records), 4 + len(shown)
    quarter_labels = sorted({str(record[0]) for record in records})
    of_quarter = {label: code for code, label in enumerate(quarter_labels)}
    labels: dict[str, list[str]] = {}
    codes = {}
    for place, name in enumerate(dimensions, start=first):
        labels[name] = sorted({str(record[place]) for record in records})
        known = {label: code for code, label in enumerate(labels[name])}
        codes[name] = np.fromiter((known[str(record[place])] for record in records), dtype=np.int64, count=height)

    def whole(place: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.fromiter((int(record[place]) for record in records), dtype=np.int64, count=height)

    money = [
        np.fromiter((float(record[place] or 0) for record in records), dtype=np.float64, count=height)
        for place in range(6, first)
    ]
    return DealCounts.from_codes(
        codes,
        labels,
        whole(3),
        np.fromiter((of_quarter[str(record[0])] for record in records), dtype=np.int64, count=height),
        quarter_labels,
        whole(2),
        (money[0], money[1], money[2]) if money else None,
        whole(1),
        shown=(whole(4), whole(5)) if shown else None,
        cluster_sums=sums,
        cohort=cohort,
    )


def _cohort(
    reader: Reader,
    deals: str,
    closed: str,
    dimensions: Mapping[str, str],
    group: str,
    sums: Mapping[str, Sequence[ClusterSums]],
    parameters: Parameters,
) -> DealCounts | None:
    """Deals created in the four quarters that ended when nine wins of ten made since would have been won by now.

    Counted by quarter of creation, not of the close: of a young segment losses close before wins do.
    """
    [known] = reader.rows(
        f"select count(*) as deals, count(created_on) as dated, max(closed_on) as as_of from {deals} where {closed}"
    )
    if not known["as_of"] or number(known["dated"]) < parameters.created_share * number(known["deals"]):
        return None
    days = reader.rows(
        f"""select cycle_days, count(*) as deals
from {deals}
where {closed} and is_won = 1 and cycle_days is not null
group by cycle_days
order by cycle_days"""
    )
    if not days:
        return None
    counted = np.cumsum([number(row["deals"]) for row in days])
    slow = int(number(days[int(np.searchsorted(counted, WON_BY * counted[-1]))]["cycle_days"]))
    as_of = date.fromisoformat(str(known["as_of"])[:10])
    end = as_of - timedelta(days=slow)
    starts = [end - timedelta(days=round(QUARTER_DAYS * back)) for back in range(COHORT_QUARTERS, 0, -1)]
    quarter = "case " + " ".join(
        f"when created_on <= date '{later}' then '{place}'" for place, later in enumerate([*starts[1:], end])
    )
    where = f"created_on > date '{starts[0]}' and created_on <= date '{end}' and closed_on <= date '{as_of}'"
    measures = (f"{quarter} end", "count(*)", "sum(is_won)")
    return _folded(reader, deals, where, dimensions, measures, group, sums, None)


def _cluster_sums(
    reader: Reader,
    deals: str,
    where: str,
    dimensions: Mapping[str, str],
    group: str,
    parameters: Parameters,
    are_apart: bool = False,
    are_many: bool = False,
) -> dict[str, ByCluster]:
    """The sums behind the design effect of each kind of cluster, by dimension; a deal without one is one of its own.

    With `are_apart` deals of a cluster belong together inside a stratum alone. `are_many` says that there are many strata
    and few segments: the same sums are made by segment then, not by pair of strata.
    """
    found: dict[str, ByCluster] = {}
    names = list(dimensions)
    for start in range(0, len(names), DIMENSIONS_AT_ONCE):
        asked = names[start : start + DIMENSIONS_AT_ONCE]
        families = [(name, cluster) for name in asked for cluster in CLUSTERS]
        rows = reader.rows(
            _sums_sql(
                reader, deals, where, {name: dimensions[name] for name in asked}, group, parameters, are_apart, are_many
            )
        )
        for row in sorted(rows, key=lambda row: number(row["family"])):
            name, cluster = families[int(number(row["family"]))]
            found.setdefault(name, {})[cluster] = _sums_of(row)
    return found


DIMENSIONS_AT_ONCE = 4
"""So many dimensions are asked about in one reading: each holds every cluster of the window in memory."""


def _sums_sql(
    reader: Reader,
    deals: str,
    where: str,
    dimensions: Mapping[str, str],
    group: str,
    parameters: Parameters,
    are_apart: bool,
    are_many: bool,
) -> str:
    """One row per family, which is the place of a dimension and a kind of cluster. Deals are coded by numbers, then read once for all."""
    minimum, unknown = int(parameters.minimum_deals), text_literal(UNKNOWN, reader.engine)
    kinds = range(len(CLUSTERS))
    columns = "".join(f",\n        {column} as dimension_{place}" for place, column in enumerate(dimensions.values()))
    kept = "".join(f", asked.dimension_{place}" for place in range(len(dimensions)))
    keys = ",\n        ".join(
        f"case when {name} is null or {name} = {unknown} then deal_key else {name} end as cluster_{kind}"
        for kind, name in enumerate(CLUSTERS)
    )
    # asked about itself the type of a deal is no stratum
    strata = ["quarter_no" if name == DEAL_TYPE else "stratum_no" for name in dimensions]
    sets = ",\n        ".join(
        f"(cluster_{kind}, {stratum}, dimension_{place})" for place, stratum in enumerate(strata) for kind in kinds
    )
    families = " ".join(
        f"when grouping(dimension_{place}) = 0 and grouping(cluster_{kind}) = 0 then {place * len(CLUSTERS) + kind}"
        for place in range(len(dimensions))
        for kind in kinds
    )
    segments = " ".join(
        f"when grouping(dimension_{place}) = 0 then dimension_{place}" for place in range(len(dimensions))
    )
    numbered = "".join(
        f"""numbers_{kind} as (
    select cluster_{kind}, row_number() over (order by cluster_{kind}) as cluster_no
    from (select distinct cluster_{kind} from asked) as named
),
"""
        for kind in kinds
    )
    joined = "\n    ".join(
        f"inner join numbers_{kind} on asked.cluster_{kind} = numbers_{kind}.cluster_{kind}" for kind in kinds
    )
    numbers = ", ".join(f"numbers_{kind}.cluster_no as cluster_{kind}" for kind in kinds)
    clusters = "case when grouping(cluster_0) = 0 then cluster_0 else cluster_1 end"
    stratum = f"coalesce({', '.join([*dict.fromkeys(strata), 'null'])})"
    cluster = f"cast({clusters} as bigint) * 1000000 + {stratum}" if are_apart else clusters
    return f"""with asked as (
    select
        closed_quarter as quarter, {group} as type_group, is_won,
        {keys}{columns}
    from {deals}
    where {where}
),
{numbered}quarters as (
    select quarter, row_number() over (order by quarter) as quarter_no
    from (select distinct quarter from asked) as named
),
coded as (
    select {numbers}, quarters.quarter_no, {LARGE_TYPES + 1} * quarters.quarter_no + asked.type_group as stratum_no, asked.is_won{kept}
    from asked
    {joined}
    inner join quarters on asked.quarter = quarters.quarter
),
every_cell as (
    select
        case {families} end as family,
        {cluster} as cluster_no,
        {stratum} as stratum_no,
        case {segments} end as segment,
        cast(count(*) as double) as deals,
        cast(sum(is_won) as double) as won
    from coded
    group by grouping sets (
        {sets}
    )
),
cells as (
    select family, cluster_no, stratum_no, segment, deals, won
    from every_cell
    where segment != {unknown}
),
segment_strata as (
    select family, segment, stratum_no, sum(deals) as deals, sum(won) as won
    from cells
    group by family, segment, stratum_no
),
strata as (
    select family, stratum_no, sum(deals) as deals, sum(won) as won
    from segment_strata
    group by family, stratum_no
),
of_clusters as (
    select
        cells.family, cells.segment, cells.cluster_no,
        sum(cells.deals) as deals,
        sum(cells.won - cells.deals * strata.won / strata.deals) as rest
    from cells
    inner join strata on cells.family = strata.family and cells.stratum_no = strata.stratum_no
    group by cells.family, cells.segment, cells.cluster_no
),
of_segments as (
    select
        family, segment,
        sum(deals) as deals,
        sum(rest) as rest,
        count(*) as clusters,
        sum(deals * deals) as squared_deals,
        sum(rest * rest) as squared_rest
    from of_clusters
    group by family, segment
),
shares as (
    select
        segment_strata.family, segment_strata.segment, segment_strata.stratum_no,
        strata.deals as stratum_deals,
        segment_strata.deals / strata.deals as share
    from segment_strata
    inner join strata on segment_strata.family = strata.family and segment_strata.stratum_no = strata.stratum_no
    inner join of_segments
        on segment_strata.family = of_segments.family and segment_strata.segment = of_segments.segment and of_segments.deals >= {minimum}
),
cluster_strata as (
    select family, cluster_no, stratum_no, sum(deals) as deals
    from cells
    group by family, cluster_no, stratum_no
),
-- how many deals of a segment each cluster would have by chance: its deals of a stratum at the segment's share of that stratum
{_BY_SEGMENT if are_many else _BY_PAIR}met as (
    select of_clusters.family, of_clusters.segment, cluster_strata.stratum_no, sum(of_clusters.deals * cluster_strata.deals) as products
    from of_clusters
    inner join cluster_strata on of_clusters.family = cluster_strata.family and of_clusters.cluster_no = cluster_strata.cluster_no
    group by of_clusters.family, of_clusters.segment, cluster_strata.stratum_no
),
crossed as (
    select shares.family, sum(shares.share * met.products) as products
    from met
    inner join shares on met.family = shares.family and met.segment = shares.segment and met.stratum_no = shares.stratum_no
    group by shares.family
),
spreads as (
    select family, sum(stratum_deals * share * (1 - share)) as spread
    from shares
    group by family
),
strata_sums as (
    select family, sum(deals) as deals, count(*) as strata, sum(won * (deals - won) / deals) as squares
    from strata
    group by family
),
cluster_numbers as (
    select family, count(distinct cluster_no) as clusters
    from of_clusters
    group by family
),
segment_sums as (
    select
        of_segments.family,
        sum(squared_rest) as cell_squares,
        sum(squared_deals - deals) as cell_pairs,
        sum(of_segments.clusters) as cells,
        sum(rest * rest) as segment_squares,
        sum(deals * (deals - 1)) as segment_pairs,
        count(*) as segments,
        sum(case when deals >= {minimum} then squared_deals else 0 end) as own_products,
        sum(case when deals >= {minimum} then 1 else 0 end) as wide_segments,
        sum(
            case
                when deals >= {minimum} and of_segments.clusters < {FEW_CLUSTERS} and 2 * of_segments.clusters <= cluster_numbers.clusters
                    then 1
                else 0
            end
        ) as few_clusters
    from of_segments
    inner join cluster_numbers on of_segments.family = cluster_numbers.family
    group by of_segments.family
)
select
    strata_sums.family,
    strata_sums.deals,
    strata_sums.strata,
    strata_sums.squares,
    segment_sums.cell_squares,
    segment_sums.cell_pairs,
    segment_sums.segment_squares,
    segment_sums.segment_pairs,
    segment_sums.cells,
    segment_sums.segments,
    coalesce(segment_sums.own_products - 2 * crossed.products + by_chance.expected, 0) as clustered_spread,
    coalesce(spreads.spread, 0) as spread,
    segment_sums.few_clusters,
    segment_sums.wide_segments
from strata_sums
inner join segment_sums on strata_sums.family = segment_sums.family
left join spreads on strata_sums.family = spreads.family
left join crossed on strata_sums.family = crossed.family
left join by_chance on strata_sums.family = by_chance.family"""


_BY_PAIR = """strata_pairs as (
    select one.family, one.stratum_no, two.stratum_no as second_stratum_no, sum(one.deals * two.deals) as products
    from cluster_strata as one
    inner join cluster_strata as two on one.family = two.family and one.cluster_no = two.cluster_no
    group by one.family, one.stratum_no, two.stratum_no
),
by_chance as (
    select one.family, sum(one.share * two.share * strata_pairs.products) as expected
    from shares as one
    inner join shares as two on one.family = two.family and one.segment = two.segment
    inner join strata_pairs
        on one.family = strata_pairs.family
        and one.stratum_no = strata_pairs.stratum_no and two.stratum_no = strata_pairs.second_stratum_no
    group by one.family
),
"""

_BY_SEGMENT = """expected_deals as (
    select cluster_strata.family, cluster_strata.cluster_no, shares.segment, sum(cluster_strata.deals * shares.share) as deals
    from cluster_strata
    inner join shares on cluster_strata.family = shares.family and cluster_strata.stratum_no = shares.stratum_no
    group by cluster_strata.family, cluster_strata.cluster_no, shares.segment
),
by_chance as (
    select family, sum(deals * deals) as expected
    from expected_deals
    group by family
),
"""
