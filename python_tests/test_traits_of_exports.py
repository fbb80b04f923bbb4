"""Traits of real exports beyond those that first showed up: dates that begin with the weekday or the year, grouped reports, flags that are
only ever ticked, owners who left, ids that spreadsheets rounded. What the reader alone decides is tested without a build."""

from pathlib import Path

import pytest

from python_tests.crm_build import plan_of, refusal, rows_of
from winloss.load.check import CANNOT_WORK, FINE, PROBLEMS, preview

HEADER = "Opportunity ID,Stage,Closed,Won,Amount,Created Date,Close Date,Opportunity Owner"
GOOD = "0065g00000A0001,Closed Won,1,1,100,2025-09-01,2025-11-13,Ann"


def report(*lines: str, header: str = HEADER) -> dict[str, str]:
    return {"report.csv": "\n".join([header, *lines]) + "\n"}


def closes(tmp_path: Path, *days: str) -> list[object]:
    """The close dates of deals that state these, each quoted."""
    lines = [
        GOOD.replace("0001", f"{number:04d}").replace("2025-11-13", f'"{day}"').replace("2025-09-01", "")
        for number, day in enumerate(days)
    ]
    return [row["closed_on"] for row in rows_of(plan_of(tmp_path, "salesforce", report(*lines)), "deals")]


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("Mon 03/11/2025", "2025-11-03"),
        ("Monday, 03/11/2025", "2025-11-03"),
        ("Mo., 03.11.2025", "2025-11-03"),
        ("Donnerstag, 13.11.2025 17:30", "2025-11-13"),
        ("lun. 03/11/2025", "2025-11-03"),
        ("Mon 2025-11-03", "2025-11-03"),
    ],
)
def test_the_weekday_before_a_date_in_numbers_is_left_out(tmp_path: Path, stated: str, day: str) -> None:
    # the second date says that the day comes first
    separator = "." if "." in stated[5:] else "/"
    assert closes(tmp_path, stated, f"Fr 28{separator}11{separator}2025") == [day, "2025-11-28"]


def test_a_year_of_two_digits_may_come_first_and_the_spread_of_the_parts_tells(tmp_path: Path) -> None:
    # as days these would be the 24th and 25th of years from 2003 to 2028
    found = closes(tmp_path, "25-11-03", "24-12-28", "25-10-17", "25-07-09")
    assert found == ["2025-11-03", "2024-12-28", "2025-10-17", "2025-07-09"]


@pytest.mark.parametrize(
    ("stated", "days"),
    [
        (["03-11-25", "28-12-24", "17-10-25"], ["2025-11-03", "2024-12-28", "2025-10-17"]),
        (["11/03/25", "12/28/24", "10/17/25"], ["2025-11-03", "2024-12-28", "2025-10-17"]),
        # the first of a month, through three years
        (["01.07.23", "01.07.24", "01.08.25"], ["2023-07-01", "2024-07-01", "2025-08-01"]),
    ],
)
def test_a_year_of_two_digits_comes_last_otherwise(tmp_path: Path, stated: list[str], days: list[str]) -> None:
    assert closes(tmp_path, *stated) == days


def test_where_nothing_tells_whether_the_year_comes_first_the_setting_is_asked_for(tmp_path: Path) -> None:
    lines = [
        GOOD.replace("2025-11-13", day).replace("2025-09-01", "").replace("0001", f"000{number}")
        for number, day in enumerate(("25/07/03", "25/07/04", "25/07/05"))
    ]
    said = "report.csv: 25/07/03 in Close Date (line 2) could begin with the day, the month or the year, and no date in the file decides it."
    assert refusal(tmp_path, "salesforce", report(*lines)) == f"{said} Set date_order to dmy, mdy or ymd."
    settled = rows_of(plan_of(tmp_path, "salesforce", report(*lines), "date_order: ymd"), "deals")
    assert [row["closed_on"] for row in settled] == ["2025-07-03", "2025-07-04", "2025-07-05"]


@pytest.mark.parametrize("amount", ["12\u2009000,50", "12\u2007000,50 €", "12\u202f000,50"])
def test_every_narrow_space_groups_the_digits_of_an_amount(tmp_path: Path, amount: str) -> None:
    line = GOOD.replace(",100,", f',"{amount}",')
    assert [row["amount"] for row in rows_of(plan_of(tmp_path, "salesforce", report(line)), "deals")] == ["12000.50"]


def fiscal_report(fiscal_quarter_of: dict[int, int], year: int = 2025) -> dict[str, str]:
    """A deal closed on the fifth of each month of a calendar year, with the fiscal quarter that the CRM says it is in."""
    lines = [
        f"0065g00000A{month:04d},Closed Won,1,1,100,2024-12-01,{year}-{month:02d}-05,Ann,{quarter},{year}"
        for month, quarter in fiscal_quarter_of.items()
    ]
    return report(*lines, header=f"{HEADER},FiscalQuarter,FiscalYear")


