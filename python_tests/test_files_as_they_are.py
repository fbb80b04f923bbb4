"""Files as people have them: encodings of other countries, workbooks, archives, titles above the header, files put together.

What the loader alone decides; what models make of such files is shown in test_field_files.py.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
import yaml

from python_tests.canary_company import is_number
from python_tests.crm_build import rows_of
from winloss.errors import ReadingError
from winloss.load.check import CANNOT_WORK, FINE, preview
from winloss.load.draft import draft
from winloss.load.draft_text import suggested_mapping
from winloss.load.folder import moment_in_name
from winloss.load.plan import ReadingPlan, Request, clear_copies, make_plan, source_of
from winloss.load.record_reader import HEADER_AGAIN, TITLE

# a file or a process to each test
pytestmark = pytest.mark.long

Files = Mapping[str, str | bytes]
HEADER = "Id,StageName,IsClosed,IsWon,Amount,CloseDate,Industry\n"


def put(tmp_path: Path, files: Files) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def plan_of(tmp_path: Path, files: Files, settings: str = "{}", crm: str = "salesforce") -> ReadingPlan:
    database = str(tmp_path / "private" / "w.duckdb")
    return make_plan(Request(crm, str(put(tmp_path, files)), database, yaml.safe_load(settings)))


def column(plan: ReadingPlan, name: str, object_name: str = "deals") -> list[Any]:
    rows = sorted(rows_of(plan, object_name), key=lambda row: (row["source_file"], row["source_line"]))
    return [row[name] for row in rows]


def refusal(tmp_path: Path, files: Files, settings: str = "{}", crm: str = "salesforce", sentences: int = 1) -> str:
    with pytest.raises(ReadingError) as caught:
        plan_of(tmp_path, files, settings, crm)
    assert len(caught.value.sentences) == sentences
    return str(caught.value)


def deals(*industries: str, line_end: str = "\n") -> str:
    """A deal for each industry, won and lost in turn."""
    rows = [
        f"0065g00000A{number:04},Closed {'Won' if number % 2 else 'Lost'},true,{'true' if number % 2 else 'false'},100,2025-11-02,{industry}\n"
        for number, industry in enumerate(industries, 1)
    ]
    return (HEADER + "".join(rows)).replace("\n", line_end)


# --- encodings -------------------------------------------------------------------------------------------------------

# words as companies write them, in encodings that Windows and the Mac had before UTF-8
OTHER_COUNTRIES = [
    ("cp932", ["製造", "医療", "エネルギー", "小売"]),
    ("cp1251", ["Энергетика", "Розница", "Медицина", "Связь"]),
    ("cp1250", ["Żywność", "Usługi", "Opieka", "Łączność"]),
    ("mac_roman", ["Énergie", "Santé", "Détail", "Matériel"]),
    ("gb18030", ["制造业", "医疗", "能源", "零售"]),
    ("cp949", ["제조", "의료", "에너지", "소매"]),
    ("big5", ["製造", "醫療", "能源", "零售"]),
    ("cp1253", ["Ενέργεια", "Υγεία", "Λιανική", "Μεταφορές"]),
    ("cp1255", ["אנרגיה", "בריאות", "קמעונאות", "תחבורה"]),
]


@pytest.mark.parametrize(("encoding", "words"), OTHER_COUNTRIES)
def test_a_file_of_another_country_is_asked_about_and_read_once_its_encoding_is_stated(
    tmp_path: Path, encoding: str, words: list[str]
) -> None:
    files = {"Opportunity.csv": deals(*words * 3).encode(encoding)}
    told = refusal(tmp_path, files)
    assert told.startswith("Opportunity.csv is neither UTF-8 nor Windows-1252 (line ")
    assert "encoding: {'Opportunity.csv': cp1251}" in told
    assert column(plan_of(tmp_path, files, f"encoding: {encoding}"), "industry") == words * 3
    per_file = f"encoding: {{'Opp*.csv': {encoding}, other.csv: cp1252}}"
    assert column(plan_of(tmp_path, files, per_file), "industry") == words * 3


def test_the_file_of_an_old_mac_has_returns_at_its_line_ends(tmp_path: Path) -> None:
    files = {"Opportunity.csv": deals("Énergie", "Détail", "Santé", line_end="\r").encode("mac_roman")}
    plan = plan_of(tmp_path, files, "encoding: mac_roman")
    assert column(plan, "industry") == ["Énergie", "Détail", "Santé"]
    assert column(plan, "source_line") == [2, 3, 4]


@pytest.mark.parametrize(
    "words",
    [
        ["Énergie", "Santé", "Détail", "L’Œuvre", "Hôtellerie – Café"],
        ["Müller €", "Größe", "Äpfel", "“Süß”", "Übermaß"],
        ["Educación", "España", "¿Qué?", "Ñandú", "N.º 1"],
        ["Saúde", "Ação", "Construção", "Logística"],
        ["Ørsted", "Åland", "Bråten", "Færøyene", "10 m² à 5 £"],
        ["Jäääär", "Õun", "Hääyöaie"],
    ],
)
def test_western_languages_are_read_as_windows_1252_with_a_notice(tmp_path: Path, words: list[str]) -> None:
    plan = plan_of(tmp_path, {"Opportunity.csv": deals(*words * 3).encode("cp1252")})
    assert column(plan, "industry") == words * 3
    assert any(
        notice.startswith("Opportunity.csv is not UTF-8; it was read as Windows-1252.") for notice in plan.notices
    )


def test_two_files_put_together_with_two_encodings_are_asked_about(tmp_path: Path) -> None:
    words = ["Santé"] * 5
    glued = deals(*words).encode() + deals(*words).encode("cp1252")
    told = refusal(tmp_path, {"all.csv": glued})
    assert told.startswith(
        "all.csv is UTF-8 on some lines and not on 5 others (line 8 first): were two files put together?"
    )


def test_a_few_lines_pasted_from_elsewhere_leave_a_file_what_it_is(tmp_path: Path) -> None:
    raw = deals("Santé", "Santé").encode() + b"0065g00000A0009,Closed Lost,true,false,100,2025-11-02,Sant\xe9\n"
    plan = plan_of(tmp_path, {"Opportunity.csv": raw})
    assert column(plan, "industry") == ["Santé"] * 3
    assert "Opportunity.csv is UTF-8 but for line 4, read as Windows-1252." in plan.notices


def test_a_mark_at_the_beginning_says_more_than_the_setting(tmp_path: Path) -> None:
    files = {"a.csv": deals("Santé").encode("utf-8-sig"), "b.csv": deals("医療").replace("A00", "B00").encode("cp932")}
    assert column(plan_of(tmp_path, files, "encoding: cp932"), "industry") == ["Santé", "医療"]


def test_a_wrong_encoding_is_said(tmp_path: Path) -> None:
    told = refusal(tmp_path, {"Opportunity.csv": deals(*["Santé"] * 5).encode("cp1252")}, "encoding: cp932")
    assert told.startswith(
        "Opportunity.csv is not cp932, which the setting encoding states for it: 5 lines are not, line 2"
    )


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ("cp125l", 'encoding: "cp125l" is no encoding that Python knows.'),
        ("base64", 'encoding: "base64" is no encoding of text.'),
        ("{'a.csv': 1252}", "encoding.a.csv: it must be a name in quotes."),
    ],
)
def test_an_encoding_nobody_knows_is_said(tmp_path: Path, stated: str, says: str) -> None:
    assert refusal(tmp_path, {"a.csv": deals("x")}, f"encoding: {stated}").startswith(says)


# --- workbooks -------------------------------------------------------------------------------------------------------


def workbook(*sheets: tuple[str, list[list[object]]], **options: object) -> bytes:
    """A workbook with sheets of cells; days and moments have the form of their kind."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, **options}) as book:
        day, moment = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "d.m.yy hh:mm"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            if name.startswith("hidden"):
                sheet.hide()
            for line, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime.datetime):
                        sheet.write_datetime(line, place, cell, moment)
                    elif isinstance(cell, datetime.date):
                        sheet.write_datetime(line, place, cell, day)
                    elif cell is not None:
                        sheet.write(line, place, cell)
    return target.getvalue()


