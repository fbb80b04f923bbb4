"""The look before a build: what it says of each file, and what it leaves behind."""

import shutil
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from python_tests.conftest import ROOT
from winloss.cli import main
from winloss.load.check import CANNOT_WORK, FINE, PROBLEMS, preview, suggested_mapping

FIXTURES = ROOT / "python_tests" / "fixtures"


@pytest.mark.parametrize("crm", ["salesforce", "hubspot", "pipedrive", "dynamics365", "zoho"])
def test_the_crm_is_recognised_by_its_headers(crm: str, tmp_path: Path) -> None:
    source = FIXTURES / crm
    folder = source if any(source.glob("*.csv")) else next(path for path in sorted(source.iterdir()) if path.is_dir())
    assert preview(str(folder)).lines[0] == f"Read as {crm}; --crm says otherwise."


def test_each_file_is_told_with_what_is_read_ignored_and_missing() -> None:
    found = preview(str(FIXTURES / "pipedrive"))
    text = "\n".join(found.lines)
    assert "deals-acme-1.csv: 8 rows, read as deals" in text
    assert "Deal - Lost reason as loss_reason" in text
    assert "missing: qualification_score. There is no score threshold." in text


def told_of(folder: Path, file: str) -> list[str]:
    """What is told of one file."""
    lines = preview(str(folder)).lines
    start = next(place for place, line in enumerate(lines) if line.startswith(f"{file}:"))
    return list(lines[start : lines.index("", start)] if "" in lines[start:] else lines[start:])


@pytest.mark.parametrize(
    ("crm", "file", "there"),
    [
        # status reason, actual and estimated revenue, customer and contact by name
        ("dynamics365", "My Opportunities.csv", ["loss_reason", "amount", "account_id", "outcome"]),
        ("dynamics365", "contacts.csv", ["contact_id"]),
        # closing times by outcome, organization by name
        ("pipedrive", "deals-acme-1.csv", ["closed_on", "outcome", "account_id"]),
        ("pipedrive", "older.csv", ["account_id", "closed_on"]),
        ("hubspot", "api.csv", ["account_id", "owner"]),
        # a report without ids
        ("salesforce", "pipeline without ids.csv", ["deal_id", "outcome", "account_id"]),
    ],
)
def test_what_stands_under_another_name_is_not_told_as_missing(crm: str, file: str, there: list[str]) -> None:
    told = told_of(FIXTURES / crm, file)
    assert [line for line in told if line.startswith(tuple(f"  missing: {name}." for name in there))] == []


def test_an_object_is_told_once_however_many_columns_hold_it() -> None:
    lines = preview(str(FIXTURES / "hubspot")).lines
    assert sum(line.startswith("all deals 1.csv: 3 rows, read as stage_history") for line in lines) == 1


def test_a_footer_is_no_problem() -> None:
    told = told_of(FIXTURES / "salesforce", "report.csv")
    assert "  footer of the report, left out: lines 6 to 10" in told
    assert [line for line in told if line.startswith(("  line", "  and more"))] == []


@pytest.mark.parametrize(
    ("crm", "file", "problem"),
    [
        (
            "pipedrive",
            "deals-acme-1.csv",
            '  line 9: "Deal - Status" holds a word that is not in seeds/outcome_words.csv: add it there',
        ),
        (
            "hubspot",
            "all deals 2.csv",
            '  line 3: "Deal Stage" holds a word that is not in seeds/stage_map.csv: add it there',
        ),
        # flags say how the deals above it stand, whatever the stage; line 8 has none
        (
            "salesforce",
            "extract one.csv",
            '  line 8: "STAGENAME" holds a word that is not in seeds/stage_map.csv: add it there',
        ),
        ("salesforce", "history.csv", '  line 10: "CreatedDate" is not a date'),
    ],
)
def test_the_first_problems_are_told_with_their_line(crm: str, file: str, problem: str) -> None:
    assert [line for line in told_of(FIXTURES / crm, file) if line.startswith(("  line", "  and more"))] == [problem]


def test_empty_ids_and_unreadable_numbers_are_told_without_the_cell(tmp_path: Path) -> None:
    rows = ["1,Won,5", ",Lost,6", "3,Lost,Eve Canary", "4,won,7"]
    (tmp_path / "d.csv").write_text("\n".join(["Deal - ID,Deal - Status,Deal - Value", *rows]), encoding="utf-8")
    found = preview(str(tmp_path), "pipedrive")
    assert found.exit_code == PROBLEMS
    assert [line for line in found.lines if line.startswith("  line")] == [
        '  line 3: "Deal - ID" is empty',
        '  line 4: "Deal - Value" is not a number',
    ]


def test_no_cell_of_a_file_is_printed() -> None:
    assert "Canary" not in "\n".join(preview(str(FIXTURES / "pipedrive")).lines)


def test_a_ragged_line_is_a_problem_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "pipedrive", tmp_path / "exports")
    with (tmp_path / "exports" / "people.csv").open("a", encoding="utf-8") as file:
        file.write("903,Eve Canary\n")
    found = preview(str(tmp_path / "exports"))
    assert found.exit_code == PROBLEMS
    assert "  line 4: has 2 cells, the header has 5" in found.lines


