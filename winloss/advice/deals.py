"""The closed deals of a window, fetched from the marts as the selection wants them: counts and sums, never a deal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np

from winloss.advice.counts import DEAL_TYPE, FEW_CLUSTERS, Cuts, DealCounts, base_of, grouped_types
from winloss.advice.parameters import UNKNOWN, Parameters
from winloss.advice.statistics import ClusterSums, DesignEffect, design_effect
from winloss.quoting import text_literal
from winloss.rows import Reader, number

COHORT_QUARTERS = 4
QUARTER_DAYS = 91.25
WON_BY = 0.90
"""A deal had time to be won when it is older than this share of wins took."""

CLUSTERS = ("account_key", "owner")
"""What deals belong together by; the last one is who sells."""


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
) -> DealCounts:
    """Deals that closed in the quarters of `window`, and the cohort of deals that had time to be won by its end.

    `dimensions` are columns of fct_closed_deals; `cuts` are further ones made of them.
    Without creation dates on most deals there is no cohort. Many deals hang together as those of an earlier window did,
    `like`; few are looked at anew.
    """
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = reader.relation("fct_closed_deals")
    group, size = _type_groups(reader, deals, closed)
    if like is not None and size > parameters.exact_up_to_deals:
        by_dimension = like.cluster_sums
    else:
        columns = {**_columns(dimensions), **{name: _side(base_of(name), cuts[name], reader) for name in cuts}}
        by_dimension = _cluster_sums(reader, deals, closed, columns, group, parameters)
    return _folded(
        reader,
        reader.relation("int_deal_cells"),
        closed,
        _columns(dimensions),
        ("closed_quarter", "sum(deals)", "sum(won)", "sum(amount)", "sum(won_amount)", "sum(squared_amount)"),
        group,
        by_dimension,
        _cohort(reader, deals, closed, _columns(dimensions), group, by_dimension, parameters),
    ).cut(cuts)


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


def segments_design(
    reader: Reader, dimensions: Sequence[str], window: Sequence[str], parameters: Parameters
) -> DesignEffect:
    """The largest design effect of accounts and owners on the segments of any of the dimensions."""
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = reader.relation("fct_closed_deals")
    group, _ = _type_groups(reader, deals, closed)
    return _largest(_cluster_sums(reader, deals, closed, _columns(dimensions), group, parameters))


def quarters_design(reader: Reader, quarters: Sequence[str], parameters: Parameters) -> DesignEffect:
    """The design effect of accounts and owners on the win rates of quarters: what an owner wins in all of them alike moves none."""
    deals = f"""(
    select deal_key, account_key, owner, is_won, closed_quarter as compared_quarter, 'all' as closed_quarter
    from {reader.relation("fct_closed_deals")}
    where closed_quarter in ({_list(quarters, reader)})
) as deals"""
    return design_of(reader, deals, "compared_quarter", parameters)


def design_of(reader: Reader, deals: str, column: str, parameters: Parameters) -> DesignEffect:
    """The larger design effect of accounts and owners on the segments that `column` makes of `deals`.

    `deals` is a subquery of deal_key, account_key, owner, is_won (what is compared), the column, and closed_quarter (inside what).
    """
    return _largest(_cluster_sums(reader, deals, "1 = 1", {column: column}, "0", parameters))


def _largest(found: Mapping[str, Iterable[ClusterSums]]) -> DesignEffect:
    effects = [design_effect(sums) for by_cluster in found.values() for sums in by_cluster]
    return max(effects, key=lambda design: design.factor, default=DesignEffect())


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
    """Alike deals of the relation, one entry each."""
    quarter, deals, won, *amounts = measures
    columns = list(dimensions.values())
    keys = ", ".join(dict.fromkeys([quarter, *([] if group.isdigit() else [group]), *columns]))
    records = reader.query(
        f"""select {", ".join([quarter, group, deals, won, *amounts, *columns])}
