"""The export reader: from files in a folder to canonical text rows.

The statements of a plan are run on DuckDB as dbt runs them. Expected rows are counted by hand from the files, which
stand in the tests where they are short.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_tests.canary_company import is_number
from python_tests.crm_build import land_lines
from python_tests.known_company.project import as_a_program
from python_tests.odd_files import ODD_FILES, SIZE, filled_lines, odd_file
from winloss.dbt.plugin import make_private_database
from winloss.errors import ReadingError
from winloss.load.aliases import recognise
from winloss.load.clock import landed_day_sql
from winloss.load.columns import COLUMNS, OBJECTS, PROVENANCE, REPORTS, Column, Kind
from winloss.load.file_inspection import examine
from winloss.load.folder import date_in_name
from winloss.load.mapping import check_mapping
from winloss.load.plan import Request, make_plan, plan_load
from winloss.load.record_reader import LONGEST_CELL_IN_LINES, UNCLOSED_QUOTE, read_records
from winloss.load.statements import LINES, Binding, Cell, FileReading, file_statement
from winloss.quoting import identifier, literal

Rows = list[dict[str, Any]]
Files = Mapping[str, str | bytes]

DEALS = "files: {deals: deals.csv}\ncolumns: {deals: {deal_id: id, outcome: result}}\n"


# One engine for all tests: what is read depends on the statement alone, and starting an engine is the slow part.
ENGINE = duckdb.connect()
ENGINE.execute("set TimeZone = 'UTC'")


class Reading:
    """What came out of a folder, its lines stored first as a build does it when they are asked for, and the notices."""

    def __init__(self, folder: Path, mapping: str, database: Path) -> None:
        plan = make_plan(Request("custom", str(folder), str(database), {"mapping": yaml.safe_load(mapping)}))
        self.notices = list(plan.notices)
        self.plan = plan
        self.statements: Mapping[str, str] = {}

    def rows(self, name: str) -> Rows:
        """The rows of an object or report."""
        self.statements = self.statements or land_lines(self.plan, ENGINE)
        result = ENGINE.execute(self.statements[name])
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def column(self, name: str, object_name: str = "deals") -> list[Any]:
        """The values of one column, in the order of the lines."""
        rows = sorted(self.rows(object_name), key=lambda row: (row["source_file"], row["source_line"]))
        return [row[name] for row in rows]

    def file(self, name: str) -> dict[str, Any]:
        """What is reported about one file."""
        return next(row for row in self.rows("files") if row["source_file"] == name)


def put(folder: Path, files: Files) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(raw)
    return folder


def read(tmp_path: Path, files: Files, mapping: str = DEALS) -> Reading:
    return Reading(put(tmp_path / "exports", files), mapping, tmp_path / "private" / "winloss.duckdb")


def refusal(tmp_path: Path, files: Files, mapping: str = DEALS) -> str:
    with pytest.raises(ReadingError) as caught:
        read(tmp_path, files, mapping)
    return str(caught.value)


def deals_with(**columns: str) -> str:
    mapped = {"deal_id": "id", "outcome": "result", **columns}
    return yaml.safe_dump({"files": {"deals": "deals.csv"}, "columns": {"deals": mapped}})


# --- what a file is --------------------------------------------------------------------------------------------------


def test_a_regular_file_is_read_directly_and_every_row_knows_its_line(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result\nA,won\nB,lost\nC,open\n"})
    assert found.column("deal_id") == ["A", "B", "C"]
    assert found.column("outcome") == ["won", "lost", "open"]
    assert found.column("source_line") == [2, 3, 4]
    assert found.column("source_file") == ["deals.csv"] * 3
    assert found.column("line_problem") == [None] * 3
    assert found.file("deals.csv")["is_read_directly"] is True
    assert found.file("deals.csv")["records"] == 3


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")]
)
def test_the_delimiter_is_told_from_the_file(tmp_path: Path, delimiter: str, name: str) -> None:
    text = "id,result,note\nA,won,x\nB,lost,y\n".replace(",", delimiter)
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("deal_id") == ["A", "B"]
    assert found.file("deals.csv")["delimiter"] == name


def test_commas_inside_cells_do_not_hide_a_semicolon(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id;result;note, long, with, commas\nA;won;x, y, z, w\n"})
    assert found.column("outcome") == ["won"]


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "windows-1252"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_give_the_same_rows(tmp_path: Path, encoding: str, told: str, line_end: str) -> None:
    text = line_end.join(["id,result,grund", "A,won,Müller €", "B,lost,süß", ""])
    found = read(tmp_path, {"deals.csv": text.encode(encoding)}, deals_with(loss_reason="grund"))
    assert found.column("loss_reason") == ["Müller €", "süß"]
    assert found.column("source_line") == [2, 3]
    assert found.file("deals.csv")["encoding"] == told


def test_one_line_in_another_encoding_spoils_only_itself(tmp_path: Path) -> None:
    raw = "id,result,grund\nA,won,süß\n".encode() + "B,lost,Müller\n".encode("latin-1")
    found = read(tmp_path, {"deals.csv": raw}, deals_with(loss_reason="grund"))
    assert found.column("loss_reason") == ["süß", "Müller"]
    assert found.notices == ["deals.csv is UTF-8 but for line 3, read as Windows-1252."]


def test_cells_over_several_lines_keep_the_line_they_start_on(tmp_path: Path) -> None:
    text = 'id,result,grund\nA,lost,"first\nsecond\nthird"\nB,won,"a ""quoted"" word"\n'
    found = read(tmp_path, {"deals.csv": text}, deals_with(loss_reason="grund"))
    assert found.column("deal_id") == ["A", "B"]
    assert found.column("source_line") == [2, 5]
    assert found.column("loss_reason") == ["first second third", 'a "quoted" word']
    assert found.file("deals.csv") | {"records": 2, "is_read_directly": False} == found.file("deals.csv")


def test_blank_lines_are_no_records_and_do_not_shift_line_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "\nid,result\n\nA,won\n   \n\nB,lost\n\n\n"})
    assert found.column("source_line") == [4, 7]
    assert found.file("deals.csv")["records"] == 2


def test_blank_lines_at_the_end_do_not_make_a_file_irregular(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result\nA,won\nB,lost\n\n\n"})
    assert found.file("deals.csv") | {"records": 2, "is_read_directly": True} == found.file("deals.csv")


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_a_file_is_counted_the_same_in_pieces_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("winloss.load.file_inspection._CHUNK", chunk)
    found = read(tmp_path, {"deals.csv": "id,result\r\nÄ,won\r\nB,süß\r\n\r\n\r\n"})
    assert found.file("deals.csv") | {"records": 2, "is_read_directly": True} == found.file("deals.csv")


def test_control_zeros_are_taken_out(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": b"id,result\nA\x00A,won\n"})
    assert found.column("deal_id") == ["AA"]
    assert found.file("deals.csv")["is_read_directly"] is False


def test_ragged_lines_come_back_with_what_is_wrong(tmp_path: Path) -> None:
    text = "id,result,x,y,z\nA,won,1,2,3\nB,lost,1\nC,won,1,2,3,4,5\nD,open,1,2,3,,\nE,won\n"
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("source_line") == [2, 3, 4, 5, 6]
    assert found.column("line_problem") == [
        None,
        "has 3 cells, the header has 5",
        "has 7 cells, the header has 5",
        None,
        "has 2 cells, the header has 5",
    ]


def test_an_unclosed_quote_costs_one_line_not_the_rest_of_the_file(tmp_path: Path) -> None:
    good = "".join(f"D{n},won,fine\n" for n in range(3_000))
    found = read(tmp_path, {"deals.csv": f'id,result,note\nA,won,fine\nB,lost,"never closed\n{good}'})
    assert found.file("deals.csv")["records"] == 3_002
    assert len(found.rows("deals")) == 3_002
    assert [(row["source_line"], row["line_problem"]) for row in found.rows("deals") if row["line_problem"]] == [
        (3, UNCLOSED_QUOTE)
    ]
    assert found.column("deal_id")[2] == "D0"


def test_an_unclosed_quote_does_not_swallow_up_to_the_next_quoted_cell(tmp_path: Path) -> None:
    text = 'id,result,note\nA,won,"open\nB,lost,x\nC,won,"closed, well"\nD,won,y\n'
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("deal_id") == [None, "B", "C", "D"]
    assert found.column("line_problem") == [UNCLOSED_QUOTE, None, None, None]


def test_an_unclosed_quote_does_not_swallow_lines_even_if_the_cells_would_count_up(tmp_path: Path) -> None:
    text = 'id,result,note\nA,won,"open\nB,lost,x\nC,won,"closed"\n'
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("deal_id") == [None, "B", "C"]
    assert found.column("line_problem") == [UNCLOSED_QUOTE, None, None]


def test_a_quote_that_closes_in_a_later_line_of_its_own_does_not_swallow_whole_records(tmp_path: Path) -> None:
    text = 'id,result,note\nA,"open,won\nB,lost,x\nC,won,5",7,8\nD,won,y\n'
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("source_line") == [2, 3, 4, 5]
    assert found.column("line_problem") == [UNCLOSED_QUOTE, None, "has 5 cells, the header has 3", None]


@pytest.mark.parametrize(
    ("ids", "width_of_the_rest"),
    [
        (("A", "B", "C"), 2),
        (("8", "9", "10"), 2),
        (("006A0000006Vm9rIAC", "006A0000006Vm9RIAS", "006A000000aVm9RIAS"), 3),
    ],
)
def test_a_quote_that_meets_a_stray_one_at_a_later_line_end_does_not_swallow_whole_records(
    tmp_path: Path, ids: tuple[str, str, str], width_of_the_rest: int
) -> None:
    more = ",x" * (width_of_the_rest - 2)
    first, second, third = ids
    text = f'id,result{more},note\n{first},won{more},"open\n{second},lost{more},x\n{third},won{more},5"\n'
    found = read(tmp_path, {"deals.csv": text})
    assert found.column("deal_id") == [None, second, third]
    assert found.column("line_problem") == [UNCLOSED_QUOTE, None, None]


@pytest.mark.parametrize(
    "cell", ["Dear Ann, Bob, all\nyours, Eve, Ltd", "1, 2, 3\n4, 5, 6 and more words, x", "a,b\nc,d"]
)
def test_a_cell_over_several_lines_may_hold_commas(tmp_path: Path, cell: str) -> None:
    found = read(
        tmp_path, {"deals.csv": f'id,result,note\nD100,won,"{cell}"\nD101,lost,y\n'}, deals_with(loss_reason="note")
    )
    assert found.column("loss_reason") == [cell.replace("\n", " "), "y"]


def test_a_return_inside_a_cell_is_a_line_end_like_any_other(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": b'id,result,why\nA,won,"x\ry"\nB,lost,z\n'}, deals_with(loss_reason="why"))
    assert found.column("loss_reason") == ["x y", "z"]
    assert found.column("source_line") == [2, 4]


def test_headers_that_differ_in_case_only_do_no_harm_unless_wanted(tmp_path: Path) -> None:
    assert read(tmp_path, {"deals.csv": "id,result,note,Note\nA,won,1,2\n"}).column("deal_id") == ["A"]


def test_a_quote_inside_an_unquoted_cell_is_an_inch(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": 'id,result,note\nA,won,5" pipe\nB,lost,x\n'}, deals_with(loss_reason="note"))
    assert found.column("loss_reason") == ['5" pipe', "x"]
    assert found.column("line_problem") == [None, None]


def test_a_cell_of_the_greatest_length_in_lines_is_still_one_cell(tmp_path: Path) -> None:
    cell = "\n".join(["x"] * LONGEST_CELL_IN_LINES)
    found = read(tmp_path, {"deals.csv": f'id,result,note\nA,won,"{cell}"\nB,lost,y\n'})
    assert found.column("source_line") == [2, 2 + LONGEST_CELL_IN_LINES]
    assert found.column("line_problem") == [None, None]


def test_a_huge_cell_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"deals.csv": f"id,result,note\nA,won,{'x' * 3_000_000}\nB,lost,y\n"}, deals_with(loss_reason="note")
    )
    assert [len(reason) for reason in found.column("loss_reason")] == [3_000_000, 1]


def test_a_note_to_excel_before_the_header_is_no_header(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "sep=;\nid;result\nA;won\n"})
    assert found.column("source_line") == [3]


def test_formula_like_cells_are_text(tmp_path: Path) -> None:
    cells = ["=1+1", "+SUM(A1)", "@cmd", "-2+3", "'; drop table deals; --", "{{ 7 * 7 }}"]
    text = "id,result\n" + "".join(f'"{cell}",won\n' for cell in cells)
    assert read(tmp_path, {"deals.csv": text}).column("deal_id") == cells


def test_headers_are_matched_whatever_their_case_spaces_and_star(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "\ufeff ID ,  Deal   Result *\nA,won\n"}, deals_with(outcome="deal result"))
    assert found.column("outcome") == ["won"]


def test_a_header_over_two_lines_is_one_header(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": 'id,"deal\nresult"\nA,won\n'}, deals_with(outcome="deal result"))
    assert found.column("source_line") == [3]
    assert found.column("outcome") == ["won"]


def test_odd_headers_are_quoted(tmp_path: Path) -> None:
    headers = ['a"b', "it's", "", "", "select", "{x}", "source_line", "ID "]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["deal", "result", *headers], ["A", "won", *"12345678"]])
    found = read(
        tmp_path, {"deals.csv": buffer.getvalue()}, deals_with(deal_id="deal", loss_reason="it's", owner='a"b')
    )
    assert (found.column("loss_reason"), found.column("owner")) == (["2"], ["1"])


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    folder = put(tmp_path / "exports", {})
    duckdb.execute(
        "copy (select * from (values ('A', 'won', date '2026-03-04', 1200.5), ('B', 'lost', null, null)) "
        f"as deals (id, result, closed, amount)) to {literal(folder / 'deals.parquet')} (format parquet)"
    )
    mapping = deals_with(closed_on="closed", amount="amount").replace("deals.csv", "deals.parquet")
    found = read(tmp_path, {}, mapping)
    assert found.column("closed_on") == ["2026-03-04", None]
    assert found.column("amount") == ["1200.5", None]
    assert found.column("source_line") == [1, 2]
    assert found.file("deals.parquet")["records"] == 2


# --- values ----------------------------------------------------------------------------------------------------------


def values(
    tmp_path: Path, column: str, cells: list[str], settings_text: str = "", delimiter: str = ","
) -> list[str | None]:
    """What the cells of one column become, in a file that holds nothing else but ids."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["id", "result", "cell"])
    writer.writerows([[f"D{number}", "won", cell] for number, cell in enumerate(cells)])
    return read(tmp_path, {"deals.csv": buffer.getvalue()}, deals_with(**{column: "cell"}) + settings_text).column(
        column
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2026-03-04", "2026-03-04T23:59:00", "2026-03-04 10:00", "2026-3-4"], ["2026-03-04"] * 4),
        # which day it is hangs on the zone of the company, which models know
        (["2026-03-04T23:59:00.000+0000", "2026-03-04T00:00:00Z"], ["2026-03-04T23:59:00.000+0000", "2026-03-04"]),
        (
            ["3/4/2026", "12/31/25", "3/4/2026 10:15", "03/04/26 8:55 PM"],
            ["2026-03-04", "2025-12-31", "2026-03-04", "2026-03-04"],
        ),
        (["3/4/2026", "31/12/2025"], ["2026-04-03", "2025-12-31"]),
        (["4.3.2026", "31.12.25", "4. 3. 2026 10:15"], ["2026-03-04", "2025-12-31", "2026-03-04"]),
        (["4.3.2026"], ["2026-03-04"]),
        (["3-Mar-2026", "03 Mar 26", "March 3, 2026", "3-MAR-2026"], ["2026-03-03"] * 4),
        (["2026/03/04", "20260304"], ["2026-03-04"] * 2),
        (["46085", "46085.5", "46022"], ["2026-03-04", "2026-03-04", "2025-12-31"]),
        (["46085", "46022", "46085 nope"], ["2026-03-04", "2025-12-31", "46085 nope"]),
        (["1772611200000", "1772582400000"], ["2026-03-04 08:00:00+00:00", "2026-03-04"]),
        (["3/3/2026"], ["2026-03-03"]),
        (["45/13/2026", "25/3/2026"], ["45/13/2026", "2026-03-25"]),
        (["soon", "13/32/2026", "3/13/2026"], ["soon", "13/32/2026", "2026-03-13"]),
        (["N/A", "-", "#N/A", "null", "None", "NaN", "na", "", "2026-03-04"], [None] * 8 + ["2026-03-04"]),
    ],
)
def test_dates_become_iso_and_what_is_no_date_stays(
    tmp_path: Path, cells: list[str], expected: list[str | None]
) -> None:
    assert values(tmp_path, "closed_on", cells) == expected


