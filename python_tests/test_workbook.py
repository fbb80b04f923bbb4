"""The Excel workbook holds the published figures, cell by cell, and nothing in it is taken for a formula."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from python_tests.conftest import SampleBuild
from winloss.cli import main
from winloss.report.workbook import SHEETS


def write(published: Path, out: Path) -> Any:
    return CliRunner().invoke(
        main, ["report", "--format", "xlsx", "--quiet", "--db", str(published), "--out", str(out)]
    )


@pytest.fixture(scope="module")
def published(sample_build: SampleBuild) -> Path:
    return sample_build.folder / "published.duckdb"


@pytest.fixture(scope="module")
def workbook(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "report.xlsx"
    assert write(published, path).exit_code == 0
    return path


def cell(value: object) -> object:
    """A cell as a reader of workbooks gives it."""
    return "" if value is None else pytest.approx(value) if isinstance(value, float) else value


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_cell_is_that_of_the_published_table(sheet: Any, workbook: Path, published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as connection:
        answer = connection.execute(f"select * from {sheet.table} order by {sheet.order}")
        names, expected = [column[0] for column in answer.description or ()], answer.fetchall()
    header, *rows = CalamineWorkbook.from_path(str(workbook)).get_sheet_by_name(sheet.name).to_python()
    assert header == names
    assert len(rows) == len(expected) > 0
    for row, of_table in zip(rows, expected, strict=True):
        assert row == [cell(value) for value in of_table]
        # a day is a day and true is true, not a number or a text
        assert [type(value) for value in row if isinstance(value, bool | date)] == [
            type(value) for value in of_table if isinstance(value, bool | date)
        ]


def parts(workbook: Path, name: str) -> list[str]:
    with zipfile.ZipFile(workbook) as archive:
        return [archive.read(each).decode() for each in archive.namelist() if re.search(name, each)]


def test_sheets_have_filters_frozen_headers_and_notes_that_say_what_a_row_is(workbook: Path, published: Path) -> None:
    sheets, notes = parts(workbook, r"worksheets/sheet\d+\.xml"), parts(workbook, r"comments\d+\.xml")
    assert len(sheets) == len(notes) == len(SHEETS)
    for text in sheets:
        assert "<autoFilter" in text and 'state="frozen"' in text
    with duckdb.connect(str(published), read_only=True) as connection:
        meanings = dict(
            connection.execute("select table_name, meaning from data_dictionary where position = 0").fetchall()
        )
    for sheet in SHEETS:
        assert any(meanings[sheet.table].split(":")[0][:60] in note for note in notes), sheet.name


def test_no_text_is_a_formula_or_a_link(published: Path, tmp_path: Path) -> None:
    changed = tmp_path / "published.duckdb"
    shutil.copyfile(published, changed)
    with duckdb.connect(str(changed)) as connection:
        connection.execute(
            "update action_items set title = '=HYPERLINK(\"http://x.example\")', action = 'https://x.example'"
        )
    assert write(changed, tmp_path / "report.xlsx").exit_code == 0
    assert not any("<f>" in text or "<hyperlink" in text for text in parts(tmp_path / "report.xlsx", "worksheets"))
    header, first, *_ = (
        CalamineWorkbook.from_path(str(tmp_path / "report.xlsx")).get_sheet_by_name("Actions").to_python()
    )
    assert first[header.index("title")] == '=HYPERLINK("http://x.example")'
    assert 'quotePrefix="1"' in parts(tmp_path / "report.xlsx", "styles")[0]


def test_the_same_file_makes_the_same_workbook_and_one_of_the_user_is_left_alone(
    published: Path, workbook: Path, tmp_path: Path
) -> None:
    own = tmp_path / "report.xlsx"
    assert write(published, own).exit_code == 0
    assert own.read_bytes() == workbook.read_bytes()
    # replaced where it is what was written
    assert write(published, own).exit_code == 0
    own.write_bytes(b"mine")
    refused = write(published, own)
    assert (refused.exit_code, own.read_bytes()) == (1, b"mine")
    assert "is no report that Winloss wrote" in refused.stderr


def test_a_workbook_is_not_written_to_standard_output(published: Path) -> None:
    refused = write(published, Path("-"))
    assert refused.exit_code == 2 and "name one with --out" in refused.stderr