from {relation}
where {where}
group by {keys}"""
    )[1]
    height, first = len(records), 4 + len(amounts)
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
        np.fromiter((float(record[4 + place] or 0) for record in records), dtype=np.float64, count=height)
        for place in range(len(amounts))
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
) -> dict[str, list[ClusterSums]]:
    """The sums behind the design effect of each kind of cluster, by dimension; a deal without one is one of its own.

    One query reads the deals once for all of them: an engine with a cost of its own for each reading, such as Spark, takes a tenth of the time.
    """
    if not dimensions:
        return {}
    names = {name: text_literal(name, reader.engine) for name in dimensions}
    asked = ", ".join(f"('{cluster}', {name})" for cluster in CLUSTERS for name in names.values())
    keys = " ".join(f"when '{cluster}' then nullif({cluster}, '{UNKNOWN}')" for cluster in CLUSTERS)
    segments = " ".join(f"when {names[name]} then {column}" for name, column in dimensions.items())
    grouped = f"case when asked_dimension = {names[DEAL_TYPE]} then 0 else {group} end" if DEAL_TYPE in names else group
    minimum = int(parameters.minimum_deals)
    rows = reader.rows(
        f"""with of_dimensions as (
    select
        asked_cluster || ' ' || asked_dimension as dimension,
        case asked_dimension {segments} end as segment,
        coalesce(case asked_cluster {keys} end, deal_key) as cluster_key,
        closed_quarter as quarter,
        {grouped} as type_group,
        is_won
    from {deals}
    cross join (values {asked}) as asked (asked_cluster, asked_dimension)
    where {where}
),
cells as (
    select dimension, segment, cluster_key, quarter, type_group, cast(count(*) as double) as deals, cast(sum(is_won) as double) as won
    from of_dimensions
    where segment != '{UNKNOWN}'
    group by dimension, segment, cluster_key, quarter, type_group
),
strata as (
    select dimension, quarter, type_group, sum(deals) as deals, sum(won) as won
    from cells
    group by dimension, quarter, type_group
),
of_clusters as (
    select
        cells.dimension, cells.segment, cells.cluster_key,
        sum(cells.deals) as deals,
        sum(cells.won - cells.deals * strata.won / strata.deals) as rest
    from cells
    inner join strata
        on cells.dimension = strata.dimension and cells.quarter = strata.quarter and cells.type_group = strata.type_group
    group by cells.dimension, cells.segment, cells.cluster_key
),
of_segments as (
    select dimension, segment, sum(deals) as deals, sum(rest) as rest, count(*) as clusters, sum(deals * deals) as squared_deals
    from of_clusters
    group by dimension, segment
),
shares as (
    select
        cells.dimension, cells.segment, cells.quarter, cells.type_group,
        max(strata.deals) as stratum_deals,
        sum(cells.deals) / max(strata.deals) as share
    from cells
    inner join strata
        on cells.dimension = strata.dimension and cells.quarter = strata.quarter and cells.type_group = strata.type_group
    inner join of_segments
        on cells.dimension = of_segments.dimension and cells.segment = of_segments.segment and of_segments.deals >= {minimum}
    group by cells.dimension, cells.segment, cells.quarter, cells.type_group
),
cluster_strata as (
    select dimension, cluster_key, quarter, type_group, sum(deals) as deals
    from cells
    group by dimension, cluster_key, quarter, type_group
),
strata_pairs as (
    select
        one.dimension, one.quarter, one.type_group, two.quarter as second_quarter, two.type_group as second_type_group,
        sum(one.deals * two.deals) as products
    from cluster_strata as one
    inner join cluster_strata as two on one.dimension = two.dimension and one.cluster_key = two.cluster_key
    group by one.dimension, one.quarter, one.type_group, two.quarter, two.type_group
),
by_chance as (
    select one.dimension, sum(one.share * two.share * strata_pairs.products) as expected
    from shares as one
    inner join shares as two on one.dimension = two.dimension and one.segment = two.segment
    inner join strata_pairs
        on one.dimension = strata_pairs.dimension
        and one.quarter = strata_pairs.quarter and one.type_group = strata_pairs.type_group
        and two.quarter = strata_pairs.second_quarter and two.type_group = strata_pairs.second_type_group
    group by one.dimension
),
crossed as (
    select shares.dimension, sum(shares.share * of_clusters.deals * cluster_strata.deals) as products
    from of_clusters
    inner join cluster_strata
        on of_clusters.dimension = cluster_strata.dimension and of_clusters.cluster_key = cluster_strata.cluster_key
    inner join shares
        on of_clusters.dimension = shares.dimension and of_clusters.segment = shares.segment
        and cluster_strata.quarter = shares.quarter and cluster_strata.type_group = shares.type_group
    group by shares.dimension
),
spreads as (
    select dimension, sum(stratum_deals * share * (1 - share)) as spread
    from shares
    group by dimension
),
strata_sums as (
    select dimension, sum(deals) as deals, count(*) as strata, sum(won * (deals - won) / deals) as squares
    from strata
    group by dimension
),
cluster_totals as (
    select dimension, sum(rest * rest) as cell_squares, sum(deals * (deals - 1)) as cell_pairs, count(*) as cells
    from of_clusters
    group by dimension
),
cluster_numbers as (
    select dimension, count(distinct cluster_key) as clusters
    from of_clusters
    group by dimension
),
segment_totals as (
    select
        of_segments.dimension,
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
    inner join cluster_numbers on of_segments.dimension = cluster_numbers.dimension
    group by of_segments.dimension
)
select
    strata_sums.dimension,
    strata_sums.deals,
    strata_sums.strata,
    strata_sums.squares,
    cluster_totals.cell_squares,
    cluster_totals.cell_pairs,
    segment_totals.segment_squares,
    segment_totals.segment_pairs,
    cluster_totals.cells,
    segment_totals.segments,
    coalesce(segment_totals.own_products - 2 * crossed.products + by_chance.expected, 0) as clustered_spread,
    coalesce(spreads.spread, 0) as spread,
    segment_totals.few_clusters,
    segment_totals.wide_segments
from strata_sums
inner join cluster_totals on strata_sums.dimension = cluster_totals.dimension
inner join segment_totals on strata_sums.dimension = segment_totals.dimension
left join spreads on strata_sums.dimension = spreads.dimension
left join crossed on strata_sums.dimension = crossed.dimension
left join by_chance on strata_sums.dimension = by_chance.dimension"""
    )
    counts = {"deals", "strata", "cells", "segments", "few_clusters", "wide_segments"}
    found = {
        row["dimension"]: ClusterSums(
            **{
                name: int(number(value)) if name in counts else number(value)
                for name, value in row.items()
                if name != "dimension"
            }  # type: ignore[arg-type]
        )
        for row in rows
    }
    return {name: [found[key] for cluster in CLUSTERS if (key := f"{cluster} {name}") in found] for name in dimensions}