# A day in each form that is read, and what no time of day is.
DAYS = (
    "2026-03-14", "2026/3/14", "14/03/2026", "3/14/26", "14.03.2026", "14-Mar-26", "March 14, 2026", "14. März 2026", "Sat 03/14/2026",
    "2026年3月14日", "20260314", "1773446400000",
)  # fmt: skip
NO_TIMES = (
    "Tnope", " nope", "T25:61", " 25:61", " 10:61", " 10:30 NOPE", "T10:30:00+99:00", " - 2026-03-20", " (guess)", " or so", "?", "T", "0",
    " 10:30 10:30",
)  # fmt: skip


@pytest.mark.parametrize("day", DAYS)
def test_a_day_with_anything_but_a_time_behind_it_is_none(tmp_path: Path, day: str) -> None:
    cells = [day, *(day + behind for behind in NO_TIMES)]
    read_as = values(tmp_path, "closed_on", cells)
    assert read_as[0] == "2026-03-14"
    assert {cell for cell in read_as if re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell or "")} == {"2026-03-14"}
    assert read_as.count("2026-03-14") == cells.count(day)
    days = ", ".join(landed_day_sql(literal(cell or "")) for cell in read_as)
    assert [str(found or "") for found in ENGINE.execute(f"select {days}").fetchone() or ()].count("") == len(
        cells
    ) - cells.count(day)


