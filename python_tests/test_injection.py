"""What stands in an export stays text: no value, header, file name or word becomes SQL, a formula, HTML or Jinja."""

import csv
import json
import re
import sqlite3
from html.parser import HTMLParser

import pytest

from python_tests.canary_company import COMPETITORS, INJECTIONS, ODD_SUFFIX, Place, built_place, formulas, told_place
from winloss.formatting import FORMULA_STARTS

TIER = "tier"


@pytest.fixture(scope="module")
def built() -> Place:
    return built_place()[0]


def test_odd_values_arrive_as_they_are(built: Place) -> None:
    for dimension in ("lead_source", "product", "competitor", "industry", "region", TIER):
        segments = {
            row[0] for row in built.rows(f"select segment from win_rates_by_dimension where dimension = '{dimension}'")
        }
        assert (COMPETITORS if dimension == "competitor" else set(INJECTIONS)) <= segments, dimension


def test_an_odd_outcome_word_and_an_odd_header_are_only_names(built: Place) -> None:
    (counted,) = built.rows(
        f"select count(*), count(*) filter (where outcome = 'won' and {TIER} != 'Gold') from w.marts.fct_deals",
        built.database,
    )
    assert counted[0] == 120
    assert counted[1] > 0


def test_odd_file_names_are_only_names(built: Place) -> None:
    assert {row[0] for row in built.rows("select source_file from w.marts.input_files", built.database)} == {
        f"deals{ODD_SUFFIX}.csv", f"accounts{ODD_SUFFIX}.parquet", f"contacts{ODD_SUFFIX}.csv", f"links{ODD_SUFFIX}.csv"
    }  # fmt: skip


def test_no_table_was_dropped_or_made(built: Place) -> None:
    assert built.rows("select count(*) from w.marts.fct_deals", built.database) == [(120,)]
    assert built.rows("select count(*) from duckdb_tables() where table_name = 'x'", built.database) == [(0,)]


def test_no_template_was_filled_in(built: Place) -> None:
    assert "49" not in {row[0] for row in built.rows("select segment from win_rates_by_dimension")}


def test_sqlite_holds_the_same_text(built: Place) -> None:
    with sqlite3.connect(built.published.with_suffix(".sqlite")) as copy:
        segments = {row[0] for row in copy.execute("select segment from win_rates_by_dimension")}
    assert set(INJECTIONS) <= segments


def test_no_cell_of_a_csv_copy_is_a_formula(built: Place) -> None:
    assert len(list((built.published.parent / "csv").glob("*.csv"))) > 20
    assert formulas(built) == []
    with (built.published.parent / "csv" / "win_rates_by_dimension.csv").open(encoding="utf-8-sig", newline="") as file:
        segments = {row["segment"] for row in csv.DictReader(file)}
    assert {f"'{value}" for value in INJECTIONS if value.startswith(tuple(FORMULA_STARTS))} <= segments


class _Page(HTMLParser):
    """The tags of a page and its text, as a browser would read them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += [tag, *(f"on: {name}" for name, _ in attrs if name.startswith("on"))]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_report_shows_odd_values_as_text() -> None:
    page = _Page()
    page.feed((told_place().folder / "report.html").read_text(encoding="utf-8"))
    assert [tag for tag in page.tags if tag.startswith("on: ") or tag == "script"] == []
    # segments are drawn where they have enough deals: these have one or two each, so they stand in no chart as markup either
    assert "<script>alert('x')</script>" not in (told_place().folder / "report.html").read_text(encoding="utf-8")


def test_the_docs_site_holds_no_value_of_the_export() -> None:
    """It is made of code and descriptions; the mapping's header and word are variables, and stand there as JSON text."""
    text = (told_place().project / "target" / "static_index.html").read_text(encoding="utf-8")
    assert "win_rates_by_dimension" in text
    assert [value for value in INJECTIONS if value in text] == []


def test_reports_in_other_formats_keep_odd_values_as_text() -> None:
    place = told_place()
    json.loads((place.folder / "report.json").read_text(encoding="utf-8"))
    markdown = (place.folder / "report.md").read_text(encoding="utf-8")
    assert "script\\>" in markdown and not re.search(r"(?<!\\)<script", markdown)
