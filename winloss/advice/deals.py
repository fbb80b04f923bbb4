"""The closed deals of a window, fetched from the marts as the selection wants them: counts and sums, never a deal.

Claims rest on decisions: of deals that nothing in the export tells apart, one (docs/decisions/0220).
"""

from __future__ import annotations

from collections import defaultdict
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
) -> dict[str, ByCluster]:
    """The sums behind the design effects of accounts and of owners on the segments of each dimension and cut, over decisions."""
    closed = f"closed_quarter in ({_list(window, reader)})"
    deals = decisions(reader)
    group, _ = _type_groups(reader, deals, closed)
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
    are_many: bool = False,
) -> dict[str, ByCluster]:
    """The sums behind the design effect of each kind of cluster, by dimension; a deal without one is one of its own.

    `are_many` says that there are many strata and few segments: the same sums are made by segment then, not by pair of strata.
    """
    found: dict[str, ByCluster] = {}
    names = list(dimensions)
    at_once = DIMENSIONS_AT_ONCE if reader.engine == "duckdb" else max(1, len(names))
    for start in range(0, len(names), at_once):
        asked = {name: dimensions[name] for name in names[start : start + at_once]}
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
    return found


DIMENSIONS_AT_ONCE = 4
"""So many dimensions are asked about in one reading of DuckDB: each holds every cluster of the window in memory."""

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
    unknown, is_duckdb = text_literal(UNKNOWN, reader.engine), reader.engine == "duckdb"
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
    coded = _numbered(asked, len(dimensions)) if is_duckdb else _named(asked)
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
    return f"""with {coded},
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
shared as {"not materialized " if is_duckdb else ""}(
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


def _numbered(asked: str, dimensions: int) -> str:
    """Deals with numbers in the place of keys and quarters: DuckDB counts by numbers in half the time."""
    kinds = range(len(CLUSTERS))
    numbers = "".join(
        f"""numbers_{kind} as (
    select cluster_{kind}, row_number() over (order by cluster_{kind}) as cluster_no
    from (select distinct cluster_{kind} from asked) as named
),
"""
        for kind in kinds
    )
    joins = "\n    ".join(
        f"inner join numbers_{kind} on asked.cluster_{kind} = numbers_{kind}.cluster_{kind}" for kind in kinds
    )
    kept = [
        *(f"numbers_{kind}.cluster_no as cluster_{kind}" for kind in kinds),
        *(f"asked.dimension_{place}" for place in range(dimensions)),
    ]
    return f"""asked as (
    {asked}
),
{numbers}quarters as (
    select quarter, row_number() over (order by quarter) as quarter_no
    from (select distinct quarter from asked) as named
),
coded as (
    select
        quarters.quarter_no, {LARGE_TYPES + 1} * quarters.quarter_no + asked.type_group as stratum_no, asked.is_won,
        {_LINES.join(kept)}
    from asked
    {joins}
    inner join quarters on asked.quarter = quarters.quarter
)"""


def _named(asked: str) -> str:
    """Deals with the keys they have: to number them Spark would read them again for each kind of number."""
    return f"""coded as (
    select *, quarter as quarter_no, concat(quarter, ' ', type_group) as stratum_no
    from (
    {asked}
    ) as asked
)"""


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
