"""Eleven companies, each odd in its own way: every figure about pace, pipeline and funnel is what loops over the deals say (`plain_pace`)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest

from benchmarks.accuracy import paces
from python_tests.conftest import SampleBuild
from python_tests.plain_pace import (
    Curve,
    Period,
    PlainDeal,
    as_watched,
    curve_of,
    definition_counts,
    ending,
    expected_wins,
    funnel_counts,
    furthest_stages,
    pace_of,
    wilson,
)
from winloss.load.columns import COLUMNS

AS_OF = date(2025, 12, 31)
PERIODS: dict[str, Period] = {
    "quarter": (date(2025, 10, 1), date(2026, 1, 1)),
    "window": (date(2025, 1, 1), date(2026, 1, 1)),
    "all": (None, None),
}
STAGES = ("Lead", "Demo", "Offer")
ANSWERS = (
    "win_rate_definitions", "win_rate_curves", "win_rates_by_cohort", "open_pipeline", "stage_funnel", "stage_changes",
)  # fmt: skip
Move = tuple[str, str, date | None]


@dataclass(frozen=True)
class Company:
    deals: list[PlainDeal]
    moves: list[Move]


def ordinary(number: int, seed: int, *, stays_open: float = 0.1, skips: float = 0.2) -> Company:
    """Deals of two years, three segments that differ in chance and speed, three stages."""
    chance = random.Random(seed)
    deals: list[PlainDeal] = []
    moves: list[Move] = []
    for place in range(number):
        created = date(2024, 1, 1) + timedelta(chance.randrange(730))
        segment = chance.choice(("Retail", "Media", "Energy"))
        won = chance.random() < {"Retail": 0.6, "Media": 0.4, "Energy": 0.2}[segment]
        days = int(chance.lognormvariate(3.7 if won else 4.2, 0.7))
        outcome = "won" if won else chance.choice(("lost", "lost", "lost", "disqualified"))
        closed: date | None = created + timedelta(days)
        if (closed and closed > AS_OF) or chance.random() < stays_open:
            outcome, closed = "open", None
        reason = (
            chance.choice(("price", "no_decision", "other", "competitor", "poor_fit")) if outcome == "lost" else None
        )
        competitor = chance.choice(("unknown", "Oakmere"))
        amount = float(chance.randrange(1, 200)) * 100 if chance.random() < 0.9 else None
        key = f"D{place}"
        deals.append(PlainDeal(key, outcome, created, closed, amount, segment, reason, competitor))
        until = closed or AS_OF
        last = 3 if outcome == "won" else chance.randint(1, 3)
        day = created
        for stage in STAGES[:last]:
            if stage != "Lead" and chance.random() < skips:
                continue
            moves.append((key, stage, day))
            day = min(until, day + timedelta(chance.randint(1, max(1, (until - created).days // 2 + 1))))
    return Company(deals, moves)


def altered(company: Company, change: Callable[[int, PlainDeal], PlainDeal]) -> Company:
    return Company([change(place, deal) for place, deal in enumerate(company.deals)], company.moves)


def reopened(place: int, deal: PlainDeal) -> PlainDeal:
    """The export keeps the last close of a deal that was opened again: later, or none."""
    if place % 7 == 0 and deal.closed:
        later = deal.closed + timedelta(60)
        return (
            replace(deal, closed=later) if later <= AS_OF else replace(deal, outcome="open", closed=None, reason=None)
        )
    return deal


def with_times_out_of_order(company: Company) -> Company:
    """Of every fifth deal the stages change places, of every seventh they come a month late, of every ninth a moment is missing."""
    found = []
    for place, (key, stage, day) in enumerate(company.moves):
        number = int(key[1:])
        if day and number % 5 == 0:
            day = day - timedelta({"Lead": 0, "Demo": 40, "Offer": 80}[stage])
        elif day and number % 7 == 0:
            day = day + timedelta(30)
        found.append((key, stage, None if place % 9 == 0 else day))
    return Company(company.deals, found)


def late(place: int, deal: PlainDeal) -> PlainDeal:
    """Every sixth closed deal was entered after its close, every eighth closes after the export ends."""
    if deal.closed and place % 6 == 0:
        return replace(deal, created=deal.closed + timedelta(3))
    if deal.closed and place % 8 == 0:
        return replace(deal, closed=AS_OF + timedelta(40))
    return replace(deal, created=None) if place % 11 == 0 else deal


COMPANIES: dict[str, Callable[[], Company]] = {
    "ordinary": lambda: ordinary(400, 1),
    "no open deals": lambda: altered(
        ordinary(300, 2), lambda _, deal: replace(deal, outcome="lost", closed=AS_OF) if deal.outcome == "open" else deal
    ),
    "all open": lambda: altered(ordinary(120, 3), lambda _, deal: replace(deal, outcome="open", closed=None, reason=None)),
    "one stage": lambda: (lambda one: Company(one.deals, [move for move in one.moves if move[1] == "Lead"]))(ordinary(200, 4)),
    "opened again": lambda: altered(ordinary(300, 5), reopened),
    "stages skipped": lambda: ordinary(300, 6, skips=0.6),
    "times out of order": lambda: with_times_out_of_order(ordinary(300, 7, skips=0.0)),
    "created after the close": lambda: altered(ordinary(300, 8), late),
    "closed since 2025 only": lambda: (
        lambda one: Company([deal for deal in one.deals if deal.closed and deal.closed >= date(2025, 1, 1)], one.moves)
    )(ordinary(400, 9)),
    "thirty deals": lambda: ordinary(30, 10),
    "nothing was won": lambda: altered(
        ordinary(200, 11), lambda _, deal: replace(deal, outcome="lost", reason="price") if deal.outcome == "won" else deal
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(COMPANIES))
def company(request: pytest.FixtureRequest, sample_build: SampleBuild) -> tuple[Company, duckdb.DuckDBPyConnection]:
    drawn = COMPANIES[request.param]()
    return drawn, built(sample_build, drawn)


def built(sample_build: SampleBuild, drawn: Company) -> duckdb.DuckDBPyConnection:
    """The models of pace, stages and pipeline as dbt compiles them, on these deals."""
    engine = duckdb.connect()
    engine.execute("set threads = 1; attach ':memory:' as winloss; use winloss")
    for schema in ("landing", "reference", "staging", "intermediate", "marts"):
        engine.execute(f"create schema {schema}")
    engine.execute(f"attach '{sample_build.database}' as built (read_only)")
    for table in (
        "stage_map",
        "outcome_words",
        "crm_rules",
        "stage_order",
        "win_rate_definition_list",
        "loss_reason_categories",
    ):
        engine.execute(f"create table reference.{table} as from built.reference.{table}")
    for table in ("marts.fct_deals", "staging.stg_deals", "staging.stg_stage_history", "marts.dim_periods"):
        engine.execute(f"create table {table} as from built.{table} limit 0")
    engine.execute("detach built; create table landing.loads as select 'custom' as crm")
    engine.execute(f"create table marts.dim_as_of as select date '{AS_OF}' as as_of_on")
    for name, (starts, ends) in PERIODS.items():
        engine.execute(
            "insert into marts.dim_periods by name select ? as period, ? as starts_on, ? as ends_before_on, ? as as_of_on, "
            "4 as quarter_count, 'all deals' as population",
            [name, starts, ends, AS_OF],
        )
    # a deal outside the population counts nowhere
    outside = PlainDeal("outside", "won", date(2025, 3, 1), date(2025, 4, 1), 1e6)
    engine.execute(
        "create table drawn (deal_key varchar, outcome varchar, created_on date, closed_on date, amount double, industry varchar, "
        "loss_reason_category varchar, competitor varchar, pipeline varchar)"
    )
    engine.executemany(
        "insert into drawn values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            [
                deal.key,
                deal.outcome,
                deal.created,
                deal.closed,
                deal.amount,
                deal.segment,
                deal.reason,
                deal.competitor,
                deal.pipeline,
            ]
            for deal in (*drawn.deals, outside)
        ],
    )
    drawn_columns = ("industry", "competitor", "pipeline")
    others = [column.name for column in COLUMNS["deals"] if column.is_dimension and column.name not in drawn_columns]
    others += ["revenue_band", "employee_band", "deal_size_band"]
    unknown = ", ".join(f"'unknown' as {name}" for name in others)
    engine.execute(
        "insert into marts.fct_deals by name select *, case when closed_on >= created_on then closed_on - created_on end as cycle_days, "
        f"deal_key != 'outside' as is_in_population, 1 as decision_line, {unknown} from drawn"
    )
    engine.execute(
        "create table marts.fct_closed_deals as from marts.fct_deals where is_in_population and outcome in ('won', 'lost')"
    )
    engine.execute(
        "insert into staging.stg_deals by name select deal_key, outcome, created_on, closed_on, stage, pipeline from marts.fct_deals"
    )
    if drawn.moves:
        engine.executemany(
            "insert into staging.stg_stage_history (deal_key, stage, entered_on, entered_at) values ($1, $2, $3, $3)",
            [list(move) for move in drawn.moves],
        )
    nodes = sample_build.manifest["nodes"]
    made: set[str] = set()

    def make(unique_id: str) -> None:
        node = nodes.get(unique_id)
        if node is None or unique_id in made or node["resource_type"] != "model":
            return
        if node["fqn"][-2] not in ("pace", "stages", "win_rates", "pipeline") and node["name"] not in (
            "dim_stages",
            "fct_deal_stages",
            "fct_open_spells",
        ):
            return
        made.add(unique_id)
        for parent in node["depends_on"]["nodes"]:
            make(parent)
        path = sample_build.folder / "target" / "compiled" / "winloss" / node["original_file_path"]
        engine.execute(f"create table {node['schema']}.{node['name']} as {path.read_text(encoding='utf-8')}")

    for name in ANSWERS:
        make(f"model.winloss.{name}")
    return engine


Built = tuple[Company, duckdb.DuckDBPyConnection]


def classes(engine: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(engine.execute("select category, outcome_class from reference.loss_reason_categories").fetchall())


def window_curve(drawn: Company, period: str = "window") -> Curve | None:
    return curve_of([spell for _, spell in as_watched(drawn.deals, PERIODS[period], AS_OF)])


def stale_after(curve: Curve | None) -> int | None:
    return next((age for age in range(4000) if curve.is_stale(age)), None) if curve else None


def test_definitions_count_the_deals_they_say(company: Built) -> None:
    drawn, engine = company
    grown = stale_after(window_curve(drawn))
    for period, bounds in PERIODS.items():
        counted = definition_counts(drawn.deals, classes(engine), grown, bounds, AS_OF)
        rows = engine.execute(
            "select definition, won_deals, counted_deals, win_rate, win_rate_low, win_rate_high from marts.win_rate_definitions where period = ?",
            [period],
        ).fetchall()
        found = {row[0]: row[1:3] for row in rows if row[0] in counted}
        assert found == counted, period
        for _, won, of, rate, low, high in (row for row in rows if row[0] in counted and row[3] is not None):
            assert (rate, low, high) == pytest.approx((won / of, *wilson(won / of, of)), abs=1e-9)


def test_the_pace_is_the_end_of_the_curve_with_its_interval(company: Built) -> None:
    drawn, engine = company
    for period in PERIODS:
        curve = window_curve(drawn, period)
        row = engine.execute(
            "select win_rate, effective_deals, win_rate_low, win_rate_high, within_days from marts.win_rate_definitions "
            "where period = ? and definition = 'pace'",
            [period],
        ).fetchone()
        assert row is not None
        if curve is None:
            assert row == (None,) * 5
            continue
        rate, variance = curve.end, curve.variance(lambda moved: moved.end)
        assert row[0] == pytest.approx(rate, abs=1e-9) and row[4] == curve.last
        if 1e-9 < rate < 1 - 1e-9 and variance > 0:
            assert row[1] == pytest.approx(rate * (1 - rate) / variance, rel=1e-5)
        assert row[2:4] == pytest.approx(wilson(rate, row[1]), abs=1e-9)


def test_quarters_of_creation_end_where_their_open_deals_lead(company: Built) -> None:
    drawn, engine = company
    curve = window_curve(drawn)
    watched = as_watched(drawn.deals, (None, None), AS_OF)
    rows = engine.execute(
        "select created_quarter, created_deals, won_deals, lost_deals, disqualified_deals, open_deals, stale_deals, expected_wins, "
        "missing_deals, final_win_rate, final_win_rate_low, final_win_rate_high, maturity from marts.win_rates_by_cohort"
    ).fetchall()
    quarters = {deal.created and f"{deal.created.year}-Q{(deal.created.month + 2) // 3}" for deal in drawn.deals} - {
        None
    }
    assert {row[0] for row in rows} == quarters
    grown = stale_after(curve)
    for name, *counts, expected, missing, final, low, high, maturity in rows:
        own = [
            deal
            for deal in drawn.deals
            if deal.created and f"{deal.created.year}-Q{(deal.created.month + 2) // 3}" == name
        ]
        how = [deal.outcome for deal in own]
        stale = sum(ending(deal, {}, grown, AS_OF)[0] == "stale" for deal in own)
        assert counts == [len(own), *(how.count(each) for each in ("won", "lost", "disqualified", "open")), stale], name
        if curve is None:
            assert final is None
            continue
        spells = [spell for deal, spell in watched if deal in own]
        ages = [left for _, left, left_as in spells if left_as == "open"]
        lacking = sum(
            1 / curve.shares(entered - 1)[2] - 1
            for entered, *_ in spells
            if entered and curve.shares(entered - 1)[2] > 0
        )
        assert missing == pytest.approx(lacking, abs=0.5001)
        if lacking > 0.05 * len(own):
            assert (maturity, final, expected) == ("cut off", None, None)
            continue
        still = sum(curve.chance(age) for age in ages)
        rate = (counts[1] + still) / len(own)
        assert (expected, final) == pytest.approx((still, rate), abs=1e-9)
        if 1e-9 < rate < 1 - 1e-9:
            variance = rate * (1 - rate) / len(own)
            variance += curve.variance(lambda moved, ages=ages: sum(map(moved.chance, ages))) / len(own) ** 2  # type: ignore[misc]
            assert (low, high) == pytest.approx(wilson(rate, rate * (1 - rate) / variance), abs=1e-6)


def test_open_deals_bring_the_wins_of_their_ages_at_the_pace_of_their_segment(company: Built) -> None:
    drawn, engine = company
    curve = window_curve(drawn)
    window = as_watched(drawn.deals, PERIODS["window"], AS_OF)
    now = [
        (deal, spell[1])
        for deal, spell in as_watched(drawn.deals, (None, None), AS_OF)
        if spell[2] == "open" and deal.outcome == "open"
    ]
    if not any(deal.outcome != "open" for deal in drawn.deals):
        now = [(deal, (AS_OF - deal.created).days) for deal in drawn.deals if deal.created]
    segments = [("all", "all deals"), *(("industry", name) for name in ("Retail", "Media", "Energy"))]
    for dimension, segment in segments:
        row = engine.execute(
            "select open_deals, stale_deals, beyond_record_deals, won_in_window, won_at_average_pace, expected_wins, expected_wins_low, "
            "expected_wins_high, open_amount from marts.open_pipeline where dimension = ? and segment = ?",
            [dimension, segment],
        ).fetchone()
        own = [(deal, age) for deal, age in now if dimension == "all" or deal.segment == segment]
        spells = [spell for deal, spell in window if dimension == "all" or deal.segment == segment]
        assert row is not None
        assert row[0] == len(own), segment
        if own and sum(deal.amount is not None for deal, _ in own) * 2 >= len(own) >= 5:
            assert row[8] == pytest.approx(sum(deal.amount or 0 for deal, _ in own))
        if curve is None:
            assert row[5] is None
            continue
        assert row[1] == sum(curve.is_stale(age) for _, age in own)
        assert row[2] == sum(age > curve.last for _, age in own)
        wins, error = expected_wins(curve, spells, [spell for _, spell in window], [age for _, age in own])
        pace = pace_of(curve, spells)
        assert row[3:6] == pytest.approx((pace.wins, pace.expected_wins, wins), abs=1e-9)
        assert row[6:8] == pytest.approx(
            (max(0, wins - 1.959963984540054 * error), min(len(own), wins + 1.959963984540054 * error)), abs=1e-5
        )


def test_the_weeks_of_the_curve_are_read_off_it_in_the_window_and_in_the_year_before(company: Built) -> None:
    drawn, engine = company
    for period, bounds in {**PERIODS, "window_before": (date(2024, 1, 1), date(2025, 1, 1))}.items():
        curve = curve_of([spell for _, spell in as_watched(drawn.deals, bounds, AS_OF)])
        rows = engine.execute(
            "select age_weeks, won_share, lost_share, open_share from marts.win_rate_curves "
            "where period = ? and dimension = 'all' and age_weeks > 0",
            [period],
        ).fetchall()
        for weeks, *shares in rows:
            assert curve is not None
            assert shares == pytest.approx(curve.shares(7 * weeks), abs=1e-9), (period, weeks)


def test_stages_hold_the_deals_that_reached_them(company: Built) -> None:
    drawn, engine = company
    order = [stage for (stage,) in engine.execute("select stage from marts.dim_stages order by stage_order").fetchall()]
    for period, bounds in PERIODS.items():
        rows = engine.execute(
            "select stage, reached_deals, skipped_deals, advanced_deals, lost_deals, disqualified_deals, open_deals, won_deals "
            "from marts.stage_funnel where period = ?",
            [period],
        ).fetchall()
        names = ("reached", "skipped", "advanced", "lost", "disqualified", "open", "won")
        counted = funnel_counts(drawn.deals, drawn.moves, order, bounds)
        assert {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows} == {
            stage: counts for stage, counts in counted.items() if counts["reached"]
        }, period


def test_deals_go_on_from_a_stage_as_often_as_those_that_stood_in_it(company: Built) -> None:
    drawn, engine = company
    order = [stage for (stage,) in engine.execute("select stage from marts.dim_stages order by stage_order").fetchall()]
    rows = engine.execute(
        "select stage, advance_rate, win_rate_from_here, share_of_losses, lost_deals, sum(lost_deals) over () "
        "from marts.stage_funnel where period = 'all'"
    ).fetchall()
    known = furthest_stages(drawn.deals, drawn.moves, order).values()
    for stage, going_on, winning, share, lost, all_lost in rows:
        left, ended = [], []
        for entry in known:
            deal, entered = entry["deal"], entry["entered"]
            assert isinstance(deal, PlainDeal) and isinstance(entered, dict)
            day, place = entered.get(stage), order.index(stage)
            if not day:
                continue
            later = [entered[name] for name in order[place + 1 :] if entered.get(name)]
            is_on = entry["furthest"] > place or deal.outcome == "won"
            closed = deal.closed or (None if deal.outcome != "open" else AS_OF)
            until = min(later) if later else deal.closed or (None if is_on else AS_OF)
            if until and day <= until <= AS_OF:
                left.append((0, (until - day).days, "won" if is_on else deal.outcome))
            if closed and day <= closed <= AS_OF:
                ended.append((0, (closed - day).days, deal.outcome))
        for found, spells in ((going_on, left), (winning, ended)):
            curve = curve_of(spells)
            assert found == (pytest.approx(curve.end, abs=1e-9) if curve else None), stage
        assert share == (pytest.approx(lost / all_lost) if all_lost else None)


def test_the_accuracy_benchmark_runs_the_models_as_they_are(sample_build: SampleBuild) -> None:
    """On one of its companies: whoever gives a model a column more to read is told here and not by a benchmark of an hour."""
    rows, _ = paces.draw(np.random.default_rng(2), 300, paces.PACE_WORLDS["as fast"])
    rates, (expected, low, high) = paces.answers(rows, paces.compiled(sample_build.folder / "target"))
    closed = rows["outcome"][(rows["outcome"] == "won") | (rows["outcome"] == "lost")]
    assert rates["all", "closed"][0] == pytest.approx((closed == "won").mean())
    assert rates["window", "pace"][1] < rates["window", "pace"][0] < rates["window", "pace"][2]
    assert 0 < low < expected < high < (rows["outcome"] == "open").sum()


def test_the_order_of_rows_changes_nothing_and_deals_counted_twice_no_share(sample_build: SampleBuild) -> None:
    """To the last digit in any order; with each deal a second time all rates stay and all counts are twice as large."""
    once = ordinary(240, 12)
    again = [replace(deal, key=f"{deal.key} again") for deal in once.deals]
    moves = [(f"{key} again", stage, day) for key, stage, day in once.moves]
    backwards = built(sample_build, Company(once.deals[::-1], once.moves[::-1]))
    twice = built(sample_build, Company(once.deals + again, once.moves + moves))
    engine = built(sample_build, once)
    for name in ANSWERS:
        rows = [made.execute(f"select * from marts.{name} order by all").fetchall() for made in (engine, backwards)]
        assert rows[0] == rows[1] and rows[0], name
    counts = {"win_rate_definitions": ("period, definition", "counted_deals", "win_rate"),
              "stage_funnel": ("period, stage", "reached_deals", "advance_rate")}  # fmt: skip
    for name, (key, deals, rate) in counts.items():
        # the curve of all deals leaves out decisions while few are watched, and of twice as many fewer are few
        where = "where definition != 'pace'" if name == "win_rate_definitions" else ""
        select = f"select {key}, {deals}, {rate} from marts.{name} {where} order by {key}"
        rows = [made.execute(select).fetchall() for made in (engine, twice)]
        assert [(*row[:-2], 2 * row[-2]) for row in rows[0]] == [row[:-1] for row in rows[1]], name
        assert [row[-1] for row in rows[0]] == pytest.approx([row[-1] for row in rows[1]], abs=1e-12), name