TIMES = (
    "{}T10:30", "{} 10:30:15.123", "{} 8:55 PM", "{} 08:55 p.m.", "{}, 20:55 Uhr", "{} 10:30 CET", "{} 10:30 (UTC)", "{} 10:30 UTC+2",
    "{} 10:30:00 Europe/Berlin", "{}T24:00:00", "{} à 10:30", "{} 10:30:00 GMT+0100 (Central European Standard Time)",
)  # fmt: skip


@pytest.mark.parametrize("day", [day for day in DAYS if not day.isdigit() and "年" not in day])
def test_a_day_with_its_time_and_zone_is_a_day(tmp_path: Path, day: str) -> None:
    cells = [time.format(day) for time in TIMES]
    assert dict(zip(cells, values(tmp_path, "closed_on", cells), strict=True)) == dict.fromkeys(cells, "2026-03-14")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-14Z", "2026-03-14+01:00", "2026-03-14 10.30.00", "2026-03-14T103000Z", "2026-03-14 10 AM", "2026年3月14日(土) 10:30",
        "2026年3月14日 10時30分", "2026년 3월 14일 토요일 오전 10:30", "14 mars 2026 kl. 10:30", "2026-03-14T10:30:00+01:00[Europe/Berlin]",
        "Sat Mar 14 2026 10:30:00 GMT+0100 (Central European Standard Time)", "14. März 2026 um 10:30 Uhr", "2026. március 14.",
    ],
)  # fmt: skip
def test_times_and_words_that_only_some_write_behind_a_day_leave_it_one(tmp_path: Path, cell: str) -> None:
    assert values(tmp_path, "closed_on", [cell]) == ["2026-03-14"]


def test_a_moment_with_anything_but_a_time_behind_its_day_is_none(tmp_path: Path) -> None:
    cells = ["2026-03-14 10:30", *(f"2026-03-14{behind}" for behind in NO_TIMES)]
    assert values(tmp_path, "modified_at", cells) == ["2026-03-14 10:30:00", *cells[1:]]


def test_a_few_bare_numbers_among_dates_are_no_spreadsheet_dates(tmp_path: Path) -> None:
    assert values(tmp_path, "closed_on", ["2026-03-04", "2026-03-05", "46022"]) == ["2026-03-04", "2026-03-05", "46022"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (
            ["2026-03-04 10:11:12", "2026-03-04", "2026-03-04 10:11"],
            ["2026-03-04 10:11:12", "2026-03-04 00:00:00", "2026-03-04 10:11:00"],
        ),
        (
            ["2026-03-04T10:11:12.000+0200", "2026-03-04T10:11:12Z"],
            ["2026-03-04 08:11:12+00:00", "2026-03-04 10:11:12+00:00"],
        ),
        (
            ["3/14/26 8:55 PM", "3/14/26 12:05 am", "3/14/2026 20:55"],
            ["2026-03-14 20:55:00", "2026-03-14 00:05:00", "2026-03-14 20:55:00"],
        ),
    ],
)
def test_timestamps_become_iso_in_utc(tmp_path: Path, cells: list[str], expected: list[str]) -> None:
    assert values(tmp_path, "modified_at", cells) == expected


def test_zones_are_read_the_same_wherever_the_engine_believes_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result,m\nA,won,2026-03-04T23:30:00+0200\n"}, deals_with(modified_at="m"))
    try:
        ENGINE.execute("set TimeZone = 'America/New_York'")
        assert found.column("modified_at") == ["2026-03-04 21:30:00+00:00"]
    finally:
        ENGINE.execute("set TimeZone = 'UTC'")


def test_points_between_the_parts_mean_the_day_comes_first(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result,shut\nA,won,4.3.2026\n"}, deals_with(closed_on="shut"))
    assert found.file("deals.csv")["date_order"] == "dmy"


def test_the_date_order_is_decided_over_all_date_columns_of_the_file(tmp_path: Path) -> None:
    text = "id,result,made,shut\nA,won,3/4/2026,5/6/2026\nB,won,25/4/2026,7/6/2026\n"
    found = read(tmp_path, {"deals.csv": text}, deals_with(created_on="made", closed_on="shut"))
    assert found.column("closed_on") == ["2026-06-05", "2026-06-07"]
    assert found.file("deals.csv")["date_order"] == "dmy"


def test_one_deciding_row_at_the_very_end_is_seen(tmp_path: Path) -> None:
    cells = ["3/4/2026"] * 5_000 + ["3/25/2026"]
    assert values(tmp_path, "closed_on", cells)[0] == "2026-03-04"


def test_an_undecidable_date_order_names_the_variable_and_the_line(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, {"deals.csv": "id,result,shut\nA,won,2026-01-31\nB,won,3/4/2026\n"}, deals_with(closed_on="shut")
    )
    assert told == (
        "deals.csv: 3/4/2026 in shut (line 3) could be day or month first, and no date in the file decides it. "
        "Set mapping.date_order to dmy or mdy."
    )


def test_a_line_with_a_problem_decides_nothing(tmp_path: Path) -> None:
    files = {"deals.csv": "id,result,shut\nA,won,3/4/2026\nB,won,3/25/2026,x\n"}
    assert "could be day or month first" in refusal(tmp_path, files, deals_with(closed_on="shut"))


def test_contradicting_dates_name_both_lines(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, {"deals.csv": "id,result,shut\nA,won,25/3/2026\nB,won,3/26/2026\n"}, deals_with(closed_on="shut")
    )
    assert "25/3/2026 in shut (line 2) has the day first, 3/26/2026 in shut (line 3) the month" in told
    assert "mapping.date_order" in told


def test_the_variable_settles_the_date_order_and_misfits_stay_as_they_are(tmp_path: Path) -> None:
    found = values(tmp_path, "closed_on", ["3/4/2026", "25/3/2026", "3/26/2026"], "date_order: mdy\n")
    assert found == ["2026-03-04", "25/3/2026", "2026-03-26"]


def test_the_date_order_can_be_set_for_one_file(tmp_path: Path) -> None:
    found = values(tmp_path, "closed_on", ["3/4/2026"], "date_order: {'deal*.csv': dmy}\n")
    assert found == ["2026-04-03"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1200.5", "-3", "0", "1200."], ["1200.5", "-3", "0", "1200"]),
        (
            ["1,200.50", "$1,200", "USD 1,200", "(1,200.50)", "-$5", "7-"],
            ["1200.50", "1200", "1200", "-1200.50", "-5", "-7"],
        ),
        (["1.200,50", "€ 1.200", "1200", "1.234.567"], ["1200.50", "1200", "1200", "1234567"]),
        (["1\u00a0200,50", "2 000,25 €"], ["1200.50", "2000.25"]),
        (["1,200", "3,400"], ["1200", "3400"]),
        (["1'200.50", "1’200"], ["1200.50", "1200"]),
        (["1.5e3", "2E+5"], ["1500", "200000"]),
        (["75%", "7.5 %", "0.2"], ["0.75", "0.075", "0.2"]),
        (["1.2X", "about 5", "12,34", "5"], ["1.2X", "about 5", "12.34", "5"]),
        (["N/A", "-", "", "NaN", "5"], [None, None, None, None, "5"]),
    ],
)
def test_numbers_become_plain_and_what_is_no_number_stays(
    tmp_path: Path, cells: list[str], expected: list[str | None]
) -> None:
    found = values(tmp_path, "amount", cells)
    assert [text if text is None or not is_number(text) else float(text) for text in found] == [
        text if text is None or not is_number(text) else float(text) for text in expected
    ]
    assert not any("," in text or " " in text for text in found if text and is_number(text))


def test_a_thousand_or_a_fraction_is_asked_about(tmp_path: Path) -> None:
    files = {"deals.csv": "id;result;amount\nA;won;50\nB;won;1.200\n"}
    told = refusal(tmp_path, files, deals_with(amount="amount"))
    assert told == (
        "deals.csv: 1.200 in amount (line 3) could be a thousand or a fraction, and no number in the file decides it. "
        "Set mapping.decimal to comma or point."
    )
    assert read(tmp_path, files, deals_with(amount="amount") + "decimal: comma\n").column("amount") == ["50", "1200"]
    assert read(tmp_path, files, deals_with(amount="amount") + "decimal: point\n").column("amount") == ["50", "1.200"]


