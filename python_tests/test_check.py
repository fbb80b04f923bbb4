"""The look before a build: what it says of each file, and what it leaves behind."""

import json
import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from benchmarks.speed.generate import generate
from python_tests.conftest import ROOT
from winloss.cli import main
from winloss.load.check import CANNOT_WORK, FINE, PROBLEMS, preview
from winloss.load.draft_text import lines_to_look_at, suggested_mapping
from winloss.load.file_inspection import KeptCells
from winloss.load.plan import ReadingPlan, Request, make_plan, new_engine
from winloss.load.recognition import recognised_crms

# a file or a process to each test
pytestmark = pytest.mark.long

FIXTURES = ROOT / "python_tests" / "fixtures"


@pytest.mark.parametrize("crm", recognised_crms())
def test_the_crm_is_recognised_by_its_headers(crm: str, tmp_path: Path) -> None:
    source = FIXTURES / crm
    assert source.is_dir(), f"python_tests/fixtures/{crm}/ has no files: docs/adding-a-crm.md, step 6"
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


def test_headers_in_an_unknown_language_are_told_by_what_stands_below(tmp_path: Path) -> None:
    (tmp_path / "obchody.csv").write_text("Číslo,Výsledek,Částka\n1,Vyhráno,5\n2,Prohráno,6\n", encoding="utf-8")
    (tmp_path / "lidé.csv").write_text("Číslo,Pozice\n1,CFO\n", encoding="utf-8")
    text = suggested_mapping(str(tmp_path))
    mapping = yaml.safe_load(text)["mapping"]
    assert mapping["files"] == {"deals": "obchody.csv"}
    # the words of outcomes are known, and what is left are the numbers: one on each line its own, in the first column
    assert mapping["columns"]["deals"] == {"deal_id": "Číslo", "outcome": "Výsledek", "amount": "Částka"}
    assert mapping["outcomes"] == {"won": ["Vyhráno"], "lost": ["Prohráno"], "open": [], "disqualified": []}
    assert preview(str(tmp_path), "custom", {"mapping": mapping}).exit_code == FINE
    assert [line.split(":")[1].strip() for line in lines_to_look_at(text)] == ["deal_id", "amount"]


def test_where_no_word_is_known_the_mapping_is_to_be_filled_in(tmp_path: Path) -> None:
    (tmp_path / "obchody.csv").write_text("Číslo,Výsledek,Částka\n1,hotovo,5\n2,zrušeno,6\n", encoding="utf-8")
    mapping = yaml.safe_load(suggested_mapping(str(tmp_path)))["mapping"]
    assert mapping["columns"]["deals"] == {"deal_id": "Číslo", "outcome": "which header?", "amount": "Částka"}
    said = preview(str(tmp_path), "custom", {"mapping": mapping})
    assert said.exit_code == CANNOT_WORK
    still = 'The mapping still says "which header?"'
    there = 'write what stands above it in obchody.csv. There is: "Číslo",'
    assert said.lines[0].startswith(f"{still} for deals.outcome: {there}")
    mapping["columns"]["deals"] = {"deal_id": "Číslo", "outcome": "Výsledek", "amount": "Částka"}
    mapping["outcomes"] = {"won": ["hotovo"], "lost": ["zrušeno"]}
    assert preview(str(tmp_path), "custom", {"mapping": mapping}).exit_code == FINE

    (tmp_path / "obchody.csv").write_text("deal_id,stage,amount\n", encoding="utf-8")
    mapping = yaml.safe_load(suggested_mapping(str(tmp_path)))["mapping"]
    above = "write what stands above each of these columns in obchody.csv."
    assert preview(str(tmp_path), "custom", {"mapping": mapping}).lines == (f"{still}: {above}",)


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


