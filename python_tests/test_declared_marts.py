"""What must be declared of a mart, besides its model and its YAML: each test names the file and the line to add (docs/adding-a-mart.md)."""

from __future__ import annotations

import csv
import re

import yaml

from python_tests.known_company.comparison import HELD_ELSEWHERE
from python_tests.known_company.comparison import TABLES as WORKED_OUT
from python_tests.known_company.project import ROOT
from winloss.publish.publication import ALLOW_LIST, UNSUPPRESSED, read_allow_list, suppressed_marts
from winloss.publish.small_values import BOTH, BY_THEMSELVES, FIGURES, TABLES

MARTS = {
    path.stem: path.parent.name for path in (ROOT / "models" / "marts").rglob("*") if path.suffix in (".sql", ".py")
}
"""The folder of every mart, by its name: nothing needs to be built."""

ANSWERS = {name for name, folder in MARTS.items() if folder != "core"}


def test_every_mart_is_either_on_the_allow_list_or_private_for_a_reason() -> None:
    published, private = read_allow_list()
    missing, gone = sorted(set(MARTS) - {*published, *private}), sorted({*published, *private} - set(MARTS))
    assert not missing, (
        f"seeds/published_tables.csv: add `{missing[0]},true,,,` where others may read it, "
        f"else `{missing[0]},false,,,` and the reason. Without a line: {', '.join(missing)}"
    )
    assert not gone, f"seeds/published_tables.csv: take out the lines of {', '.join(gone)}, which are no marts"
    assert not set(published) & private
    with ALLOW_LIST.open(encoding="utf-8", newline="") as file:
        assert [
            row["table_name"] for row in csv.DictReader(file) if row["is_published"] == "false" and not row["reason"]
        ] == []


def test_every_published_mart_says_how_its_small_cells_are_hidden() -> None:
    allowed = set(read_allow_list()[0])
    undeclared = sorted(allowed - suppressed_marts() - set(UNSUPPRESSED))
    assert not undeclared, (
        f"seeds/published_tables.csv publishes {', '.join(undeclared)}, and nothing says what of few deals or people is hidden there. "
        f'Counts of deals alone: `"{undeclared[0]}": "Counts of deals.",` in UNSUPPRESSED of winloss/publish/publication.py; '
        "anything else: step 4 of docs/adding-a-mart.md says where"
    )
    assert sorted(set(UNSUPPRESSED) - allowed) == []
    assert sorted(set(UNSUPPRESSED) & suppressed_marts()) == []


TELLING = re.compile(r"amount|cycle|velocity|(^|_)(mean|median)(_|$)|persona|seniority|contact|^buying_group$")
"""Columns by whose names a mart holds value, time or people."""


def test_no_mart_with_value_time_or_people_says_that_it_hides_nothing() -> None:
    columns = described_columns()
    found = {
        mart: telling
        for mart in UNSUPPRESSED
        if (telling := {column for column in columns[mart] if TELLING.search(column)})
    }
    assert found == {}, (
        "marts of UNSUPPRESSED (winloss/publish/publication.py) whose columns speak of value, time or people: step 4 of "
        "docs/adding-a-mart.md says where such are declared"
    )


def test_every_column_of_value_or_time_of_a_judged_mart_is_one_that_is_hidden() -> None:
    columns, allowed = described_columns(), read_allow_list()[0]
    known = {*BOTH, *BY_THEMSELVES, *(figure for figures in FIGURES.values() for figure in figures)}
    value_or_time = re.compile("amount|cycle|velocity|value_w|value_e|_days$")
    found = {
        mart: left
        for mart in TABLES
        if (left := set(filter(value_or_time.search, columns[mart])) - known - set(allowed[mart].columns_left_out))
    }
    assert found == {}, (
        "columns of value or time that are not hidden: add them to FIGURES or BOTH of winloss/publish/small_values.py, or to "
        "columns_left_out in seeds/published_tables.csv"
    )


def described_columns() -> dict[str, list[str]]:
    """The columns of every model, as its YAML describes them."""
    return {
        model["name"]: [column["name"] for column in model.get("columns", [])]
        for path in (ROOT / "models").rglob("*.yml")
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
    }


def test_every_answer_table_has_two_questions_or_more() -> None:
    page = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    asked = {
        table: cell.count("](../analyses/")
        for table, cell in re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    }
    few = sorted(table for table in ANSWERS if asked.get(table, 0) < 2)
    assert not few, (
        "docs/questions.md: two questions or more make the row "
        f"| `{few[0]}` | [A question?](../analyses/a_question.sql)<br>[Another?](../analyses/another.sql) |. Without them: {', '.join(few)}"
    )
    assert sorted(set(asked) - ANSWERS) == []


def test_overview_page_leads_to_every_answer_and_to_models_that_exist() -> None:
    page = (ROOT / "models" / "overview.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"#!/model/model\.winloss\.(\w+)", page))
    assert sorted(linked - {path.stem for path in (ROOT / "models").rglob("*")}) == []
    missing = sorted(ANSWERS - linked)
    assert not missing, (
        f"models/overview.md: add `| a question | [{missing[0]}](#!/model/model.winloss.{missing[0]}) |` to the table. "
        f"Not there: {', '.join(missing)}"
    )


def test_every_mart_has_worked_out_rows_or_says_who_holds_it() -> None:
    missing = sorted(set(MARTS) - set(WORKED_OUT) - HELD_ELSEWHERE.keys())
    assert not missing, (
        f'python_tests/known_company/comparison.py: add `"{missing[0]}": "its unit test",` to HELD_ELSEWHERE, or work its rows out '
        f"in work_out_expected.py. Held by nothing: {', '.join(missing)}"
    )
    assert sorted(HELD_ELSEWHERE.keys() - set(MARTS)) == []
    assert sorted(HELD_ELSEWHERE.keys() & set(WORKED_OUT)) == []


def test_a_mart_that_its_unit_tests_hold_has_some() -> None:
    tested = {
        entry["model"]
        for path in (ROOT / "models" / "marts").rglob("*.yml")
        for entry in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("unit_tests", [])
    }
    missing = sorted(
        mart for mart, held in HELD_ELSEWHERE.items() if re.search("its unit tests?", held) and mart not in tested
    )
    assert not missing, (
        f"HELD_ELSEWHERE of known_company/comparison.py names unit tests that are not in the YAML of {', '.join(missing)}"
    )