def test_another_column_of_the_file_decides_the_decimal_mark(tmp_path: Path) -> None:
    files = {"deals.csv": "id;result;amount;revenue\nA;won;1.200;5.000.000,5\n"}
    found = read(tmp_path, files, deals_with(amount="amount", annual_revenue="revenue"))
    assert found.column("amount") == ["1200"]
    assert found.file("deals.csv")["decimal_style"] == "comma"


def test_a_column_with_both_decimal_marks_names_both_lines(tmp_path: Path) -> None:
    told = refusal(
        tmp_path, {"deals.csv": "id;result;amount\nA;won;1.200,50\nB;won;1,200.50\n"}, deals_with(amount="amount")
    )
    assert "1.200,50 (line 2) has a decimal comma, 1,200.50 (line 3) a decimal point. Set mapping.decimal" in told


def test_a_column_can_be_multiplied(tmp_path: Path) -> None:
    mapping = "files: {deals: deals.csv}\ncolumns: {deals: {deal_id: id, outcome: result, annual_revenue: {header: m, multiply_by: 1000000}}}"
    found = read(tmp_path, {"deals.csv": "id,result,m\nA,won,4269.9\nB,won,\nC,won,few\n"}, mapping)
    assert found.column("annual_revenue") == ["4269900000", None, "few"]


def test_booleans_in_all_spellings(tmp_path: Path) -> None:
    cells = ["TRUE", "no", "1", "0", "Y", "f", "perhaps", "-"]
    assert values(tmp_path, "is_deleted", cells) == ["true", "false", "true", "false", "true", "false", "perhaps", None]


def test_missing_words_are_null_in_dimensions_and_kept_in_what_a_person_stated(tmp_path: Path) -> None:
    text = "id,result,kind,why\nA,lost,N/A,N/A\nB,lost, - ,\nC,lost,NA, too dear \nD,lost,None,none\n"
    found = read(tmp_path, {"deals.csv": text}, deals_with(region="kind", loss_reason="why"))
    # None can be a value of its own: the models tell
    assert found.column("region") == [None, None, "NA", "None"]
    assert found.column("loss_reason") == ["N/A", None, "too dear", "none"]


@pytest.mark.parametrize("word", ["N/D", "n.d.", "k.A.", "k. A.", "n.v.t.", "S/D"])
def test_words_for_not_known_of_other_languages_are_null(tmp_path: Path, word: str) -> None:
    found = read(tmp_path, {"deals.csv": f"id,result,kind\nA,won,{word}\nB,won,North\n"}, deals_with(region="kind"))
    assert found.column("region") == [None, "North"]


def test_spaces_of_every_kind_are_trimmed(tmp_path: Path) -> None:
    regular = "id,result,kind\n A ,won,\u00a0North \nB,won,\u200b\u00a0\n"
    for text in (regular, regular + "\n\n \u00a0C\u00a0 ,won,x"):
        found = read(tmp_path, {"deals.csv": text}, deals_with(region="kind"))
        assert (found.column("deal_id")[:2], found.column("region")[:2]) == (["A", "B"], ["North", None])
    assert found.column("deal_id")[2] == "C"


def test_outcome_words_compare_trimmed_in_any_case_and_unknown_ones_pass_unchanged(tmp_path: Path) -> None:
    words = "outcomes: {won: [Closed Won, ja], lost: ['VERLOREN'], open: [in Arbeit], disqualified: [Junk]}\n"
    text = "id,result\nA, closed WON \nB,Ja\nC,verloren\nD,In arbeit\nE,junk\nF,Won\nG,Paused\nH,\nI,N/A\n"
    found = read(tmp_path, {"deals.csv": text}, DEALS + words)
    assert found.column("outcome") == ["won", "won", "lost", "open", "disqualified", "won", "Paused", None, None]


# --- several files ---------------------------------------------------------------------------------------------------

FLAT = """
files: {deals: flat.csv, contacts: flat.csv, deal_contacts: flat.csv}
columns:
  deals: {deal_id: id, outcome: result, industry: sector}
  contacts: {title: job}
  deal_contacts: {deal_id: id}
"""


def test_one_flat_file_serves_deals_contacts_and_who_is_on_which_deal(tmp_path: Path) -> None:
    text = "id,result,sector,job\nA,won,Tech,CFO\nA,won,Tech,CFO\nB,lost,Health,CFO\nC,open,Tech,\n"
    found = read(tmp_path, {"flat.csv": text}, FLAT)
    assert found.column("industry") == ["Tech", "Tech", "Health", "Tech"]
    contacts, links = found.column("contact_id", "contacts"), found.column("contact_id", "deal_contacts")
    assert contacts == links
    assert contacts[3] is None
    assert len(set(contacts[:3])) == 3
    assert found.column("title", "contacts") == ["CFO", "CFO", "CFO", None]


def test_a_made_contact_keeps_its_id_in_next_quarters_file(tmp_path: Path) -> None:
    mapping = FLAT.replace("flat.csv", "'flat*.csv'")
    files = {
        "flat_2025-Q3.csv": "id,result,sector,job\nX,won,Tech,CFO\nA,open,Tech,CFO\n",
        "flat_2025-Q4.csv": "id,result,sector,job\nA,won,Tech,CFO\n",
    }
    rows = read(tmp_path, files, mapping).rows("deal_contacts")
    assert len({row["contact_id"] for row in rows if row["deal_id"] == "A"}) == 1


def test_a_contact_file_with_deals_in_it_serves_both(tmp_path: Path) -> None:
    mapping = """
files: {deals: deals.csv, contacts: people.csv, deal_contacts: people.csv}
columns:
  deals: {deal_id: id, outcome: result}
  contacts: {contact_id: person, buying_role: role}
  deal_contacts: {deal_id: deal, added_on: since}
"""
    people = "person,deal,role,since\nP1,A,Champion,2026-01-02\nP1,B,,2026-01-03\n"
    found = read(tmp_path, {"deals.csv": "id,result\nA,won\nB,lost\n", "people.csv": people}, mapping)
    assert found.column("contact_id", "deal_contacts") == ["P1", "P1"]
    assert found.column("added_on", "deal_contacts") == ["2026-01-02", "2026-01-03"]
    assert found.column("buying_role", "contacts") == ["Champion", None]


def test_lookups_add_columns_without_multiplying_lines(tmp_path: Path) -> None:
    mapping = """
files: {deals: deals.csv}
lookups:
  - {object: deals, file: teams.csv, key: agent}
  - {object: deals, file: goods.csv, key: {name: product}}
columns: {deals: {deal_id: id, outcome: result, region: office, product: product}}
dimensions: {series: series, office: office}
"""
    files = {
        "deals.csv": "id,result,agent,product\nA,won,Ann,GTX\nB,lost, ann ,Other\nC,won,,GTX\n",
        "teams.csv": "agent,office\nAnn,West\nBob,East\nAnn,West\n",
        "goods.csv": "name,series\nGTX,G\n",
    }
    found = read(tmp_path, files, mapping)
    assert found.column("region") == ["West", "West", None]
    assert found.column("series") == ["G", None, "G"]
    assert found.column("office") == ["West", "West", None]
    assert found.column("source_line") == [2, 3, 4]
    assert found.notices == [
        "teams.csv has no line for the agent of 1 of 3 records in deals.csv (first on line 4); what it would add stays unknown there.",
        "goods.csv has no line for the product of 1 of 3 records in deals.csv (first on line 3); what it would add stays unknown there.",
    ]


def test_a_lookup_key_with_two_meanings_is_refused_without_naming_the_key(tmp_path: Path) -> None:
    mapping = DEALS.replace("outcome: result", "outcome: result, region: office")
    mapping += "lookups: [{object: deals, file: teams.csv, key: agent}]\n"
    files = {"deals.csv": "id,result,agent\nA,won,Ann\n", "teams.csv": "agent,office\nAnn,West\nBob,East\nann,East\n"}
    told = refusal(tmp_path, files, mapping)
    assert told.startswith("teams.csv: lines 2 and 4 have the same agent and different values.")
    assert "Ann" not in told


SEVERAL = DEALS.replace("deals.csv", "'deals*.csv'")


def test_files_with_dates_in_their_names_are_put_in_order(tmp_path: Path) -> None:
    files = {"deals_2025-Q4.csv": "id,result\nA,won\n", "deals_2025-09-30.csv": "id,result\nA,open\n"}
    rows = {row["source_file"]: row for row in read(tmp_path, files, SEVERAL).rows("deals")}
    assert (rows["deals_2025-Q4.csv"]["file_dated_on"], rows["deals_2025-Q4.csv"]["file_order"]) == ("2025-12-31", 2)
    assert (rows["deals_2025-09-30.csv"]["file_dated_on"], rows["deals_2025-09-30.csv"]["file_order"]) == (
        "2025-09-30",
        1,
    )


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("deals_2025-12-31.csv", "2025-12-31"),
        ("deals 20251231 v2.csv", "2025-12-31"),
        ("2025-Q4 deals.csv", "2025-12-31"),
        ("deals_Q1_2026.csv", "2026-03-31"),
        ("deals-2024-02.csv", "2024-02-29"),
        ("deals-2025-02-30.csv", None),
        ("deals-12345678.csv", None),
        ("deals.csv", None),
    ],
)
def test_dates_in_file_names(name: str, date: str | None) -> None:
    assert date_in_name(name) == date


