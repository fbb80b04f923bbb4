"""Which figures of value and time rest on so few deals that they are those of a deal.

A cell is a row of a table, its won, its lost or its open deals. Its amounts and days leave where it holds the minimum of deals; counts always do.
What is hidden must not come back by subtraction either: the cells of a sum (the segments of a dimension, the reasons of the losses) add
up to a figure that is published, and periods hold each other. So where a sum hides one cell, or too few deals together, the next
smallest goes as well; and of two periods whose difference is small, one. `small_cells` does the same for people, more strictly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np

from winloss.publish.kept_copies import Span, is_too_large, telling_cell, telling_period

WON = (
    "won_amount",
    "mean_won_amount",
    "median_won_amount",
    "mean_won_cycle_days",
    "median_won_cycle_days",
    "won_cycle_days",
    "valued_won_deals",
    "timed_won_deals",
)
LOST = (*(name.replace("won", "lost") for name in WON), "lost_amount_share")
OPEN = ("open_amount", "open_amount_share", "expected_amount", "amount_per_won_amount", "quota_coverage")
BOTH = (
    "value_win_rate",
    "value_effective_deals",
    "value_win_rate_low",
    "value_win_rate_high",
    "velocity_amount_per_day",
    "value_weighted_win_rate",
    "value_weighted_low",
    "value_weighted_high",
)
OF_WON = (
    *(
        f"{figure}{end}"
        for figure in ("value_ratio", "day_ratio", "extra_amount_per_100")
        for end in ("", "_low", "_high")
    ),
    "value_per_deal",
    "other_value_per_deal",
    "expected_value_per_deal",
    "value_per_day",
    "other_value_per_day",
)
"""Figures that the won amount of a segment follows from."""

FIGURES = {"won": (*WON, *OF_WON), "lost": LOST, "open": OPEN}
"""Figures of value and time by the outcome whose deals they rest on; the mart counts these as `won_deals` and so on."""

EXPECTED = ("expected_wins", "expected_wins_low", "expected_wins_high")
"""Of few open deals these tell, by the curve that is published, how old they are."""

BY_THEMSELVES = ("median_stage_days",)
"""Figures that their mart leaves empty where fewer deals than the minimum state them; no sum tells a median."""

REASON = "value_missing_reason"

FOLLOWING = {
    "typical_deals": ("mean", "median", "median_low", "median_high"),
    "return_on_investment": (
        "revenue_gain",
        "revenue_gain_low",
        "revenue_gain_high",
        "net_gain",
        "net_gain_low",
        "net_gain_high",
    ),
    "win_rate_definitions": ("win_rate", "win_rate_low", "win_rate_high", "effective_deals", "step"),
    "win_rate_curves": ("won_share", "won_share_low", "won_share_high", "lost_share", "open_share", "effective_deals"),
}
"""Marts whose figures are those of cells of another mart, and leave where these do."""

_HIDDEN_THERE = {
    # a measure is one of all won, or lost, deals of a period, such as won_amount
    "typical_deals": """where is_hidden and table_name = 'win_rate_baseline'
        and outcome = split_part(mart.measure, '_', 1) and value_cells.period = mart.period""",
    "return_on_investment": """inner join marts.icp_recommendations as advised
        on table_name = 'icp_recommendations' and cell = {cell} and advised.segment_label = mart.segment_label
        where is_hidden""",
    # a curve steps by the deals of each week of age: less those of the other segments, it would tell the weeks of few deals
    "win_rate_curves": """where is_hidden and (
            (
                table_name = case when mart.dimension = 'all' then 'win_rate_baseline' else 'win_rates_by_dimension' end
                and value_cells.cell = concat_ws(' | ', 'cell', nullif(mart.dimension, 'all'), case when mart.dimension != 'all' then mart.segment end)
                and value_cells.period = case when mart.period = 'window_before' then 'all' else mart.period end
            ) or (table_name = 'win_rates_by_cohort' and mart.dimension = 'created_quarter' and value_cells.cell = 'cell | ' || mart.segment)
        )""",
    # the definition by value repeats the value win rate of all deals
    "win_rate_definitions": """where is_hidden and table_name = 'win_rate_baseline' and mart.definition = 'by_value'
        and value_cells.period = mart.period""",
}


@dataclass(frozen=True)
class Table:
    """How a mart names its cells: the columns of a cell, and the columns that the cells of a sum have in common, besides the period.

    Open deals have no period: those open today are others than those open a quarter ago.
    `judged_as` names a mart of the same cells whose judgement is taken: two tables must not hide different cells of one sum.
    Where deals count by another day than that of their close, figures leave `only` for a period to whose deals no later publication adds
    others: a copy of last quarter, less the same days today, would tell those that were closed since.
    """

    cell: tuple[str, ...] = ()
    sums: tuple[tuple[str, ...], ...] = ()
    outcomes: tuple[str, ...] = ("won", "lost")
    period: str = "period"
    judged_as: str = ""
    only: str = ""

    @property
    def condition(self) -> str:
        """Which rows are cells."""
        return f"{self.period} = '{self.only}'" if self.only else "true"


SEGMENTS, SEGMENT_QUARTERS = "win_rates_by_dimension", "segment_quarters"
"""The same cells by overlapping periods, and by quarters that add up."""

FUNNEL = "stage_funnel"

TABLES: Mapping[str, Table] = {
    "win_rate_baseline": Table(),
    "win_rates_by_quarter": Table(("quarter",), ((),), period="'quarter'"),
    SEGMENTS: Table(("dimension", "segment"), (("dimension",),)),
    "account_tier_history": Table(("quarter", "tier"), (("quarter",),), ("won",), period="'quarter'"),
    SEGMENT_QUARTERS: Table(("dimension", "segment"), (("dimension",),), period="quarter"),
    "win_rates_by_segment_pair": Table(
        ("dimension", "segment", "second_dimension", "second_segment"),
        (("dimension", "segment", "second_dimension"), ("dimension", "second_dimension", "second_segment")),
    ),
    "loss_reasons": Table(("category",), ((),), ("lost",)),
    "loss_reasons_by_dimension": Table(
        ("dimension", "segment", "category"), (("dimension", "segment"), ("dimension", "category")), ("lost",)
    ),
    "win_reasons": Table(("win_factor",), ((),), ("won",)),
    "value_by_currency": Table(("currency",)),
    FUNNEL: Table(("pipeline", "stage"), (("pipeline",),), ("lost",), only="all"),
    "win_rates_by_cohort": Table(("created_quarter",), ((),), period="'all'"),
    "open_pipeline": Table(("dimension", "segment"), (("dimension",),), ("open",), period="'as of'"),
    "open_pipeline_by_profile": Table(("profile_standing",), ((),), ("open",), period="'as of'"),
    "icp_segment_evidence": Table(("dimension", "segment", "second_dimension", "second_segment"), period="'window'"),
    "icp_recommendations": Table(("dimension", "segment", "second_dimension", "second_segment"), period="'window'"),
    "segment_values": Table(("dimension", "segment"), (), ("won",), "'window'", "win_rates_by_dimension"),
    "advice_values": Table(("dimension", "segment"), (), ("won",), "'window'", "win_rates_by_dimension"),
}

_OF_ALL_DEALS = [name for name, table in TABLES.items() if "all" in (table.only, table.period.strip("'"))]

_CELLS = """create or replace temp table value_cells (
    table_name varchar, cell varchar, period varchar, outcome varchar, deals bigint, sums varchar[], is_hidden boolean
)"""

# A cell is hidden where it is small, or where the rest of a longer period that it leaves is: the shorter one goes, and of all deals and
# the window all deals. The last quarter must not be small for all deals to be shown: the copy kept from the previous quarter tells the rest.
_HIDDEN = """update value_cells set is_hidden = true
from (
    select
        table_name, cell, outcome,
        coalesce(max(deals) filter (where period = 'quarter'), 0) as quarter,
        coalesce(max(deals) filter (where period = 'previous_quarter'), 0) as previous,
        max(deals) filter (where period = 'window') as in_window,
        max(deals) filter (where period = 'all') as in_all
    from value_cells
    group by table_name, cell, outcome
) as periods
where
    value_cells.table_name = periods.table_name and value_cells.cell = periods.cell and value_cells.outcome = periods.outcome
    and value_cells.deals > 0
    and (
        value_cells.deals < $minimum
        or (value_cells.period = 'quarter' and in_window - quarter between 1 and $minimum - 1)
        or (
            value_cells.period = 'previous_quarter'
            and (in_window - previous between 1 and $minimum - 1 or in_window - quarter - previous between 1 and $minimum - 1)
        )
        or (value_cells.period = 'all' and (in_all - in_window between 1 and $minimum - 1 or quarter between 1 and $minimum - 1))
    )"""

# Lost deals without a known stage are in no row of the funnel, and are what its rows leave of the pipeline's amount.
_WITHOUT_STAGE = f"""insert into value_cells
select '{FUNNEL}', concat_ws(' | ', 'cell', pipelines.segment, 'no stage'), 'all', 'lost', lost_deals - deals, any_sums, true
from {{schema}}.{SEGMENTS} as pipelines
inner join (
    select sums[1] as sum_name, any_value(sums) as any_sums, sum(deals) as deals from value_cells where table_name = '{FUNNEL}' group by sums[1]
) as stages on stages.sum_name = '0 | ' || pipelines.segment
where pipelines.dimension = 'pipeline' and pipelines.period = 'all' and lost_deals - deals between 1 and $minimum - 1"""

# Advice weighs the deals of a segment by their amounts: a rate that gives the one amount where the other is shown.
_ADVISED = """update value_cells set is_hidden = true
from (
    select cell || ' |  | ' as cell from value_cells where is_hidden and table_name = 'win_rates_by_dimension' and period = 'window'
    union
    select cell from value_cells where is_hidden and table_name = 'win_rates_by_segment_pair' and period = 'window'
) as answers
where table_name in ('icp_segment_evidence', 'icp_recommendations') and value_cells.cell = answers.cell"""

# The value of bands taken together tells, less the others, that of the one that is hidden.
_TAKEN_TOGETHER = """update value_cells set is_hidden = true
from {schema}.dim_segment_cuts as cuts
inner join value_cells as bands
    on bands.cell = concat_ws(' | ', 'cell', cuts.dimension, cuts.segment_part)
    and bands.is_hidden and bands.table_name = 'win_rates_by_dimension' and bands.period = 'window'
