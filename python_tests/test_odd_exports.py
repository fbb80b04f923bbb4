"""The law of the books, through the reader and the models of each CRM, for exports no one means to write.

Whatever stands in the files: lines in = accepted + rejected + excluded, for each file and object, or one clear refusal. The
models run as dbt compiled them for the fixture of the CRM, on the statements of the plan for the odd files.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from python_tests.crm_build import CompiledModels, CrmBuild
from python_tests.odd_files import CELL, FORMS, SIZE, filled_lines, odd_file
from winloss.errors import ReadingError
from winloss.load.aliases import aliases
from winloss.load.check import CANNOT_WORK, FINE, PROBLEMS, preview
from winloss.load.plan import ReadingPlan, Request, make_plan

# companies of its own, built whole
pytestmark = pytest.mark.thorough

CRMS = ("salesforce", "hubspot", "pipedrive", "dynamics365")

# For each CRM; a folder holds two files on average, and each costs half a second.
FOLDERS = SIZE // 6

# A header of each is in every file, so that the file is one of the object; the rest is drawn from all known headers.
NEEDED = {
    "salesforce": {
        "deals": [["Id", "Opportunity ID"], ["StageName", "Stage", "IsWon"]],
        "accounts": [["Id"], ["Industry"]],
        "contacts": [["Id"], ["Title"]],
        "deal_contacts": [["OpportunityId"], ["ContactId"]],
        "stage_history": [["OpportunityId"], ["StageName"], ["CreatedDate"]],
        "deal_competitors": [["OpportunityId"], ["CompetitorName"]],
    },
    "hubspot": {
        "deals": [
            ["Record ID", "hs_object_id"],
            ["Deal Stage", "dealstage"],
            ['Date entered "Contract Sent (Sales)"', "Pipeline"],
        ],
        "accounts": [["Record ID"], ["Company name"]],
        "contacts": [["Record ID"], ["Job Title", "Email"]],
    },
    "pipedrive": {
        "deals": [["Deal - ID", "Deal - Title*"], ["Deal - Status", "Deal - Won time"]],
        "accounts": [["Organization - ID", "Organization - Name"], ["Organization - Industry"]],
        "contacts": [["Person - ID", "Person - Name"], ["Person - Job title"]],
    },
    "dynamics365": {
        "deals": [["(Do Not Modify) Opportunity", "Topic"], ["Status"]],
        "accounts": [["Account Name"], ["Industry"]],
        "contacts": [["First Name"], ["Last Name"], ["Job Title"]],
    },
}
# Cells that are none of the object's own, and make another object of the file.
FOREIGN = {"accounts": {"job title", "first name", "topic"}, "contacts": {"topic", "company"}}

IDS = [
    "1",
    "2",
    "1;2",
    "006A0000006Vm01",
    "006A0000006Vm01IAC",
    "006A0000006VM01",
    "Ann Canary",
    "ann@canary.example",
    "canary.example",
]
WORDS = [
    "Won",
    "lost",
    "Closed Won",
    "Closed Lost",
    "closedlost",
    "Open",
    "deleted",
    "true",
    "0",
    "ja",
    "Paused",
    "Out-Sold",
]
DATES = [
    "2025-03-04",
    "04/03/2025",
    "13.12.2025 08:00",
    "2025-01-05T10:00:00.000+0000",
    "1743508800000",
    "45000",
    "soon",
]
NUMBERS = ["1,200.50", "$1,200", "€ 12.5", "1.5e3", "75%", "(12)", "many", "-0"]
USUAL = st.sampled_from([*IDS, *WORDS, *DATES, *NUMBERS])
# Twice as often what people write as what no one does.
CELLS = st.one_of(USUAL, USUAL, CELL)

FOOTER = [
    '"Deals by owner"',
    '"Copyright (c) 2000-2025 salesforce.com, inc."',
    '"Grand Totals ({records} records)"',
    '"Grand Totals (99 records)"',
]

SETTINGS = st.fixed_dictionaries(
    {"date_order": st.sampled_from(["dmy", "dmy", ""]), "decimal": st.sampled_from(["point", "point", ""])}
)


@dataclass(frozen=True)
class OddFile:
    """A file as written; `records` is how many rows were written, None where damage or ragged rows leave it open."""

    raw: bytes
    encoding: str
    records: int | None


@st.composite
def odd_exports(draw: st.DrawFn, crm: str) -> dict[str, OddFile]:
    """A folder: one or two files of deals, and some of other objects, under names that say nothing but a date."""
    others = st.lists(st.sampled_from(sorted(NEEDED[crm])), max_size=2)
    return {
        f"x {2020 + number}-12-31.csv": draw(odd_exports_of(crm, name))
        for number, name in enumerate(["deals", *draw(others)])
    }


@st.composite
def odd_exports_of(draw: st.DrawFn, crm: str, name: str) -> OddFile:
    known = sorted({alias.header for alias in aliases() if (alias.crm, alias.object) == (crm, name)})
    needed = [draw(st.sampled_from(choice)) for choice in NEEDED[crm][name]]
    more = draw(st.lists(st.sampled_from(known), max_size=6, unique=True))
    headers = [
        *needed,
        *(header for header in more if header not in needed and header.lower() not in FOREIGN.get(name, ())),
    ]
    whole = st.lists(CELLS, min_size=len(headers), max_size=len(headers))
    rows = draw(st.lists(st.one_of(whole, whole, whole, st.lists(CELLS, min_size=1, max_size=9)), max_size=6))
    form = {key: draw(strategy) for key, strategy in FORMS.items()}
    if draw(st.booleans()):
        form["damage"] = []
    raw = odd_file(headers, {**form, "rows": rows})
    # a bare return is a line end that the writer leaves unquoted
    is_whole = not form["damage"] and all(
        len(row) == len(headers) and not any("\r" in cell for cell in row) for row in rows
    )
    if crm == "salesforce" and draw(st.integers(0, 3)) == 0:
        said = [
            line.format(records=len(rows)) for line in draw(st.lists(st.sampled_from(FOOTER), min_size=1, max_size=3))
        ]
        raw += (
            form["line_end"]
            .join(["", *said])
            .encode(form["encoding"])
            .removeprefix(b"\xff\xfe")
            .removeprefix(b"\xef\xbb\xbf")
        )
        is_whole = False
    return OddFile(raw, form["encoding"], len(rows) if is_whole else None)


@pytest.fixture(scope="module", params=CRMS)
def models(request: pytest.FixtureRequest, build_of: Callable[[str], CrmBuild]) -> tuple[str, CompiledModels]:
    return request.param, CompiledModels(build_of(request.param), "input_files", "rejected_records")


def is_built(models: CompiledModels, plan: ReadingPlan, files: Mapping[str, OddFile]) -> bool:
    """Whether the models take the lines; where they refuse the export, one sentence names the file."""
    try:
        models.run(plan)
    except duckdb.InvalidInputException as error:
        sentence = str(error).removeprefix("Invalid Input Error: ")
        assert sentence.split(": ")[0] in files and sentence.endswith(".") and "\n" not in sentence, error
        return False
    return True


def check_books(models: CompiledModels, plan: ReadingPlan, files: Mapping[str, OddFile]) -> None:
    """Every file is read or named; every record of a file that is read is accepted, rejected or excluded, once."""
    books = models.rows(
        "select object, source_file, records, accepted, rejected, excluded, unaccounted from marts.input_files"
    )
    assert [row for row in books if row[6] != 0] == []
    records = {(name, file): counted for name, file, counted, *_ in books}
    # stages that are columns of deals have no lines of their own
    read = {(reading.object, reading.file.name) for reading in plan.layout.readings if "stage" not in reading.constants}
    assert {name for _, name in read} | {
        name for name in files if any(notice.startswith(name) for notice in plan.notices)
    } == set(files)
    for name, file in read:
        written = files[file]
        filled = filled_lines(written.raw, written.encoding)
        assert written.records in (None, records[name, file])
        assert records[name, file] <= len(filled)
        if '"' not in written.raw.decode(written.encoding, errors="replace"):
            assert records[name, file] == len(filled)
    refused = models.rows("select object, source_file, source_line from marts.rejected_records")
    twice = [line for line, times in Counter(refused).items() if times > 1]
    # a contact read from a cell has the line of its deal, and a deal may name several
    assert [line for line in twice if (line[0], line[1]) in read] == []


def test_no_line_of_an_export_is_lost(models: tuple[str, CompiledModels]) -> None:
    crm, built = models
    seen: Counter[str] = Counter()

    @settings(
        max_examples=FOLDERS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
    )
    @given(files=odd_exports(crm), variables=SETTINGS)
    def law(files: dict[str, OddFile], variables: dict[str, str]) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "exports"
            folder.mkdir()
            for name, file in files.items():
                (folder / name).write_bytes(file.raw)
            try:
                plan = make_plan(Request(crm, str(folder), str(Path(place) / "private" / "w.duckdb"), variables))
            except ReadingError as error:
                seen["refused"] += 1
                assert all(sentence.endswith((".", "?")) and "\n" not in sentence for sentence in error.sentences)
                assert preview(str(folder), crm, variables).exit_code == CANNOT_WORK
            else:
                seen["read"] += 1
                shown = preview(str(folder), crm, variables).exit_code
                if is_built(built, plan, files):
                    check_books(built, plan, files)
                    assert shown in (FINE, PROBLEMS)
                else:
                    assert shown == CANNOT_WORK

    law()
    # a law about nothing would hold as well
    assert seen["read"] >= FOLDERS // 3, seen