def test_versions_of_a_deal_without_an_order_name_the_variable(tmp_path: Path) -> None:
    files = {"deals_new.csv": "id,result\nB,won\nA,won\n", "deals_old.csv": "id,result\nA,open\n"}
    told = refusal(tmp_path, files, SEVERAL)
    assert told.startswith(
        "The same deal stands in deals_new.csv (line 3) and in deals_old.csv (line 2) with different content"
    )
    assert "mapping.file_order" in told
    found = read(tmp_path, files, SEVERAL + "file_order: [deals_old.csv, deals_new.csv]\n")
    assert {row["source_file"]: row["file_order"] for row in found.rows("deals")} == {
        "deals_old.csv": 1,
        "deals_new.csv": 2,
    }


def test_the_same_deal_with_the_same_content_needs_no_order(tmp_path: Path) -> None:
    files = {"deals_a.csv": "id,result,note\nA,won,x\n", "deals_b.csv": "result,id\nwon,A\n"}
    assert read(tmp_path, files, SEVERAL).column("file_order") == [None, None]


def test_a_modified_column_needs_no_order(tmp_path: Path) -> None:
    files = {"deals_a.csv": "id,result,m\nA,won,2026-01-02\n", "deals_b.csv": "id,result,m\nA,open,2026-01-01\n"}
    found = read(tmp_path, files, SEVERAL.replace("outcome: result", "outcome: result, modified_at: m"))
    assert found.column("modified_at") == ["2026-01-02 00:00:00", "2026-01-01 00:00:00"]


def test_two_files_of_the_same_date_still_need_an_order(tmp_path: Path) -> None:
    files = {"deals_2025-Q4.csv": "id,result\nA,won\n", "deals_2025-12-31.csv": "id,result\nA,open\n"}
    assert "mapping.file_order" in refusal(tmp_path, files, SEVERAL)


def test_a_file_order_that_leaves_out_a_file_is_refused(tmp_path: Path) -> None:
    files = {"deals_a.csv": "id,result\nA,won\n", "deals_b.csv": "id,result\nA,open\n"}
    assert 'leaves out the file "deals_b.csv"' in refusal(tmp_path, files, SEVERAL + "file_order: [deals_a.csv]\n")


# --- what is refused, each with one clear sentence -------------------------------------------------------------------


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(
        ReadingError,
        match=r"is not there: put the files into a folder and name it as exports in winloss\.yml, or in WINLOSS_EXPORTS",
    ):
        Reading(tmp_path / "nowhere", DEALS, tmp_path / "private" / "w.duckdb")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "is empty: put the exported files into it" in refusal(tmp_path, {".hidden": "x"})


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", "\ufeff".encode("utf-16-le"), b"sep=;\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, {"deals.csv": content}) == "deals.csv is empty: it has no header line. Export it again."


def test_a_header_without_records_is_an_empty_answer_with_a_notice(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result\n"}, deals_with(closed_on="result", amount="id"))
    assert found.rows("deals") == []
    assert found.notices == ['deals.csv has a header and no records (read for "deals").']


def test_a_file_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"sales_deals.csv": "id,result\n"})
    assert told.endswith(
        'There is no file "deals.csv" in '
        + str(tmp_path / "exports")
        + ' (mapping.files.deals). Did you mean "sales_deals.csv"?'
    )
    told = refusal(tmp_path, {}, SEVERAL.replace("deals*", "nothing*"))
    assert "No file in" in told and 'There is: "sales_deals.csv".' in told


def test_a_header_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    told = refusal(
        tmp_path,
        {"deals.csv": "deal_number,Deal Stage,amount\n1,won,2\n"},
        deals_with(deal_id="deal_number", outcome="deal_stge"),
    )
    assert told == 'deals.csv has no column "deal_stge" (for deals.outcome). Did you mean "Deal Stage"?'


def test_all_headers_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"deals.csv": "id,b,c\n1,2,3\n"}, deals_with(amount="money"))
    assert told.split("\n") == [
        'deals.csv has no column "result" (for deals.outcome). There is: "id", "b", "c".',
        'deals.csv has no column "money" (for deals.amount). There is: "id", "b", "c".',
    ]
    # of a line that is no header nothing is named
    told = refusal(tmp_path, {"deals.csv": "a,b,c\n1,2,3\n"})
    assert told == (
        'deals.csv has none of the expected headers ("id", "result") in its first line. '
        "Export it with its header line, or name the headers it has."
    )


def test_a_wrong_delimiter_is_said(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"deals.csv": "id^result\nA^won\n"})
    assert "its first line holds one column only. Separate columns by comma, semicolon, tab" in told


