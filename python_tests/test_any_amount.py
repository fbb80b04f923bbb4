"""Deals of any size: a build takes amounts up to 1e15 in any currency, converted and added up, and leaves larger ones out with a reason."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest

from python_tests.known_company.project import Project, copy_project
from python_tests.speeds import thorough
from winloss.formatting import money_format
from winloss.report import build_report, render

COLUMNS = "deal_id outcome created_on closed_on amount currency industry loss_reason".split()
FIELDS = {column: column for column in COLUMNS}
MAPPING = {"files": {"deals": "deals.csv"}, "columns": {"deals": FIELDS}, "decimal": "point"}
VARIABLES = {"crm": "custom", "mapping": MAPPING, "company_currency": "VND"}
RATES = {"VND": Fraction(1), "USD": Fraction(25_000), "EUR": Fraction("27500.5")}

# outcome, amount as the export writes it, its currency
STATED = [
    ("won", "10000000.00", "USD"),
    ("lost", "5000000000", "USD"),
    ("won", "5e9", "VND"),
    ("lost", "1000000000000000", "VND"),
    ("lost", "-1000000000000000", "EUR"),
    ("won", "123456789012345.67", "VND"),
    ("lost", "0.05", "VND"),
    # its currency stands in the cell
    ("lost", "€999,999,999,999,999.99", "EUR"),
    *[("won", "1,000,000,000,000,000.00", "USD")] * 300,
    *[("lost", "1000000000000000.00", "EUR")] * 200,
]
TOO_LARGE = [
    ("won", "1000000000000000.01", "VND"),
    ("lost", "-1e20", "USD"),
    ("lost", "12345678901234567890123456789012345", "EUR"),
]


def read(text: str) -> Fraction:
    return Fraction(text.replace(",", "").removeprefix("€"))


@pytest.fixture(scope="module", params=[thorough("built")])
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("amounts"))
    rates = "".join(f"{code},{float(rate)}\n" for code, rate in RATES.items() if code != "VND")
    (project.folder / "seeds" / "fx_rates.csv").write_text(
        "currency,rate_to_company_currency\n" + rates, encoding="utf-8"
    )
    lines = [
        f'D{place},{outcome},2025-10-01,2025-12-{15 + place % 17:02d},"{amount}",{"" if "€" in amount else currency},'
        f"{'Mining' if place % 2 else 'Energy'},{'price' if outcome == 'lost' else ''}"
        for place, (outcome, amount, currency) in enumerate([*STATED, *TOO_LARGE])
    ]
    project.write("deals.csv", "\n".join([",".join(COLUMNS), *lines]) + "\n")
    outcome = project.dbt("build", variables=VARIABLES)
    assert outcome.exit_code == 0, outcome.shown
    return project


def baseline(project: Project, *columns: str) -> tuple[Any, ...]:
    return project.rows(f"select {', '.join(columns)} from marts.win_rate_baseline where period = 'quarter'")[0]


def test_amounts_are_converted_and_added_up_without_loss(project: Project) -> None:
    values = [(outcome, read(amount) * RATES[currency]) for outcome, amount, currency in STATED if read(amount) > 0]
    won = sum(value for outcome, value in values if outcome == "won")
    lost = sum(value for outcome, value in values if outcome == "lost")
    # Kish's effective sample size, in fractions
    effective = (won + lost) ** 2 / sum(value**2 for _, value in values)
    found = baseline(
        project,
        "won_amount",
        "lost_amount",
        "value_win_rate",
        "value_effective_deals",
        "mean_won_amount",
        "median_won_amount",
    )
    expected = (won, lost, won / (won + lost), effective, won / 303, 25 * Fraction(10) ** 18)
    assert found == pytest.approx([float(value) for value in expected], rel=1e-12)
    assert project.rows("select amount from marts.fct_deals where stated_amount = 123456789012345.67") == [
        (Decimal("123456789012345.67"),)
    ]


def test_each_currency_is_added_up_as_it_is_stated(project: Project) -> None:
    rows = project.rows(
        "select currency, won_amount, lost_amount from marts.value_by_currency where period = 'quarter' order by currency"
    )
    assert rows == [
        ("EUR", None, 2e17 + 999999999999999.99),
        ("USD", 3e17 + 1e7, 5e9),
        ("VND", 5e9 + 123456789012345.67, 1e15 + 0.05),
    ]


def test_a_small_deal_in_another_segment_keeps_its_own_weight(project: Project) -> None:
    """Squares of 0.0025 and of 6e38 stand in one column of the advice."""
    cells = "select sum(deals), sum(amount), sum(squared_amount) from intermediate.int_deal_cells"
    ((deals, amount, squares),) = project.rows(cells)
    assert deals == len(STATED) + len(TOO_LARGE)
    values = [read(stated) * RATES[currency] for _, stated, currency in STATED if read(stated) > 0]
    assert (float(amount), squares) == pytest.approx(
        (float(sum(values)), float(sum(value**2 for value in values))), rel=1e-12
    )


def test_what_is_beyond_the_largest_amount_is_left_out_with_a_reason(project: Project) -> None:
    rows = project.rows(
        "select records, of_records, meaning from marts.data_quality_findings where rule_id = 'amount_too_large'"
    )
    assert [(records, of) for records, of, _ in rows] == [(3, len(STATED) + 3)]
    assert "larger than the setting largest_amount" in rows[0][2]
    assert project.rows("select records from marts.data_quality_findings where rule_id = 'unreadable_value'") == [(0,)]
    assert project.rows("select count(*) from marts.fct_closed_deals where amount is null") == [(4,)]


def test_a_reader_and_the_report_see_the_amounts_in_words(project: Project) -> None:
    published = project.folder / "published" / "marts.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        ((won,),) = connection.execute("select won_amount from win_rate_baseline where period = 'quarter'").fetchall()
    page = render(build_report(published), "html")
    assert won == baseline(project, "won_amount")[0]
    assert re.findall(r"\d+e\+?\d+", render(build_report(published), "md")) == []
    # lost: 201 of 1e15 EUR (one of them less a cent) at 27,500.5 dong are 5,527,600,500T, 5e9 USD at 25,000 are 125T,
    # and 1e15 dong are 1,000T
    assert "VND\u00a05,527,601,625T" in page


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (999_400_000_000, "$999B"), (999_950_000_000, "$1T"), (1e12, "$1T"), (7.85e12, "$7.8T"), (1e15, "$1,000T"),
        (-2.5e19, "−$25,000,000T"), (1e9, "$1B"), (5_000_000_000, "$5B"), (10_000_000, "$10M"),
    ],
)  # fmt: skip
def test_amounts_of_many_digits_are_short_in_trillions(value: float, short: str) -> None:
    assert money_format("USD")[1](value) == short


def test_amounts_in_full_have_at_most_twelve_digits() -> None:
    full = money_format("USD")[0]
    assert (full(Decimal("999999999999.00")), full(Decimal("1000000000000000.00"))) == ("$999,999,999,999", "$1,000T")
