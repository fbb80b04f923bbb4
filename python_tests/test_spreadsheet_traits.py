"""What spreadsheets and databases do to an export on its way: marks of text, rounded ids, days that are none, lines of nothing."""

from pathlib import Path

import duckdb
import pytest

from winloss.errors import ReadingError
from winloss.load.plan import Request, make_plan

HEADER = "Id,AccountId,IsWon,IsClosed,StageName,CreatedDate,CloseDate,Amount,LeadSource,Loss_Reason__c"
GOOD = "006A,001A,1,1,Closed Won,2025-09-01,2025-11-13,100,Web,"


def read(
    folder: Path, *lines: str, columns: str = "deal_id, closed_on, amount", name: str = "o.csv", encoding: str = "utf-8"
) -> list[object]:
    """The deals of a Salesforce file of these lines."""
    (folder / name).write_bytes(("\n".join([HEADER, *lines]) + "\n").encode(encoding))
    return rows_of(folder, columns)


def rows_of(folder: Path, columns: str) -> list[object]:
    plan = make_plan(Request("salesforce", str(folder), str(folder / "private" / "w.duckdb")))
    with duckdb.connect() as engine:
        engine.execute("set TimeZone = 'UTC'")
        return list(
            engine.execute(
                f"select {columns} from ({plan.statements['deals']}) order by source_file, source_line"
            ).fetchall()
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_cell_that_is_marked_as_text_is_its_text(tmp_path: Path, encoding: str) -> None:
    marked = '="00123",="001A",="1",1,Closed Won,2025-09-01,="2025-11-13",="100",="Web",'
    quoted = '"=""00124""",001A,1,1,Closed Won,2025-09-01,"=""2025-11-14""","=""-200""",Web,'
    prefixed = "'00125,001A,1,1,Closed Won,2025-09-01,'2025-11-15,'-300,'=Web,"
    found = read(
        tmp_path, marked, quoted, prefixed, columns="deal_id, closed_on, amount, lead_source", encoding=encoding
    )
    assert found == [
        ("00123", "2025-11-13", "100", "Web"),
        ("00124", "2025-11-14", "-200", "Web"),
        ("00125", "2025-11-15", "-300", "=Web"),
    ]


def test_an_apostrophe_that_belongs_to_a_word_stays(tmp_path: Path) -> None:
    line = "006A,001A,0,1,Closed Lost,2025-09-01,2025-11-13,100,'s-Hertogenbosch,'t was too dear"
    assert read(tmp_path, line, columns="lead_source, loss_reason") == [("'s-Hertogenbosch", "'t was too dear")]


def test_ids_of_a_table_of_numbers_are_without_their_decimals(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD.replace("006A,001A", "123.0,77.0"), columns="deal_id, account_id")
    assert found == [("123", "77")]


@pytest.mark.parametrize("rounded", ["1.23457E+12", "1.234570e+12", '"1,23457E+12"'])
def test_an_id_that_was_rounded_is_none_and_a_reference_keeps_its_power_of_ten(tmp_path: Path, rounded: str) -> None:
    lines = [GOOD, GOOD.replace("006A", rounded), GOOD.replace("006A", "006B").replace("001A", rounded)]
    assert read(tmp_path, *lines, columns="deal_id, account_id, line_problem") == [
        ("006A", "001A", None),
        (None, "001A", "the id was rounded by a spreadsheet"),
        # the models leave it out, and count it
        ("006B", "1E+12", None),
    ]


@pytest.mark.parametrize("id_like", ["7e10", "1E5", "E+A", "12E+"])
def test_an_id_with_an_e_in_it_is_an_id(tmp_path: Path, id_like: str) -> None:
    assert read(tmp_path, GOOD.replace("006A", id_like), columns="deal_id, line_problem") == [(id_like, None)]


@pytest.mark.parametrize(
    "no_day",
    [
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00",
        "1899-12-30",
        "1900-01-00",
        "1900-01-01",
        "1970-01-01T00:00:00.000Z",
        "9999-12-31",
    ],
)
def test_a_day_that_stands_for_no_date_is_none(tmp_path: Path, no_day: str) -> None:
    found = read(tmp_path, GOOD, GOOD.replace("2025-11-13", no_day), columns="closed_on")
    assert found == [("2025-11-13",), (None,)]


@pytest.mark.parametrize(
    "no_day", ["00/00/0000", "1/0/1900", "12/30/1899", "1/1/1970 12:00 AM", "12/31/9999", "1/1/0001", "0/0/0"]
)
def test_such_a_day_says_nothing_about_the_order_of_day_and_month(tmp_path: Path, no_day: str) -> None:
    # 25 December decides: the month comes first; without it 1/0/1900 would leave the order open
    good = GOOD.replace("2025-09-01", "9/1/2025").replace("2025-11-13", "12/25/2025")
    found = read(tmp_path, good, good.replace("12/25/2025", no_day), columns="closed_on")
    assert found == [("2025-12-25",), (None,)]


def test_only_such_days_leave_the_order_open_to_no_question(tmp_path: Path) -> None:
    line = GOOD.replace("2025-09-01", "").replace("2025-11-13", "1/0/1900")
    assert read(tmp_path, line, columns="closed_on") == [(None,)]


def test_a_real_day_near_them_is_a_date(tmp_path: Path) -> None:
    days = ["1970-01-02", "1900-02-01", "2000-01-01", "9998-12-31"]
    found = read(tmp_path, *[GOOD.replace("2025-11-13", day) for day in days], columns="closed_on")
    assert found == [(day,) for day in days]


def test_seconds_since_1970_are_a_date(tmp_path: Path) -> None:
    # 31 December 2025, midnight in UTC
    found = read(
        tmp_path,
        GOOD.replace("2025-11-13", "1767139200"),
        GOOD.replace("2025-11-13", "1767139200000"),
        columns="closed_on",
    )
    assert found == [("2025-12-31",), ("2025-12-31",)]


def test_letters_without_a_number_are_no_currency(tmp_path: Path) -> None:
    lines = [GOOD.replace(",100,", f",{amount},") for amount in ("TBD", "100 EUR", '"$1,200.00"')]
    assert read(tmp_path, *lines, columns="amount, currency") == [("TBD", None), ("100", "EUR"), ("1200.00", "$")]


@pytest.mark.parametrize("nothing", ["-", " $ -   ", "€ -", "EUR -", "–"])
def test_a_dash_in_a_column_of_money_is_no_amount(tmp_path: Path, nothing: str) -> None:
    lines = [GOOD, GOOD.replace(",100,", ",$250,"), GOOD.replace(",100,", f",{nothing},")]
    assert read(tmp_path, *lines, columns="amount") == [("100",), ("250",), (None,)]


def test_a_line_of_empty_cells_is_no_record(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, ",,,,,,,,,", ", ,,,,,,,,", columns="deal_id, line_problem")
    assert found == [("006A", None)] + [(None, "nothing in any column that is read")] * 2


def test_empty_columns_without_a_header_change_nothing(tmp_path: Path) -> None:
    blank = "," * 3000
    (tmp_path / "o.csv").write_text(
        f"{HEADER}{blank}\n{GOOD}{blank}\n{GOOD.replace('006A', '006B')}\n", encoding="utf-8"
    )
    assert rows_of(tmp_path, "deal_id, line_problem") == [("006A", None), ("006B", None)]


@pytest.mark.parametrize("start", ["<html><body><table>", '<?xml version="1.0"?><Workbook>', "\ufeff\n<!DOCTYPE html>"])
def test_a_page_under_the_name_of_a_workbook_is_one_sentence(tmp_path: Path, start: str) -> None:
    with pytest.raises(ReadingError, match=r"o\.xls is a web page or XML, .* save it as \.xlsx or CSV"):
        (tmp_path / "o.xls").write_text(start + "<tr><td>Eve Canary</td></tr>", encoding="utf-8")
        rows_of(tmp_path, "*")


def test_a_header_broken_over_two_lines_is_found(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(
        'Opportunity ID,Won,Closed,Stage,"Close\r\nDate"\n1,1,1,Closed Won,2025-11-13\n', encoding="utf-8"
    )
    assert rows_of(tmp_path, "deal_id, closed_on") == [("1", "2025-11-13")]


def test_inches_are_no_quotes(tmp_path: Path) -> None:
    lines = [
        GOOD.replace("Web", '19" rack'),
        GOOD.replace("006A", "006B").replace("Web", '"19"" rack"'),
        GOOD.replace("006A", "006C"),
    ]
    assert read(tmp_path, *lines, columns="deal_id, lead_source") == [
        ("006A", '19" rack'),
        ("006B", '19" rack'),
        ("006C", "Web"),
    ]


@pytest.mark.parametrize(("amount", "header"), [("$100", "Amount"), ("100", None)])
def test_a_currency_beside_the_amount_is_not_called_missing(tmp_path: Path, amount: str, header: str | None) -> None:
    (tmp_path / "o.csv").write_text(f"{HEADER}\n{GOOD.replace(',100,', f',{amount},')}\n", encoding="utf-8")
    plan = make_plan(Request("salesforce", str(tmp_path), str(tmp_path / "private" / "w.duckdb")))
    with duckdb.connect() as engine:
        rows = engine.execute(
            f"select source_header, status from ({plan.statements['columns']}) where column_name = 'currency'"
        ).fetchall()
    assert rows == [(header, "mapped" if header else "missing")]