def test_a_header_that_is_there_twice_is_refused_only_if_it_is_wanted(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result,note,Note\nA,won,1,2\n"})
    assert found.column("deal_id") == ["A"]
    assert found.notices == [
        'deals.csv has the header "note" 2 times, as columns 3 and 4, and none of them is read: rename all but one, or leave them out of the '
        "export."
    ]
    told = refusal(tmp_path, {"deals.csv": "id,result,Result\nA,won,lost\n"})
    assert (
        told == 'deals.csv has the column "result" (for deals.outcome) 2 times, as columns 2 and 3: rename all but one.'
    )


@pytest.mark.parametrize(
    ("start", "advice"),
    [
        (b"PK\x03\x04rest", "begins like a zip archive and cannot be read as one here: unpack it"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b"\xd0\xcf\x11\xe0", "old Excel"),
        (b"PAR1x", "Parquet"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, start: bytes, advice: str) -> None:
    assert advice in refusal(tmp_path, {"deals.csv": start})


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ("", "no mapping is stated"),
        ("[deals]", "mapping must be keys with values"),
        (DEALS + "outcome: {won: [x]}", 'mapping has the unknown key "outcome". Did you mean "outcomes"?'),
        ("files: {deal: d.csv}", 'mapping.files has the unknown key "deal". Did you mean "deals"?'),
        ("files: {accounts: a.csv}", "mapping.files names no file for deals"),
        ("files: {deals: ../secret.csv}", "must stand inside the folder of exports"),
        *[
            (DEALS + f"lookups: [{{object: deals, file: '{file}', key: id}}]", f'"{file}" must stand inside the folder')
            for file in (
                "../secret.csv",
                "/etc/passwd",
                "..\\secret.csv",
                "sub/../../secret.csv",
                "C:\\secret.csv",
                "../*.csv",
            )
        ],
        (DEALS.replace("outcome", "outcom"), 'has the unknown column "outcom". Did you mean "outcome"?'),
        (DEALS.replace("outcome", "outcom"), "mapping.columns.deals lacks outcome, which is required"),
        (DEALS.replace("deal_id: id, ", ""), "mapping.columns.deals lacks deal_id, which is required"),
        (
            DEALS.replace("outcome: result", "outcome: [a, b]"),
            "mapping.columns.deals.outcome names 2 headers for one column: keep one",
        ),
        (
            DEALS.replace("outcome: result", "outcome: yes"),
            "mapping.columns.deals.outcome is a yes-or-no value to YAML",
        ),
        (
            DEALS.replace("outcome: result", "outcome: 5"),
            "mapping.columns.deals.outcome is not text to YAML (5): write it in quotes",
        ),
        (
            DEALS.replace("outcome: result", "outcome: result, on: x"),
            "A key of mapping.columns.deals is a yes-or-no value to YAML",
        ),
        (
            DEALS.replace("outcome: result", "outcome: {header: result, multiply_by: 2}"),
            "only numbers can be multiplied",
        ),
        (
            DEALS.replace("outcome: result", "outcome: result, amount: {header: a, multiply_by: much}"),
            "must be a number from",
        ),
        (DEALS + "outcomes: {won: [yes]}", "mapping.outcomes.won is a yes-or-no value to YAML"),
        (DEALS + "outcomes: {won: [1]}", "mapping.outcomes.won is not text to YAML (1): write it in quotes"),
        (DEALS + "outcomes: {one: [x]}", 'mapping.outcomes has the unknown outcome "one".'),
        (DEALS + "outcomes: {won: [x], lost: [X]}", '"X" stands under won and under lost'),
        (DEALS + "date_order: mmddyy", 'mapping.date_order is "mmddyy": it must be one of "ymd", "mdy", "dmy"'),
        (DEALS + "decimal: dot", 'mapping.decimal is "dot": it must be one of "point", "comma"'),
        (DEALS + "dimensions: {Region 2: x}", "a dimension's name is made of small letters"),
        (DEALS + "dimensions: {industry: x}", "industry already means something"),
        (DEALS + "dimensions: {cycle_days: x}", "cycle_days already means something"),
        (DEALS + "dimensions: {group: x}", "group already means something"),
        (DEALS + "dimensions: {close_stated: x}", "close_stated already means something"),
        (
            DEALS + "dimensions: {boss: {header: x, is_person: 1}}",
            "mapping.dimensions.boss.is_person must be true or false",
        ),
        (DEALS + "lookups: {file: x}", "mapping.lookups must be a list"),
        (DEALS + "lookups: [{object: deal, file: x, key: y}]", "mapping.files names no file for deal"),
        (DEALS + "lookups: [{object: deals, fil: x, key: y}]", 'has the unknown key "fil". Did you mean "file"?'),
        (
            "files: {deals: d.csv, accounts: a.csv}\ncolumns: {deals: {deal_id: i, outcome: o}}",
            "mapping.columns.accounts is empty",
        ),
        (
            DEALS.replace("columns: {", "columns: {accounts: {account_id: a}, "),
            "mapping.files names no file for accounts",
        ),
        (
            "files: {deals: d.csv, contacts: c.csv}\ncolumns: {deals: {deal_id: i, outcome: o}, contacts: {account_id: a}}",
            "needs contact_id or at least one of",
        ),
    ],
)
def test_mappings_that_cannot_be_meant(tmp_path: Path, mapping: str, told: str) -> None:
    sentences = refusal(tmp_path, {"deals.csv": "id,result\nA,won\n"}, mapping)
    assert told in sentences


def test_who_is_on_a_deal_needs_a_contact(tmp_path: Path) -> None:
    mapping = "files: {deals: deals.csv, deal_contacts: deals.csv}\ncolumns: {deals: {deal_id: id, outcome: result}, deal_contacts: {deal_id: id}}"
    assert "mapping.columns.deal_contacts lacks contact_id" in refusal(
        tmp_path, {"deals.csv": "id,result\nA,won\n"}, mapping
    )


def test_a_column_that_two_lookups_offer_is_refused(tmp_path: Path) -> None:
    mapping = DEALS.replace("outcome: result", "outcome: result, region: office")
    mapping += "lookups: [{object: deals, file: a.csv, key: id}, {object: deals, file: b.csv, key: id}]"
    files = {"deals.csv": "id,result\nA,won\n", "a.csv": "id,office\n", "b.csv": "id,office\n"}
    assert 'The column "office" (for deals.region) stands in both a.csv and b.csv' in refusal(tmp_path, files, mapping)


# --- the SQL side ----------------------------------------------------------------------------------------------------


def test_an_unknown_crm_is_said_as_one_sentence_never_an_exception(tmp_path: Path) -> None:
    answer = json.loads(plan_load(json.dumps({"crm": "custum", "folder": str(tmp_path), "database": ":memory:"})))
    assert answer["error"] == 'There is no reader for crm "custum". Did you mean "custom"?'


@pytest.mark.parametrize("request_text", ["", "not: [closed", "5", '{"crm": "custom"}'])
def test_whatever_is_asked_the_function_answers_in_json(request_text: str) -> None:
    assert json.loads(plan_load(request_text))["error"].startswith("The exports cannot be read")


def test_yaml_words_and_dates_reach_the_check_as_yaml_read_them(tmp_path: Path) -> None:
    folder = put(tmp_path / "exports", {"deals.csv": "id,result\nA,won\n"})
    mapping = yaml.safe_load(DEALS + "file_order: [2025-12-31]\n")
    request = yaml.safe_dump(
        {"crm": "custom", "folder": str(folder), "database": ":memory:", "variables": {"mapping": mapping}}
    )
    assert "is not text to YAML (2025-12-31)" in json.loads(plan_load(request))["error"]


@pytest.mark.parametrize("name", [*COLUMNS, *REPORTS])
def test_every_object_has_its_columns_whether_or_not_a_file_is_there(tmp_path: Path, name: str) -> None:
    planned = read(tmp_path, {"deals.csv": "id,result\nA,won\n"})
    planned.rows(name)
    described = [row[0] for row in ENGINE.execute(f"describe {planned.statements[name]}").fetchall()]
    of_deals = ["made_from"] if name == "deals" else []
    expected = (
        [column.name for column in COLUMNS[name]] + of_deals + [column for column, _ in PROVENANCE]
        if name in COLUMNS
        else [c for c, _ in REPORTS[name]]
    )
    assert described == expected


def test_where_each_column_comes_from_is_reported(tmp_path: Path) -> None:
    found = read(tmp_path, {"deals.csv": "id,result,Person\nA,won,x\n"}, deals_with(owner="person"))
    rows = {(row["column_name"], row["source_header"], row["status"]) for row in found.rows("columns")}
    assert {("deal_id", "id", "mapped"), ("owner", "Person", "mapped"), ("amount", None, "missing")} <= rows
    found = read(tmp_path, {"deals.csv": "id,result,Person\nA,won,x\n"})
    assert [row["source_header"] for row in found.rows("columns") if row["status"] == "ignored"] == ["Person"]
    found = read(tmp_path, {"deals.csv": "id,,result\nA,,won\n"})
    assert [row for row in found.rows("columns") if row["status"] == "ignored"] == []


def test_private_copies_are_private_and_stand_beside_the_database(tmp_path: Path) -> None:
    database = tmp_path / "private" / "winloss.duckdb"
    read(tmp_path, {"deals.csv": "id,result\nA,won\n\nB,lost\n"})
    (copy,) = database.parent.glob(".winloss.duckdb.copies.*.tmp/*.csv")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_a_refused_plan_leaves_no_copy_behind(tmp_path: Path) -> None:
    refusal(tmp_path, {"deals.csv": "id,wrong\nA,won\n\nB,lost\n"})
    assert list((tmp_path / "private").iterdir()) == []


def test_the_private_database_is_made_for_its_owner_only(tmp_path: Path) -> None:
    database = tmp_path / "warehouse" / "winloss.duckdb"
    make_private_database(database)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["it's", 'a"b', "'; drop table x; --", "\\", "%", "{{ x }}", "ünï", "a\nb"])
def test_quoted_text_comes_back_as_it_was(text: str) -> None:
    result = duckdb.execute(f"select {literal(text)} as {identifier(text)}")
    assert result.description[0][0] == text
    assert result.fetchall() == [(text,)]


# --- any file at all -------------------------------------------------------------------------------------------------

HEADERS = ["id", "result", "amount", "shut", "note"]
FUZZED = (
    deals_with(amount="amount", closed_on="shut", modified_at="shut", loss_reason="note")
    + "date_order: dmy\ndecimal: point\n"
)


@pytest.mark.slow
@settings(max_examples=SIZE, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(odd=ODD_FILES)
def test_no_line_of_any_file_is_lost(tmp_path_factory: pytest.TempPathFactory, odd: Mapping[str, Any]) -> None:
    tmp_path = tmp_path_factory.mktemp("odd")
    raw = odd_file(HEADERS, odd)
    try:
        found = read(tmp_path, {"deals.csv": raw}, FUZZED)
    except ReadingError as error:
        # random letters of no encoding there is
        assert "State its encoding" in str(error) and odd["encoding"] in ("cp1252", "latin-1")
        return
    lines = found.column("source_line")
    assert len(lines) == found.file("deals.csv")["records"]
    assert len(set(lines)) == len(lines)
    # Every physical line with something on it is a record or lies inside the record that starts before it.
    filled = filled_lines(raw, odd["encoding"])
    starts = sorted(lines)
    assert set(starts) <= set(filled)
    assert (starts[:1] or [None]) == (filled[:1] or [None])
    if '"' not in raw.decode(odd["encoding"], errors="replace"):
        assert starts == filled


@pytest.mark.slow
@settings(max_examples=SIZE, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    raw=st.one_of(
        st.binary(max_size=300), st.text(st.sampled_from('ab",;\t\n\r \x00\ufeff|é='), max_size=80).map(str.encode)
    )
)
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = put(
        tmp_path_factory.mktemp("bytes") / "exports", {"deals.csv": b"id,result\nA,won\n" + raw, "other.csv": raw}
    )
    for name, header, outcome in (("deals.csv", "id", "result"), ("other.csv", "a", "b")):
        mapping = deals_with(deal_id=header, outcome=outcome).replace("deals.csv", name)
        try:
            found = Reading(folder, mapping, folder.parent / "private" / "winloss.duckdb")
        except ReadingError as error:
            assert str(error).endswith(".") or str(error).endswith("?")
            assert name == "other.csv" or raw.count(0) > 10 or "State its encoding" in str(error)
        else:
            lines = found.column("source_line")
            assert len(lines) == len(set(lines)) == found.file(name)["records"]


# --- headers CRMs are known to write ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "crm", "object_name"),
    [
        (["Id", "STAGENAME", "Amount", "CloseDate", "IsWon", "AccountId"], "salesforce", "deals"),
        (["Id", "OpportunityId", "ContactId", "Role", "IsPrimary"], "salesforce", "deal_contacts"),
        (["Record ID", "Deal Name", "Deal Stage", "Pipeline", "Amount", "Close Date"], "hubspot", "deals"),
        (["Deal - ID", "Deal - Title *", "Deal - Status", "Deal - Value"], "pipedrive", "deals"),
        (["Topic", "Potential Customer", "Status", "Status Reason", "Est. revenue"], "dynamics365", "deals"),
    ],
)
def test_a_file_is_recognised_by_its_headers(headers: list[str], crm: str, object_name: str) -> None:
    likeliest = recognise(headers)[0]
    assert (likeliest.crm, likeliest.object) == (crm, object_name)