def test_a_damaged_workbook_in_the_folder_is_one_sentence(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "dynamics365", tmp_path / "exports")
    (tmp_path / "exports" / "~$Opportunities.xlsx").write_bytes(b"\x03Eve")  # as Excel leaves it while it is open
    with zipfile.ZipFile(tmp_path / "exports" / "Opportunities.xlsx", "w") as workbook:
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    found = preview(str(tmp_path / "exports"))
    assert found.exit_code == CANNOT_WORK
    assert found.lines == (
        "Opportunities.xlsx is a damaged Excel workbook: open it and save it again, or save it as CSV (UTF-8).",
    )


def test_a_folder_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    found = preview(str(tmp_path / "nowhere"), "pipedrive")
    assert found.exit_code == CANNOT_WORK and len(found.lines) == 1


def test_headers_of_no_crm_lead_to_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "book.csv").write_text(
        "opportunity_id,account,deal_stage,close_date,close_value,sales_agent,shoe size\n1,Birch,Won,2025-10-01,5,A,44\n",
        encoding="utf-8",
    )
    assert preview(str(tmp_path)).exit_code == PROBLEMS
    written = yaml.safe_load(suggested_mapping(str(tmp_path)))
    assert written["mapping"]["files"] == {"deals": "book.csv"}
    assert written["mapping"]["columns"]["deals"] == {
        "deal_id": "opportunity_id",
        "account_id": "account",
        "outcome": "deal_stage",
        "closed_on": "close_date",
        "amount": "close_value",
        "owner": "sales_agent",
    }
    # what was suggested can be built from
    assert preview(str(tmp_path), "custom", {"mapping": written["mapping"]}).exit_code == FINE


def test_headers_in_an_unknown_language_lead_to_a_mapping_to_fill_in(tmp_path: Path) -> None:
    (tmp_path / "obchody.csv").write_text("Číslo,Výsledek,Částka\n1,Vyhráno,5\n2,Prohráno,6\n", encoding="utf-8")
    (tmp_path / "lidé.csv").write_text("Číslo,Pozice\n1,CFO\n", encoding="utf-8")
    text = suggested_mapping(str(tmp_path))
    assert "# obchody.csv: line 1 has no header known here; write its headers below.\n" in text
    assert "Výsledek" not in text
    mapping = yaml.safe_load(text)["mapping"]
    assert mapping["files"] == {"deals": "obchody.csv"}
    said = preview(str(tmp_path), "custom", {"mapping": mapping})
    assert said.exit_code == CANNOT_WORK
    assert said.lines[0].startswith('obchody.csv has none of the expected headers ("which header?") in its first line.')
    mapping["columns"]["deals"] = {"deal_id": "Číslo", "outcome": "Výsledek", "amount": "Částka"}
    mapping["outcomes"] = {"won": ["Vyhráno"], "lost": ["Prohráno"]}
    assert preview(str(tmp_path), "custom", {"mapping": mapping}).exit_code == FINE


def test_a_wrong_guess_is_told_as_a_guess_with_the_way_out(tmp_path: Path) -> None:
    # headers of HubSpot companies, but no deals
    (tmp_path / "companies.csv").write_text(
        "Record ID,Company name,Industry,Annual Revenue,Number of Employees\n1,Birch,Software,5,6\n", encoding="utf-8"
    )
    found = preview(str(tmp_path))
    assert found.exit_code == CANNOT_WORK
    assert found.lines[0].startswith("Taken for hubspot by the headers. If it is not: --crm names another")
    assert preview(str(tmp_path), "hubspot").lines[0].startswith("No file in ")


def test_words_that_anybody_writes_are_no_sign_of_a_crm() -> None:
    # stage, amount, pipeline and currency are headers of several CRMs; this company wrote them itself
    found = preview(str(ROOT / "python_tests" / "known_company" / "exports"))
    assert found.exit_code == PROBLEMS and "are those of no CRM known here" in found.lines[0]


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    preview(str(FIXTURES / "dynamics365"))
    assert set(tmp_path.iterdir()) == before


def test_the_command_has_the_exit_codes_and_writes_a_mapping(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(main, ["check", str(FIXTURES / "dynamics365")]).exit_code == FINE
    assert run(main, ["check", str(tmp_path / "nowhere")]).exit_code == CANNOT_WORK
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "book.csv").write_text("opportunity_id,account,deal_stage\n1,Birch,Won\n", encoding="utf-8")
    assert run(main, ["check", str(exports)]).exit_code == PROBLEMS
    mapping = tmp_path / "mapping.yml"
    assert run(main, ["check", str(exports), "--write-mapping", str(mapping)]).exit_code == FINE
    assert run(main, ["check", str(exports), "--mapping", str(mapping)]).exit_code == FINE
    again = run(main, ["check", str(exports), "--write-mapping", str(mapping)])
    assert again.exit_code == 1 and "is there already" in again.output
