"""Every interval of the marts against statsmodels, which shares no line with the macros that made it."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from python_tests.conftest import SampleBuild

# Table, successes, trials, and the interval's two columns.
WILSON = [
    ("win_rate_baseline", "won_deals", "closed_deals", "win_rate"),
    ("win_rates_by_dimension", "won_deals", "closed_deals", "win_rate"),
    ("win_rates_by_segment_pair", "won_deals", "closed_deals", "win_rate"),
    ("win_rates_by_quarter", "won_deals", "closed_deals", "win_rate"),
    ("win_rates_by_dimension", "value_effective_deals * value_win_rate", "value_effective_deals", "value_win_rate"),
    ("loss_reasons", "lost_deals", "all_lost_deals", "share"),
    ("loss_reasons_by_dimension", "lost_deals", "segment_lost_deals", "share"),
    ("win_reasons", "won_deals", "stated_won_deals", "share"),
    ("win_rates_by_persona", "won_deals_with", "closed_deals_with", "win_rate_with"),
    ("decision_makers", "contacts", "all_contacts", "share"),
    ("buying_groups", "won_deals", "closed_deals", "win_rate"),
    ("win_rates_by_contact_count", "won_deals", "closed_deals", "win_rate"),
    ("multithreading", "many_won_deals", "many_deals", "many_win_rate"),
    ("multithreading", "few_won_deals", "few_deals", "few_win_rate"),
    ("score_thresholds", "true_positives + true_negatives", "scored_deals", "accuracy"),
    ("score_thresholds", "true_positives", "true_positives + false_positives", "win_rate_above"),
]

# Table, successes and trials of both sides, and the difference's column.
NEWCOMBE = [
    ("win_rates_by_dimension", "won_deals", "closed_deals", "other_won_deals", "other_closed_deals", "difference"),
    ("win_rates_by_segment_pair", "won_deals", "closed_deals", "other_won_deals", "other_closed_deals", "difference"),
    (
        "loss_reasons_by_dimension",
        "lost_deals",
        "segment_lost_deals",
        "round(other_share * other_lost_deals)",
        "other_lost_deals",
        "difference",
    ),
    (
        "win_rates_by_persona",
        "won_deals_with",
        "closed_deals_with",
        "won_deals_without",
        "closed_deals_without",
        "difference",
    ),
    (
        "win_rates_by_quarter",
        "won_deals",
        "closed_deals",
        "lag(won_deals) over (order by starts_on)",
        "lag(closed_deals) over (order by starts_on)",
        "win_rate_change",
    ),
]


@pytest.mark.parametrize(("table", "successes", "trials", "rate"), WILSON)
def test_wilson_intervals_are_those_of_statsmodels(
    table: str, successes: str, trials: str, rate: str, sample_build: SampleBuild
) -> None:
    sql = f"select {successes} as x, {trials} as n, {rate}_low as low, {rate}_high as high from marts.{table} where {rate} is not null"
    rows = sample_build.rows(sql)
    assert rows
    for row in rows:
        expected = proportion_confint(float(row["x"]), float(row["n"]), method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("table", "x", "n", "other_x", "other_n", "difference"), NEWCOMBE)
def test_newcombe_intervals_are_those_of_statsmodels(
    table: str, x: str, n: str, other_x: str, other_n: str, difference: str, sample_build: SampleBuild
) -> None:
    sql = f"""
        select * from (
            select {x} as x, {n} as n, {other_x} as other_x, {other_n} as other_n,
                {difference} as difference, {difference}_low as low, {difference}_high as high
            from marts.{table}
        )
        where difference is not null
    """
    rows = sample_build.rows(sql)
    assert rows
    for row in rows:
        pair = (float(row["x"]), float(row["n"]), float(row["other_x"]), float(row["other_n"]))
        assert row["difference"] == pytest.approx(pair[0] / pair[1] - pair[2] / pair[3], abs=1e-9)
        expected = confint_proportions_2indep(*pair, compare="diff", method="newcomb")
        assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-9)