def test_headers_nobody_knows_are_recognised_as_nothing() -> None:
    assert recognise(["foo", "bar", ""]) == []


def test_the_first_of_several_headers_of_a_column_that_holds_a_value_wins(tmp_path: Path) -> None:
    put(tmp_path, {"o.csv": "id,first choice,second choice\n1,,late\n2,price,late\n3,,\n"})
    file = examine(tmp_path / "o.csv", "o.csv", [], ENGINE, tmp_path / "copies")
    columns = {name: Column(name, Kind.STATED) for name in ("deal_id", "loss_reason")}
    cells = [Cell(LINES, file, position) for position in range(3)]
    bound = {
        "deal_id": Binding(columns["deal_id"], (cells[0],)),
        "loss_reason": Binding(columns["loss_reason"], (cells[1], cells[2])),
    }
    statement = file_statement(list(columns.values()), FileReading("deals", file, bound), {}, {})
    found = ENGINE.execute(f"select deal_id, loss_reason from ({statement}) order by 1").fetchall()
    assert found == [("1", "late"), ("2", "price"), ("3", None)]


# --- the guide -------------------------------------------------------------------------------------------------------

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "exports" / "custom.md").read_text(encoding="utf-8")


def test_the_filled_in_example_of_the_guide_reads_such_files(tmp_path: Path) -> None:
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[0])
    files = {
        "sales_pipeline.csv": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value,reason\n"
        "A,Ann,GTX,Acme,Won,2016-10-20,2017-03-01,1054,\nB,Bob,MG,Acme,Prospecting,2016-10-20,,,\n",
        "sales_teams.csv": "sales_agent,team,regional_office\nAnn,Red,West\nBob,Blue,East\n",
        "products.csv": "name,series\nGTX,G\nMG,M\n",
        "accounts.csv": "account,sector,revenue,employees,office_location\nAcme,retail,1100.04,2822,Kenya\n",
    }
    found = read(tmp_path, files, yaml.safe_dump(example["mapping"]))
    assert found.column("outcome") == ["won", "open"]
    assert (found.column("region"), found.column("sales_team"), found.column("series")) == (
        ["West", "East"],
        ["Red", "Blue"],
        ["G", "M"],
    )
    assert found.column("annual_revenue", "accounts") == ["1100040000"]


def test_a_dimension_of_people_is_read_by_its_header(tmp_path: Path) -> None:
    files = {"deals.csv": "Id,Result,Manager\nA,Won,Dee\n"}
    mapping = {
        "files": {"deals": "deals.csv"},
        "columns": {"deals": {"deal_id": "Id", "outcome": "Result"}},
        "dimensions": {"manager": {"header": "Manager", "is_person": True}},
    }
    assert read(tmp_path, files, yaml.safe_dump(mapping)).column("manager") == ["Dee"]


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({"header": "Manager", "is_person": "yes"}, "mapping.dimensions.manager.is_person must be true or false."),
        (
            {"header": "Manager", "is_persn": True},
            'mapping.dimensions.manager has the unknown key "is_persn". Did you mean "is_person"?',
        ),
        ({"is_person": True}, "mapping.dimensions.manager is empty."),
        ({"header": "M", "is_of_account": 1}, "mapping.dimensions.manager.is_of_account must be true or false."),
        (
            {"header": "M", "is_person": True, "is_of_account": True},
            "mapping.dimensions.manager cannot be both is_person and is_of_account: accounts are not scored by people.",
        ),
    ],
)
def test_a_dimension_of_people_that_cannot_be_understood_is_one_sentence(stated: object, sentence: str) -> None:
    mapping = {
        "files": {"deals": "d.csv"},
        "columns": {"deals": {"deal_id": "Id", "outcome": "Result"}},
        "dimensions": {"manager": stated},
    }
    with pytest.raises(ReadingError) as raised:
        check_mapping(mapping)
    assert raised.value.sentences == [sentence]


def test_every_mapping_in_the_guide_passes_the_check() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        check_mapping(yaml.safe_load(example)["mapping"])


@pytest.mark.parametrize("name", list(OBJECTS))
def test_the_guide_lists_every_column_of_an_object(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.*) \|$", GUIDE, re.MULTILINE)
    assert row is not None
    listed = re.findall(r"[a-z_]{2,}", row[1])
    required = re.findall(r"\*\*(\w+)\*\*", row[1])
    missing = sorted({column.name for column in OBJECTS[name]} - set(listed))
    assert not missing, (
        f"docs/exports/custom.md: add {', '.join(missing)} to the row of `{name}` under Objects and their columns"
    )
    assert required == [column.name for column in OBJECTS[name] if column.required]


# --- in dbt ----------------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[1]


class Project:
    """The reader's own models and macros as a dbt project of their own: what a build does, and what a user then reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "private" / "winloss.duckdb"
        (folder / "models" / "staging").mkdir(parents=True)
        waiting, seeds = (
            ["base_deals", "base_deal_competitors"],
            {"settings", "crm_objects", "header_aliases", "stage_map"},
        )
        while waiting:
            name = waiting.pop()
            model = ROOT / "models" / "staging" / f"{name}.sql"
            if not model.exists():
                seeds.add(name)
            elif not (folder / "models" / "staging" / model.name).exists():
                shutil.copy(model, folder / "models" / "staging")
                waiting += re.findall(r"ref\('(\w+)'\)", model.read_text(encoding="utf-8"))
        shutil.copy(ROOT / "models" / "staging" / "sources.yml", folder / "models" / "staging")
        (folder / "seeds").mkdir()
        # the lists that the loader reads where they are
        for module in (ROOT / "winloss" / "load").glob("*.py"):
            seeds |= set(re.findall(r'seed_rows\("(\w+)"\)', module.read_text(encoding="utf-8")))
        for seed in sorted(seeds):
            for ending in ("csv", "yml"):
                shutil.copy(ROOT / "seeds" / f"{seed}.{ending}", folder / "seeds")
        shutil.copytree(ROOT / "winloss", folder / "winloss", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "macros", folder / "macros")
        (folder / "models" / "extra_names.sql").write_text("select '{{ extra_dimensions() | join(',') }}' as names")
        whole = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
        project = {
            "name": "winloss",
            "profile": "winloss",
            "flags": whole["flags"],
            "on-run-start": ["{{ land_privacy_key() }}", "{{ load_exports() }}"],
            "models": {"winloss": {"staging": whole["models"]["winloss"]["staging"]}},
            "seeds": {"winloss": {"+schema": "reference"}},
        }
        (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
        profile = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
        (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")

    def dbt(self, *arguments: str, mapping: str, exports: Path) -> subprocess.CompletedProcess[str]:
        variables = yaml.safe_dump({"crm": "custom", "mapping": yaml.safe_load(mapping)}, sort_keys=False)
        own = {
            "WINLOSS_EXPORTS": str(exports),
            "WINLOSS_DB": str(self.database),
            "WINLOSS_SETTINGS": os.devnull,
        }
        return as_a_program(self.folder, own, "--no-use-colors", *arguments, "--vars", variables)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as engine:
            return engine.execute(query).fetchall()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


# The same in every run, so that dbt parses the project once.
ODD_WORDS = """
files: {deals: deals.csv, accounts: accounts.csv}
columns: {deals: {deal_id: id, outcome: result}, accounts: {account_id: id}}
outcomes: {won: ["Ann's {{ yes }}", 'ü\\"']}
dimensions: {team: team, line: line, floor: team, desk: line, wing: team, hall: line, gate: team}
"""


def test_dbt_builds_the_base_tables_says_what_it_noticed_and_leaves_no_copy(project: Project) -> None:
    deals = "id,result,team,line\nA,Ann's {{ yes }},x,y\n\nB,lost,x,\nC,won\n"
    exports = put(project.folder / "good", {"deals.csv": deals, "accounts.csv": "id\n"})
    told = project.dbt("build", mapping=ODD_WORDS, exports=exports)
    assert told.returncode == 0, told.stdout
    assert 'Note: accounts.csv has a header and no records (read for "accounts").' in told.stdout
    assert project.rows("select deal_id, outcome, team, line, gate, source_line from landing.deals order by 6") == [
        ("A", "won", "x", "y", "x", 2),
        ("B", "lost", "x", None, "x", 4),
        # a line that is no record: its cells may stand under any header
        (None, None, None, None, None, 5),
    ]
    assert project.rows("select object, records from landing.files order by 1") == [
        ("accounts", 0),
        ("deals", 3),
    ]
    assert project.rows("select names from main.extra_names") == [("team,line,floor,desk,wing,hall,gate",)]
    assert list(project.database.parent.glob(".*.copies.*")) == []
    assert stat.S_IMODE(project.database.stat().st_mode) == 0o600


def test_only_columns_that_are_read_are_stored_and_the_lines_of_older_files_go(project: Project) -> None:
    files = {
        "deals.csv": "id,result,phone,team,line\n A ,won,+44 20 7946 0000,x,y\n",
        "accounts.csv": "id,phone\n1,+44 20 7946 0000\n",
    }
    told = project.dbt("build", mapping=ODD_WORDS, exports=put(project.folder / "first", files))
    assert told.returncode == 0, told.stdout
    assert project.rows("select deal_id, source_line from landing.deals") == [("A", 2)]
    assert b"7946" not in project.database.read_bytes()
    assert project.rows("select table_name from duckdb_tables() where table_name like 'lines%'") == []
    files["deals.csv"] += "B,lost,,x,y\n"
    told = project.dbt("build", mapping=ODD_WORDS, exports=put(project.folder / "second", files))
    assert told.returncode == 0, told.stdout
    assert project.rows("select deal_id, source_line from landing.deals order by 2") == [("A", 2), ("B", 3)]


def test_what_did_not_change_is_not_loaded_again(project: Project) -> None:
    exports = put(project.folder / "same", {"deals.csv": "id,result,team,line\nA,won,x,y\n", "accounts.csv": "id\n"})
    loaded_at = "select loaded_at from landing.loads"
    assert project.dbt("build", mapping=ODD_WORDS, exports=exports).returncode == 0
    first = project.rows(loaded_at)
    again = project.dbt("build", mapping=ODD_WORDS, exports=exports)
    assert again.returncode == 0 and "are loaded already (custom)" in again.stdout
    assert project.rows(loaded_at) == first
    put(exports, {"deals.csv": "id,result,team,line\nA,lost,x,y\n"})
    part = project.dbt("build", "--select", "base_deals", mapping=ODD_WORDS, exports=exports)
    assert part.returncode == 2 and "run dbt build without a selection" in part.stdout
    assert project.rows("select outcome from landing.deals") == [("won",)]
    assert project.dbt("build", mapping=ODD_WORDS, exports=exports).returncode == 0
    assert project.rows("select outcome from landing.deals") == [("lost",)]


def test_lines_keep_their_order_and_numbers_when_several_cores_read_them(tmp_path: Path) -> None:
    """A million lines, so that every core has many pieces of the file; a line's number is part of its id."""
    file = tmp_path / "deals.csv"
    with file.open("w") as written:
        written.write("id,result\n")
        written.writelines(f"D{line},{'won' if line % 3 else 'lost'}\n" for line in range(2, 1_000_002))
    plan = make_plan(Request("custom", str(tmp_path), str(tmp_path / "x.duckdb"), {"mapping": yaml.safe_load(DEALS)}))
    with duckdb.connect(str(tmp_path / "landed.duckdb")) as engine:
        engine.execute("set threads = 8")
        deals = land_lines(plan, engine)["deals"]
        assert "read_csv" not in deals
        counted = engine.execute(
            f"select count(*), count(*) filter (where deal_id = 'D' || source_line) from ({deals})"
        ).fetchone()
        assert counted == (1_000_000, 1_000_000)