def written(folder: Path, name: str, header: str, lines: list[str]) -> None:
    (folder / name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


DEALS = "Deal - ID,Deal - Status,Deal - Won time,Deal - Lost time,Deal - Currency of Value,Deal - Value,Deal - Label,Deal - Owner,Deal - Lost reason"


def sixty_deals(folder: Path) -> None:
    """Twenty won and ten lost in each of two quarters; 40 in euro, 20 in dollars."""
    lines = []
    for number in range(60):
        won = number % 3 > 0
        day = "2025-08-10" if number < 30 else "2025-11-10"
        currency = "EUR" if number % 3 else "USD"
        days = f"{day},," if won else f",{day},"
        reason = "" if won else "Price"
        lines.append(f"{number + 1},{'won' if won else 'lost'},{days}{currency},100,Hot,Eve Canary,{reason}")
    written(folder, "deals.csv", DEALS, lines)


def test_a_look_shows_what_a_person_would_see(tmp_path: Path) -> None:
    sixty_deals(tmp_path)
    lines = preview(str(tmp_path), "pipedrive").lines
    start = lines.index("All files of deals: 60 lines, 60 deals.")
    assert lines[start + 1 : start + 5] == (
        "  Closed deals by the quarter of the close date in the files:",
        "    2025-Q3: 20 won, 10 lost",
        "    2025-Q4: 20 won, 10 lost",
        "  currencies: EUR 40, USD 20",
    )
    assert "    outcome: won 40, lost 20" in lines


def test_a_look_counts_no_deleted_deal_and_a_deal_without_a_date_beside_the_quarters(tmp_path: Path) -> None:
    days = [f"{2022 + n // 4}-{3 * (n % 4) + 1:02}-10" for n in range(13)]
    won = [f"{n},won,{day},,EUR,100,Hot,E," for n, day in enumerate([*days, ""])]
    written(tmp_path, "deals.csv", DEALS, [*won, *(f"9{n},deleted,,,GBP,100,Cold,E," for n in range(2))])
    lines = preview(str(tmp_path), "pipedrive").lines
    start = lines.index("All files of deals: 16 lines, 14 deals.")
    assert lines[start + 2 : start + 4] == ("    2022-Q1: 1 won, 0 lost", "    2022-Q2: 1 won, 0 lost")
    assert lines[start + 14 : start + 18] == (
        "    2025-Q1: 1 won, 0 lost",
        "    no date: 1 won, 0 lost",
        "  Others: 2 deleted",
        "  currencies: EUR 14",
    )
    assert "    outcome: won 14" in lines


def test_a_look_counts_signs_of_web_pages_as_a_build_does(tmp_path: Path) -> None:
    words = ["Oil & Gas"] * 2 + ["Oil &amp; Gas"] * 3 + ["Children&#39;s"] * 2 + ["Children's"]
    written(tmp_path, "deals.csv", DEALS, [f"{n},won,2025-08-10,,EUR,1,{word},E," for n, word in enumerate(words)])
    variables = {"field_aliases": {"industry": "Deal - Label"}}
    assert "    industry: Oil & Gas 5, Children's 3" in preview(str(tmp_path), "pipedrive", variables).lines


def test_a_look_says_what_was_merged(tmp_path: Path) -> None:
    """Deal 3 swallowed 1 and 2, and 4 names a deal that is not exported, and itself: two deals are no longer there."""
    header = "Record ID,Deal Name,Deal Stage,Close Date,Create Date,Merged Deal IDs"
    merged = {3: "1;2", 4: "4;9"}
    lines = [f"{n},Deal {n},Closed Won,2025-07-08,2025-05-09,{merged.get(n, '')}" for n in range(1, 6)]
    written(tmp_path, "deals.csv", header, lines)
    said = "  2 deals were merged into another: counted here, left out by a build."
    assert said in preview(str(tmp_path), "hubspot").lines
    written(tmp_path, "deals.csv", header, lines[3:])
    assert not any("merged into" in line for line in preview(str(tmp_path), "hubspot").lines)


def test_a_file_without_records_is_told(tmp_path: Path) -> None:
    written(tmp_path, "deals.csv", DEALS, [])
    assert "  no records: the file ends with its header" in preview(str(tmp_path), "pipedrive").lines
    sixty_deals(tmp_path)
    assert "  no records: the file ends with its header" not in preview(str(tmp_path), "pipedrive").lines


def test_the_quarters_of_a_look_follow_the_fiscal_year(tmp_path: Path) -> None:
    sixty_deals(tmp_path)
    lines = preview(str(tmp_path), "pipedrive", {"fiscal_year_start_month": 2}).lines
    # from February 2025 on it is fiscal year 2026: August to October are its third quarter
    assert [line for line in lines if "won, " in line and "-Q" in line] == [
        "    FY2026-Q3: 20 won, 10 lost",
        "    FY2026-Q4: 20 won, 10 lost",
    ]


def test_a_look_shows_no_person_and_no_words_of_anyone(tmp_path: Path) -> None:
    sixty_deals(tmp_path)
    text = "\n".join(preview(str(tmp_path), "pipedrive").lines)
    assert "Canary" not in text and "Price" not in text


def test_of_a_column_of_many_values_only_their_number_is_shown(tmp_path: Path) -> None:
    header = "Id,StageName,CloseDate,LeadSource,Industry"
    few = [f"{n},Closed Won,2025-11-10,Source {n % 3},Canary {n % 31}" for n in range(93)]
    written(tmp_path, "Opportunity.csv", header, few)
    lines = preview(str(tmp_path), "salesforce").lines
    assert "    lead_source: Source 0 31, Source 1 31, Source 2 31" in lines
    assert "    industry: 31 different values" in lines


def test_values_that_stand_once_and_addresses_are_not_shown(tmp_path: Path) -> None:
    header = "Id,StageName,CloseDate,LeadSource,Industry"
    deals = [f"{n},Closed Won,2025-11-10,eve@canary.example,{'Retail' if n else 'Eve Canary'}" for n in range(9)]
    written(tmp_path, "Opportunity.csv", header, deals)
    lines = preview(str(tmp_path), "salesforce").lines
    assert "    lead_source: 1 different value" in lines
    assert "    industry: Retail 8, 1 more" in lines


def test_a_look_says_which_file_counts_and_for_how_many_deals(tmp_path: Path) -> None:
    header = "Id,StageName,CloseDate"
    written(tmp_path, "deals_2025-10-01.csv", header, [f"{n},Negotiation,2025-09-10" for n in range(8)])
    written(tmp_path, "deals_2026-01-05.csv", header, [f"{n},Closed Won,2025-12-10" for n in range(3, 12)])
    lines = preview(str(tmp_path), "salesforce").lines
    assert "All files of deals: 17 lines, 12 deals." in lines
    assert "  deals_2025-10-01.csv: 3 of 8 deals count, 5 have a newer version." in lines
    assert "  deals_2026-01-05.csv: 9 of 9 deals count." in lines


def test_missing_objects_are_told_with_their_cost_unless_the_company_has_none(tmp_path: Path) -> None:
    sixty_deals(tmp_path)
    told = [line.split(".")[0] for line in preview(str(tmp_path), "pipedrive").lines if line.startswith("No file of")]
    assert told == ["No file of accounts", "No file of contacts", "No file of deal_contacts"]
    lines = preview(str(tmp_path), "pipedrive", {"ignore": ["deal_contacts", "contacts", "product"]}).lines
    assert [line.split(".")[0] for line in lines if line.startswith("No file of")] == ["No file of accounts"]
    assert not any(line.startswith("  missing: product") for line in lines)


def test_a_date_with_anything_but_a_time_behind_it_is_a_problem_of_its_line(tmp_path: Path) -> None:
    cells = [
        "2025-03-13",
        "2025-03-13 10:30",
        "2025-03-13 10:30 NOPE",
        "2025-03-13Tnope",
        "2025-03-13T10:30:00Z",
        "2025-03-13 25:61",
    ]
    written(
        tmp_path,
        "Opportunity.csv",
        "Id,StageName,CloseDate,LastModifiedDate",
        [f"{n},Closed Won,{c},{c}" for n, c in enumerate(cells)],
    )
    lines = preview(str(tmp_path), "salesforce").lines
    assert [line for line in lines if line.startswith("  line ")] == [
        f'  line {n}: "CloseDate" is not a date' for n in (4, 5, 7)
    ]


def test_what_the_deals_say_of_their_accounts_is_not_told_as_unknown(tmp_path: Path) -> None:
    mapping = "files: {{deals: d.csv{file}}}\ncolumns: {{deals: {{deal_id: id, outcome: result{own}}}{more}}}"
    own, columns = ", industry: sector, employees: staff", ["id", "result", "sector", "staff"]
    written(tmp_path, "d.csv", ",".join(columns), [f"{n},won,Retail,{n}" for n in range(9)])
    stated: dict[str, object] = {"mapping": yaml.safe_load(mapping.format(file="", own=own, more=""))}
    [line] = [line for line in preview(str(tmp_path), "custom", stated).lines if line.startswith("No file of accounts")]
    assert (
        line == "No file of accounts. What no other file says of accounts is unknown: annual revenue, country, region."
    )
    ignored = {**stated, "ignore": ["annual_revenue", "country", "region"]}
    assert not any("No file of accounts" in line for line in preview(str(tmp_path), "custom", ignored).lines)
    # a file of accounts without an industry, and one of competitors
    written(tmp_path, "a.csv", "account,land", ["a,Chile"])
    written(tmp_path, "c.csv", "deal,rival", ["1,Acme"])
    files, more = (
        ", accounts: a.csv, deal_competitors: c.csv",
        (", accounts: {account_id: account, country: land}, deal_competitors: {deal_id: deal, competitor: rival}"),
    )
    stated = {"mapping": yaml.safe_load(mapping.format(file=files, own=own, more=more))}
    missing = {
        line.split(".")[0] for line in preview(str(tmp_path), "custom", stated).lines if line.startswith("  missing: ")
    }
    assert {"  missing: annual_revenue", "  missing: region", "  missing: owner", "  missing: account_id"} <= missing
    assert not missing & {"  missing: industry", "  missing: employees", "  missing: country", "  missing: competitor"}


def test_a_wrong_name_under_ignore_is_one_sentence(tmp_path: Path) -> None:
    sixty_deals(tmp_path)
    found = preview(str(tmp_path), "pipedrive", {"ignore": ["competiter"]})
    assert found.lines == ('Setting ignore: competiter is no field or object that is read. Did you mean "competitor"?',)
    assert found.exit_code == CANNOT_WORK


@pytest.mark.slow
def test_a_look_at_a_hundred_thousand_deals_takes_seconds(tmp_path: Path) -> None:
    generate(100_000, tmp_path)
    mapping = yaml.safe_load((tmp_path / "mapping.yml").read_text(encoding="utf-8"))
    started = time.process_time()
    lines = preview(str(tmp_path), None, mapping).lines
    # of one core: three seconds of the clock on two cores, whatever else the machine does
    assert time.process_time() - started < 6
    assert "All files of deals: 100000 lines, 100000 deals." in lines


@pytest.mark.parametrize("crm", ("dynamics365", "hubspot", "pipedrive"))
def test_what_is_kept_of_files_reads_like_the_files_and_needs_them_no_more(crm: str, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    shutil.copytree(FIXTURES / crm, folder)
    for path in folder.glob("*.csv"):
        lines = path.read_bytes().split(b"\n")
        # a line whose cells have spaces at their ends
        path.write_bytes(
            b"\n".join([*lines[:2], b",".join(b"  " + cell + b" " for cell in lines[2].split(b",")), *lines[3:]])
        )
    request = Request(crm, str(folder), str(tmp_path / "private" / "w.duckdb"))
    with new_engine() as engine:
        of_files = make_plan(request, engine).statements
        expected = {name: engine.execute(statement).fetchall() for name, statement in of_files.items()}
        # a file that is only looked at has no checksum
        expected["files"] = [(*row[:2], "", *row[3:]) for row in expected["files"]]
        kept = make_plan(request, engine, KeptCells()).statements
        shutil.rmtree(folder)
        assert {name: engine.execute(statement).fetchall() for name, statement in kept.items()} == expected
    assert expected["deals"]


# more than the engine compares one by one
WORDS_OF_WINS = [
    "won",
    "Signed (paid)",
    "Gewonnen",
    "Gagné",
    "Ganado",
    "Vinta",
    "Gewonnen*",
    "受注",
    "Closed + won",
    "Ja.",
]


def _plan_of(tmp_path: Path, engine: duckdb.DuckDBPyConnection, **files: Sequence[str]) -> ReadingPlan:
    """The plan for files named by what they hold, whose headers are the names of columns."""
    folder = tmp_path / "exports"
    folder.mkdir()
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    mapping = {
        "files": {name: f"{name}.csv" for name in files},
        "columns": {name: {header: header for header in lines[0].split(",")} for name, lines in files.items()},
        "outcomes": {"won": WORDS_OF_WINS},
    }
    request = Request("custom", str(folder), str(tmp_path / "private" / "w.duckdb"), {"mapping": mapping})
    return make_plan(request, engine, KeptCells())


@pytest.mark.parametrize(
    ("column", "cells", "read"),
    [
        ("closed_on", ["2025-01-31", ""], ["2025-01-31", None]),
        ("closed_on", ["2025-01-31", "2025-02-30"], ["2025-01-31", "2025-02-30"]),
        ("closed_on", ["2025-01-31", "n/a"], ["2025-01-31", None]),
        ("closed_on", ["2025-01-31", "0000-00-00"], ["2025-01-31", None]),
        ("closed_on", ["2025-01-31", "1970-01-01"], ["2025-01-31", None]),
        ("closed_on", ["2025-01-31", "2025-01-30 23:15"], ["2025-01-31", "2025-01-30"]),
        ("modified_at", ["2025-01-31", ""], ["2025-01-31 00:00:00", None]),
        ("modified_at", ["2025-01-31", "9999-12-31"], ["2025-01-31 00:00:00", None]),
        ("modified_at", ["2025-01-31", "2025-01-30 23:15"], ["2025-01-31 00:00:00", "2025-01-30 23:15:00"]),
        ("amount", ["1200.50", "-3", ""], ["1200.50", "-3", None]),
        ("amount", ["1200.50", "NA", "n/a"], ["1200.50", None, None]),
        ("amount", ["1200.50", "-", "EUR -"], ["1200.50", None, None]),
        ("amount", ["1200.50", "$5"], ["1200.50", "5"]),
    ],
)
def test_a_column_of_nothing_but_days_or_plain_numbers_reads_as_the_same_cells_among_others(
    tmp_path: Path, column: str, cells: list[str], read: list[str | None]
) -> None:
    lines = [f"deal_id,outcome,{column}", *(f"{number},won,{cell}" for number, cell in enumerate(cells))]
    with new_engine() as engine:
        plan = _plan_of(tmp_path, engine, deals=lines)
        rows = engine.execute(f"select {column} from ({plan.statements['deals']}) order by source_line").fetchall()
    assert [row[0] for row in rows] == read


@pytest.mark.parametrize(
    ("stated", "outcome"),
    [
        *((word, "won") for word in WORDS_OF_WINS),
        ("SIGNED (PAID)", "won"),
        ("GAGNÉ", "won"),
        ("Signed paid", "Signed paid"),
        ("Jax", "Jax"),
        ("Lost", "lost"),
        ("n/a", None),
    ],
)
def test_a_word_is_an_outcome_whole_and_in_any_letter_case(tmp_path: Path, stated: str, outcome: str | None) -> None:
    with new_engine() as engine:
        plan = _plan_of(tmp_path, engine, deals=["deal_id,outcome", f"1,{stated}"])
        assert engine.execute(f"select outcome from ({plan.statements['deals']})").fetchall() == [(outcome,)]


def test_a_column_of_a_file_is_read_without_the_others(tmp_path: Path) -> None:
    """As the engine plans it: a list of words in SQL can become a join that every line goes through, whatever is asked of it."""
    deals = [
        "deal_id,outcome,stage,closed_on,modified_at,amount,owner,industry",
        "1,won,Signed,2025-01-31,2025-02-01 10:00,100,Ann,Retail",
        "2,lost,n/a,31.12.2024,n/a,1k,n/a,none",
    ]
    deal_contacts = [
        "deal_id,contact_id,buying_role,is_primary,added_on",
        "1,7,n/a,yes,2025-01-01",
        "1,8,Champion,,n/a",
    ]
    with new_engine() as engine:
        plan = _plan_of(tmp_path, engine, deals=deals, deal_contacts=deal_contacts)
        for name, header in (("deals", deals[0]), ("deal_contacts", deal_contacts[0])):
            for column in header.split(","):
                asked = f"explain (format json) select max({column}) from ({plan.statements[name]})"
                ((_, planned),) = engine.execute(asked).fetchall()
                (step,) = json.loads(planned)
                while step["children"]:
                    (step,) = step["children"]
                assert step["extra_info"]["Projections"] == column


def test_a_header_that_stands_twice_in_files_of_a_crm_is_told(tmp_path: Path) -> None:
    """Of a crm that is recognised and a column that its reader does not know: the sentence is the same as for a mapping."""
    (tmp_path / "deals.csv").write_text(
        "Opportunity ID,Stage,Close Date,Shirt size,Shirt size\n1,Closed Won,2025-01-31,L,M\n", encoding="utf-8"
    )
    found = preview(str(tmp_path), "salesforce")
    told = 'deals.csv has the header "Shirt size" 2 times, as columns 4 and 5, and none of them is read: '
    assert [line for line in found.lines if told in line] != []
    assert found.exit_code == FINE


@pytest.mark.parametrize(
    ("won", "lost", "cells", "told"),
    [
        ([], ["Vendido", "Perdido"], "Vendido Perdido", ["won"]),
        (["Vendido", "Perdido"], [], "Vendido Perdido", ["lost"]),
        (["Vendido"], ["Perdido"], "Vendido Perdido", []),
        # the words won and lost mean themselves
        ([], [], "won lost", []),
    ],
)
def test_a_mapping_without_a_word_for_won_or_lost_deals_is_a_problem(
    tmp_path: Path, won: list[str], lost: list[str], cells: str, told: list[str]
) -> None:
    lines = [f"{n},{word},2025-01-{n + 10}" for n, word in enumerate(5 * cells.split())]
    (tmp_path / "deals.csv").write_text("\n".join(["id,how,closed", *lines, ""]), encoding="utf-8")
    mapping = {
        "files": {"deals": "deals.csv"},
        "columns": {"deals": {"deal_id": "id", "outcome": "how", "closed_on": "closed"}},
        "outcomes": {"won": won, "lost": lost},
    }
    found = preview(str(tmp_path), "custom", {"mapping": mapping})
    assert [line for line in found.lines if line.startswith("Note: mapping")] == [
        f"Note: mapping.outcomes names no word under {outcome}, so no deal counts as {outcome} and no win rate means anything: "
        f"write the words of {outcome} deals there."
        for outcome in told
    ]
    assert found.exit_code == (PROBLEMS if told else FINE)
