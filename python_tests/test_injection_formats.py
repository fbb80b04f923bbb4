"""Text stays text in every field of every format: no cell, id, header or file name becomes SQL, a formula, HTML or Jinja."""

import json
import re
import sqlite3

import duckdb
import pytest

from python_tests.canary_company import COMPETITORS, INJECTIONS, Place, copy_project, formulas, scratch, tell
from python_tests.injected_exports import (
    DEALS,
    FORMATS,
    IGNORED_HEADER,
    TIER,
    canaries,
    plants,
    variables_of,
    write_export,
)
from python_tests.test_privacy import cells, written
from winloss.load.columns import Kind

DIMENSIONS = ("lead_source", "product", "competitor", "industry", "region", "country", "deal_type", "pipeline", TIER)


# every format is written and read by the same code; CI looks at one of them
@pytest.fixture(
    scope="module",
    params=[
        pytest.param(crm, marks=pytest.mark.thorough if crm == FORMATS[1] else pytest.mark.slow) for crm in FORMATS
    ],
)
def place(request: pytest.FixtureRequest) -> Place:
    crm = request.param
    built = Place(scratch() / f"injected_{crm}", variables_of(crm))
    copy_project(built.project)
    write_export(crm, built.exports)
    built.build()
    tell(built)
    return built


def test_every_header_but_one_is_read(place: Place) -> None:
    """What is planted is what the reader lists, so this says that every text field of the format holds odd text."""
    texts = [
        plant
        for found in plants(place.variables["crm"]).values()
        for plant in found
        if plant.column.kind in (Kind.CATEGORY, Kind.STATED)
    ]
    assert len(texts) > 15
    # a header that is ignored stays private
    ignored = place.rows("select source_header from w.marts.input_columns where status = 'ignored'", place.database)
    assert {row[0] for row in ignored} == {IGNORED_HEADER}


def test_every_deal_arrives_under_its_odd_id(place: Place) -> None:
    assert place.rows("select count(*), count(distinct deal_key) from marts.fct_deals", place.database) == [
        (DEALS, DEALS)
    ]
    won = place.rows("select outcome, count(*) from marts.fct_deals group by all order by all", place.database)
    assert won == [("lost", DEALS // 2), ("won", DEALS // 2)]
    joined = place.rows("select count(*) from marts.bridge_deal_contacts", place.database)
    assert joined == [(DEALS,)]


def test_odd_values_arrive_as_they_are(place: Place) -> None:
    named = set(COMPETITORS)
    if place.variables["crm"] == "pipedrive":
        # a comma stands between the options of a field as well
        named = named - {INJECTIONS[0]} | {'=HYPERLINK("http://evil.example"', '"click")'}
    for dimension in DIMENSIONS:
        segments = {
            row[0]
            for row in place.rows(
                f"select segment from win_rates_by_dimension where dimension = '{dimension}' and period = 'all'"
            )
        }
        assert segments == (named if dimension == "competitor" else set(INJECTIONS)), dimension


def test_what_cannot_be_read_is_rejected_with_its_rule(place: Place) -> None:
    rules = place.rows("select rule_id, source_file, source_line from rejected_records order by all")
    assert rules == sorted(
        [
            ("unknown_outcome", "deals 1", DEALS + 2),
            ("unreadable_closed_on", "deals 1", DEALS + 3),
        ]
    )


def test_nothing_was_run(place: Place) -> None:
    made = place.rows("select table_name from duckdb_tables() where table_name in ('x', 'fct_deals')", place.database)
    assert made == [("fct_deals",)]
    with duckdb.connect(str(place.published), read_only=True) as connection:
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and not internal"
        ).fetchall():
            assert connection.execute(
                f'select count(*) from "{table}" where "{column}" = $filled', {"filled": "49"}
            ).fetchone() == (0,), table


def test_copies_hold_the_same_text_and_no_formula(place: Place) -> None:
    with sqlite3.connect(place.published.with_suffix(".sqlite")) as copy:
        assert set(INJECTIONS) <= {row[0] for row in copy.execute("select segment from win_rates_by_dimension")}
    with duckdb.connect() as connection:
        path = place.published.parent / "parquet" / "win_rates_by_dimension.parquet"
        assert set(INJECTIONS) <= {
            row[0]
            for row in connection.execute("select segment from read_parquet($path)", {"path": str(path)}).fetchall()
        }
    assert formulas(place) == []


@pytest.mark.parametrize("kind", ["html", "md", "json"])
def test_the_report_shows_text(place: Place, kind: str) -> None:
    told = (place.folder / f"report.{kind}").read_text(encoding="utf-8")
    if kind == "json":
        assert json.loads(told)["quarter"] == "2025-Q4"
        return
    # the text is told, the tag is not
    assert "alert(" in told
    assert not re.search(r"(?<!\\)<script", told)


def test_the_docs_site_holds_no_value_of_the_export(place: Place) -> None:
    site = (place.project / "target" / "static_index.html").read_text(encoding="utf-8")
    assert "win_rates_by_dimension" in site
    assert [text for text in INJECTIONS if text in site] == []


# Columns of text that stay private, and one that is not read; columns of one name in two objects share a word.
PRIVATE_WORDS = {"custom": 10, "salesforce": 13, "hubspot": 14, "pipedrive": 12, "dynamics365": 15, "zoho": 15}


def test_only_segments_stages_and_currencies_leave_of_all_that_is_exported(place: Place) -> None:
    """Each other column of text holds a word of its own in every record: ids, names, owners, titles, roles, reasons, and one not read."""
    crm = place.variables["crm"]
    assert crm in PRIVATE_WORDS, f"count the columns of text of {crm} that stay private, and add them to PRIVATE_WORDS"
    words = canaries(crm)
    exported = " ".join(path.read_text(encoding="utf-8") for path in place.exports.iterdir())
    assert len(words) == PRIVATE_WORDS[crm] and [word for word in words if word not in exported] == []
    files = written(place)
    assert {path.suffix for path in files} >= {
        ".duckdb",
        ".sqlite",
        ".parquet",
        ".csv",
        ".json",
        ".log",
        ".html",
        ".md",
        ".xlsx",
    }
    assert place.rows("select count(*) from closed_deals") == [(DEALS,)]
    leaks = {}
    for path in files:
        packed = cells(path) if path.suffix in (".duckdb", ".parquet", ".xlsx") else []
        text = " ".join([path.read_bytes().decode("latin-1"), *packed]).lower()
        if found := sorted(word for word in words if word in text):
            leaks[str(path.relative_to(place.folder))] = found
    assert leaks == {}
