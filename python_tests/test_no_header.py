"""A file whose first line is no header: nothing that stands in the line is told, wherever the product speaks of headers."""

import json
from pathlib import Path

import pytest
import yaml

from python_tests.crm_build import CrmBuild, plan_of
from winloss.load.check import preview
from winloss.load.draft_text import suggested_mapping
from winloss.load.headers import is_header, looks_like_data
from winloss.load.plan import plan_load
from winloss.load.recognition import recognised_crms

LINES = "Quackenbush,Won,2025-01-31,+44 20 7946 0000,ottoline@example.com\nXylander,Lost,2025-02-01,+44 20 7946 0001,ada@example.com\n"
CELLS = ("Quackenbush", "Xylander", "7946", "ottoline", "2025-01-31", "example.com")
MAPPING = {"files": {"deals": "deals.csv"}, "columns": {"deals": {"deal_id": "Deal", "outcome": "Result"}}}
SAYS = 'deals.csv has none of the expected headers ("Deal", "Result") in its first line.'


def put(folder: Path, text: str = LINES) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "deals.csv").write_text(text, encoding="utf-8")
    return str(folder)


def told(text: str) -> list[str]:
    return [cell for cell in CELLS if cell in text]


@pytest.mark.parametrize("crm", ["custom", *recognised_crms()])
@pytest.mark.parametrize("delimiter", [",", "^"])
def test_no_reader_tells_a_cell_of_a_line_that_is_no_header(tmp_path: Path, crm: str, delimiter: str) -> None:
    folder = put(tmp_path / "exports", LINES.replace(",", delimiter))
    variables = {"mapping": MAPPING} if crm == "custom" else {"field_aliases": {"amount": "Worth"}}
    answer = plan_load(
        json.dumps({"crm": crm, "folder": folder, "database": str(tmp_path / "w.duckdb"), "variables": variables})
    )
    assert json.loads(answer)["error"] and told(answer) == []
    if crm == "custom":
        assert SAYS.removesuffix(" in its first line.") in json.loads(answer)["error"]
    found = preview(folder, crm, variables)
    assert told("\n".join(found.lines)) == []


def test_nor_does_a_suggested_mapping_or_whoever_recognises_files(tmp_path: Path) -> None:
    folder = put(tmp_path / "exports")
    said = suggested_mapping(folder)
    assert "# deals.csv: line 1 has no header known here; write its headers below.\n" in said
    assert told(said + "\n".join(preview(folder).lines)) == []
    answer = plan_load(json.dumps({"crm": "", "folder": folder, "database": str(tmp_path / "w.duckdb")}))
    assert "are those of no CRM known here" in json.loads(answer)["error"] and told(answer) == []


def test_a_file_without_a_header_beside_one_that_is_read_is_left_aside_without_a_word_of_it(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        "hubspot",
        {"deals.csv": "Record ID,Deal Name,Deal Stage,Close Date\n1,A,Closed Won,2025-01-01\n", "people.csv": LINES},
    )
    assert (
        "people.csv was not read: no header known of hubspot stands in its first line. If it holds deals or contacts, export it with its header line."
        in plan.notices
    )
    assert told(" ".join([*plan.notices, *plan.statements.values()])) == []


def test_a_header_that_looks_like_a_value_is_not_named_among_those_that_are_not_read(tmp_path: Path) -> None:
    text = "Record ID,Deal Name,Deal Stage,Close Date,Segment,ottoline@example.com,2025-01-31\n1,A,Closed Won,2025-01-01,x,y,z\n"
    plan = plan_of(tmp_path, "hubspot", {"deals.csv": text})
    assert "Segment" in plan.statements["columns"] and told(plan.statements["columns"]) == []
    assert told("\n".join(preview(str(tmp_path / "exports"), "hubspot").lines)) == []


@pytest.mark.parametrize(
    "cell",
    [
        "7",
        "1,234.50",
        "2025-01-31",
        "31.01.2025 10:00",
        "2025-01-31T10:00:00Z",
        "+44 (20) 7946",
        "a.b@example.com",
        "006A0000006Vm06IAC",
    ],
)
def test_a_value_looks_like_one(cell: str) -> None:
    assert looks_like_data(cell)


@pytest.mark.parametrize(
    "header",
    [
        "Deal - ID",
        "Close Date",
        "Číslo",
        "Q1 revenue",
        "Address line 2",
        "Opportunity ID (18 characters)",
        "Custom_Field_1__c",
        "",
    ],
)
def test_a_header_does_not(header: str) -> None:
    assert not looks_like_data(header)


def test_a_line_is_a_header_where_wanted_headers_outnumber_values() -> None:
    assert is_header(["Deal", "Result", "Jane"], ["deal", "result"])
    assert is_header(["Deal", "whatever"], ["deal", "result"])
    assert not is_header(["Jane", "Won", "CFO"], ["deal", "result"])
    # the word Email can be a lead source, too
    assert not is_header(["Jane", "Email", "2025-01-31"], ["Email", "Name"])


def test_a_build_shows_and_logs_no_cell_of_a_first_line(tmp_path: Path) -> None:
    build = CrmBuild(tmp_path, "", "custom", Path(put(tmp_path / "exports")))
    run = build.dbt(
        "run", "-s", "base_deals", "--vars", yaml.safe_dump({"mapping": MAPPING}), "--log-level-file", "debug"
    )
    assert run.returncode != 0 and SAYS in run.stdout
    log = (tmp_path / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert SAYS in log
    assert told(run.stdout + run.stderr + log) == []