COLUMNS: list[object] = ["Id", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "LastModifiedDate", "Industry"]
DAY, MOMENT = datetime.date(2025, 11, 2), datetime.datetime(2025, 11, 3, 14, 5, 7)
ROWS: list[list[object]] = [
    COLUMNS,
    ["0065g00000A0001", "Closed Won", True, True, 1200, DAY, MOMENT, "Énergie"],
    ["0065g00000A0002", "Closed Lost", True, False, 1.234, DAY, MOMENT, "two\nlines"],
    [],
    ["0065g00000A0003", "Closed Lost", True, False, 1234.5, DAY, DAY, None],
]


@pytest.mark.parametrize("options", [{}, {"date_1904": True}])
def test_a_workbook_is_read_as_excel_means_it_with_the_numbers_of_its_rows(
    tmp_path: Path, options: dict[str, object]
) -> None:
    plan = plan_of(tmp_path, {"Opportunities.xlsx": workbook(("Deals", ROWS), **options)})
    assert column(plan, "source_line") == [2, 3, 5]
    assert column(plan, "amount") == ["1200", "1.2340", "1234.5"]
    assert column(plan, "closed_on") == ["2025-11-02"] * 3
    assert column(plan, "modified_at") == ["2025-11-03 14:05:07"] * 2 + ["2025-11-02 00:00:00"]
    assert column(plan, "is_won") == ["true", "false", "false"]
    assert column(plan, "industry") == ["Énergie", "two lines", None]
    assert column(plan, "source_file") == ["Opportunities.xlsx"] * 3
    assert [row["records"] for row in rows_of(plan, "files")] == [3]


def test_the_first_shown_sheet_with_known_headers_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    sheets = [("Cover", [["Our deals"], ["as of today"]]), ("hidden", ROWS), ("All deals", ROWS), ("Old", ROWS)]
    plan = plan_of(tmp_path, {"book.xlsx": workbook(*sheets)})
    assert column(plan, "source_line") == [2, 3, 5]
    assert (
        'book.xlsx: the sheet "All deals" is read, and not "Cover", "Old". Save each sheet that is wanted as a file of its own.'
        in plan.notices
    )


def test_sheets_with_the_same_headers_and_other_deals_are_read_as_one(tmp_path: Path) -> None:
    later = [["Deals of Q2"], [*COLUMNS], ["0065g00000A0004", "Closed Won", True, True, 900, DAY, MOMENT, "Retail"]]
    won = [[*COLUMNS], ROWS[1]]
    other = [["Id", "Notes"], ["0065g00000A0001", "called"]]
    sheets = [("Q1 2025", ROWS), ("Q2 2025", later), ("Won", won), ("Notes", other)]
    plan = plan_of(tmp_path, {"book.xlsx": workbook(*sheets)})
    lines = {row["source_line"]: row for row in rows_of(plan, "deals")}
    # the first sheet has five rows: the next begins on the sixth, with its title, its header and one deal
    assert {line: row["line_problem"] for line, row in lines.items()} == {
        2: None, 3: None, 5: None, 6: "title above the header", 7: "the header again", 8: None,
    }  # fmt: skip
    assert [lines[line]["amount"] for line in (2, 3, 5, 8)] == ["1200", "1.2340", "1234.5", "900"]
    assert (
        'book.xlsx: the sheets "Q1 2025", "Q2 2025" have the same headers and are read as one, their rows numbered on: '
        '"Q2 2025" from line 6. Not read: "Won", "Notes".'
    ) in plan.notices


