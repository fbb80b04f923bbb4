"""What an opportunity is worth: the statement of the marts on counts worked by hand, and what of it may leave."""

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.accuracy.drivers import VALUE_SUMS, value_segments
from python_tests.conftest import SampleBuild
from python_tests.crm_build import CompiledModels, CrmBuild

# amounts 10, 20, 30, 40 and 100 in 10 deals; six of 50 in 20; each deal took 10 days and 5 days
OWN = (10, 5, 0, 200.0, 13000.0, 5, 100.0, 1000.0, 200.0, 13000.0, 2000.0, 13000.0, 200.0, 10.0)
REST = (20, 6, 0, 300.0, 15000.0, 6, 100.0, 500.0, 300.0, 15000.0, 1500.0, 15000.0, 300.0, 20.0)


def worth(own: tuple[float, ...], rest: tuple[float, ...], reason: str | None = None) -> dict[str, Any]:
    """The row of segment_values of `own` against `rest`."""
    with duckdb.connect() as connection:
        value_segments(connection, [("industry", "T", *own), ("industry", "others", *rest)], reason)
        answer = connection.execute("select * from segment_values where segment = 'T'")
        [row] = answer.fetchall()
        return dict(zip([column[0] for column in answer.description or ()], row))


def test_the_value_of_an_opportunity_is_that_worked_by_hand() -> None:
    """20 against 15 a deal; spread 5 x 13000 / 200^2 = 1.625 over 1; log error .5845226, 1.959964 times; drawn (200 + 25 x 500 / 30) / 35."""
    row = worth(OWN, REST)
    assert (row["value_per_deal"], row["other_value_per_deal"], row["all_value_per_deal"]) == pytest.approx(
        (20, 15, 50 / 3)
    )
    shown = [row[name] for name in ("value_ratio", "value_ratio_low", "value_ratio_high", "expected_value_per_deal")]
    assert shown == pytest.approx([1.3333333, 0.4240257, 4.1926178, 17.6190476], rel=1e-6)
    assert (row["value_verdict"], row["value_missing_reason"]) == ("cannot be told", None)


def test_deals_of_an_account_are_of_a_size_and_tell_less() -> None:
    """Wins of 100 and 40, and of 10 and 20, are of one account, that of 30 of one with five lost deals; one has a lost deal: 140, 30 and 30.

    Squares 140^2 + 30^2 + 30^2 = 21,400; times deals 2 x 140 + 2 x 30 + 6 x 30 = 520; deals 4 + 4 + 36 = 44, at 20 a deal:
    21,400 - 40 x 520 + 400 x 44 = 18,200, of 13,000 - 200^2 / 10 = 9,000: a design effect of 2.0222222, on .325 - .1.
    """
    alike = (*OWN[:-3], 21400.0, 520.0, 44.0)
    error = (18200 / 9000 * 0.225 + 15000 / 90000 - 0.05) ** 0.5
    low, high = (4 / 3 * math.exp(sign * 1.959964 * error) for sign in (-1, 1))
    row = worth(alike, REST)
    assert (row["value_ratio"], row["value_ratio_low"], row["value_ratio_high"]) == pytest.approx((4 / 3, low, high))
    assert row["day_ratio_high"] > worth(OWN, REST)["day_ratio_high"]
    # that accounts differ less than their deals is chance, and no reason for a narrower interval
    assert worth((*OWN[:-3], 4000.0, 200.0, 10.0), REST)["value_ratio_high"] == worth(OWN, REST)["value_ratio_high"]


def test_the_value_of_a_selling_day_is_that_worked_by_hand() -> None:
    """2 against 3 a day: ratio 2/3; variance 1.625/5 + .1 - 2 x 2000/20000 and 15000/300^2 + .05 - 2 x 1500/30000: .3416667."""
    row = worth(OWN, REST)
    assert (row["value_per_day"], row["other_value_per_day"], row["day_ratio"]) == pytest.approx((2, 3, 2 / 3))
    # sqrt(.3416667) x 1.959964 = 1.1456506
    assert row["day_ratio_high"] == pytest.approx(2 / 3 * 3.1444878, rel=1e-5)