where
    value_cells.table_name in ('icp_segment_evidence', 'icp_recommendations')
    and value_cells.cell = concat_ws(' | ', 'cell', cuts.dimension, cuts.segment, '', '')"""

_ROUND = """update value_cells set is_hidden = true
from (
    select table_name, cell, period, outcome
    from (
        select
            *,
            bool_or(is_hidden) over (partition by table_name, period, outcome, sum_name) as needs_cover,
            row_number() over hidden_then_smallest as place,
            coalesce(sum(deals) over (hidden_then_smallest rows between unbounded preceding and 1 preceding), 0) as deals_before
        from (select *, unnest(sums) as sum_name from value_cells where deals > 0) as cells_of_sums
        window hidden_then_smallest as (
            partition by table_name, period, outcome, sum_name order by is_hidden desc, deals, cell
        )
    ) as placed
    where needs_cover and not is_hidden and (place <= 2 or deals_before < $minimum)
) as cover
where
    not value_cells.is_hidden and value_cells.table_name = cover.table_name and value_cells.cell = cover.cell
    and value_cells.period = cover.period and value_cells.outcome = cover.outcome"""


def hide_small_values(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    columns: Mapping[str, Mapping[str, str]],
    minimum: int,
    kept: Sequence[Path] = (),
    hidden_outcomes: Sequence[str] = (),
) -> None:
    """Fill the temporary table `value_cells` of `connection`; `columns` are those of each mart in `schema`.

    `kept` are the published files of earlier quarters that stand beside the new one. Of `hidden_outcomes` no amount leaves.
    """
    connection.execute(_CELLS)
    for name, table in TABLES.items():
        for outcome in table.outcomes:
            if not table.judged_as and is_judged(name, columns.get(name, {}), outcome):
                sums = ", ".join(_joined(names, label=str(place)) for place, names in enumerate(table.sums))
                connection.execute(
                    f"insert into value_cells select distinct '{name}', {_joined(table.cell)}, {table.period}, '{outcome}', "
                    f"coalesce({outcome}_deals, 0), cast([{sums}] as varchar[]), false from {schema}.{name} where {table.condition}"
                )
    if FUNNEL in columns and "lost_deals" in columns.get(SEGMENTS, {}):
        connection.execute(_WITHOUT_STAGE.format(schema=schema), {"minimum": minimum})
    connection.execute(_HIDDEN, {"minimum": minimum})
    connection.execute(
        "create or replace temp table hidden_outcomes as select unnest(cast($outcomes as varchar[])) as outcome",
        {"outcomes": list(hidden_outcomes)},
    )
    copies = _kept_spans(connection, kept)
    periods = _days_of_periods(connection, f"{schema}.dim_periods") if copies else {}
    settled: set[object] = set()
    while True:
        while int(connection.execute(_ROUND, {"minimum": minimum}).fetchall()[0][0]):
            pass
        telling = (
            _telling_cells(connection, minimum, settled)
            or _telling_with_copies(connection, copies, periods, minimum)
            or _telling_together(connection, copies, periods, minimum, settled)
        )
        if not telling:
            break
        _hide(connection, ("table_name", "outcome", "cell", "period"), telling)
    if SEGMENT_QUARTERS in columns:
        periods = _days_of_periods(connection, f"{schema}.dim_periods")
        quarters = _days_of_quarters(connection, f"{schema}.{SEGMENT_QUARTERS}", periods)
        _hide_few_stated(connection, f"{schema}.{SEGMENT_QUARTERS}", columns[SEGMENT_QUARTERS], minimum)
        _hide_segment_quarters(connection, copies, periods, quarters, minimum)
    connection.execute(_ADVISED)
    if "dim_segment_cuts" in columns:
        connection.execute(_TAKEN_TOGETHER.format(schema=schema))


def _hide(connection: duckdb.DuckDBPyConnection, columns: Sequence[str], telling: Sequence[tuple[str, ...]]) -> None:
    """Hide the cells of which `columns` hold the values of a row of `telling`: all at once, for a dimension may have thousands."""
    told = ", ".join(f"unnest(cast(${name} as varchar[])) as {name}" for name in columns)
    same = " and ".join(f"value_cells.{name} = told.{name}" for name in columns)
    connection.execute(
        f"update value_cells set is_hidden = true from (select distinct * from (select {told})) as told where {same}",
        {name: [row[place] for row in telling] for place, name in enumerate(columns)},
    )


# A sum over quarters is short of what it hides: a segment's amounts are there for all its quarters or for none, and for none where
# a period of it is hidden.
_WHOLE_SEGMENTS = f"""update value_cells set is_hidden = true
from (
    select distinct cell, outcome from value_cells
    where is_hidden and deals > 0 and table_name in ('{SEGMENTS}', '{SEGMENT_QUARTERS}')
) as told
where
    table_name = '{SEGMENT_QUARTERS}' and not is_hidden
    and value_cells.cell = told.cell and value_cells.outcome = told.outcome"""


def _hide_few_stated(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], minimum: int
) -> None:
    """Hides cells of `segment_quarters` with enough deals of which too few state what is added up: it says how many do."""
    for outcome in TABLES[SEGMENT_QUARTERS].outcomes:
        for stated in (f"valued_{outcome}_deals", f"timed_{outcome}_deals"):
            if stated in columns:
                connection.execute(
                    f"update value_cells set is_hidden = true from {table} as mart where table_name = '{SEGMENT_QUARTERS}' "
                    f"and outcome = '{outcome}' and value_cells.cell = {_joined(TABLES[SEGMENT_QUARTERS].cell, 'mart')} "
                    f"and value_cells.period = mart.quarter and {stated} between 1 and $minimum - 1",
                    {"minimum": minimum},
                )


def _hide_segment_quarters(
    connection: duckdb.DuckDBPyConnection,
    copies: Mapping[_Cell, list[Span]],
    periods: _Days,
    quarters: _Days,
    minimum: int,
) -> None:
    """Hides whole segments of `segment_quarters` until it tells nothing new beside the periods that are shown, and the copies."""
    settled: set[object] = set()
    while True:
        while int(connection.execute(_ROUND, {"minimum": minimum}).fetchall()[0][0]) + int(
            connection.execute(_WHOLE_SEGMENTS).fetchall()[0][0]
        ):
            pass
        telling = []
        for (outcome, sum_name), cells in _segment_spans(connection, periods, quarters).items():
            new = {cell: spans for cell, (_, spans) in cells.items()}
            # a segment is shown in all quarters or in none
            shown = [
                cell for cell, spans in new.items() if any(span.is_shown and span.deals for span in spans.values())
            ]
            if not shown or (state := (outcome, sum_name, *shown)) in settled:
                continue
            settled.add(state)
            known = {
                cell: [*spans.values(), *copies.get((SEGMENTS, outcome, cell), [])]
                for cell, (spans, _) in cells.items()
            }
            if is_too_large(known, new, minimum):
                telling += [(outcome, cell) for cell in cells]
            elif told := telling_cell(known, new, minimum):
                telling.append((outcome, told[0]))
        if not telling:
            return
        _hide(
            connection,
            ("table_name", "outcome", "cell"),
            [(SEGMENT_QUARTERS, outcome, cell) for outcome, cell in telling],
        )


def _segment_spans(
    connection: duckdb.DuckDBPyConnection, periods: _Days, quarters: _Days
) -> dict[tuple[str, str], dict[str, tuple[dict[str, Span], dict[str, Span]]]]:
    """By outcome and dimension, the cells with their periods and their quarters."""
    found: dict[tuple[str, str], dict[str, tuple[dict[str, Span], dict[str, Span]]]] = {}
    for table, outcome, sum_name, cell, period, deals, is_hidden in connection.execute(
        "select table_name, outcome, sums[1], cell, period, deals, is_hidden from value_cells "
        f"where table_name in ('{SEGMENTS}', '{SEGMENT_QUARTERS}') order by all"
    ).fetchall():
        days = (periods if table == SEGMENTS else quarters).get(period)
        if days:
            spans = found.setdefault((outcome, sum_name), {}).setdefault(cell, ({}, {}))
            spans[table == SEGMENT_QUARTERS][period] = Span(*days, deals, not is_hidden)
    return found


def _telling_cells(
    connection: duckdb.DuckDBPyConnection, minimum: int, settled: set[object]
) -> list[tuple[str, str, str, str]]:
    """Shown cells from which, all sums and periods of a dimension taken together, an amount of fewer deals than the minimum follows.

    Of the largest dimensions and of pairs, single sums are all that is judged. `settled` are the sums that told nothing as they stand.
    """
    rows = connection.execute(
        "select table_name, outcome, sums[1], cell, period, deals, is_hidden from value_cells "
        "where len(sums) = 1 and period in ('quarter', 'previous_quarter', 'window', 'all') and deals > 0 order by all"
    ).fetchall()
    sums: dict[tuple[str, str, str], list[tuple[str, str, int, bool]]] = {}
    for table, outcome, sum_name, *cell in rows:
        if table in _OF_ALL_DEALS:
            # one sum a cell, of one period: what it tells is hidden already
            continue
        sums.setdefault((table, outcome, sum_name), []).append((cell[0], cell[1], cell[2], cell[3]))
    telling = []
    for (table, outcome, _), cells in sums.items():
        # tables of the same cells tell the same of an outcome
        if (state := (outcome, *cells)) in settled:
            continue
        if told := _told(cells, minimum) if any(is_hidden for *_, is_hidden in cells) else None:
            telling.append((table, outcome, *told))
        else:
            settled.add(state)
    return telling


# ---------------------------------------------------------------- copies of earlier quarters

_Cell = tuple[str, str, str]
"""Table, outcome and cell."""

_Days = Mapping[str, tuple[date, date]]
"""The first day of each period, and the day after its last."""


class CopyError(Exception):
    """A copy of an earlier quarter cannot be asked what it shows; the message is its path."""


def _kept_spans(connection: duckdb.DuckDBPyConnection, kept: Sequence[Path]) -> dict[_Cell, list[Span]]:
    """What the copies show of each cell, a span for each period of each copy."""
    found: dict[_Cell, list[Span]] = {}
    for path in kept:
        quoted = str(path).replace("'", "''")
        connection.execute(f"attach '{quoted}' as kept_copy (read_only)")
        try:
            columns = _columns_of_copy(connection)
            days = dict(_days_of_periods(connection, "kept_copy.main.dim_periods"))
            if SEGMENT_QUARTERS in columns:
                days |= _days_of_quarters(connection, f"kept_copy.main.{SEGMENT_QUARTERS}", days)
            for row in _cells_of_copy(connection, columns):
                table, outcome, cell, period, deals, is_shown = row
                if period in days:
                    known = SEGMENTS if table == SEGMENT_QUARTERS else table
                    found.setdefault((known, outcome, cell), []).append(Span(*days[period], deals, is_shown))
        except duckdb.Error as error:
            raise CopyError(str(path)) from error
        finally:
            connection.execute("detach kept_copy")
    return found


def _columns_of_copy(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = 'kept_copy'"
    ).fetchall():
        columns.setdefault(table, {})[column] = kind
    return columns


def _cells_of_copy(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str, str, str, int, bool]]:
    rows: list[tuple[str, str, str, str, int, bool]] = []
    for name, table in TABLES.items():
        for outcome, figures in FIGURES.items():
            shown = [f"{figure} is not null" for figure in figures if figure in columns.get(name, {})]
            if shown and table.period in ("period", "quarter") and is_judged(name, columns.get(name, {}), outcome):
                rows += connection.execute(
                    f"select '{name}', '{outcome}', {_joined(table.cell)}, {table.period}, coalesce({outcome}_deals, 0), {' or '.join(shown)} "
                    f"from kept_copy.main.{name} where {table.condition} order by all"
                ).fetchall()
    return rows


def _days_of_quarters(connection: duckdb.DuckDBPyConnection, table: str, periods: _Days) -> _Days:
    """A quarter that has not ended reaches as far as all deals do."""
    rows = connection.execute(f"select distinct quarter, starts_on, ends_before_on from {table}").fetchall()
    last = periods["all"][1] if "all" in periods else date.max
    return {quarter: (begins, min(ends, last)) for quarter, begins, ends in rows}


def _days_of_periods(connection: duckdb.DuckDBPyConnection, table: str) -> _Days:
    """All deals reach from the first day there is to the last that was known."""
    rows = connection.execute(
        "select period, coalesce(starts_on, date '0001-01-01'), "
        "coalesce(ends_before_on, greatest(as_of_on + 1, max(ends_before_on) over ())) "
        f"from {table}"
    ).fetchall()
    return {period: (begins, ends) for period, begins, ends in rows if ends}


def _telling_with_copies(
    connection: duckdb.DuckDBPyConnection, copies: Mapping[_Cell, list[Span]], periods: _Days, minimum: int
) -> list[tuple[str, str, str, str]]:
    """Shown cells that tell an amount of few deals once the copies of earlier quarters are subtracted."""
    if not copies:
        return []
    new: dict[_Cell, dict[str, Span]] = {}
    for table, outcome, cell, period, deals, is_hidden in connection.execute(
        "select table_name, outcome, cell, period, deals, is_hidden from value_cells order by all"
    ).fetchall():
        if period in periods and (table, outcome, cell) in copies:
            new.setdefault((table, outcome, cell), {})[period] = Span(*periods[period], deals, not is_hidden)
    found = [(*key, telling_period(copies[key], spans, minimum)) for key, spans in new.items()]
    return [(table, outcome, cell, period) for table, outcome, cell, period in found if period]


def _telling_together(
    connection: duckdb.DuckDBPyConnection,
    copies: Mapping[_Cell, list[Span]],
    periods: _Days,
    minimum: int,
    settled: set[object],
) -> list[tuple[str, str, str, str]]:
    """The same for the cells of a dimension taken together with their sums; `settled` are those that told nothing as they stand."""
    if not copies:
        return []
    sums: dict[tuple[str, str, str], dict[str, dict[str, Span]]] = {}
    for table, outcome, sum_name, cell, period, deals, is_hidden in connection.execute(
        "select table_name, outcome, sums[1], cell, period, deals, is_hidden from value_cells where len(sums) = 1 order by all"
    ).fetchall():
        if period in periods:
            spans = sums.setdefault((table, outcome, sum_name), {}).setdefault(cell, {})
            spans[period] = Span(*periods[period], deals, not is_hidden)
    found = []
    for (table, outcome, sum_name), new in sums.items():
        shown = frozenset((cell, period) for cell, spans in new.items() for period in spans if spans[period].is_shown)
        if (state := (table, outcome, sum_name, shown)) in settled:
            continue
        kept = {cell: copies.get((table, outcome, cell), []) for cell in new}
        if told := telling_cell(kept, new, minimum):
            found.append((table, outcome, *told))
        else:
            settled.add(state)
    return found


# ---------------------------------------------------------------- all sums at once

# Parts of time that do not overlap: the quarter, the one before it, the rest of the window, what is older.
_PARTS = {"quarter": (0,), "previous_quarter": (1,), "window": (0, 1, 2), "all": (0, 1, 2, 3)}
_EARLIER = (1, 2, 3)
_MOST_CELLS = 250


def _told(cells: Sequence[tuple[str, str, int, bool]], minimum: int) -> tuple[str, str] | None:
    """The smallest shown cell of those that tell an amount of few deals; None where nothing is told.

    An amount is told where it is a linear combination of what is shown and of the totals: no other company could show the same.
    """
    deals: dict[str, dict[str, int]] = {}
    for name, period, count, _ in cells:
        deals.setdefault(name, {})[period] = count
    if len(deals) > _MOST_CELLS:
        return None
    places = {name: place for place, name in enumerate(deals)}
    counts = np.zeros((len(deals), 4))
    for name, of in deals.items():
        quarter, previous, window = of.get("quarter", 0), of.get("previous_quarter", 0), of.get("window", 0)
        counts[places[name]] = quarter, previous, window - quarter - previous, of.get("all", 0) - window

    def combination(names: Iterable[str], parts: Iterable[int]) -> np.ndarray:
        chosen = np.zeros_like(counts)
        chosen[np.ix_([places[name] for name in names], list(parts))] = 1
        # where there is no deal the amount is known to be zero
        return (chosen * (counts > 0)).ravel()

    few = [
        (name, parts)
        for name in deals
        for parts in _COMBINATIONS
        if 0 < counts[places[name], list(parts)].sum() < minimum
    ]
    if not few:
        return None
    shown = [(count, name, period) for name, period, count, is_hidden in cells if not is_hidden]
    known = [combination([name], _PARTS[period]) for _, name, period in shown]
    known += [combination(deals, parts) for parts in _PARTS.values()]
    # the copy kept from the previous quarter: all deals but those of the quarter
    known += [combination([name], _EARLIER) for name in deals if counts[places[name], list(_EARLIER)].sum() >= minimum]
    matrix = np.array(known)
    _, sizes, directions = np.linalg.svd(matrix)
    free = directions[int((sizes > 1e-9).sum()) :]
    for name, parts in few:
        wanted = combination([name], parts)
        if not np.abs(free @ wanted).max(initial=0) > 1e-9:
            weights = np.linalg.lstsq(matrix.T, wanted, rcond=None)[0]
            told_by = [cell for cell, weight in zip(shown, weights, strict=False) if abs(weight) > 1e-9]
            if told_by:
                return min(told_by)[1:]
    return None


_COMBINATIONS = [parts for size in range(1, 5) for parts in combinations(range(4), size)]


def is_judged(name: str, columns: Mapping[str, str], outcome: str) -> bool:
    """Whether a mart, as it stands in this database, can be judged by its deals of an outcome."""
    table = TABLES.get(name)
    needed = {*table.cell, f"{outcome}_deals", *(() if table.period[0] == "'" else (table.period,))} if table else set()
    return table is not None and outcome in table.outcomes and needed <= set(columns)


def judged_rows(name: str, columns: Mapping[str, str], rows: str) -> str:
    """The rows of the mart `name`, with a flag for each outcome that says whether its figures are hidden."""
    if name in FOLLOWING:
        there = _HIDDEN_THERE[name].format(cell=_joined(TABLES["icp_recommendations"].cell, "advised"))
        hidden_rows = f"select 1 from value_cells {there}"
        return f"select mart.*, exists ({hidden_rows}) as is_hidden_there from ({rows}) as mart"
    table = TABLES.get(name)
    flags = [
        f"exists (select 1 from value_cells where is_hidden and table_name = '{table.judged_as or name}' and outcome = '{outcome}' "
        f"and value_cells.cell = {_joined(table.cell, 'mart')} "
        f"and value_cells.period = {table.period if table.period[0] == chr(39) else f'mart.{table.period}'}) as {_flag(outcome)}, "
        f"exists (select 1 from hidden_outcomes where outcome = '{outcome}') as is_every_{outcome}_hidden"
        for outcome in FIGURES
        if table and is_judged(name, columns, outcome)
    ]
    return f"select {', '.join(['mart.*', *flags])} from ({rows}) as mart" if flags else rows


def _flag(outcome: str) -> str:
    return f"is_{outcome}_hidden"


def not_shown(minimum: int) -> str:
    """Why a figure is missing that may not leave."""
    return f"figures of fewer than {minimum} deals, and those that would give one away, are not shown"


def shown_values(name: str, columns: Mapping[str, str], shown: Sequence[str], minimum: int) -> dict[str, str]:
    """By column, the expression that gives what may leave of it, over the rows that `judged_rows` makes of the mart `name`."""
    few = f"'{not_shown(minimum)}'"
    if name in FOLLOWING:
        condition = f"is_hidden_there or deals < {minimum}" if name == "typical_deals" else "is_hidden_there"
        following = {
            column: f"case when not ({condition}) then {column} end" for column in FOLLOWING[name] if column in shown
        }
        if "missing_reason" in shown:
            following["missing_reason"] = f"case when {condition} then {few} else missing_reason end"
        return following
    outcomes = [outcome for outcome in FIGURES if is_judged(name, columns, outcome)]
    if not outcomes:
        return {}
    also = f" or not ({TABLES[name].condition})" if TABLES[name].only else ""
    hidden = {outcome: f"({_flag(outcome)} or is_every_{outcome}_hidden{also})" for outcome in outcomes}
    either = " or ".join(hidden.values())
    replaced: dict[str, str] = {}
    for figures, condition in [*((FIGURES[outcome], hidden[outcome]) for outcome in outcomes), (BOTH, either)]:
        replaced |= {column: f"case when not ({condition}) then {column} end" for column in shown if column in figures}
    if "open" in outcomes:
        replaced |= {
            column: f"case when not {_flag('open')} then {column} end" for column in EXPECTED if column in shown
        }
        if "missing_reason" in shown and set(EXPECTED) & set(shown):
            replaced["missing_reason"] = f"case when {_flag('open')} then {few} else missing_reason end"
    if REASON in shown:
        replaced[REASON] = f"case when {either} then {few} else {REASON} end"
    return replaced


def _joined(names: Sequence[str], table: str = "", label: str = "cell") -> str:
    parts = [f"coalesce({f'{table}.' if table else ''}{name}, '')" for name in names]
    return f"concat_ws(' | ', {', '.join([repr(label), *parts])})"