def test_a_workbook_is_recognised_told_and_mapped_like_a_csv_file(tmp_path: Path) -> None:
    folder = put(tmp_path, {"Opportunities.xlsx": workbook(("Deals", ROWS))})
    found = preview(str(folder))
    assert found.exit_code == FINE and "Opportunities.xlsx: 3 rows, read as deals" in found.lines
    mapping = "mapping: {files: {deals: '*.xlsx'}, columns: {deals: {deal_id: Id, outcome: StageName}}}"
    assert column(plan_of(tmp_path, {}, mapping, "custom"), "deal_id")[2] == "0065g00000A0003"


def test_a_row_that_is_wider_than_the_header_is_told_with_its_number(tmp_path: Path) -> None:
    wide = [*ROWS, [*ROWS[1], "more"]]
    plan = plan_of(tmp_path, {"Opportunities.xlsx": workbook(("Deals", wide))})
    assert column(plan, "line_problem") == [None, None, None, "has 9 cells, the header has 8"]
    assert column(plan, "source_line")[3] == 6


def under_a_password() -> bytes:
    """The beginning of what Excel writes under a password: a container of streams, one of them with the workbook."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 96


WHOLE = workbook(("Deals", ROWS))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("deals.xlsx", under_a_password(), "is protected by a password: open it, and save it without one, or as CSV"),
        (
            "deals.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "is an old Excel workbook: save it as .xlsx or CSV",
        ),
        ("deals.xlsx", WHOLE[: len(WHOLE) // 2], "is a damaged Excel workbook"),
        ("deals.xlsx", WHOLE.replace(b"xl/worksheets", b"xl/worksheetz"), "is a damaged Excel workbook"),
        ("deals.xlsx", b"PK\x03\x04", "is a damaged Excel workbook"),
        ("deals.xlsx", workbook(("Deals", [])), "is empty: it has no header line"),
    ],
)
def test_a_workbook_nobody_can_open_ends_in_one_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    assert refusal(tmp_path, {name: content}).startswith(f"{name} {says}")
    assert list((tmp_path / "private").iterdir()) == []


BAD_FILES: dict[str, str | bytes] = {
    "a.csv": b"", "b.xlsx": WHOLE[: len(WHOLE) // 2], "d.csv": b"<html><table><tr><td>Secret</td></tr></table></html>",
    "deals.csv": deals("Berlin", "Retail"),
}  # fmt: skip
SENTENCES = (
    "a.csv is empty: it has no header line. ", "b.xlsx is a damaged Excel workbook", "d.csv is a web page or XML, as some CRMs write it ",
)  # fmt: skip


@pytest.mark.parametrize("look", ["check", "check of a CRM", "draft"])
def test_every_file_that_cannot_be_read_is_named_at_once(tmp_path: Path, look: str) -> None:
    folder = put(tmp_path, BAD_FILES)
    if look == "draft":
        with pytest.raises(ReadingError) as caught:
            draft(str(folder))
        sentences = tuple(caught.value.sentences)
    else:
        sentences = tuple(
            line
            for line in preview(str(folder), "salesforce" if look == "check of a CRM" else None).lines
            if ".csv" in line or ".xlsx" in line
        )
    assert len(sentences) == len(SENTENCES)
    assert all(said.startswith(begins) for said, begins in zip(sentences, SENTENCES, strict=True))
    assert "Secret" not in "".join(sentences)


def test_a_damaged_archive_is_named_beside_the_files_that_cannot_be_read(tmp_path: Path) -> None:
    files = {**BAD_FILES, "c.zip": archive({"deals.csv": deals("x" * 300)})[:200]}
    folder = put(tmp_path, files)
    (folder / "e.csv").symlink_to(tmp_path / "nowhere.csv")
    sentences = preview(str(folder)).lines
    assert [said.split(" ")[0] for said in sentences] == ["a.csv", "b.xlsx", "c.zip", "d.csv", "e.csv"]


# --- archives --------------------------------------------------------------------------------------------------------


def archive(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return target.getvalue()


INSIDE: dict[str, str | bytes] = {
    "export/Opportunity 2025-12-31.csv": deals("Santé", "Retail"),
    "Opportunity 2026-01-31.xlsx": WHOLE,
    "__MACOSX/._Opportunity.csv": b"\0\5\x16\7",
    "export/.DS_Store": b"\0\0\0\1Bud1",
    "export/readme.pdf": b"%PDF-1.7",
}


def test_an_archive_is_read_file_by_file_and_nothing_unpacked_stays(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"export.zip": archive(INSIDE)})
    rows = sorted(rows_of(plan, "deals"), key=lambda row: (row["source_file"], row["source_line"]))
    assert [(row["source_file"], row["source_line"], row["file_dated_on"]) for row in rows] == [
        ("export.zip/Opportunity 2026-01-31.xlsx", 2, "2026-01-31"),
        ("export.zip/Opportunity 2026-01-31.xlsx", 3, "2026-01-31"),
        ("export.zip/Opportunity 2026-01-31.xlsx", 5, "2026-01-31"),
        ("export.zip/export/Opportunity 2025-12-31.csv", 2, "2025-12-31"),
        ("export.zip/export/Opportunity 2025-12-31.csv", 3, "2025-12-31"),
    ]
    assert 'Left aside, as no exports: "export.zip/export/readme.pdf".' in plan.notices
    unpacked = [path for path in (tmp_path / "private").rglob("*") if path.is_file()]
    assert unpacked and {oct(path.stat().st_mode & 0o777) for path in unpacked} == {"0o600"} | (
        {oct(path.stat().st_mode & 0o777) for path in unpacked if path.name.startswith(".")}
    )
    clear_copies(str(tmp_path / "private" / "w.duckdb"))
    assert list((tmp_path / "private").iterdir()) == []


def test_finding_out_the_crm_of_an_archive_leaves_nothing_unpacked(tmp_path: Path) -> None:
    folder = put(tmp_path, {"export.zip": archive(INSIDE)})
    database = str(tmp_path / "private" / "w.duckdb")
    assert source_of(Request("", str(folder), database)).crm == "salesforce"
    assert list((tmp_path / "private").iterdir()) == []


def test_a_mapping_names_a_file_in_an_archive_with_or_without_the_archive(tmp_path: Path) -> None:
    files = {"pack.zip": archive({"in/deals.csv": "id,result\nA,won\n"})}
    for name in ("pack.zip/in/deals.csv", "in/deals.csv", "in/*.csv"):
        mapping = {"files": {"deals": name}, "columns": {"deals": {"deal_id": "id", "outcome": "result"}}}
        plan = plan_of(tmp_path, files, yaml.safe_dump({"mapping": mapping}), "custom")
        assert column(plan, "source_file") == ["pack.zip/in/deals.csv"]


def test_no_file_of_an_archive_is_unpacked_outside_the_copies(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"pack.zip": archive({"../../../evil.csv": deals("Retail")})})
    assert column(plan, "industry") == ["Retail"]
    assert not list(tmp_path.rglob("evil.csv")) and not (tmp_path.parent / "evil.csv").exists()


def protected(packed: bytes) -> bytes:
    """The archive with the sign that its files are under a password."""
    return re.sub(rb"(PK\x01\x02....|PK\x03\x04..)\x00", lambda found: found[1] + b"\x01", packed)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            protected(archive({"deals.csv": deals("x")})),
            "pack.zip/deals.csv is protected by a password: unpack pack.zip",
        ),
        (archive({"deals.csv": deals("x" * 300)})[:200], "pack.zip is a damaged zip archive"),
        (archive({"deals.csv": deals("x")}).replace(b"\x02", b"\x03"), "pack.zip"),
        (archive({"notes.pdf": b"%PDF"}), "The exports folder"),
    ],
)
def test_an_archive_nobody_can_unpack_ends_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    assert refusal(tmp_path, {"pack.zip": content}).startswith(says)
    assert list((tmp_path / "private").iterdir()) == []


# --- what else is in the folder --------------------------------------------------------------------------------------

BESIDE: dict[str, str | bytes] = {
    ".DS_Store": b"\0\0\0\1Bud1",
    "~$Opportunity.xlsx": b"\x03Eve",
    "brief.pdf": b"%PDF-1.7",
    "brief without ending": b"%PDF-1.7",
    "chart.png": b"\x89PNG\r\n\x1a\n",
    "notes.docx": archive({"word/document.xml": "<w/>"}),
    "slides.bin": archive({"ppt/presentation.xml": "<p/>"}),
    "notes.txt": "Exported on Monday.\n",
}


@pytest.mark.parametrize("crm", ["salesforce", "custom", ""])
def test_what_is_no_export_is_left_aside_and_named(tmp_path: Path, crm: str) -> None:
    folder = put(tmp_path, {**BESIDE, "Opportunity.csv": deals("Retail", "Software")})
    mapping = {"files": {"deals": "Opportunity.csv"}, "columns": {"deals": {"deal_id": "Id", "outcome": "StageName"}}}
    variables = {"mapping": mapping} if crm == "custom" else {}
    request = source_of(Request(crm, str(folder), str(tmp_path / "private" / "w.duckdb"), variables))
    plan = make_plan(request)
    assert len(column(plan, "deal_id")) == 2
    assert [notice for notice in plan.notices if notice.startswith("Left aside")] == [
        'Left aside, as no exports: "brief without ending", "brief.pdf", "chart.png", "notes.docx", "notes.txt", "slides.bin".'
    ]


def test_a_folder_without_anything_to_read_says_what_there_is(tmp_path: Path) -> None:
    assert 'is empty of exports: there is "brief.pdf"' in refusal(tmp_path, {"brief.pdf": b"%PDF-1.7"})


# --- titles above the header, and headers in the middle --------------------------------------------------------------

TITLES = 'Closed deals by quarter,,,,,,,\n"As of 2026-01-05 • Generated by A. Sample",,,,,,,\n,,,,,,,\n,Close Date: Last FY,,,,,,\n\n'


def indented(text: str) -> str:
    return "".join(f",{line}\n" for line in text.splitlines())


def test_a_header_below_the_titles_of_a_report_is_found_and_the_titles_are_lines_of_their_own(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"report.csv": TITLES + indented(deals("Retail", "Software"))})
    assert column(plan, "source_line") == [1, 2, 3, 4, 7, 8]
    assert column(plan, "line_problem") == [TITLE] * 4 + [None] * 2
    assert column(plan, "industry") == [None] * 4 + ["Retail", "Software"]
    assert [row["records"] for row in rows_of(plan, "files")] == [6]


def test_titles_above_the_header_of_a_sheet_are_titles_too(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Closed deals"], [], [None, "As of", DAY], *([None, *row] for row in ROWS)]
    plan = plan_of(tmp_path, {"report.xlsx": workbook(("Report", rows))})
    assert column(plan, "source_line") == [1, 3, 5, 6, 8]
    assert column(plan, "line_problem") == [TITLE] * 2 + [None] * 3


def test_titles_with_fewer_cells_than_the_header_do_not_hide_a_semicolon(tmp_path: Path) -> None:
    text = "Sales; a report\n\n" + deals("Retail& wholesale", "Software").replace(",", ";").replace("&", ",")
    plan = plan_of(tmp_path, {"report.csv": text})
    assert column(plan, "industry") == [None, "Retail, wholesale", "Software"]
    assert column(plan, "source_line") == [1, 4, 5]


def test_a_header_below_records_does_not_make_titles_of_them(tmp_path: Path) -> None:
    lines = deals("Retail", "Software").splitlines(keepends=True)
    files = {"sorted.csv": "".join([*lines[1:], lines[0]])}
    assert "none has headers such as" in refusal(tmp_path, files)


def test_a_header_far_below_is_not_looked_for(tmp_path: Path) -> None:
    assert "none has headers such as" in refusal(tmp_path, {"report.csv": "Title\n" * 31 + deals("Retail")})


def test_the_header_again_in_exports_put_together_is_no_deal(tmp_path: Path) -> None:
    one, two = deals("Retail", "Software"), deals("Energy").replace("A00", "B00")
    plan = plan_of(tmp_path, {"all.csv": one.encode("utf-8-sig") + two.encode("utf-8-sig")})
    assert column(plan, "line_problem") == [None, None, HEADER_AGAIN, None]
    assert column(plan, "industry") == ["Retail", "Software", None, "Energy"]
    assert [row["records"] for row in rows_of(plan, "files")] == [4]


def test_reports_put_together_repeat_their_titles_too(tmp_path: Path) -> None:
    one, two = (TITLES + indented(deals(word).replace("A00", f"{word[0]}00")) for word in ("Retail", "Energy"))
    plan = plan_of(tmp_path, {"all.csv": one + two})
    problems = [problem for problem in column(plan, "line_problem") if problem != TITLE]
    # of the second report the line of commas alone holds nothing
    assert [problem for problem in problems if problem] == ["nothing in any column that is read", HEADER_AGAIN]
    assert [word for word in column(plan, "industry") if word] == ["Retail", "Energy"]


def test_the_name_of_a_group_above_the_header_again_is_a_title(tmp_path: Path) -> None:
    # a board that writes its header for each group; a word alone elsewhere is told
    board = deals("Retail") + "\nClosed lost\n" + deals("Energy").replace("A00", "B00") + "stray\n"
    plan = plan_of(tmp_path, {"board.csv": board})
    found = [(row["source_line"], row["line_problem"]) for row in rows_of(plan, "deals")]
    assert [problem for _, problem in found if problem] == [TITLE, HEADER_AGAIN, "has 1 cell, the header has 7"]


def test_check_tells_titles_and_repeated_headers_as_left_out(tmp_path: Path) -> None:
    folder = put(tmp_path, {"report.csv": TITLES + indented(deals("Retail")) + indented(HEADER.strip())})
    found = preview(str(folder), "salesforce")
    assert found.exit_code == FINE
    assert "  title of the report, left out: lines 1 to 4" in found.lines
    assert "  header again, left out: line 8" in found.lines


def test_a_folder_of_exports_in_an_unknown_encoding_cannot_be_checked(tmp_path: Path) -> None:
    folder = put(tmp_path, {"Opportunity.csv": deals(*["製造", "医療"] * 3).encode("cp932")})
    assert preview(str(folder), "salesforce").exit_code == CANNOT_WORK
    assert preview(str(folder), None, {"encoding": "cp932"}).exit_code == FINE


# --- which file is newer ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "month", "moment"),
    [
        ("report1759312800123.csv", 1, "2025-10-01 10:00:00.123"),
        ("export_1767600000.csv", 1, "2026-01-05 08:00:00.000"),
        ("opportunities 2025-01-01 to 2025-12-31.csv", 1, "2025-12-31"),
        ("2025-09-30--2025-07-01 deals.csv", 1, "2025-09-30"),
        ("deals_FY2026-Q3.csv", 2, "2025-10-31"),
        ("deals FY26 Q4.csv", 2, "2026-01-31"),
        ("Q1 FY2026.csv", 7, "2025-09-30"),
        ("deals2025-Q4.csv", 1, "2025-12-31"),
        ("All Opportunities 1-5-2026 10-11-12 PM.xlsx", 1, "2026-01-05 22:11:12"),
        ("All Opportunities 25-3-2026.csv", 1, "2026-03-25"),
        ("All Opportunities 3-25-2026.csv", 1, "2026-03-25"),
        # the fifth of January or the first of May
        ("All Opportunities 1-5-2026.csv", 1, None),
        ("deals 31.12.2025.csv", 1, "2025-12-31"),
        ("deals 2026-01-05 10-11-12.csv", 1, "2026-01-05 10:11:12"),
        ("2025-12-31.zip/deals.csv", 1, "2025-12-31"),
        ("2025-12-31.zip/deals 2025-11.csv", 1, "2025-11-30"),
        ("deals 0812345678.csv", 1, None),
    ],
)
def test_the_last_date_in_a_name_is_the_date_of_the_file(name: str, month: int, moment: str | None) -> None:
    assert moment_in_name(name, month) == moment


def versions(*names: str) -> dict[str, str]:
    """Files that hold a deal each time, the first file with an open version of it."""
    is_closed = ("false,false,100,2025-12-15,Retail", "true,true,100,2025-12-15,Retail")
    return {
        name: f"{HEADER}0065g00000A0001,{'Closed Won' if place else 'Prospecting'},{is_closed[bool(place)]}\n"
        for place, name in enumerate(names)
    }


@pytest.mark.parametrize(
    ("names", "settings"),
    [
        (("report1759312800123.csv", "report1767607200456.csv"), "{}"),
        # on the same day
        (("report1767600000000.csv", "report1767607200456.csv"), "{}"),
        (("d 2025-07-01 to 2025-09-30.csv", "d 2025-01-01 to 2025-12-31.csv"), "{}"),
        (("d_FY2026-Q3.csv", "d_2026-01-05.csv"), "fiscal_year_start_month: 2"),
        (("z[1].csv", "a*.csv"), "file_order: ['z[1].csv', 'a*.csv']"),
    ],
)
def test_of_two_versions_the_one_in_the_later_file_is_newer(
    tmp_path: Path, names: tuple[str, str], settings: str
) -> None:
    plan = plan_of(tmp_path, versions(*names), settings)
    assert {row["source_file"]: row["file_order"] for row in rows_of(plan, "deals")} == {names[0]: 1, names[1]: 2}
    found = preview(str(tmp_path / "exports"), "salesforce", yaml.safe_load(settings))
    by = "as file_order lists them" if "file_order" in settings else "by the dates in their names"
    assert (
        f"Of a deal that stands in several files the newest version counts: {names[0]}, then {names[1]} ({by})."
        in found.lines
    )


def test_a_name_dated_long_after_everything_in_the_files_is_no_day_of_export(tmp_path: Path) -> None:
    files = versions("d_FY2026-Q3.csv", "d_2026-01-05.csv")
    told = refusal(tmp_path, files)
    assert "nothing says which is newer. The date in the name of d_FY2026-Q3.csv lies long after everything" in told
    assert "file_order" in told
    order = "file_order: [d_FY2026-Q3.csv, d_2026-01-05.csv]"
    rows = rows_of(plan_of(tmp_path, files, order), "deals")
    assert {row["source_file"]: row["file_order"] for row in rows} == {"d_FY2026-Q3.csv": 1, "d_2026-01-05.csv": 2}
    # as many days as the setting allows
    plan_of(tmp_path, files, "outlier_gap_days: 400")


# --- one row per product ---------------------------------------------------------------------------------------------

PER_PRODUCT = "Opportunity Name,Account Name,Stage,Closed,Won,Amount,Created Date,Close Date,{},Price\n"


def report(*lines: str, product: str = "Product Name") -> str:
    return PER_PRODUCT.format(product) + "".join(f"{line}\n" for line in lines)


ONE = "Licences,Birch,Closed Won,1,1,900,2025-09-13,2025-10-14"
OTHER = "Licences,Birch,Closed Won,1,1,300,2025-09-13,2025-10-14"


@pytest.mark.parametrize("product", ["Product Name", "Split Owner Role"])
def test_lines_of_a_deal_without_an_id_that_differ_in_products_only_are_one_deal(tmp_path: Path, product: str) -> None:
    lines = [
        f"{ONE},Base,500",
        f"{ONE},Support,400",
        f"{OTHER},Base,300",
        "Renewal,Elm,Closed Lost,1,0,5,2025-09-13,2025-10-14,Base,5",
    ]
    plan = plan_of(tmp_path, {"report.csv": report(*lines, product=product)})
    # another amount is another deal
    first, second, third, fourth = column(plan, "made_from")
    assert first == second and len({first, third, fourth}) == 3
    found = preview(str(tmp_path / "exports"), "salesforce")
    assert "  4 lines, 3 deals" in found.lines


def test_lines_that_are_the_same_in_every_column_are_as_many_deals_and_said(tmp_path: Path) -> None:
    lines = [f"{ONE},Base,500", f"{ONE},Base,500", f"{ONE},Support,400"]
    plan = plan_of(tmp_path, {"report.csv": report(*lines)})
    base, again, support = column(plan, "made_from")
    assert base == support != again
    assert (
        "report.csv: 1 lines are the same as another in every column and count as deals of their own. Add the id of the deal to the export."
        in plan.notices
    )


def test_the_deals_of_a_report_without_ids_keep_what_they_are_made_from_next_quarter(tmp_path: Path) -> None:
    later = [f"{OTHER},Base,300", f"{OTHER},Support,0"]
    files = {"2025-09-30.csv": report(f"{OTHER},Base,300"), "2025-12-31.csv": report(*later)}
    assert len(set(column(plan_of(tmp_path, files), "made_from"))) == 1


# --- numbers of other countries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (
            ["₹1,20,000.00", "Rs. 1,20,000", "CHF 120'000.00", "US$ 120,000", "120,000 USD", "120 000 kr", "¥120,000"],
            ["120000"] * 7,
        ),
        (
            ["$120K", "€1.2M", "$1.5MM", "1.5bn", "2 million", "12 lakh", "1.5 crore"],
            ["120000", "1200000", "1500000", "1500000000", "2000000", "1200000", "15000000"],
        ),
        (
            ["1,2 Mio. €", "120 T€", "120 TEUR", "1,25 Mrd. EUR", "3,5 M€", "120 k€", "1.200,50"],
            ["1200000", "120000", "120000", "1250000000", "3500000", "120000", "1200.50"],
        ),
        (["１２００００", "１，２００．５", "（１２）", "٥٠٠"], ["120000", "1200.5", "-12", "500"]),  # noqa: RUF001
        (["~120,000", "ca. 5.5", "120,000.00 -"], ["120000", "5.5", "-120000.00"]),
        # a currency of three letters is no unit, and what is no number stays as it is
        (["120 KZT", "R$ 5.5", "12 apples", "5 Cr", "1-5K"], ["120", "5.5", "12 apples", "5 Cr", "1-5K"]),
    ],
)
def test_numbers_of_other_countries_are_read_or_stay_as_they_are(
    tmp_path: Path, cells: list[str], numbers: list[str]
) -> None:
    lines = [f"0065g00000A{number:04};Closed Won;{cell}\n" for number, cell in enumerate(cells)]
    read = column(plan_of(tmp_path, {"Opportunity.csv": "Id;StageName;Amount\n" + "".join(lines)}), "amount")
    assert [is_number(cell) for cell in read] == [is_number(cell) for cell in numbers]
    assert [float(cell) if is_number(cell) else cell for cell in read] == [
        float(cell) if is_number(cell) else cell for cell in numbers
    ]


# --- names, lines, own headers and lookups of a mapping --------------------------------------------------------------

ODD_NAME = "deals [EU] 50%? *.csv"


def mapping(**keys: object) -> str:
    stated = {"files": {"deals": "deals.csv"}, "columns": {"deals": {"deal_id": "id", "outcome": "result"}}, **keys}
    return yaml.safe_dump({"mapping": stated})


def test_signs_of_a_pattern_in_a_folder_or_a_name_mean_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "exports [2026] *?"
    folder.mkdir()
    (folder / ODD_NAME).write_text("id,result,shut\nA,won,3/4/2026\n", encoding="utf-8")
    # what the name would mean as a pattern
    (folder / "deals E 50%x .csv").write_text("id,result,shut\nB,won,1/1/2026\n", encoding="utf-8")
    stated = mapping(
        files={"deals": ODD_NAME},
        date_order={ODD_NAME: "dmy"},
        columns={"deals": {"deal_id": "id", "outcome": "result", "closed_on": "shut"}},
    )
    plan = make_plan(Request("custom", str(folder), str(tmp_path / "private" / "w.duckdb"), yaml.safe_load(stated)))
    assert (column(plan, "deal_id"), column(plan, "closed_on")) == (["A"], ["2026-04-03"])
    assert column(plan, "source_file") == [ODD_NAME]


def test_signs_of_a_pattern_in_the_name_of_a_parquet_file_mean_themselves(tmp_path: Path) -> None:
    folder = put(tmp_path, {})
    for name, deal in (("deals [1].parquet", "A"), ("deals 1.parquet", "B")):
        target = str(folder / "written.parquet")
        duckdb.execute(f"copy (select '{deal}' as id, 'won' as result) to '{target}' (format parquet)")
        Path(target).rename(folder / name)
    stated = mapping(files={"deals": "deals [1].parquet"})
    assert column(plan_of(tmp_path, {}, stated, "custom"), "deal_id") == ["A"]


def test_signs_of_a_pattern_in_the_place_of_the_private_database_mean_themselves(tmp_path: Path) -> None:
    place = tmp_path / "warehouse [1]*"
    folder = put(tmp_path, {"deals.csv": "id,result\nA,won\n\nB,lost\n"})
    plan = make_plan(Request("custom", str(folder), str(place / "w.duckdb"), yaml.safe_load(mapping())))
    assert column(plan, "deal_id") == ["A", "B"]


def test_a_file_without_an_id_can_be_told_by_its_lines(tmp_path: Path) -> None:
    columns = {
        "deals": {"deal_id": {"line_number": True}, "outcome": "result"},
        "contacts": {"title": "job"},
        "deal_contacts": {"deal_id": {"line_number": True}},
    }
    stated = mapping(files=dict.fromkeys(columns, "deals.csv"), columns=columns)
    files = {"deals.csv": "result,job\nwon,CFO\nlost,CFO\nopen,CFO,too many\n"}
    plan = plan_of(tmp_path, files, stated, "custom")
    assert column(plan, "deal_id") == column(plan, "deal_id", "deal_contacts") == ["deals.csv:2", "deals.csv:3", None]
    assert len(set(column(plan, "contact_id", "contacts")[:2])) == 2
    mapped = {row["source_header"] for row in rows_of(plan, "columns") if row["column_name"] == "deal_id"}
    assert mapped == {"line number"}
    assert "read: line number as deal_id" in "\n".join(
        preview(str(tmp_path / "exports"), "custom", yaml.safe_load(stated)).lines
    )


def test_a_line_number_takes_the_place_of_a_header_of_an_id_only(tmp_path: Path) -> None:
    files = {"deals.csv": "id,result\nA,won\n"}
    told = refusal(
        tmp_path,
        files,
        mapping(columns={"deals": {"deal_id": {"line_number": False}, "outcome": "result"}}),
        "custom",
        2,
    )
    assert told.startswith("mapping.columns.deals.deal_id.line_number takes the place of a header")
    told = refusal(
        tmp_path,
        files,
        mapping(columns={"deals": {"deal_id": "id", "outcome": {"header": "result", "line_number": True}}}),
        "custom",
    )
    assert told.startswith('mapping.columns.deals.outcome has the unknown key "line_number".')


ROLES = "Id,Guid,OpportunityId,ContactId,Role\nR1,G7,0065g00000A0001,C1,Decision Maker\n"
OWN_ID = "Guid,Id,StageName,IsClosed,IsWon\nG1,0065g00000A0001,Closed Won,true,true\n"


def test_a_header_of_ones_own_for_the_id_of_deals_does_not_cut_off_their_contacts(tmp_path: Path) -> None:
    files = {"Opportunity.csv": OWN_ID, "OpportunityContactRole.csv": ROLES}
    for aliases, of_deal in (
        ("{deals: {deal_id: Guid}}", "G1"),
        ("{deal_id: Guid}", "G1"),
        ("{deal_contacts: {deal_id: OpportunityId}}", "0065g00000A0001AAA"),
    ):
        plan = plan_of(tmp_path, files, f"field_aliases: {aliases}")
        assert [value[:15] for value in column(plan, "deal_id")] == [of_deal[:15]]
        assert [value[:15] for value in column(plan, "deal_id", "deal_contacts")] == ["0065g00000A0001"]
    # said so of the one object, it is meant
    plan = plan_of(tmp_path, files, "field_aliases: {deal_contacts: {deal_id: Guid}}")
    assert column(plan, "deal_id", "deal_contacts") == ["G7"]


@pytest.mark.parametrize(
    ("aliases", "says"),
    [
        ("{deals: {dael_id: Guid}}", 'field_aliases.deals has the unknown column "dael_id". Did you mean "deal_id"?'),
        ("{deals: {loss_reason: Wy}}", 'No file that is read has the column "Wy" (field_aliases.deals.loss_reason).'),
    ],
)
def test_a_mistake_in_the_headers_of_one_object_is_said(tmp_path: Path, aliases: str, says: str) -> None:
    told = refusal(tmp_path, {"Opportunity.csv": OWN_ID}, f"field_aliases: {aliases}")
    assert told.startswith(says)


OWN = {"stage": "Phase", "closed_on": "Shut"}


@pytest.mark.parametrize("aliases", [OWN, {"deals": OWN}])
def test_the_crm_is_recognised_by_headers_of_ones_own_too(tmp_path: Path, aliases: dict[str, object]) -> None:
    text = "Opportunity ID,Phase,Shut\n0065g00000A0001,Closed Won,2025-11-02\n"
    folder = put(tmp_path, {"report.csv": text})
    database = str(tmp_path / "private" / "w.duckdb")
    assert source_of(Request("", str(folder), database, {"field_aliases": aliases})).crm == "salesforce"
    assert (
        preview(str(folder), None, {"field_aliases": aliases}).lines[0] == "Read as salesforce; --crm says otherwise."
    )


CHAIN = {
    "deals.csv": "id,result,item\nA,won,I1\nB,lost,I2\nC,open,\n",
    "items.csv": "number,entry\nI1,E1\nI2,E9\n",
    "prices.csv": "entry_id,product_id\nE1,P1\n",
    "products.csv": "pid,family\nP1,Licences\n",
}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_lookups_lead_from_one_to_the_next_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    lookups = [
        {"object": "deals", "file": "items.csv", "key": {"number": "item"}},
        {"object": "deals", "file": "prices.csv", "key": {"entry_id": "entry"}},
        {"object": "deals", "file": "products.csv", "key": {"pid": "product_id"}},
    ]
    columns = {"deals": {"deal_id": "id", "outcome": "result", "product": "family"}}
    stated = mapping(lookups=[lookups[place] for place in order], columns=columns)
    plan = plan_of(tmp_path, CHAIN, stated, "custom")
    assert column(plan, "product") == ["Licences", None, None]
    assert column(plan, "source_line") == [2, 3, 4]


def test_a_key_that_no_lookup_leads_to_is_said(tmp_path: Path) -> None:
    lookups = [
        {"object": "deals", "file": "items.csv", "key": {"number": "item"}},
        {"object": "deals", "file": "products.csv", "key": {"pid": "product_id"}},
    ]
    told = refusal(tmp_path, CHAIN, mapping(lookups=lookups), "custom")
    assert told.startswith('deals.csv has no column "product_id" (for the key of mapping.lookups), nor has items.csv.')


def test_a_suggested_mapping_takes_the_file_with_outcomes_and_close_dates_for_the_deals(tmp_path: Path) -> None:
    many = "".join(f"{number},open,2025-01-01,x,y,z\n" for number in range(50))
    folder = put(
        tmp_path,
        {
            "Leads.csv": "id,status,created,source,owner,company\n" + many,
            "tasks.csv": "id,status,created,owner,type,stage\n" + many,
            "won and lost.csv": "opp id,result,close date,value\n1,Won,2025-10-01,5\n",
        },
    )
    written = yaml.safe_load(suggested_mapping(str(folder)))["mapping"]
    assert written["files"]["deals"] == "won and lost.csv"
    assert written["columns"]["deals"] == {
        "deal_id": "opp id", "outcome": "result", "closed_on": "close date", "amount": "value",
    }  # fmt: skip


def test_a_suggested_mapping_of_deals_without_ids_tells_them_by_their_lines(tmp_path: Path) -> None:
    folder = put(tmp_path, {"flat.csv": "customer,result,close date,value\nBirch,Won,2025-10-01,5\n"})
    written = yaml.safe_load(suggested_mapping(str(folder)))["mapping"]
    assert written["columns"]["deals"]["deal_id"] == {"line_number": True}
    assert preview(str(folder), "custom", {"mapping": written}).exit_code == FINE


def test_in_a_language_nobody_told_us_names_and_cells_tell_the_deals(tmp_path: Path) -> None:
    people = "Číslo,Jméno\n" + "".join(f"{number},Jana {number}\n" for number in range(40))
    deals_ = "Kód,Výsledek,Uzavřeno,Částka\n" + "".join(
        f"K{number},{'Vyhráno' if number % 2 else 'Prohráno'},2025-11-{number + 1:02},{number * 100}\n"
        for number in range(20)
    )
    for name in ("obchody.csv", "a.csv"):
        folder = put(tmp_path / name, {"lidé.csv": people, name: deals_})
        assert yaml.safe_load(suggested_mapping(str(folder)))["mapping"]["files"] == {"deals": name}
    folder = put(tmp_path / "named", {"alle unternehmen.csv": deals_, "alle deals.csv": "Nummer,Phase\n1,Gewonnen\n"})
    assert yaml.safe_load(suggested_mapping(str(folder)))["mapping"]["files"]["deals"] == "alle deals.csv"