def times(counts: tuple[float, ...], number: int, amount: float = 1.0) -> tuple[float, ...]:
    """So many times the deals, each so many times as large."""
    power = {
        name: 2 if name.startswith("squared") and "amount" in name else int("amount" in name) for name in VALUE_SUMS
    }
    return tuple(number * count * amount ** power.get(name, 0) for name, count in zip(VALUE_SUMS, counts))


def test_worth_less_asks_for_more_wins_than_worth_more() -> None:
    """A tenth of the value leaves out 1 at 5 wins already, but 20 are asked for; ten times the value is told at once."""
    assert worth(times(OWN, 1, 0.1), REST)["value_verdict"] == "cannot be told"
    assert worth(times(OWN, 1, 0.1), REST)["value_ratio_high"] < 1
    assert worth(times(OWN, 4, 0.1), times(REST, 4))["value_verdict"] == "worth less"
    assert worth(times(OWN, 1, 10.0), REST)["value_verdict"] == "worth more"


@pytest.mark.parametrize(
    ("own", "reason", "said"),
    [
        (OWN, "amounts in several currencies", "amounts in several currencies"),
        ((9, *OWN[1:]), None, "too few closed or won deals with an amount, in the segment or outside"),
        ((10, 2, *OWN[2:]), None, "too few closed or won deals with an amount, in the segment or outside"),
    ],
)
def test_what_cannot_be_told_says_why(own: tuple[float, ...], reason: str | None, said: str) -> None:
    row = worth(own, REST, reason)
    assert {row[name] for name in ("value_per_deal", "value_ratio", "day_ratio", "value_verdict")} == {None}
    assert row["value_missing_reason"] == said


def test_the_value_of_a_segment_is_that_of_its_deals(sample_build: SampleBuild) -> None:
    wrong = sample_build.rows(
        """with counted as (
    select deals.industry, sum(case when is_won = 1 then cast(amount as double) else 0 end) / count(*) as value_per_deal
    from marts.fct_closed_deals as deals
    inner join marts.dim_periods as periods
        on periods.period = 'window' and deals.closed_on >= periods.starts_on and deals.closed_on < periods.ends_before_on
    where deals.is_won = 0 or deals.amount is not null
    group by deals.industry
)
select *
from marts.segment_values as told
inner join counted on told.segment = counted.industry
where told.dimension = 'industry' and abs(told.value_per_deal - counted.value_per_deal) > 1e-6"""
    )
    assert wrong == []
    shown = {
        row["segment"]: row
        for row in sample_build.rows("select * from marts.segment_values where dimension = 'industry'")
    }
    assert len(shown) == 8
    assert shown["Technology"]["value_verdict"] == "worth more"


def test_claims_say_whether_value_agrees(sample_build: SampleBuild) -> None:
    rows = sample_build.rows(
        """select advised.*, told.value_verdict
from marts.advice_values as advised
left join marts.segment_values as told
    on advised.dimension = told.dimension and advised.segment = told.segment and advised.second_segment is null"""
    )
    ranks = sample_build.rows("select rank from marts.icp_recommendations")
    assert sorted(row["rank"] for row in rows) == sorted(row["rank"] for row in ranks)
    said = {
        ("target_more", "worth more"): "both",
        ("deprioritise", "worth less"): "both",
        ("target_more", "worth less"): "conflict",
        ("deprioritise", "worth more"): "conflict",
    }
    claims = [row for row in rows if row["action"] in ("target_more", "deprioritise")]
    assert claims
    for row in rows:
        expected = (
            said.get((row["action"], row["value_verdict"]), "rate only")
            if row in claims and row["value_verdict"]
            else None
        )
        assert row["agreement"] == expected


