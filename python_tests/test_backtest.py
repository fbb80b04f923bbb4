"""The backtest looks only backwards, and counts what the tested quarter really showed."""

from python_tests.small_marts import Deal, marts_of, reader_over
from winloss.advice.backtest import backtest
from winloss.advice.counts import QuarterCounts
from winloss.advice.parameters import Parameters
from winloss.advice.selection import choose_window


def quarter(name: str, rates: dict[str, tuple[int, int]]) -> list[Deal]:
    """Won and lost deals by industry, dealt evenly over two regions."""
    deals: list[Deal] = []
    for industry, (won, lost) in rates.items():
        for outcome, count in ((1, won), (0, lost)):
            deals += [(name, outcome, industry, f"region {place % 2}") for place in range(count)]
    return deals


EVEN = {"Bank": (20, 20), "Shop": (20, 20), "Farm": (20, 20)}
STRONG_BANK = {"Bank": (36, 4), "Shop": (14, 26), "Farm": (14, 26)}


def test_a_signal_that_only_the_tested_quarter_holds_is_not_advised() -> None:
    deals = quarter("2025-Q1", EVEN) + quarter("2025-Q2", EVEN) + quarter("2025-Q3", STRONG_BANK)
    rows = backtest(reader_over(marts_of(deals, "2025-Q3")))
    advised = {(row["method"], row["quarter"]): row["advice"] for row in rows}
    assert "Bank" not in str(advised["winloss", "2025-Q3"])
    assert advised["naive", "2025-Q3"] == ""


def test_deals_after_the_quarter_under_review_are_not_looked_at() -> None:
    deals = quarter("2025-Q1", EVEN) + quarter("2025-Q2", EVEN) + quarter("2025-Q3", STRONG_BANK)
    rows = backtest(reader_over(marts_of(deals, "2025-Q2")))
    assert {row["quarter"] for row in rows} == {"2025-Q2"}


def test_a_quarter_that_has_not_ended_judges_no_advice() -> None:
    deals = quarter("2025-Q1", EVEN) + quarter("2025-Q2", EVEN) + quarter("2025-Q3", STRONG_BANK)
    marts = marts_of(deals, "2025-Q3")
    marts.execute("update dim_periods set is_partial = true")
    assert {row["quarter"] for row in backtest(reader_over(marts))} == {"2025-Q2"}


def test_advice_is_drawn_from_the_quarters_before_and_counted_on_the_quarter() -> None:
    deals = (
        quarter("2025-Q1", STRONG_BANK)
        + quarter("2025-Q2", STRONG_BANK)
        + quarter("2025-Q3", {"Bank": (30, 10), "Shop": (10, 30), "Farm": (15, 25)})
    )
    rows = {
        row["method"]: row for row in backtest(reader_over(marts_of(deals, "2025-Q3"))) if row["quarter"] == "2025-Q3"
    }
    ours = rows["winloss"]
    assert (ours["trained_from"], ours["trained_to"], ours["advice"]) == ("2025-Q1", "2025-Q2", "Bank")
    # Bank: 30 of 40; the others: 10 of 40 and 15 of 40
    assert (
        ours["inside_closed_deals"],
        ours["inside_won_deals"],
        ours["outside_closed_deals"],
        ours["outside_won_deals"],
    ) == (40, 30, 80, 25)
    assert rows["everyone"]["inside_closed_deals"] == 120 and rows["everyone"]["outside_closed_deals"] == 0
    assert (rows["naive"]["advice"], rows["naive"]["trained_from"]) == ("Bank", "2025-Q2")


def test_a_decision_in_several_lines_is_counted_once_beside_its_lines() -> None:
    deals = quarter("2025-Q1", STRONG_BANK) + quarter("2025-Q2", STRONG_BANK) + quarter("2025-Q3", STRONG_BANK)
    marts = marts_of(deals, "2025-Q3")
    marts.execute("update int_deal_cells set decisions = deals // 2, won_decisions = won // 2")
    [ours] = [row for row in backtest(reader_over(marts)) if (row["method"], row["quarter"]) == ("winloss", "2025-Q3")]
    # Bank: 36 of 40; the others: 28 of 80, of which 7 of 20 in each region are 3 of 10
    told = [ours[f"{side}_{count}"] for side in ("inside", "outside") for count in ("closed_deals", "won_deals")]
    decided = [ours[f"{side}_{count}"] for side in ("inside", "outside") for count in ("decisions", "won_decisions")]
    assert (told, decided) == ([40, 36, 80, 28], [20, 18, 40, 12])


def test_three_wins_of_three_are_advice_for_the_naive_rule_only() -> None:
    deals = quarter("2025-Q1", EVEN | {"Zoo": (3, 0)}) + quarter("2025-Q2", EVEN | {"Zoo": (3, 0)})
    rows = {row["method"]: row for row in backtest(reader_over(marts_of(deals, "2025-Q2")))}
    assert rows["naive"]["advice"] == "Zoo"
    assert "Zoo" not in str(rows["winloss"]["advice"])


def test_one_quarter_alone_cannot_be_tested() -> None:
    assert backtest(reader_over(marts_of(quarter("2025-Q1", EVEN), "2025-Q1"))) == []


def test_a_segment_name_with_a_quote_is_a_value_and_nothing_else() -> None:
    odd = "O'Neil; drop table fct_closed_deals --"
    deals = quarter("2025-Q1", {odd: (36, 4), "Shop": (14, 26)}) + quarter("2025-Q2", {odd: (36, 4), "Shop": (14, 26)})
    rows = {row["method"]: row for row in backtest(reader_over(marts_of(deals, "2025-Q2")))}
    assert rows["naive"]["advice"] == odd
    assert rows["naive"]["inside_won_deals"] == 36


def test_the_window_is_counted_by_the_calendar_and_a_quarter_without_deals_is_one() -> None:
    def counts(**deals: int) -> list[QuarterCounts]:
        return [QuarterCounts(name.replace("_", "-"), number, number // 2) for name, number in deals.items()]

    # up to 2025-Q1 four quarters reach back to 2024-Q2; none was closed in 2024-Q3
    before = counts(FY2023_Q4=900, FY2024_Q1=900, FY2024_Q2=900, FY2024_Q4=900, FY2025_Q1=900)
    assert choose_window(before) == ("FY2024-Q2", "FY2024-Q4", "FY2025-Q1")
    plain = counts(**{"2022_Q4": 90, "2023_Q2": 90, "2023_Q3": 90, "2024_Q4": 90, "2025_Q1": 90})
    # under 400 deals eight quarters, back to 2023-Q2
    assert choose_window(plain) == ("2023-Q2", "2023-Q3", "2024-Q4", "2025-Q1")
    assert choose_window(plain, parameters=Parameters(window_minimum_deals=180)) == ("2024-Q4", "2025-Q1")