def test_fiscal_quarters_that_the_settings_do_not_give_are_named_with_the_setting(tmp_path: Path) -> None:
    # a fiscal year from February: January, April, July and October belong to the quarter before
    files = fiscal_report({month: (month - 2) % 12 // 3 + 1 for month in range(1, 13)})
    said = (
        "report.csv: FiscalYear, FiscalQuarter put 4 of 12 deals into another quarter than the one they count in, for quarters are reckoned "
        "from the close date. Set fiscal_year_start_month to 2 to count them by fiscal quarters."
    ).replace("FiscalYear, FiscalQuarter", '"FiscalYear", "FiscalQuarter"')
    assert said in plan_of(tmp_path, "salesforce", files).notices
    assert plan_of(tmp_path, "salesforce", files, "fiscal_year_start_month: 2").notices == []


def test_fiscal_quarters_of_weeks_are_named_with_the_list(tmp_path: Path) -> None:
    # quarters that begin in January, March, July and November fit no first month
    files = fiscal_report(dict(zip(range(1, 13), (1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4), strict=True)))
    (said,) = plan_of(tmp_path, "salesforce", files).notices
    assert "put 2 of 12 deals" in said
    assert said.endswith("List the quarters in seeds/fiscal_quarters.csv to count them by fiscal quarters.")


def test_fiscal_quarters_that_agree_are_not_spoken_of(tmp_path: Path) -> None:
    files = fiscal_report({month: (month + 2) // 3 for month in range(1, 13)})
    assert plan_of(tmp_path, "salesforce", files).notices == []


def look(tmp_path: Path, files: dict[str, str], **variables: object) -> tuple[int, list[str]]:
    folder = tmp_path / "look"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    found = preview(str(folder), "salesforce", variables)
    return found.exit_code, list(found.lines)


def test_a_file_whose_ids_are_shared_gets_the_verdict_of_a_build_from_the_check(tmp_path: Path) -> None:
    # five deals under two names: three are left out
    lines = [GOOD.replace("0065g00000A0001", f"Deal {n % 2}").replace("2025-11-13", f"2025-11-1{n}") for n in range(5)]
    code, told = look(tmp_path, report(*lines))
    assert code == CANNOT_WORK
    assert told[-1] == (
        "report.csv: 3 of 5 records have the id of another record and other content, so that they cannot be told apart. Read the column "
        "with the id of the deal as deal_id, not a name; or set maximum_two_versions_share to at least 0.6."
    )
    code, told = look(tmp_path, report(*lines), maximum_two_versions_share=0.6)
    assert code == PROBLEMS
    assert (
        "  line 2: another line of the file has the same id and other content, and nothing says which is newer" in told
    )


def test_lines_of_one_deal_that_differ_in_products_or_are_dated_are_no_fault_to_the_check(tmp_path: Path) -> None:
    products = [f"{GOOD},{product}" for product in ("Cloud", "Desktop")]
    assert look(tmp_path, report(*products, header=f"{HEADER},Product Name"))[0] == FINE
    dated = [
        f"{GOOD},2025-11-20",
        f"{GOOD.replace('Closed Won,1,1', 'Prospecting,0,0')},2025-10-02",
        GOOD.replace("0001", "0002") + ",2025-11-20",
    ]
    assert look(tmp_path, report(*dated, header=f"{HEADER},Last Modified Date"))[0] == FINE


def test_the_day_of_the_last_change_is_missed_only_where_a_version_was_chosen(tmp_path: Path) -> None:
    said = "  missing: modified_at. Of several versions of a deal the newest is told by the names of the files."
    assert said not in look(tmp_path, report(GOOD))[1]
    again = {
        "report 2025-10-01.csv": report(GOOD.replace("Closed Won,1,1", "Prospecting,0,0"))["report.csv"],
        "report 2026-01-01.csv": report(GOOD)["report.csv"],
    }
    (tmp_path / "look" / "report.csv").unlink()
    assert said in look(tmp_path, again)[1]


def test_a_rounded_id_of_an_account_is_told_by_the_check_and_keeps_its_deal(tmp_path: Path) -> None:
    line = f"{GOOD},1.23457E+12"
    code, told = look(tmp_path, report(line, header=f"{HEADER},Account ID"))
    assert code == PROBLEMS
    assert '  line 2: "Account ID" was rounded by a spreadsheet' in told
    assert "    2025-Q4: 1 won, 0 lost" in told