def test_values_of_few_deals_are_hidden_with_the_amounts_they_follow_from(sample_build: SampleBuild) -> None:
    """Where win_rates_by_dimension hides a segment's amount in the window, segment_values does; there are such segments."""
    published = str(sample_build.folder / "published.duckdb")
    with duckdb.connect(published, read_only=True) as connection:
        rows = connection.execute(
            """select told.value_per_deal, told.value_ratio, told.value_missing_reason, counted.won_amount
from segment_values as told
inner join win_rates_by_dimension as counted
    on counted.period = 'window' and told.dimension = counted.dimension and told.segment = counted.segment"""
        ).fetchall()
    assert len(rows) > 20
    assert [row for row in rows if row[3] is None and (row[0] is not None or row[1] is not None)] == []
    assert [row for row in rows if row[3] is not None and row[0] is None and row[2] is None] == []


@pytest.mark.parametrize(
    ("change", "rate", "reason"),
    [
        ("set amount = null", None, "too few closed or won deals with an amount"),
        (
            "set currency = case when cast(source_line as integer) % 2 = 0 then 'EUR' else 'USD' end",
            None,
            "no rate for",
        ),
        ("set currency = case when cast(source_line as integer) % 2 = 0 then 'EUR' else 'USD' end", 2.0, None),
    ],
    ids=["without amounts", "two currencies", "two currencies with a rate"],
)
def test_values_without_amounts_or_in_two_currencies(
    sample_build: SampleBuild, change: str, rate: float | None, reason: str | None
) -> None:
    """The sample with other amounts, through all models that values rest on; what is told is counted deal by deal in plain Python."""
    models = CompiledModels(
        CrmBuild(sample_build.folder, "", "sample", Path()), "segment_values", "win_rates_by_dimension"
    )
    models.engine.execute(f"update landing.deals {change}")
    models.engine.execute("delete from reference.fx_rates")
    if rate:
        models.engine.execute(
            "insert into reference.fx_rates (currency, rate_to_company_currency) values ('EUR', ?), ('USD', 1)", [rate]
        )
    models.make()
    first, end = models.rows("select starts_on, ends_before_on from marts.dim_periods where period = 'window'")[0]
    deals = [
        # an amount that cannot be converted is none
        (
            industry,
            outcome == "won",
            None if amount is None or reason else float(amount) * (rate if rate and currency == "EUR" else 1),
        )
        for industry, outcome, amount, currency, closed_on in models.rows(
            "select facts.industry, facts.outcome, stated.amount, stated.currency, facts.closed_on from marts.fct_deals as facts "
            "inner join staging.stg_deals as stated on facts.deal_key = stated.deal_key where facts.is_in_population"
        )
        if outcome in ("won", "lost") and closed_on and first <= closed_on < end
    ]
    told = models.rows(
        "select values.segment, values.closed_deals, values.won_deals, values.unvalued_won_deals, values.value_per_deal, "
        "values.other_value_per_deal, values.value_missing_reason, counted.closed_deals, counted.won_deals, counted.won_amount "
        "from marts.segment_values as values inner join marts.win_rates_by_dimension as counted "
        "on counted.period = 'window' and counted.dimension = 'industry' and values.segment = counted.segment "
        "where values.dimension = 'industry'"
    )
    assert len(told) == 8
    for segment, closed, won, unvalued, value, other_value, missing, all_closed, all_won, won_amount in told:
        own = [deal for deal in deals if deal[0] == segment]
        valued = [deal for deal in own if not deal[1] or deal[2] is not None]
        assert (all_closed, all_won) == (len(own), sum(deal[1] for deal in own))
        assert (closed, won, unvalued) == (len(valued), sum(deal[1] for deal in valued), len(own) - len(valued))
        if reason:
            assert (value, other_value, won_amount) == (None, None, None) and reason in missing
        elif missing is None:
            rest = [deal for deal in deals if deal[0] != segment and (not deal[1] or deal[2] is not None)]
            assert (value, other_value) == pytest.approx(
                tuple(sum(deal[2] or 0 for deal in side if deal[1]) / len(side) for side in (valued, rest))
            )
    assert reason or sum(row[6] is None for row in told) > 4