def test_rows_of_a_parquet_file_keep_their_numbers_without_a_copy(tmp_path: Path) -> None:
    """Of so many row groups that every core has several."""
    duckdb.execute(
        "copy (select 'D' || (range + 1) as id, ' won ' as result from range(200_000)) "
        f"to {literal(tmp_path / 'deals.parquet')} (format parquet, row_group_size 2_048)"
    )
    mapping = yaml.safe_load(DEALS.replace("deals.csv", "deals.parquet"))
    plan = make_plan(Request("custom", str(tmp_path), str(tmp_path / "x.duckdb"), {"mapping": mapping}))
    with duckdb.connect(str(tmp_path / "landed.duckdb")) as engine:
        engine.execute("set threads = 8")
        deals = land_lines(plan, engine)["deals"]
        held = engine.execute("select sum(estimated_size) from duckdb_tables() where temporary").fetchone()
        assert held == (None,)
        engine.execute(f"create table landed as {deals}")
        asked = "count(*), count(*) filter (where deal_id = 'D' || source_line and outcome = 'won')"
        assert engine.execute(f"select {asked} from landed").fetchone() == (200_000, 200_000)


def test_dbt_stops_with_the_sentence_and_nothing_else(project: Project) -> None:
    exports = put(project.folder / "wrong", {"deals.csv": "id,resullt,team,line\nA,won,x,y\n", "accounts.csv": "id\n"})
    told = project.dbt("build", mapping=ODD_WORDS, exports=exports)
    assert told.returncode == 2
    assert 'deals.csv has no column "result" (for deals.outcome). Did you mean "resullt"?' in told.stdout
    assert "Traceback" not in told.stdout + told.stderr
    assert "base_deals" not in told.stdout


def test_a_fault_of_the_loader_is_named_by_its_place_and_quotes_no_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("winloss.load.plan.source_of", lambda _: {}["Ann Miller"])
    exports = put(tmp_path, {"deals.csv": "Id,Name\n1,Ann Miller\n"})
    request = {"crm": "", "folder": str(exports), "database": str(tmp_path / "x.duckdb"), "variables": {}}
    said = json.loads(plan_load(json.dumps(request)))["error"]
    expected = r"The exports cannot be read \(KeyError in plan\.py:\d+\)\. Please report this as a fault\."
    assert re.fullmatch(expected, said), said


def test_dbt_builds_empty_tables_without_looking_for_a_file(project: Project) -> None:
    told = project.dbt("build", "--empty", mapping=ODD_WORDS, exports=project.folder / "nowhere")
    assert told.returncode == 0, told.stdout
    assert project.rows("select count(*) from staging.base_deals") == [(0,)]


def test_a_quote_that_is_never_closed_costs_its_own_line_only_also_near_the_end() -> None:
    lines = iter(["1,a\n", '2,"open\n', "3,c\n", "4,d\n"])
    found = [(record.line, record.cells, record.problem) for record in read_records(lines, ",", 2)]
    assert [(line, cells) for line, cells, _ in found] == [
        (1, ["1", "a"]),
        (2, ["2", "open\n"]),
        (3, ["3", "c"]),
        (4, ["4", "d"]),
    ]
    assert [line for line, _, problem in found if problem] == [2]


@pytest.mark.parametrize("mapping", [DEALS, DEALS.replace("deals.csv", "d*s.csv")])
def test_a_link_that_leads_out_of_the_folder_is_refused_and_not_read(tmp_path: Path, mapping: str) -> None:
    (tmp_path / "secret.csv").write_text("id,result\n1,won\n", encoding="utf-8")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "deals.csv").symlink_to("../secret.csv")
    outside = "deals.csv is a link to a file outside of the folder of exports: put the file itself into the folder."
    assert refusal(tmp_path, {}, mapping) == outside
    (tmp_path / "exports" / "deals.csv").unlink()
    (tmp_path / "exports" / "deals.csv").symlink_to("away.csv")
    gone = "deals.csv is a link to a file that is not there: put the file itself into the folder."
    assert refusal(tmp_path, {}, mapping) == gone


def test_a_folder_below_that_is_a_link_is_not_followed_out(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "deals.csv").write_text("id,result\n1,won\n", encoding="utf-8")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "sub").symlink_to(tmp_path / "private")
    for name in ("sub/deals.csv", "sub/*.csv"):
        said = refusal(tmp_path, {"other.csv": "a,b\n1,2\n"}, DEALS.replace("deals.csv", name))
        assert said.startswith("sub/deals.csv is a link to a file outside of the folder of exports"), said


def test_a_link_inside_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "deals.csv").symlink_to("other.csv")
    plan = read(tmp_path, {"other.csv": "id,result\n1,won\n"}, DEALS + "outcomes: {won: [won]}")
    assert len(plan.rows("deals")) == 1


def test_a_file_whose_name_is_not_utf_8_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    for name in (b"d_\xff\xe9.csv", b"notes_\xff.md"):
        with open(os.path.join(os.fsencode(tmp_path), b"exports", name), "w") as file:
            file.write("id,result\n1,won\n")
    assert refusal(tmp_path, {}) == 'The name of the file "d_??.csv" is not UTF-8: rename it.'
    os.remove(os.path.join(os.fsencode(tmp_path), b"exports", b"d_\xff\xe9.csv"))
    plan = read(tmp_path, {"deals.csv": "id,result\n1,won\n"}, DEALS + "outcomes: {won: [won]}")
    assert any('"notes_?.md"' in notice for notice in plan.notices)
